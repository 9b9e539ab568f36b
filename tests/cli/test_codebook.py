"""`effekt codebook` describes every variable, and counts who lacks it as every count of persons is counted."""

import csv
import io
import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from effekt.__main__ import run
from effekt.population.extract.manifest import FORMAT
from effekt.registers.schema import tables
from effekt.release.codebook import Codebook, codebook_csv, codebook_html, missing_table, variables
from effekt.release.disclosure import protect
from effekt.release.language import Language
from effekt.release.rules import OPEN, TERSKEL10
from effekt.study.codebook import codebook

SPEC = """\
effekt: 1
study: liten
question: Virker det?
population: {from: vedtak14a, accrual: 2022-05..2022-12}
treatment: {from: deltakelse, take: first}
comparison: {candidates: 5}
outcomes: {bor: {from: bosted, is: active, at: [1y]}}
primary: {outcome: bor, at: 1y}
analyses: {hoved: {adjust: none, estimate: difference}}
disclosure: DISCLOSURE
"""

ON_A_TABLE = """\
effekt: 1
study: table
question: Does it work?
prepared: {unit: id, treated: d, assigned: random, outcomes: {y: {column: y}}}
primary: {outcome: y}
analyses: [difference]
"""


@pytest.fixture
def registers(tmp_path: Path) -> Path:
    """A register of 400 persons; 60 lack their category of immigration, 4 their sex, nobody their year of birth."""
    folder = tmp_path / "registers"
    folder.mkdir()
    n = 400
    rows = {
        "person_id": [f"p{i // 100}q{i % 100:02d}" for i in range(n)],
        "foedselsaar": pa.array([1995] * n, pa.int32()),
        "kjoenn": [None if i < 4 else "1" for i in range(n)],
        "innvkat": [None if i < 60 else "A" for i in range(n)],
        "doed": pa.array([None] * n, pa.date32()),
    }
    pq.write_table(pa.table(rows), folder / "person.parquet", compression="zstd")
    write_manifest(folder)
    return folder


def write_manifest(folder: Path, *, synthetic: bool = False) -> None:
    import hashlib

    path = folder / "person.parquet"
    entry = {
        "file": path.name,
        "coverage": ["2015-01", "2024-12"],
        "rows": pq.read_metadata(path).num_rows,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    manifest = {"format": FORMAT, "synthetic": synthetic, "world": None, "tables": {"person": entry}}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def told(content: bytes) -> dict[str, dict[str, str]]:
    return {row["variable"]: row for row in csv.DictReader(io.StringIO(content.decode()))}


def test_without_data_every_variable_of_every_register_is_there():
    book = codebook(work=Path("unused"))
    assert [v.key for v in book.variables] == [(t.name, c) for t in tables().values() for c in t.columns]
    assert book.missing is None and not Path("unused").exists()


def test_who_lacks_a_variable_is_counted_in_persons_rounded_and_suppressed(registers: Path):
    rows = told(codebook_csv(codebook(registers=registers, work=Path("unused")), Language("nb")))
    assert (rows["innvkat"]["persons"], rows["innvkat"]["persons_missing"], rows["innvkat"]["missing"]) == (
        "400",
        "60",
        "0.15",
    )
    for few in ("kjoenn", "foedselsaar"):
        assert rows[few]["missing"] == rows[few]["persons_missing"] == ""
        assert rows[few]["suppressed"] == "persons_missing missing", "nobody and a few look alike"


def test_an_empty_cell_that_means_not_yet_is_not_missing(registers: Path):
    rows = told(codebook_csv(codebook(registers=registers, work=Path("unused")), Language("nb")))
    assert (rows["doed"]["missing"], rows["doed"]["suppressed"], rows["doed"]["delivered"]) == ("", "", "true")
    assert rows["landbakgrunn"]["delivered"] == "false"
    assert rows["person_id"]["protected"] == "identifier" and rows["kjoenn"]["protected"] == "persons"


def test_persons_are_counted_once_however_many_rows_they_have():
    table = missing_table({"bosted": 50}, {("bosted", "kommunenr"): 20})
    released = protect(table, TERSKEL10)
    assert released.data["missing"] == (0.4,)


def test_rules_that_protect_nobody_are_for_synthetic_data_only(registers: Path, tmp_path: Path):
    spec = tmp_path / "open.yaml"
    spec.write_text(SPEC.replace("DISCLOSURE", "open"), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("effekt.study.codebook.tables_of", lambda study: ("person",))
        assert codebook(spec, registers=registers, work=tmp_path).rules == TERSKEL10
        write_manifest(registers, synthetic=True)
        book = codebook(spec, registers=registers, work=tmp_path)
    assert book.rules == OPEN
    assert told(codebook_csv(book, Language("nb")))["kjoenn"]["persons_missing"] == "4"


def test_a_study_has_the_registers_it_asks_for(tmp_path: Path, capsys):
    spec = tmp_path / "study.yaml"
    spec.write_text(SPEC.replace("DISCLOSURE", "terskel10"), encoding="utf-8")
    assert run(["codebook", str(spec)]) == 0
    said = capsys.readouterr().out
    assert "vedtak14a" in said and "inntekt_aar" not in said and "need data" in said


def test_categories_have_their_names_in_both_languages():
    book = Codebook(variables(("ytelse",), coverage={}, delivered={}), None, TERSKEL10)
    for language, name in (("nb", "Arbeidsavklaringspenger"), ("en", "AAP = ")):
        assert name.casefold() in told(codebook_csv(book, Language(language)))["ytelse"]["categories"].casefold()


def test_the_page_stands_alone_and_escapes_what_it_holds(registers: Path):
    page = codebook_html(codebook(registers=registers, work=Path("unused"))).decode()
    assert 'lang="nb"' in page and 'lang="en"' in page
    assert not re.search(r"<script|src=|https?://", page) and "15,0 %" in page and "15.0 %" in page
    assert "<details>" in codebook_html(codebook(work=Path("unused"))).decode()


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--out", "codes.txt"], "E103"),
        (["--registers", "nowhere"], "E701"),
        (["--registers", ".", "--world", "tiny"], "E109"),
        (["--world", "tinny"], "E108"),
        (["nowhere.yaml"], "E108"),
        (["table.yaml"], "E109"),
        (["--out", "table.yaml/codes.csv"], "E710"),
    ],
)
def test_bad_input(options: list[str], code: str, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("table.yaml").write_text(ON_A_TABLE, encoding="utf-8")
    assert run(["codebook", *options]) == 2
    assert capsys.readouterr().err.startswith(code)
