"""Demography and education, as delivered."""

from __future__ import annotations

import pandas as pd

from effekt.synthetic.deliveries.delivery import Delivery, day

PERSON = "lopenr_person"
"""What most files call the person."""


def person(delivery: Delivery) -> None:
    """Write one row per person: birth as a month, sex as a word."""
    frame = delivery.frame("person")
    delivery.csv(
        "demografi/person.csv",
        pd.DataFrame(
            {
                f"{delivery.artefacts.delivery}_{PERSON}": frame["person_id"],
                "foedsels_aar_mnd": frame["foedselsaar"] * 100 + frame["foedselsmaaned"],
                "kjoenn": frame["kjoenn"].map({"1": "Mann", "2": "Kvinne"}),
                "invkat": frame["innvkat"],
                "doedsdato": day(frame["doed"]),
                "foreldres_utd": frame["foreldre_utdanning"],
            }
        ),
    )


def bosted(delivery: Delivery) -> None:
    """Write addresses: packed, codes without their zero, an open spell until the end of time."""
    frame = delivery.frame("bosted")
    place = delivery.sentinel("bosted", "kommunenr", frame["kommunenr"].str.lstrip("0"), "9999")
    delivery.csv(
        "demografi/bosted.csv.gz",
        pd.DataFrame(
            {
                "LOPENR_PERSON": frame["person_id"],
                "fra": day(frame["start"]),
                "til": delivery.sentinel("bosted", "slutt", day(frame["slutt"], last=True), "31.12.9999"),
                "bokommune": place,
                "status": frame["status"],
            }
        ),
    )


def utdanningsnivaa(delivery: Delivery) -> None:
    """Write attained levels by year of attainment, months only."""
    for year, rows in delivery.by_year("utdanningsnivaa", delivery.frame("utdanningsnivaa"), "start"):
        delivery.dta(
            f"utd/nivaa_{year}.dta",
            pd.DataFrame(
                {
                    PERSON: rows["person_id"],
                    "fra": day(rows["start"], "%Y%m"),
                    "til": day(rows["slutt"], "%Y%m", last=True),
                    "nus2000": rows["nus2000"],
                }
            ),
        )


def utdanningsforloep(delivery: Delivery) -> None:
    """Write courses by year of registration."""
    for year, rows in delivery.by_year("utdanningsforloep", delivery.frame("utdanningsforloep"), "start"):
        delivery.csv(
            f"utd/kurs_{year}.csv",
            pd.DataFrame(
                {
                    PERSON: rows["person_id"],
                    "startdato": day(rows["start"], "%Y%m%d"),
                    "sluttdato": day(rows["slutt"], "%Y%m%d", last=True),
                    "kurs_id": rows["kurs_id"],
                    "igang_nus": rows["nus2000"],
                    "status": rows["utfall"].map({"igang": "1", "fullfoert": "2", "avbrutt": "3"}),
                    "heltid": rows["heltid"].map({True: "H", False: "D"}),
                }
            ),
            encoding="utf-8",
        )
