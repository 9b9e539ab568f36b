SELECT
  "t8"."pid",
  "t8"."start",
  "t8"."slutt",
  "t8"."ytelse",
  "t8"."grad",
  CAST((
    (
      EXTRACT(year FROM "t8"."start") * 12
    ) + EXTRACT(month FROM "t8"."start")
  ) - 1 AS INT) AS "first",
  COALESCE(
    CAST((
      (
        EXTRACT(year FROM "t8"."slutt" - INTERVAL '1' DAY) * 12
      ) + EXTRACT(month FROM "t8"."slutt" - INTERVAL '1' DAY)
    ) - 1 AS INT),
    1000000
  ) AS "last",
  CAST(COALESCE(
    CAST((
      (
        EXTRACT(year FROM "t8"."slutt") * 12
      ) + EXTRACT(month FROM "t8"."slutt")
    ) - 1 AS INT) - 1,
    1000000
  ) AS INT) AS "last_end"
FROM (
  SELECT
    "t7"."pid",
    "t3"."start",
    "t3"."slutt",
    "t3"."ytelse",
    "t3"."grad"
  FROM "delivered_ytelse" AS "t3"
  INNER JOIN (
    SELECT
      "t4"."pid",
      "t4"."person_id"
    FROM "persons" AS "t4"
    SEMI JOIN "records" AS "t5"
      ON "t4"."pid" = "t5"."pid"
  ) AS "t7"
    ON "t3"."person_id" = "t7"."person_id"
) AS "t8"
WHERE
  "t8"."start" < MAKE_DATE(2024, 5, 1)
  AND (
    (
      "t8"."slutt" IS NULL
    ) OR (
      "t8"."slutt" > MAKE_DATE(2022, 5, 1)
    )
  )
