"""What Nav registers, as delivered: job seekers, decisions, measures and benefits."""

from __future__ import annotations

import pandas as pd

from effekt.synthetic.deliveries.delivery import Delivery, day
from effekt.synthetic.deliveries.ssb.people import PERSON

_STATUS = {"HL": "HELT LEDIG", "DS": "DELVIS SYSSELSATT"}
_BENEFITS = ("DAGP", "AAP", "UFORE", "SOSHJ", "TILTP")
"""Benefits that have a file."""


def arbeidssoeker(delivery: Delivery) -> None:
    """Write job seekers by year, from a day to a month; Stata from the reform on."""
    reform = delivery.artefacts.reform
    assert reform is not None
    for year, rows in delivery.by_year("arbeidssoeker", delivery.frame("arbeidssoeker"), "start"):
        delivered = pd.DataFrame(
            {
                PERSON: rows["person_id"],
                "regdato": day(rows["start"]),
                "til_mnd": day(rows["slutt"], "%Y%m", last=True),
                "hovedstatus": rows["hovedstatus"].replace(_STATUS),
                "nav_enhet": rows["nav_kontor"],
            }
        )
        if year < reform.first.year:
            delivery.csv(f"nav/arbsoek_{year}.csv", delivered)
        else:
            delivery.dta(f"nav/arbsoek_{year}.dta", delivered)


def vedtak14a(delivery: Delivery) -> None:
    """Write decisions by year, days as text."""
    for year, rows in delivery.by_year("vedtak14a", delivery.frame("vedtak14a"), "start"):
        delivery.dta(
            f"nav/vedtak14a_{year}.dta",
            pd.DataFrame(
                {
                    PERSON: rows["person_id"],
                    "vedtaksdato": day(rows["start"]),
                    "gyldig_til": day(rows["slutt"], last=True),
                    "innsatsgruppe": rows["innsatsgruppe"],
                    "hovedm\u00e5l": rows["hovedmaal"],
                    "nav_enhet": rows["nav_kontor"],
                }
            ),
        )


def tiltak(delivery: Delivery) -> None:
    """Write measures as opening and closing lines."""
    frame = delivery.frame("tiltak")
    delivered = pd.DataFrame(
        {
            PERSON: frame["person_id"],
            "fra_dato": day(frame["start"]),
            "til_dato": day(frame["slutt"], last=True),
            "tiltakskode": frame["tiltakskode"],
            "tiltaksgruppe": frame["gruppe"],
            "deltakelse_pst": frame["deltakelsesprosent"],
        }
    )
    delivery.csv("nav/tiltak.csv", delivery.opened("tiltak", delivered, "til_dato"))


def ytelse(delivery: Delivery) -> None:
    """Write a file per benefit, as opening and closing lines by month."""
    frame = delivery.frame("ytelse")
    assert set(frame["ytelse"]) <= set(_BENEFITS), "a benefit of the world has no file"
    for code in _BENEFITS:
        rows = frame[frame["ytelse"] == code]
        delivered = pd.DataFrame(
            {
                PERSON: rows["person_id"],
                "tilgdato": day(rows["start"], "%Y%m"),
                "avgdato": day(rows["slutt"], "%Y%m", last=True),
                "grad": rows["grad"],
            }
        )
        delivery.csv(f"trygd/f_{code.lower()}.csv", delivery.opened("ytelse", delivered, "avgdato"))
