"""Participation in career guidance and what counties report of it, as delivered."""

from __future__ import annotations

import pandas as pd

from effekt.registers.geography import counties
from effekt.synthetic.deliveries.borders import counties_before, crosswalk
from effekt.synthetic.deliveries.delivery import Delivery, day
from effekt.synthetic.deliveries.ssb.people import PERSON

_FORMS = {"individuell": "Individuell samtale", "trekant": "Trekantsamtale", "gruppe": "Gruppe"}
_CHANNELS = {"fysisk": "Fysisk m\u00f8te", "digital": "Digitalt m\u00f8te"}


def deltakelse(delivery: Delivery) -> None:
    """Write participation by year of registration, in words."""
    for year, rows in delivery.by_year("deltakelse", delivery.frame("deltakelse"), "dato"):
        module = rows["modul_nr"].map(lambda number: f"{number:.0f}", na_action="ignore").astype("object")
        delivery.csv(
            f"veiledning/deltakelse_{year}.csv",
            pd.DataFrame(
                {
                    PERSON: rows["person_id"],
                    "startdato": day(rows["dato"]),
                    "form": rows["form"].map(_FORMS),
                    "kanal": rows["kanal"].map(_CHANNELS),
                    "modul": delivery.sentinel("deltakelse", "modul_nr", module, "99"),
                    "samarbeid_nav": rows["i_samarbeid_med_nav"].map({True: "Ja", False: "Nei"}),
                    "fylke": rows["fylkesnr"].str.lstrip("0"),
                    "senter": rows["senter_id"],
                    "nav_enhet": rows["nav_kontor"],
                    "samtaler": rows["antall_samtaler"],
                    "kilde": rows["kilde"],
                }
            ),
        )


def fylkesrapportering(delivery: Delivery) -> None:
    """Write what counties report; in the year of a reform by the codes of before."""
    frame, reform = delivery.frame("fylkesrapportering"), delivery.artefacts.reform
    assert reform is not None
    before = counties_before(reform.first.year)
    delivery.write("fylker_etter_reformen.csv", crosswalk(before, counties(reform.first.year)).encode())
    for year in delivery.years("fylkesrapportering"):
        rows = frame[frame["aar"] == year]
        county = rows["fylkesnr"]
        if year == reform.first.year:
            old = county.map(lambda code: before.get(code, code))
            delivery.plant("reform", "fylkesrapportering", int((old != county).sum()), column="fylkesnr", unit="cell")
            county = old
        columns = {"fylke": county.str.lstrip("0"), "deltakere": rows["deltakere"], "samtaler": rows["samtaler"]}
        delivery.csv(f"veiledning/rapportering_{year}.csv", pd.DataFrame(columns))
