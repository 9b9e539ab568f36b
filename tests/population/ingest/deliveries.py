"""A small delivery in the style of SSB, written from a canonical draw: renamed, split, in old encodings and formats.

Nothing here is clever: what a test wants to break, it breaks in the files.
"""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from effekt.synthetic.shipped import draw_folder

FIRST, LAST = dt.date(2024, 10, 1), dt.date(2025, 3, 1)

CATALOGUE = """\
catalogue:
  delivery: w99_0000
  person_key: '^(w\\d{2}_\\d{4}_)?lopenr_person$'
  synthetic: true
csv: {delimiter: ";", encoding: latin-1, decimal: ","}
tables:
  person:
    files: demografi/person.csv
    coverage: [2015-01, 2029-12]
    columns:
      foedselsaar: {from: foedsels_aar_mnd, derive: year_of_yyyymm}
      foedselsmaaned: {from: foedsels_aar_mnd, derive: month_of_yyyymm}
      kjoenn: {from: kjoenn, map: {Mann: '1', Kvinne: '2'}}
      innvkat: invkat
      doed: {from: doedsdato, format: DD.MM.YYYY}
  bosted:
    files: demografi/bosted.csv.gz
    coverage: [2015-01, 2029-12]
    columns: {kommunenr: {from: bokommune, pad: 4}}
    spell: {start: fra, stop: til, unit: DD.MM.YYYY, stop_inclusive: true}
  utdanningsnivaa:
    files: utd/f_utd.parquet
    coverage: [2015-01, 2029-12]
    columns: {nivaa: {from: nus2000, derive: first_character}}
  arbeidsforhold:
    files: 'atid/ameld_statdata_{year}_m{month}.dta'
    absence_means: zero
    coverage: [2024-10, 2025-03]
    columns:
      virksomhet_id: lopenr_virk
      arbeidstid: {from: arb_arbeidstid, missing: ['<=0'], type: float}
      kontantlonn: lonn_kontant
      yrke: {from: arb_yrke, version: STYRK08}
      naering: {from: virk_nace1_sn07, version: SN2007, missing: ['00.000', '^-']}
      arbeidskommunenr: {from: arb_kommune, pad: 4}
  ytelse:
    parts:
      - {file: trygd/f_dagp.csv, const: {ytelse: DAGP}, coverage: [2015-01, 2029-12]}
      - {file: trygd/f_aap.csv, const: {ytelse: AAP}, coverage: [2015-01, 2029-12]}
    spell:
      {start: tilgdato, stop: avgdato, unit: YYYYMM, stop_inclusive: true, layout: open_close_lines,
       group: [person_id, tilgdato]}
  inntekt_aar:
    files: 'inntekt/inntekt_nodub{year}.csv'
    coverage: [2022-01, 2024-12]
"""


def canonical(persons: int = 150) -> dict[str, pa.Table]:
    """Return what the delivery is made from and must become again: some persons of the tiny world."""
    found: dict[str, pa.Table] = {}
    with draw_folder() as folder:
        for name in ("person", "bosted", "utdanningsnivaa", "arbeidsforhold", "ytelse", "inntekt_aar"):
            table = pq.read_table(folder / f"{name}.parquet")
            found[name] = table.filter(pc.less(table["person_id"], f"S{persons:07d}"))
    jobs = found["arbeidsforhold"]
    inside = pc.and_(pc.greater_equal(jobs["maaned"], FIRST), pc.less_equal(jobs["maaned"], LAST))
    found["arbeidsforhold"] = jobs.filter(inside)
    years = found["inntekt_aar"]
    found["inntekt_aar"] = years.filter(pc.is_in(years["aar"], pa.array([2022, 2023, 2024], pa.int32())))
    benefits = found["ytelse"]
    found["ytelse"] = benefits.filter(pc.is_in(benefits["ytelse"], pa.array(["DAGP", "AAP"])))
    return found


def deliver(folder: Path, tables: Mapping[str, pa.Table]) -> Path:
    """Write the delivery and its catalogue; return the catalogue."""
    for name in ("demografi", "atid", "trygd", "inntekt", "utd"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    frames = {name: table.to_pandas() for name, table in tables.items()}
    _person(folder / "demografi/person.csv", frames["person"])
    _bosted(folder / "demografi/bosted.csv.gz", frames["bosted"])
    education = tables["utdanningsnivaa"].drop_columns(["nivaa"])
    pq.write_table(education.rename_columns({"person_id": "LOPENR_PERSON"}), folder / "utd/f_utd.parquet")
    _jobs(folder / "atid", frames["arbeidsforhold"])
    _benefits(folder / "trygd", frames["ytelse"])
    for year, rows in frames["inntekt_aar"].groupby("aar"):
        columns = {"person_id": "lopenr_person"}
        _csv(folder / f"inntekt/inntekt_nodub{year}.csv", rows.drop(columns="aar").rename(columns=columns))
    catalogue = folder / "catalogue.yaml"
    catalogue.write_text(CATALOGUE, encoding="utf-8")
    return catalogue


def _csv(path: Path, frame: pd.DataFrame) -> None:
    frame.to_csv(path, sep=";", index=False, encoding="latin-1", decimal=",", lineterminator="\n")


def _person(path: Path, frame: pd.DataFrame) -> None:
    born = [f"{year}{month:02d}" for year, month in zip(frame["foedselsaar"], frame["foedselsmaaned"], strict=True)]
    died = [None if day is None else f"{day:%d.%m.%Y}" for day in frame["doed"]]
    _csv(
        path,
        pd.DataFrame(
            {
                "w99_0000_lopenr_person": frame["person_id"],
                "foedsels_aar_mnd": born,
                "kjoenn": ["Mann" if sex == "1" else "Kvinne" for sex in frame["kjoenn"]],
                "invkat": frame["innvkat"],
                "doedsdato": died,
                "foreldre_utdanning": frame["foreldre_utdanning"],
                "merknad": "bosatt p\u00e5 S\u00f8r\u00f8ya",
            }
        ),
    )


def _bosted(path: Path, frame: pd.DataFrame) -> None:
    until = [None if day is None else f"{day - dt.timedelta(days=1):%d.%m.%Y}" for day in frame["slutt"]]
    delivered = pd.DataFrame(
        {
            "lopenr_person": frame["person_id"],
            "fra": [f"{day:%d.%m.%Y}" for day in frame["start"]],
            "til": until,
            "bokommune": frame["kommunenr"].str.lstrip("0"),
            "status": frame["status"],
        }
    )
    text = delivered.to_csv(sep=";", index=False, lineterminator="\n")
    with gzip.open(path, "wb") as packed:
        packed.write(text.encode("latin-1"))


def _jobs(folder: Path, frame: pd.DataFrame) -> None:
    names = {
        "virksomhet_id": "lopenr_virk",
        "arbeidstid": "arb_arbeidstid",
        "kontantlonn": "lonn_kontant",
        "yrke": "arb_yrke",
        "naering": "virk_nace1_sn07",
        "arbeidskommunenr": "arb_kommune",
    }
    for month, rows in frame.groupby("maaned"):
        # The name of the key and the type of a code change inside one family of files.
        key = "lopenr_person" if month.year == 2024 else "w99_0000_lopenr_person"
        delivered = rows.drop(columns=["maaned", "yrke_versjon", "naering_versjon"]).rename(columns=names)
        delivered = delivered.rename(columns={"person_id": key})
        delivered["hovedjobb"] = delivered["hovedjobb"].astype(int)
        if month.year == 2025:
            delivered["arb_kommune"] = delivered["arb_kommune"].astype(int)
        path = folder / f"ameld_statdata_{month.year}_m{month.month}.dta"
        delivered.to_stata(path, write_index=False, version=118)


def _benefits(folder: Path, frame: pd.DataFrame) -> None:
    """Write an opening line for every spell, and a closing line for those that have ended."""
    for code, rows in frame.groupby("ytelse"):
        opened = pd.DataFrame(
            {
                "lopenr_person": rows["person_id"],
                "tilgdato": [f"{day:%Y%m}" for day in rows["start"]],
                "avgdato": None,
                "grad": rows["grad"],
            }
        )
        last = [None if day is None else f"{day - dt.timedelta(days=1):%Y%m}" for day in rows["slutt"]]
        closed = opened.assign(avgdato=last)[[day is not None for day in last]]
        _csv(folder / f"f_{code.lower()}.csv", pd.concat([opened, closed]))
