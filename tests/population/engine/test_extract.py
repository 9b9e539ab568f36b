"""An extract is opened whole or not at all, and known by its content."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from person_numbers import numbers
from toy_extracts import register, write

from effekt.errors import EffektError, PrivacyError
from effekt.population.extract.content import content_digest
from effekt.population.extract.opening import open_extract
from effekt.registers.schema import tables
from effekt.synthetic.registers.columns import encoded_text

JOBS = [
    {"person_id": "a1", "maaned": "2024-01-01", "jobb_id": "j1", "kontantlonn": 100.5, "hovedjobb": True},
    {"person_id": "a2", "maaned": "2024-02-01", "jobb_id": "j2", "kontantlonn": None},
    {"person_id": "a2", "maaned": "2024-03-01", "jobb_id": "j2", "kontantlonn": 0.0, "hovedjobb": False},
]
BENEFITS = [{"person_id": "a1", "start": "2024-01-01", "slutt": "2024-02-01", "ytelse": "AAP", "grad": 50.0}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(
        tmp_path / "x", {"arbeidsforhold": register("arbeidsforhold", JOBS), "ytelse": register("ytelse", BENEFITS)}
    )


def refused(folder: Path, *wanted: str) -> str:
    """Everything that is said of an extract, as the user reads it."""
    with pytest.raises(EffektError) as error:
        open_extract(folder, wanted=wanted or ("arbeidsforhold", "ytelse"))
    return "\n".join(
        f"{p.code}: {p.sentence}" + f"\n  help: {p.help}" * bool(p.help) + f"\n  note: {p.note}" * bool(p.note)
        for p in error.value.problems
    )


def replaced(folder: Path, name: str, table: pa.Table) -> Path:
    """Deliver another table under a name, with a manifest that fits it."""
    manifest = json.loads((folder / "manifest.json").read_text())
    coverage = {known: tuple(entry["coverage"]) for known, entry in manifest["tables"].items()}
    others = {known: pq.read_table(folder / f"{known}.parquet") for known in manifest["tables"]}
    return write(folder, others | {name: table}, coverage)


def test_an_extract_knows_its_tables(folder: Path):
    extract = open_extract(folder, wanted=["arbeidsforhold"])
    assert list(extract.tables) == ["arbeidsforhold"]
    assert extract.tables["arbeidsforhold"].rows == 3
    assert str(extract.tables["arbeidsforhold"].coverage[1]) == "2029-12"
    assert extract.synthetic
    assert extract.world is None


def test_the_order_of_rows_and_of_row_groups_is_not_content(folder: Path):
    before = open_extract(folder, wanted=["arbeidsforhold"]).digest
    table = pq.read_table(folder / "arbeidsforhold.parquet")
    replaced(folder, "arbeidsforhold", table.take([2, 0, 1]).select(table.column_names[::-1]))
    assert open_extract(folder, wanted=["arbeidsforhold"]).digest == before


@pytest.mark.parametrize(
    ("column", "cell"),
    [("kontantlonn", 100.25), ("kontantlonn", None), ("hovedjobb", False), ("hovedjobb", None), ("jobb_id", "j3")],
)
def test_every_cell_is_content(folder: Path, column: str, cell: Any):
    before = open_extract(folder, wanted=["arbeidsforhold"]).digest
    replaced(folder, "arbeidsforhold", register("arbeidsforhold", [JOBS[0] | {column: cell}, *JOBS[1:]]))
    assert open_extract(folder, wanted=["arbeidsforhold"]).digest != before


def test_coverage_and_repeated_rows_are_content(folder: Path):
    seen = {open_extract(folder, wanted=["arbeidsforhold"]).digest}
    table = pq.read_table(folder / "arbeidsforhold.parquet")
    for rows, end in ((table, "2028-12"), (pa.concat_tables([table, table]), "2029-12")):
        write(folder, {"arbeidsforhold": rows}, {"arbeidsforhold": ("2000-01", end)})
        seen.add(open_extract(folder, wanted=["arbeidsforhold"]).digest)
    assert len(seen) == 3


def test_the_digest_is_the_same_for_ever(folder: Path):
    """A number of today: a library or a platform that changes it would call every frozen study altered."""
    table = register("arbeidsforhold", JOBS)
    columns = list(tables()["arbeidsforhold"].columns.values())
    rows, digest = content_digest(columns, table.to_batches())
    assert rows == 3
    assert digest.split(";")[2:] == ["e9d2063e90df91bf", "df572588b1fd2822"]


@given(st.permutations(range(3)), st.integers(1, 3), st.booleans())
@settings(deadline=None)  # a machine that others use too
def test_the_digest_is_a_sum_over_rows(order: list[int], at_once: int, encoded: bool):
    table = register("arbeidsforhold", JOBS)
    columns = list(tables()["arbeidsforhold"].columns.values())
    whole = content_digest(columns, table.to_batches())
    # Text comes as it is, or as positions in a list of names.
    parts = (encoded_text(table) if encoded else table).take(order).combine_chunks()
    assert content_digest(columns, parts.to_batches(max_chunksize=at_once)) == whole


# -- what is refused ------------------------------------------------------------------------------------------


def test_no_folder_no_manifest_no_table(folder: Path):
    assert refused(folder / "nowhere") == (
        "E701: the folder of the registers does not exist\n  help: check `--registers`"
    )
    assert refused(folder, "ytelse", "tiltak", "tiltakk") == (
        "E201: the extract has no table `tiltak`\n"
        "  help: add `tiltak.parquet` to the extract, or ask for nothing from it\n"
        "  note: tables there: arbeidsforhold, ytelse\n"
        "E201: unknown register `tiltakk`\n"
        "  help: did you mean `tiltak`?"
    )
    (folder / "manifest.json").unlink()
    assert refused(folder) == (
        "E701: the folder of the registers has no `manifest.json`\n  help: name the folder that holds it"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"format": "effekt-extract/2"},
        {"synthetic": "yes"},
        {"world": {"name": "tiny"}},
        {"tables": {"ytelse": {"file": "../y.parquet", "coverage": ["2020-01", "2021-01"], "rows": 1, "sha256": ""}}},
        {"tables": {"ytelse": {"file": "y.parquet", "coverage": ["2022-01", "2021-01"], "rows": 1, "sha256": ""}}},
        {"tables": {"ytelse": {"file": "y.parquet", "coverage": ["2020", "2021-01"], "rows": 1, "sha256": ""}}},
        {"tables": []},
    ],
)
def test_a_manifest_that_is_none(folder: Path, change: dict[str, Any]):
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert refused(folder) == (
        "E701: `manifest.json` is not a manifest of the format effekt-extract/1\n  help: write the extract again"
    )


def test_a_file_that_is_gone_swapped_or_cut_off(folder: Path):
    path = folder / "ytelse.parquet"
    content = path.read_bytes()
    path.write_bytes(content[:-20])
    assert refused(folder).splitlines()[0].startswith("E701: `ytelse`: the table cannot be read as parquet")
    pq.write_table(register("ytelse", BENEFITS * 2), path)
    assert refused(folder) == (
        "E701: the file of `ytelse` is not the one that the manifest describes\n"
        "  help: write the extract again, file and manifest together"
    )
    path.unlink()
    assert refused(folder).startswith("E701: `ytelse`: the table does not exist")


def test_columns_that_are_missing_or_of_another_type_are_named_together(folder: Path):
    table = pq.read_table(folder / "arbeidsforhold.parquet").drop_columns(["jobb_id"])
    wages = table.column("kontantlonn").cast(pa.float32())
    place = table.column_names.index("kontantlonn")
    replaced(folder, "arbeidsforhold", table.set_column(place, "kontantlonn", wages))
    benefits = pq.read_table(folder / "ytelse.parquet")
    replaced(folder, "ytelse", benefits.set_column(1, "start", benefits.column("start").cast(pa.timestamp("us"))))
    assert refused(folder) == (
        "E202: `arbeidsforhold` has no column `jobb_id`\n"
        "  help: write `jobb_id` as string\n"
        f"  note: columns there: {', '.join(table.column_names)}\n"
        "E103: `kontantlonn` in `arbeidsforhold` is of type float, and double is expected\n"
        "  help: write `kontantlonn` as double\n"
        "E103: `start` in `ytelse` is of type timestamp[us], and date32[day] is expected\n"
        "  help: write `start` as date32[day]"
    )


def test_times_that_cannot_be_are_counted_and_not_shown(folder: Path):
    replaced(
        folder,
        "ytelse",
        register(
            "ytelse",
            [
                BENEFITS[0] | {"slutt": "2024-01-01"},
                BENEFITS[0] | {"slutt": "2023-12-01"},
                BENEFITS[0] | {"slutt": None, "grad": float("nan")},
                BENEFITS[0] | {"start": None},
            ],
        ),
    )
    replaced(
        folder, "arbeidsforhold", register("arbeidsforhold", [JOBS[0] | {"maaned": "2024-01-02", "person_id": None}])
    )
    assert refused(folder) == (
        "E704: `arbeidsforhold`: `person_id` is missing (1 row)\n"
        "  help: leave the rows out, or find out who and when\n"
        "E711: `arbeidsforhold`: `maaned` is not the first day of a month (1 row)\n"
        "  help: write the month as its first day\n"
        "E704: `ytelse`: `start` is missing (1 row)\n"
        "  help: leave the rows out, or find out who and when\n"
        "E711: `ytelse`: `grad` is no number, or too large to be one (1 row)\n"
        "  help: write what is unknown as missing, not as NaN, infinity or a code such as 9999...\n"
        "E711: `ytelse`: `start` is not before `slutt` (2 rows)\n"
        "  help: spells are half-open: write the first day after the spell as `slutt`, and nothing if it is open"
    )


def test_a_register_in_which_nothing_happened_is_opened(folder: Path):
    replaced(folder, "ytelse", register("ytelse", []))
    assert open_extract(folder, wanted=["ytelse"]).tables["ytelse"].rows == 0


@pytest.mark.parametrize("column", ["person_id", "jobb_id", "notat"])
def test_a_person_number_in_any_column_is_refused_and_never_shown(folder: Path, column: str):
    found = numbers("birth number", 30)
    rows = [JOBS[0] | {"person_id": f"a{n}x"} for n in range(30)]
    table = register("arbeidsforhold", rows)
    cells = pa.array([f"ringte {n}" for n in found] if column == "notat" else found)
    if column == "notat":
        table = table.append_column("notat", cells)
    else:
        table = table.set_column(table.column_names.index(column), column, cells)
    replaced(folder, "arbeidsforhold", table)
    with pytest.raises(PrivacyError) as error:
        open_extract(folder, wanted=["arbeidsforhold"])
    assert error.value.problems[0].code == "E501"
    assert f"`arbeidsforhold`: column `{column}` looks like Norwegian person numbers" in str(error.value)
    assert not any(n in str(error.value) for n in found)
