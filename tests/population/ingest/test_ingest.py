"""A delivery becomes the canonical registers it was made from, row for row, and what happened on the way is told."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deliveries import canonical, deliver

from effekt.errors import DataError, EffektError
from effekt.literals import Month
from effekt.located.render import render_text
from effekt.population.extract.opening import open_extract
from effekt.population.identity.watch import Watch
from effekt.population.ingest.run import Ingested, ingest
from effekt.population.ingest.stocks import jumps_in

TODAY = dt.date(2026, 6, 1)


@pytest.fixture(scope="module")
def draw() -> dict[str, pa.Table]:
    return canonical(60)


@pytest.fixture(scope="module")
def delivered(draw: dict[str, pa.Table], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return deliver(tmp_path_factory.mktemp("delivery"), draw)


@pytest.fixture(scope="module")
def ingested(delivered: Path) -> Ingested:
    return ingest(delivered, delivered.parent / "registers", today=TODAY)


def sorted_rows(table: pa.Table, columns: list[str]) -> list[dict[str, object]]:
    return table.select(columns).sort_by([(name, "ascending") for name in columns]).to_pylist()


def test_a_delivery_becomes_the_draw_it_was_made_from(ingested: Ingested, draw: dict[str, pa.Table]) -> None:
    assert {table.name for table in ingested.tables} == set(draw)
    for name, table in draw.items():
        made = pq.read_table(ingested.out / f"{name}.parquet")
        assert set(made.column_names) == set(table.column_names), name
        assert [str(made.schema.field(n).type) for n in made.column_names] == [
            str(table.schema.field(n).type) for n in made.column_names
        ]
        assert sorted_rows(made, made.column_names) == sorted_rows(table, made.column_names), name


def test_what_was_ingested_opens_as_an_extract(ingested: Ingested, draw: dict[str, pa.Table]) -> None:
    extract = open_extract(ingested.out, wanted=list(draw))
    assert {name: file.rows for name, file in extract.tables.items()} == {n: t.num_rows for n, t in draw.items()}
    assert str(extract.tables["arbeidsforhold"].coverage[0]) == "2024-10"


def test_rows_are_sorted_by_person(ingested: Ingested) -> None:
    people = pq.read_table(ingested.out / "arbeidsforhold.parquet")["person_id"].to_pylist()
    assert people == sorted(people)


def test_the_report_counts_every_rule_and_tells_of_types_that_drift(ingested: Ingested) -> None:
    report = json.loads((ingested.out / "integrity.json").read_text(encoding="utf-8"))
    jobs = report["tables"]["arbeidsforhold"]
    assert {rule["rule"] for rule in jobs["rules"]} == {
        *("types", "keys", "coverage", "duplicates", "unique", "codes", "persons", "stock")
    }
    assert jobs["delivered"]["type_drift"] == ["arb_kommune: int32, text"]
    assert jobs["files"] == 6
    assert len(jobs["stock"]["months"]) == 6
    page = (ingested.out / "integrity.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 4
    assert "arb_kommune" in page


def test_the_same_delivery_gives_the_same_bytes(ingested: Ingested, delivered: Path, tmp_path: Path) -> None:
    again = ingest(delivered, tmp_path / "again", today=TODAY, threads=1)
    names = sorted(path.name for path in ingested.out.iterdir())
    assert names == sorted(path.name for path in again.out.iterdir())
    for name in names:
        assert (ingested.out / name).read_bytes() == (again.out / name).read_bytes(), name


def test_nothing_is_left_beside_the_extract(ingested: Ingested) -> None:
    assert [p.name for p in ingested.out.parent.iterdir() if p.name.startswith(".")] == []


def refused(catalogue: Path, out: Path) -> str:
    with pytest.raises(EffektError) as caught:
        ingest(catalogue, out, today=TODAY)
    assert all(problem.place is not None for problem in caught.value.problems)
    return render_text(caught.value.problems)


def one_table(folder: Path, rows: str, entry: str, *, name: str = "tiltak", policies: str = "{}") -> Path:
    """Write a delivery of one CSV file and its catalogue."""
    (folder / f"{name}.csv").write_text(rows, encoding="utf-8")
    catalogue = folder / "catalogue.yaml"
    catalogue.write_text(
        "catalogue: {delivery: d1, person_key: p, synthetic: true}\n"
        f"policies: {policies}\n"
        f"tables:\n  {name}:\n    files: {name}.csv\n    coverage: [2020-01, 2021-12]\n{entry}",
        encoding="utf-8",
    )
    return catalogue


BENEFITS = "    spell: {start: fra, stop: til, unit: YYYYMM, stop_inclusive: true, layout: open_close_lines}\n"
SPELLS = "    columns: {grad: {const: none}}\n"


def rows_of(out: Path, name: str) -> list[dict[str, object]]:
    return pq.read_table(out / f"{name}.parquet").to_pylist()


def test_a_new_open_spell_of_somebody_with_an_earlier_closed_one_is_kept(tmp_path: Path) -> None:
    rows = "p,ytelse,fra,til\nA1,AAP,202001,\nA1,AAP,202001,202003\nA1,AAP,202101,\n"
    catalogue = one_table(tmp_path, rows, BENEFITS + SPELLS, name="ytelse")
    ingest(catalogue, tmp_path / "out", today=TODAY)
    assert [(row["start"], row["slutt"]) for row in rows_of(tmp_path / "out", "ytelse")] == [
        (dt.date(2020, 1, 1), dt.date(2020, 4, 1)),
        (dt.date(2021, 1, 1), None),
    ]


HEADER = "p,ytelse,start,slutt\n"
OVERLAPPING = HEADER + "A1,AAP,2020-01-01,2020-04-01\nA1,AAP,2020-03-01,2020-06-01\nA1,KVP,2020-02-01,\n"


@pytest.mark.parametrize(
    ("rows", "code", "words"),
    [
        (OVERLAPPING, "E713", "begin before another of the same key has ended (1 row)"),
        (HEADER + "A1,AAP,2020-04-01,2020-01-01\n", "E711", "do not begin before they end (1 row)"),
        (HEADER + "A1,AAP,2020-04-01,\n" * 2, "E705", "stand there twice (1 row)"),
        (HEADER + "A1,AAP,2022-04-01,\n", "E713", "outside the coverage 2020-01 to 2021-12 (1 row)"),
        (HEADER + ",AAP,2020-04-01,\n", "E704", "`person_id` is missing (1 row)"),
        (HEADER + "A1,XYZ,2020-04-01,\n", "E206", "codes in `ytelse` that do not exist at their date (1 row)"),
        (
            HEADER + "A1,AAP,20200401,\n",
            "E105",
            "column `start` holds 1 cell that cannot be read as a date (first rows: 1)",
        ),
        (HEADER + "A1,AAP\n", "E701", "1 row of the file: 2 fields where the header has 4"),
        ("p,ytelse,begin,slutt\n", "E202", "`ytelse.csv` has no column `start`"),
        ("p;ytelse;start,slutt\n", "E702", "the delimiter of the file cannot be told"),
        (HEADER + "A1,AAP,2020-04-01,", "E701", "the last line of the file does not end"),
        ("", "E701", "the file is empty: 0 bytes"),
        ("A1,AAP,2020-04-01,\n", "E701", "does not hold names of columns"),
    ],
)
def test_what_breaks_a_rule_stops_the_ingest_with_a_count(tmp_path: Path, rows: str, code: str, words: str) -> None:
    catalogue = one_table(tmp_path, rows, SPELLS, name="ytelse")
    message = refused(catalogue, tmp_path / "out")
    assert message.startswith(code)
    assert words in message
    assert "A1" not in message
    assert not (tmp_path / "out").exists()


def policy(tmp_path: Path, rows: str, policies: str) -> tuple[list[tuple[object, ...]], dict[str, int]]:
    ingest(one_table(tmp_path, rows, SPELLS, name="ytelse", policies=policies), tmp_path / "out", today=TODAY)
    report = json.loads((tmp_path / "out/integrity.json").read_text(encoding="utf-8"))
    touched = {rule["rule"]: rule["touched"] for rule in report["tables"]["ytelse"]["rules"] if rule["touched"]}
    found = sorted(rows_of(tmp_path / "out", "ytelse"), key=lambda row: (row["ytelse"], row["start"]))
    return [(row["ytelse"], str(row["start"]), row["slutt"] and str(row["slutt"])) for row in found], touched


def test_spells_that_say_the_same_are_merged(tmp_path: Path) -> None:
    found, touched = policy(tmp_path, OVERLAPPING, "{overlap: merge}")
    assert found == [("AAP", "2020-01-01", "2020-06-01"), ("KVP", "2020-02-01", None)]
    assert touched == {"overlap": 1}


def test_the_later_spell_has_priority(tmp_path: Path) -> None:
    found, touched = policy(tmp_path, OVERLAPPING, "{overlap: priority}")
    assert found == [
        ("AAP", "2020-01-01", "2020-03-01"),
        ("AAP", "2020-03-01", "2020-06-01"),
        ("KVP", "2020-02-01", None),
    ]
    assert touched == {"overlap": 1}


@pytest.mark.parametrize(
    ("row", "policies"),
    [
        ("A2,AAP,2020-04-01,2020-01-01\n", "{order: drop}"),
        ("A1,AAP,2020-01-01,\n", "{duplicates: drop}"),
        (",AAP,2020-04-01,\n", "{keys: drop}"),
        ("A1,AAP,2022-04-01,\n", "{coverage: drop}"),
    ],
)
def test_rows_are_dropped_where_the_catalogue_says_so(tmp_path: Path, row: str, policies: str) -> None:
    found, touched = policy(tmp_path, HEADER + "A1,AAP,2020-01-01,\n" + row, policies)
    assert found == [("AAP", "2020-01-01", None)]
    assert list(touched.values()) == [1]


def copied(delivered: Path, folder: Path) -> Path:
    shutil.copytree(delivered.parent, folder, ignore=shutil.ignore_patterns("registers"))
    return folder / delivered.name


def test_a_missing_month_is_named(delivered: Path, tmp_path: Path) -> None:
    catalogue = copied(delivered, tmp_path / "d")
    (tmp_path / "d/atid/ameld_statdata_2024_m11.dta").unlink()
    (tmp_path / "d/inntekt/inntekt_nodub2023.csv").unlink()
    message = refused(catalogue, tmp_path / "out")
    assert "`arbeidsforhold` has no file for 1 month of its coverage" in message
    assert "missing: 2024-11" in message
    assert "missing: 2023" in message


def test_two_files_of_one_month_are_refused(delivered: Path, tmp_path: Path) -> None:
    catalogue = copied(delivered, tmp_path / "d")
    first = tmp_path / "d/atid/ameld_statdata_2025_m1.dta"
    shutil.copy(first, first.with_name("ameld_statdata_2025_m01.dta"))
    assert "`arbeidsforhold` has 2 files for 2025-01" in refused(catalogue, tmp_path / "out")


def test_files_outside_the_coverage_are_not_read_and_told(delivered: Path, tmp_path: Path) -> None:
    catalogue = copied(delivered, tmp_path / "d")
    shutil.copy(tmp_path / "d/inntekt/inntekt_nodub2022.csv", tmp_path / "d/inntekt/inntekt_nodub2012.csv")
    done = ingest(catalogue, tmp_path / "out", today=TODAY)
    notes = {table.name: table.notes for table in done.tables}
    assert notes["inntekt_aar"] == ("1 file outside the coverage, not read: inntekt/inntekt_nodub2012.csv",)


def test_a_failed_ingest_leaves_the_earlier_one_and_goes_on_where_it_was(
    delivered: Path, ingested: Ingested, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = copied(delivered, tmp_path / "d")
    out = tmp_path / "out"
    shutil.copytree(ingested.out, out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    path = tmp_path / "d/inntekt/inntekt_nodub2023.csv"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b",", b"x", 1))
    assert "E703" in refused(catalogue, out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    parts = sorted((tmp_path / ".out.parts").glob("*.parquet"))
    assert len(parts) > 10
    assert (tmp_path / ".out.parts").stat().st_mode & 0o077 == 0
    path.write_bytes(whole)
    read: list[str] = []
    look = Watch.look
    monkeypatch.setattr(Watch, "look", lambda watch, chunk: (read.append(watch.name), look(watch, chunk))[1])
    ingest(catalogue, out, today=TODAY)
    assert set(read) <= {"inntekt/inntekt_nodub2023.csv"}
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert not (tmp_path / ".out.parts").exists()


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = one_table(tmp_path, HEADER + "A1,AAP,2020-01-01,\n", SPELLS, name="ytelse")

    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("effekt.population.ingest.making.write_table", full)
    with pytest.raises(DataError, match="E710"):
        ingest(catalogue, tmp_path / "out", today=TODAY)
    assert not (tmp_path / "out").exists()
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".out.ingest")] == []


def test_an_extract_is_never_written_over_other_files(tmp_path: Path) -> None:
    catalogue = one_table(tmp_path, HEADER + "A1,AAP,2020-01-01,\n", SPELLS, name="ytelse")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(DataError, match="E710"):
        ingest(catalogue, tmp_path / "out", today=TODAY)
    assert (tmp_path / "out/mine.txt").read_text(encoding="utf-8") == "mine"


def test_a_table_is_put_together_from_files_of_one_variable_each(tmp_path: Path) -> None:
    for name, rows in {
        "KJOENN": "A1;1;1990-01-01;;\nA2;2;1991-01-01;;\n",
        "FOEDT": "A1;199005;;;\nA2;199107;;;\n",
        "INVKAT": "A1;A;;;\nA2;B;;;\n",
        "LONN": "A1;1000;2020-01-01;2020-12-31;\nA2;5;2021-01-01;2021-12-31;\n",
        "BOSTED": "A1;301;2020-01-01;2020-06-30;\nA1;1103;2020-07-01;;\nA2;1103;2020-01-01;;\n",
    }.items():
        (tmp_path / f"{name}.csv").write_text(rows, encoding="utf-8")
    (tmp_path / "catalogue.yaml").write_text(
        """\
catalogue: {delivery: m1, person_key: unit_id, synthetic: true}
csv: {delimiter: ";"}
tables:
  person:
    coverage: [2020-01, 2021-12]
    sources:
      kjoenn: {dataset: KJOENN, temporality: FIXED}
      foedselsaar: {dataset: FOEDT, derive: year_of_yyyymm}
      innvkat: {dataset: INVKAT}
  inntekt_aar:
    coverage: [2020-01, 2021-12]
    sources: {wlonn: {dataset: LONN}}
    columns: {wyrkinnt: {const: none}, overfoeringer: {const: none}, deflator: {const: '1'}}
  bosted:
    coverage: [2020-01, 2021-12]
    sources: {kommunenr: {dataset: BOSTED, pad: 4}}
    columns: {status: {const: bosatt}}
""",
        encoding="utf-8",
    )
    ingest(tmp_path / "catalogue.yaml", tmp_path / "out", today=TODAY)
    assert [(r["person_id"], r["foedselsaar"], r["kjoenn"]) for r in rows_of(tmp_path / "out", "person")] == [
        ("A1", 1990, "1"),
        ("A2", 1991, "2"),
    ]
    assert [(r["aar"], r["wlonn"], r["wyrkinnt"]) for r in rows_of(tmp_path / "out", "inntekt_aar")] == [
        (2020, 1000.0, None),
        (2021, 5.0, None),
    ]
    assert [(r["kommunenr"], str(r["slutt"])) for r in rows_of(tmp_path / "out", "bosted")] == [
        ("0301", "2020-07-01"),
        ("1103", "None"),
        ("1103", "None"),
    ]


def test_a_crosswalk_leads_to_canonical_codes_and_tells_of_those_it_does_not_know(tmp_path: Path) -> None:
    (tmp_path / "walk.csv").write_text("from;to\n001;AAP\n002;KVP\n", encoding="utf-8")
    entry = "    columns: {grad: {const: none}, ytelse: {from: kode, pad: 3, crosswalk: walk}}\n"
    rows = "p,kode,start,slutt\nA1,1,2020-01-01,\nA2,2,2020-01-01,\n"
    ingest(one_table(tmp_path, rows, entry, name="ytelse"), tmp_path / "out", today=TODAY)
    assert [row["ytelse"] for row in rows_of(tmp_path / "out", "ytelse")] == ["AAP", "KVP"]
    message = refused(one_table(tmp_path, rows + "A3,7,2020-01-01,\n", entry, name="ytelse"), tmp_path / "out")
    assert "column `kode` holds 1 cell without a counterpart in the crosswalk (first rows: 3)" in message


def test_persons_in_one_table_only_are_counted(delivered: Path, tmp_path: Path) -> None:
    catalogue = copied(delivered, tmp_path / "d")
    person = tmp_path / "d/demografi/person.csv"
    person.write_text("".join(person.read_text("latin-1").splitlines(keepends=True)[:-1]), encoding="latin-1")
    message = refused(catalogue, tmp_path / "out")
    assert "`bosted`: rows of persons who are not in `person`" in message


def test_registers_are_not_opened_after_the_date_their_catalogue_gives(tmp_path: Path) -> None:
    catalogue = one_table(tmp_path, HEADER + "A1,AAP,2020-01-01,\n", SPELLS, name="ytelse")
    text = catalogue.read_text(encoding="utf-8").replace("synthetic: true", "synthetic: true, retain_until: 2026-12-31")
    catalogue.write_text(text, encoding="utf-8")
    ingest(catalogue, tmp_path / "out", today=TODAY)
    open_extract(tmp_path / "out", wanted=["ytelse"], today=dt.date(2026, 12, 31))
    with pytest.raises(DataError, match="E714"):
        open_extract(tmp_path / "out", wanted=["ytelse"], today=dt.date(2027, 1, 1))
    with pytest.raises(DataError, match="E714"):
        ingest(catalogue, tmp_path / "out", today=dt.date(2027, 1, 1))


def test_a_mark_of_missing_and_a_bound_become_unknown(tmp_path: Path) -> None:
    entry = "    columns: {grad: {missing: ['999', '<=0']}}\n"
    rows = "p,ytelse,start,slutt,grad\n" + "".join(
        f"A{n},AAP,2020-01-01,,{grad}\n" for n, grad in enumerate(("50.5", "999", "0", "-1", ""))
    )
    ingest(one_table(tmp_path, rows, entry, name="ytelse"), tmp_path / "out", today=TODAY)
    assert [row["grad"] for row in rows_of(tmp_path / "out", "ytelse")] == [50.5, None, None, None, None]


def test_a_date_of_stata_is_a_date(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"p": ["A1"], "ytelse": ["AAP"], "start": [pd.Timestamp("2020-01-01")], "slutt": [pd.NaT], "grad": [100.0]}
    )
    frame["slutt"] = pd.to_datetime(frame["slutt"])
    frame.to_stata(tmp_path / "ytelse.dta", write_index=False, convert_dates={"start": "td", "slutt": "td"})
    catalogue = one_table(tmp_path, "", "", name="ytelse")
    catalogue.write_text(catalogue.read_text(encoding="utf-8").replace("ytelse.csv", "ytelse.dta"), encoding="utf-8")
    ingest(catalogue, tmp_path / "out", today=TODAY)
    assert [(str(r["start"]), r["slutt"]) for r in rows_of(tmp_path / "out", "ytelse")] == [("2020-01-01", None)]


def test_the_last_month_inside_as_a_month_of_stata_ends_with_the_next_one(tmp_path: Path) -> None:
    months = pd.to_datetime(["2020-01-01", "2020-12-01"])
    frame = pd.DataFrame({"p": ["A1", "A2"], "ytelse": "AAP", "fra": months, "til": [months[1], pd.NaT], "grad": 100.0})
    frame.to_stata(tmp_path / "ytelse.dta", write_index=False, convert_dates={"fra": "tm", "til": "tm"})
    spell = "    spell: {start: fra, stop: til, unit: YYYYMM, stop_inclusive: true}\n"
    catalogue = one_table(tmp_path, "", spell, name="ytelse")
    catalogue.write_text(catalogue.read_text(encoding="utf-8").replace("ytelse.csv", "ytelse.dta"), encoding="utf-8")
    ingest(catalogue, tmp_path / "out", today=TODAY)
    assert [(str(r["start"]), r["slutt"] and str(r["slutt"])) for r in rows_of(tmp_path / "out", "ytelse")] == [
        ("2020-01-01", "2021-01-01"),
        ("2020-12-01", None),
    ]


@pytest.mark.parametrize(
    ("code", "start", "wrong"),
    [
        ("1580", "2023-12-31", 1),  # Haram was divided from Ålesund in 2024
        ("1580", "2024-01-01", 0),
        ("1507", "2023-12-31", 0),
        ("1507", "2024-01-01", 1),
        ("1601", "2015-01-01", 0),  # nothing is known of the borders before 2018
        ("9999", "2024-01-01", 1),
    ],
)
def test_a_municipality_is_held_against_the_borders_of_its_date(
    tmp_path: Path, code: str, start: str, wrong: int
) -> None:
    rows = f"p,start,slutt,kommunenr,status\nA1,{start},,{code},bosatt\n"
    catalogue = one_table(tmp_path, rows, "", name="bosted", policies="{codes: missing, coverage: report}")
    ingest(catalogue, tmp_path / "out", today=TODAY)
    report = json.loads((tmp_path / "out/integrity.json").read_text(encoding="utf-8"))
    (found,) = [r for r in report["tables"]["bosted"]["rules"] if r["column"] == "kommunenr"]
    assert (found["count"], found["touched"]) == (wrong, wrong)
    assert [row["kommunenr"] for row in rows_of(tmp_path / "out", "bosted")] == [None if wrong else code]


def months(n: int) -> list[Month]:
    return [Month(2015, 1).plus(k) for k in range(n)]


def test_a_hole_and_a_level_shift_are_jumps_and_a_school_year_is_none() -> None:
    school = [1000 if month.month in (7, 8) else 2000 for month in months(60)]
    assert jumps_in(months(60), school) == ()
    hole = [1000] * 60
    hole[30] = 100
    assert jumps_in(months(60), hole) == (Month(2017, 7), Month(2017, 8))
    shift = [1000] * 30 + [2000] * 30
    assert jumps_in(months(60), shift) == (Month(2017, 7),)
    assert jumps_in(months(60), [3, 9] * 30) == ()


def test_a_month_without_rows_is_a_hole_in_the_coverage(tmp_path: Path) -> None:
    head = "p,maaned,jobb_id,virksomhet_id,arbeidstid,stillingsprosent,kontantlonn,yrke,yrke_versjon,naering,"
    rows = head + "naering_versjon,hovedjobb,arbeidskommunenr\n"
    for month in (1, 2, 4):
        rows += f"A1,2020-{month:02d}-01,J1,V1,37.5,100,1000,2310,STYRK08,84.110,SN2007,1,0301\n"
    catalogue = one_table(tmp_path, rows, "    columns: {maaned: maaned}\n", name="arbeidsforhold")
    text = catalogue.read_text(encoding="utf-8").replace("2021-12", "2020-04")
    catalogue.write_text(text, encoding="utf-8")
    message = refused(catalogue, tmp_path / "out")
    assert "months of the coverage 2020-01 to 2020-04 without a single row (1 month)" in message
    catalogue.write_text(text.replace("policies: {}", "policies: {coverage: report}"), encoding="utf-8")
    ingest(catalogue, tmp_path / "out", today=TODAY)


def test_lines_of_persons_who_do_not_live_here_are_counted(tmp_path: Path) -> None:
    (tmp_path / "bosted.csv").write_text(
        "p,start,slutt,kommunenr,status\nA1,2020-01-01,2020-06-01,0301,bosatt\nA1,2020-06-01,,,utvandret\n",
        encoding="utf-8",
    )
    rows = "p,start,slutt,hovedstatus,nav_kontor\nA1,2020-02-01,2020-03-01,HL,N1\nA1,2020-07-01,,HL,N1\n"
    catalogue = one_table(tmp_path, rows, "", name="arbeidssoeker")
    with catalogue.open("a", encoding="utf-8") as file:
        file.write("  bosted: {files: bosted.csv, coverage: [2020-01, 2021-12]}\n")
    message = refused(catalogue, tmp_path / "out")
    assert "`arbeidssoeker`: rows of persons who do not live in Norway then (1 row)" in message
