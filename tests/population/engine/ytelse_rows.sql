SELECT
  "t10"."pid",
  "t10"."start",
  "t10"."slutt",
  "t10"."ytelse",
  "t10"."grad",
  CAST((
    (
      EXTRACT(year FROM "t10"."start") * 12
    ) + EXTRACT(month FROM "t10"."start")
  ) - 1 AS INT) AS "first",
  COALESCE(
    CAST((
      (
        EXTRACT(year FROM "t10"."slutt" - INTERVAL '1' DAY) * 12
      ) + EXTRACT(month FROM "t10"."slutt" - INTERVAL '1' DAY)
    ) - 1 AS INT),
    1000000
  ) AS "last",
  CAST(COALESCE(
    CAST((
      (
        EXTRACT(year FROM "t10"."slutt") * 12
      ) + EXTRACT(month FROM "t10"."slutt")
    ) - 1 AS INT) - 1,
    1000000
  ) AS INT) AS "last_end"
FROM (
  SELECT
    "t9"."pid",
    "t6"."start",
    "t6"."slutt",
    "t6"."ytelse",
    "t6"."grad"
  FROM (
    SELECT
      *
    FROM "delivered_ytelse" AS "t0"
  ) AS "t6"
  INNER JOIN (
    SELECT
      "t3"."pid",
      "t3"."person_id"
    FROM "persons" AS "t3"
    SEMI JOIN (
      SELECT DISTINCT
        "t2"."pid"
      FROM "temp"."main"."records" AS "t2"
    ) AS "t7"
      ON "t3"."pid" = "t7"."pid"
  ) AS "t9"
    ON "t6"."person_id" = "t9"."person_id"
) AS "t10"
WHERE
  "t10"."start" < MAKE_DATE(2024, 5, 1)
  AND (
    (
      "t10"."slutt" IS NULL
    ) OR (
      "t10"."slutt" > MAKE_DATE(2022, 5, 1)
    )
  )
