"""Jobs month by month and incomes year by year, as delivered."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from effekt.literals import Month
from effekt.registers.geography import municipalities
from effekt.synthetic.deliveries.borders import crosswalk, municipalities_before
from effekt.synthetic.deliveries.delivery import Delivery
from effekt.synthetic.deliveries.ssb.people import PERSON

_NAMES = {
    "jobb_id": "arbforh_nr",
    "virksomhet_id": "lopenr_virk",
    "arbeidstid": "arb_arbeidstid",
    "stillingsprosent": "arb_stillingspst",
    "kontantlonn": "lonn_kontant",
    "yrke": "arb_yrke",
    "naering": "virk_nace1_sn07",
}


def arbeidsforhold(delivery: Delivery) -> None:
    """Write a file per month, in which key and types change, one comes late and some have codes of before a reform."""
    artefacts, frame = delivery.artefacts, delivery.frame("arbeidsforhold")
    assert artefacts.hole is not None and artefacts.reform is not None
    before = municipalities_before(artefacts.reform.first.year)
    codes = municipalities(artefacts.reform.first.year)
    delivery.write("kommuner_etter_reformen.csv", crosswalk(before, codes).encode())
    delivery.plant("hole", "arbeidsforhold", 1, unit="month")
    months = frame["maaned"].dt.year * 12 + frame["maaned"].dt.month - 1
    by_month = dict(iter(frame.groupby(months)))
    first, last = delivery.months("arbeidsforhold")
    for ordinal in range(first.ordinal, last.ordinal + 1):
        month = first.plus(ordinal - first.ordinal)
        rows = by_month.get(ordinal, frame.iloc[:0])
        folder = "atid/ettersending" if month == artefacts.hole else "atid"
        delivery.dta(
            f"{folder}/ameld_statdata_{month.year}_m{month.month}.dta", _of_month(delivery, month, rows, before)
        )
    if artefacts.type_drift is not None:
        delivery.plant("type_drift", "arbeidsforhold", 1, column="arbeidskommunenr", unit="column")


def _of_month(delivery: Delivery, month: Month, rows: pd.DataFrame, before: Mapping[str, str]) -> pd.DataFrame:
    artefacts = delivery.artefacts
    assert artefacts.reform is not None and artefacts.reform.last is not None
    key, place = PERSON, rows["arbeidskommunenr"]
    if artefacts.renamed_key is not None and month >= artefacts.renamed_key:
        key = f"{artefacts.delivery}_{PERSON}"
        delivery.plant("renamed_key", "arbeidsforhold", 1, column="person_id", unit="file")
    if artefacts.reform.first <= month <= artefacts.reform.last:
        old = place.map(lambda code: before.get(code, code))
        delivery.plant("reform", "arbeidsforhold", int((old != place).sum()), column="arbeidskommunenr", unit="cell")
        place = old
    if artefacts.type_drift is not None and month >= artefacts.type_drift:
        place = place.astype("int32")
    return pd.DataFrame(
        {
            key: rows["person_id"],
            **{name: rows[column] for column, name in _NAMES.items()},
            "arb_hovedarbeid": rows["hovedjobb"].astype("int8"),
            "arb_kommune": place,
        }
    )


def inntekt_aar(delivery: Delivery) -> None:
    """Write incomes with decimal commas, the year in the name of the file."""
    frame = delivery.frame("inntekt_aar")
    for year in delivery.years("inntekt_aar"):
        rows = frame[frame["aar"] == year]
        delivery.csv(f"inntekt/inntekt_nodub{year}.csv", rows.drop(columns="aar").rename(columns={"person_id": PERSON}))
