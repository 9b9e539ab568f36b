"""Whatever is broken in a delivery: a located message with counts and no value, and the earlier ingest as it was."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from person_numbers import numbers

from effekt.__main__ import INTERRUPTED, run

CATALOGUE = """\
catalogue: {delivery: d1, person_key: lopenr_person, synthetic: true}
csv: {delimiter: ";", encoding: latin-1, decimal: ","}
tables:
  person:
    files: person.csv
    coverage: [2020-01, 2020-03]
  ytelse:
    files: ytelse.csv.gz
    coverage: [2020-01, 2020-12]
    columns: {start: {format: DD.MM.YYYY}, slutt: {format: DD.MM.YYYY}}
  inntekt_aar:
    files: inntekt_{year}.parquet
    coverage: [2020-01, 2021-12]
  arbeidsforhold:
    files: jobb_{year}_m{month}.dta
    coverage: [2020-01, 2020-03]
"""
PEOPLE = [f"QX{n}ZW" for n in range(12)]
SECRETS = [*PEOPLE, "QUUX", "739135", "7391,35", "7391.35", "28731"]
"""What stands in the cells and nowhere else: none of it may be in a message."""

Files = dict[str, bytes]


def _person() -> list[list[str]]:
    head = ["lopenr_person", "foedselsaar", "kjoenn", "innvkat", "merknad"]
    return [head, *([key, "1990", "1", "A", "QUUX på Sørøya"] for key in PEOPLE)]


def _benefits() -> list[list[str]]:
    head = ["lopenr_person", "ytelse", "start", "slutt", "grad"]
    return [head, *([key, "AAP", "01.02.2020", "01.05.2020", "73,9135"] for key in PEOPLE)]


def text(rows: list[list[str]]) -> bytes:
    return "".join(";".join(row) + "\n" for row in rows).encode("latin-1")


def _jobs(folder: Path, month: int) -> bytes:
    frame = pd.DataFrame({"lopenr_person": PEOPLE, "jobb_id": "J1", "virksomhet_id": "V28731", "arbeidstid": 37.5})
    frame = frame.assign(stillingsprosent=100.0, kontantlonn=7391.35, yrke="2310", yrke_versjon="STYRK08")
    frame = frame.assign(naering="84.110", naering_versjon="SN2007", hovedjobb=1, arbeidskommunenr="0301")
    path = folder / "made.dta"
    frame.to_stata(path, write_index=False, version=118)
    return path.read_bytes()


def _incomes(folder: Path) -> bytes:
    path = folder / "made.parquet"
    columns = {"lopenr_person": PEOPLE, "wlonn": [739135.0] * 12, "wyrkinnt": [739135.0] * 12}
    pq.write_table(pa.table({**columns, "overfoeringer": [0.0] * 12, "deflator": [1.0] * 12}), path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("made")
    files = {"catalogue.yaml": CATALOGUE.encode(), "person.csv": text(_person())}
    files["ytelse.csv.gz"] = gzip.compress(text(_benefits()), mtime=0)
    files |= {f"inntekt_{year}.parquet": _incomes(folder) for year in (2020, 2021)}
    return files | {f"jobb_2020_m{month}.dta": _jobs(folder, month) for month in (1, 2, 3)}


@pytest.fixture(scope="module")
def earlier(whole: Files, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("earlier")
    write(folder / "d", whole)
    assert run(["ingest", str(folder / "d/catalogue.yaml"), "--out", str(folder / "out")]) == 0
    return folder / "out"


def write(folder: Path, files: Files) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def contents(folder: Path) -> Files:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def cut(files: Files, name: str, share: float) -> Files:
    """Cut a file off, not at the end of a line: that nobody can see."""
    at = max(1, int(len(files[name]) * share))
    while at > 1 and files[name][:at].endswith(b"\n"):
        at -= 1
    return {**files, name: files[name][:at]}


def edited(files: Files, name: str, edit: Callable[[list[list[str]]], object]) -> Files:
    """Change the cells of a text file."""
    packed = name.endswith(".gz")
    plain = gzip.decompress(files[name]) if packed else files[name]
    rows = [line.split(";") for line in plain.decode("latin-1").splitlines()]
    edit(rows)
    again = text(rows)
    return {**files, name: gzip.compress(again, mtime=0) if packed else again}


TEXTS = ("person.csv", "ytelse.csv.gz")
NUMBERS = {"person.csv": (1,), "ytelse.csv.gz": (4,)}


@st.composite
def breakages(draw: st.DrawFn) -> tuple[str, Callable[[Files], Files]]:
    """Return one thing that goes wrong with a delivery, and what it does to the files."""
    row, column = draw(st.integers(1, 12)), draw(st.integers(0, 4))
    file, other = draw(st.sampled_from(TEXTS)), draw(st.integers(0, 6))
    share = draw(st.floats(0.05, 0.95))
    one = numbers("birth number", 1)[0]
    kinds: dict[str, Callable[[Files], Files]] = {
        "cut off": lambda f: cut(f, [n for n in sorted(f) if n != "catalogue.yaml"][other % 7], share),
        "empty": lambda f: {**f, [n for n in sorted(f) if n != "catalogue.yaml"][other % 7]: b""},
        "gone": lambda f: {n: c for n, c in f.items() if n != [n for n in sorted(f) if n != "catalogue.yaml"][other]},
        "other delimiter": lambda f: {**f, "person.csv": f["person.csv"].replace(b";", b",")},
        "UTF-8": lambda f: {**f, "person.csv": f["person.csv"].decode("latin-1").encode()},
        "UTF-16": lambda f: {**f, "person.csv": f["person.csv"].decode("latin-1").encode("utf-16")},
        "another kind": lambda f: {**f, "person.csv": f["inntekt_2020.parquet"]},
        "column gone": lambda f: edited(f, file, lambda rows: [r.pop(min(column, 3)) for r in rows]),
        "column renamed": lambda f: edited(f, file, lambda rows: rows[0].__setitem__(min(column, 3), "annet")),
        "column twice": lambda f: edited(f, file, lambda rows: rows[0].__setitem__(1, rows[0][0])),
        "text in a number": lambda f: edited(f, file, lambda rows: rows[row].__setitem__(NUMBERS[file][0], "QUUX")),
        "decimal point": lambda f: edited(f, "ytelse.csv.gz", lambda rows: rows[row].__setitem__(4, "7391.35")),
        "field too many": lambda f: edited(f, file, lambda rows: rows[row].append("QUUX")),
        "field too few": lambda f: edited(f, file, lambda rows: rows[row].pop()),
        "ends before it begins": lambda f: edited(
            f, "ytelse.csv.gz", lambda rows: rows[row].__setitem__(3, "01.01.2020")
        ),
        "impossible day": lambda f: edited(f, "ytelse.csv.gz", lambda rows: rows[row].__setitem__(2, "31.02.2020")),
        "row twice": lambda f: edited(f, file, lambda rows: rows.append(rows[row])),
        "key twice": lambda f: edited(
            f, "person.csv", lambda rows: rows.append([rows[row][0], "1989", *rows[row][2:]])
        ),
        "overlap": lambda f: edited(
            f, "ytelse.csv.gz", lambda rows: rows.append([rows[row][0], "AAP", "01.03.2020", "", "1"])
        ),
        "unknown code": lambda f: edited(
            f, file, lambda rows: rows[row].__setitem__(1 if file != TEXTS[0] else 2, "Q")
        ),
        "nobody": lambda f: edited(f, "person.csv", lambda rows: rows.pop(row)),
        "no person": lambda f: edited(f, file, lambda rows: rows[row].__setitem__(0, "")),
        "person number in a cell": lambda f: edited(
            f, "person.csv", lambda rows: rows[row].__setitem__(4, f"se {one} x")
        ),
        "person numbers for keys": lambda f: edited(
            f, file, lambda rows: [r.__setitem__(0, k) for r, k in zip(rows[1:], numbers("D number", 12), strict=True)]
        ),
        "person number for a name": lambda f: edited(f, file, lambda rows: rows[0].__setitem__(4, f"x{one}")),
        "person number in the catalogue": lambda f: {**f, "catalogue.yaml": f["catalogue.yaml"] + f"# {one}".encode()},
        "person number in a file name": lambda f: {
            **{n: c for n, c in f.items() if n != "person.csv"},
            f"person{one}.csv": f["person.csv"],
            "catalogue.yaml": f["catalogue.yaml"].replace(b"person.csv", b"'person*.csv'"),
        },
        "a key misspelt": lambda f: {**f, "catalogue.yaml": f["catalogue.yaml"].replace(b"coverage", b"covrage", 1)},
    }
    name = draw(st.sampled_from(sorted(kinds)))
    return name, kinds[name]


def refused_cleanly(
    whole: Files,
    earlier: Path,
    folder: Path,
    breakage: tuple[str, Callable[[Files], Files]],
    capfd: pytest.CaptureFixture[str],
) -> str:
    name, breaks = breakage
    broken = breaks(whole)
    assert broken != whole, name
    write(folder / "d", broken)
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(earlier, out)
    before = contents(out)
    capfd.readouterr()
    code = run(["ingest", str(folder / "d/catalogue.yaml"), "--out", str(out)])
    shown = capfd.readouterr()
    said = shown.out + shown.err
    assert code == 2, f"{name}: {code} {said}"
    assert "catalogue.yaml:" in shown.err, f"{name}: {said}"
    assert not [secret for secret in SECRETS if secret in said], f"{name}: {said}"
    for number in numbers("birth number", 1) + numbers("D number", 12):
        assert number not in said, name
    assert contents(out) == before, name
    assert [p.name for p in folder.iterdir() if p.name.startswith(".out.ingest")] == [], name
    left = list((folder / ".out.parts").glob("*"))
    assert all(path.suffix in (".parquet", ".json") for path in left), name
    assert ("converted files are kept" in said) == bool(left), name
    return said


@pytest.mark.slow
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)
@given(breakage=breakages())
def test_a_broken_delivery_is_refused_and_changes_nothing(
    breakage: tuple[str, Callable[[Files], Files]],
    whole: Files,
    earlier: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    refused_cleanly(whole, earlier, tmp_path, breakage, capfd)


def test_a_person_number_in_free_text_is_refused_with_its_place(
    whole: Files, earlier: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    one = numbers("birth number", 1)[0]
    breaks = lambda f: edited(f, "person.csv", lambda rows: rows[3].__setitem__(4, f"ring {one} i dag"))  # noqa: E731
    said = refused_cleanly(whole, earlier, tmp_path, ("free text", breaks), capfd)
    assert "E501" in said
    assert "column `merknad`" in said
    assert "first rows: 3" in said


def test_an_interrupt_in_the_middle_leaves_the_earlier_ingest(whole: Files, earlier: Path, tmp_path: Path) -> None:
    write(tmp_path / "d", whole)
    shutil.copytree(earlier, tmp_path / "out")
    before = contents(tmp_path / "out")
    script = (
        "import signal, sys, time, effekt.population.ingest.run as r\n"
        # A test run in the background inherits that interrupts are ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from effekt.__main__ import main\n"
        "real = r.convert\n"
        "def slowly(*args):\n"
        "    print('converting', flush=True); time.sleep(0.5); return real(*args)\n"
        "r.convert = slowly\n"
        f"sys.argv = ['effekt', 'ingest', {str(tmp_path / 'd/catalogue.yaml')!r}, '--out', {str(tmp_path / 'out')!r}]\n"
        "main()\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert child.stdout is not None
    for _ in range(3):
        assert child.stdout.readline() == "converting\n"
    time.sleep(0.1)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    assert child.returncode == INTERRUPTED
    assert "what was there before is untouched" in errors
    assert contents(tmp_path / "out") == before
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".out.ingest")] == []
