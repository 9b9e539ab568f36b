"""A country's registers: the draw, opening them, and the sample of `specs/karriereveiledning.yaml` on them.

``python benchmarks/national.py`` draws the world `national` (5.6 million persons, seven years) into a folder of its
own, measures every job in a process of its own, writes ``results/national.csv`` and removes the registers. What stands
beside the sample is a cohort by hand in pandas, chunk by chunk, which finds nearly the same treated but takes only
months in work and pay of two years of those at risk, no other covariate and no placebo; and the bare scan of the
columns of jobs that the sample reads. BENCHMARK_NATIONAL names a folder in which the registers lie, or shall be left.
"""

import csv
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from importlib import metadata
from pathlib import Path

from measure import RESULTS, machine

SPEC = Path(__file__).parent.parent / "specs" / "karriereveiledning.yaml"
CHANGED = {
    "population.accrual": "2022-05..2023-06",
    "outcomes.i_jobb.at": "[1y]",
    "outcomes.loenn.window": "[0..1y]",
    "outcomes.fullfoert_vgo.window": "0..1y",
    "negative_controls.placebo_time.shift": "[24m]",
    "analyses.matched_did.estimate.after": "12m",
}
"""Accrual, horizons and the placebo moved to where seven years can answer; the study is otherwise as it stands."""


def draw(folder: Path) -> dict[str, float]:
    """Draw the world, and count its rows."""
    from effekt.synthetic.streamed import write_world
    from effekt.synthetic.world import load_world

    return {"rows": sum(write_world(load_world("national"), folder).values())}


def opening(folder: Path) -> dict[str, float]:
    """Open the registers of the study: person numbers, types, times and the digest of every row."""
    from effekt.population.extract.opening import open_extract

    extract = open_extract(folder, wanted=_wanted())
    return {"rows": sum(table.rows for table in extract.tables.values())}


def sample(folder: Path, memory: str | None = None) -> dict[str, float]:
    """Build the cohort of the study, covariates and placebo included."""
    from effekt.population.cohort.build import build_cohort
    from effekt.population.engine.connection import Engine
    from effekt.population.engine.machine import Machine
    from effekt.population.extract.manifest import read_manifest
    from effekt.population.extract.opening import Extract

    said = read_manifest(folder)
    tables = {name: said.tables[name].file for name in _wanted()}
    extract = Extract(folder=folder, synthetic=True, world=said.world, tables=tables, digest="")
    with Engine.open(extract, Machine(memory=memory)) as engine:
        cohort = build_cohort(engine, _spec(), extract)
    units = cohort.within.sample.units
    return {"records": len(units), "treated": int(units["treated"].sum())}


def sample_in_600_mb(folder: Path) -> dict[str, float]:
    """Build the same cohort while the engine has 600 MB."""
    return sample(folder, memory="600MB")


def pandas_by_hand(folder: Path) -> dict[str, float]:
    """Find the treated and those at risk, and what the latter worked and earned, a row group at a time."""
    import pandas as pd
    import pyarrow.parquet as pq

    def read(name: str, *columns: str) -> pd.DataFrame:
        found = pq.read_table(folder / f"{name}.parquet", columns=list(columns)).to_pandas()
        for column in {"start", "slutt", "dato"} & set(columns):
            found[column] = pd.to_datetime(found[column])
        return found

    begin, end = pd.Timestamp("2022-05-01"), pd.Timestamp("2023-06-30")
    needs = ["TRENGER_VEILEDNING", "TRENGER_VEILEDNING_NEDSATT_ARBEIDSEVNE", "JOBBE_DELVIS"]
    spells = read("vedtak14a", "person_id", "start", "slutt", "innsatsgruppe")
    spells = spells[spells.innsatsgruppe.isin(needs) & (spells.start <= end) & ~(spells.slutt <= begin)]
    person = read("person", "person_id", "foedselsaar", "foedselsmaaned")
    person = person[person.person_id.isin(spells.person_id)]
    born = person.foedselsaar * 12 + person.foedselsmaaned
    low, high = 2022 * 12 + 5 - born, 2023 * 12 + 6 - born
    at_risk = set(person.person_id[(high >= 19 * 12) & (low < 31 * 12)])
    level = read("utdanningsnivaa", "person_id", "start", "slutt", "nivaa")
    level = level[level.person_id.isin(at_risk) & (level.start <= end) & ~(level.slutt <= begin)]
    at_risk = set(level.person_id[level.nivaa.astype(int) < 4])
    taken = read("deltakelse", "person_id", "dato", "fylkesnr").merge(spells, on="person_id")
    taken = taken[(taken.dato >= taken.start) & ~(taken.dato >= taken.slutt) & taken.dato.between(begin, end)]
    treated = set(taken.person_id[taken.fylkesnr.isin(["11", "18", "34"])]) & at_risk
    months: dict[str, int] = {}
    earned: dict[str, float] = {}
    jobs = pq.ParquetFile(folder / "arbeidsforhold.parquet")
    for group in range(jobs.num_row_groups):
        rows = jobs.read_row_group(group, columns=["person_id", "maaned", "kontantlonn"]).to_pandas()
        rows["maaned"] = pd.to_datetime(rows.maaned)
        rows = rows[rows.person_id.isin(at_risk) & (rows.maaned >= "2020-05-01") & (rows.maaned < "2023-06-01")]
        by_person = rows.groupby("person_id")
        months |= by_person.maaned.nunique().to_dict()
        earned |= by_person.kontantlonn.sum().to_dict()
    return {"at_risk": len(at_risk), "treated": len(treated), "worked": len(months), "earned": sum(earned.values())}


def bare_scan(folder: Path) -> dict[str, float]:
    """Read, and do nothing with, the columns of jobs that the sample reads."""
    import duckdb

    columns = ("jobb_id", "yrke", "naering", "arbeidskommunenr", "person_id")
    numbers = ("maaned", "arbeidstid", "stillingsprosent", "kontantlonn", "hovedjobb")
    asked = ", ".join([*(f"max(length({name}))" for name in columns), *(f"max({name})" for name in numbers)])
    duckdb.sql(f"select {asked} from '{folder}/arbeidsforhold.parquet'").fetchall()
    return {}


JOBS: dict[str, Callable[[Path], dict[str, float]]] = {
    "draw": draw,
    "open": opening,
    "sample": sample,
    "pandas by hand": pandas_by_hand,
    "bare scan": bare_scan,
    "sample in 600 MB": sample_in_600_mb,
}


def _spec() -> "object":
    from effekt.located.overrides import listed
    from effekt.spec.load import load

    return load(SPEC, overrides={path: listed(value, path)[0] for path, value in CHANGED.items()})


def _wanted() -> list[str]:
    from effekt.study.registers import wanted_registers

    return list(wanted_registers(_spec()))


def _child(job: str, folder: Path) -> None:
    _wanted()  # what every job imports is not of the job
    wall, cpu = time.perf_counter(), time.process_time()
    numbers = JOBS[job](folder)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak, "numbers": numbers}))


def main() -> None:
    """Measure every job once, print and store the figures and the ratios to the sample."""
    if len(sys.argv) == 3:
        _child(sys.argv[1], Path(sys.argv[2]))
        return
    found: dict[str, dict] = {}
    with ExitStack() as kept:
        given = os.environ.get("BENCHMARK_NATIONAL")
        place = given or kept.enter_context(tempfile.TemporaryDirectory(prefix="effekt-national-"))
        folder = Path(place) / "registers"
        for job in JOBS:
            if job == "draw" and (folder / "manifest.json").exists():
                continue
            command = [sys.executable, sys.argv[0], job, str(folder)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(f"{job} failed:\n{done.stderr}")
            found[job] = json.loads(done.stdout.splitlines()[-1])
            _told(job, found[job])
    _store(found)


def _told(job: str, run: dict) -> None:
    rate = f"{run['numbers']['rows'] / run['wall'] / 1e6:.2f} million rows/s" if "rows" in run["numbers"] else ""
    print(
        f"{job:18}{run['wall']:8.1f} s {run['cpu']:8.1f} CPU s {run['peak']:8.0f} MB  {rate} {run['numbers']}",
        flush=True,
    )


def _store(found: dict[str, dict]) -> None:
    about = {
        "machine": machine(),
        "python": platform.python_version(),
        "versions": " ".join(f"{name}=={metadata.version(name)}" for name in ("effekt", "duckdb", "pyarrow", "pandas")),
    }
    with (RESULTS / "national.csv").open("w", newline="", encoding="utf-8") as file:
        heads = ["job", "wall_s", "cpu_s", "peak_mb", "sample_cpu_ratio", "numbers", *about]
        writer = csv.DictWriter(file, heads, lineterminator="\n")
        writer.writeheader()
        for job, run in found.items():
            writer.writerow(
                {
                    "job": job,
                    "wall_s": round(run["wall"], 1),
                    "cpu_s": round(run["cpu"], 1),
                    "peak_mb": round(run["peak"]),
                    "sample_cpu_ratio": round(found["sample"]["cpu"] / run["cpu"], 2),
                    "numbers": json.dumps(run["numbers"]),
                    **about,
                }
            )


if __name__ == "__main__":
    main()
