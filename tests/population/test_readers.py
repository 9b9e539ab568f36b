"""Reading CSV, parquet and Stata files: the same cells whatever the spelling, and a refusal where it is unclear."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from population_tables import CROSS_SECTION, as_parquet, cross_section, opened

from effekt.errors import DataError
from effekt.population.files.cells import codes_as_text, numbers
from effekt.population.files.tables import TableFile, open_file
from effekt.population.prepared.columns import decimal_of
from effekt.population.prepared.table import open_table
from effekt.spec.prepared import Csv

MARKER = "Zebrafinch"


def column(values: Any, kind: pa.DataType | None = None) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values, type=kind)])


def file_of(path: Path, content: bytes, *, wanted: tuple[str, ...] = (), **stated: Any) -> TableFile:
    path.write_bytes(content)
    return open_file(path, wanted=wanted, csv=Csv.model_validate(stated))


def refused(path: Path, content: bytes, *, wanted: tuple[str, ...] = (), **stated: Any) -> str:
    with pytest.raises(DataError) as error:
        file = file_of(path, content, wanted=wanted, **stated)
        file.read(file.header)
    (problem,) = error.value.problems
    assert MARKER not in f"{problem} {error.value.__context__} {error.value.__cause__}"
    return problem.code


FIELDS = st.text(
    st.characters(codec="latin-1", exclude_characters="\0", exclude_categories=("Cc",)) | st.sampled_from('\n",;\t'),
    max_size=8,
)
ROUGH = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(rows: list[tuple[str, float]], delimiter: str, encoding: str, decimal: str, newline: str) -> bytes:
    def quoted(field: str) -> str:
        return '"' + field.replace('"', '""') + '"'

    lines = [f"navn{delimiter}tall"]
    for text, number in rows:
        figure = repr(number).replace(".", decimal)
        lines.append(quoted(text) + delimiter + (quoted(figure) if delimiter in figure else figure))
    return newline.join([*lines, ""]).encode(encoding)


@ROUGH
@given(
    rows=st.lists(st.tuples(FIELDS, st.floats(allow_nan=False, allow_infinity=False)), min_size=1, max_size=8),
    delimiter=st.sampled_from([",", ";", "\t"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "latin-1"]),
    decimal=st.sampled_from([".", ","]),
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_a_csv_in_any_dialect_gives_the_same_cells(
    tmp_path: Path, rows: list[tuple[str, float]], delimiter: str, encoding: str, decimal: str, newline: str
) -> None:
    stated = {"encoding": "latin-1"} if encoding == "latin-1" else {}
    content = written(rows, delimiter, encoding, decimal, newline)
    file = file_of(tmp_path / "t.csv", content, decimal=decimal, **stated)
    assert file.header == ("navn", "tall")
    table = file.read(["tall", "navn"])
    assert [t or "" for t in codes_as_text(table.column("navn"))] == [t if t.strip() else "" for t, _ in rows]
    read = numbers(table.column("tall"), decimal)  # type: ignore[arg-type]
    inexact = np.array(["e" not in repr(n) and n == int(n) and abs(n) >= 2**53 for _, n in rows])
    assert np.array_equal(read.values[~inexact], np.array([n for _, n in rows])[~inexact])


@pytest.mark.parametrize(
    ("content", "delimiter", "encoding"),
    [
        (b"a,b\n1,2\n", ",", "utf-8"),
        (b"a;b\n1;2,5\n", ";", "utf-8"),
        (b"a\tb\n1\t2\n", "\t", "utf-8"),
        (b"\xef\xbb\xbfa;b\n1;2\n", ";", "utf-8"),
        ("a;b\nÆrlig;2\n".encode(), ";", "utf-8"),
        ("a;b\nÆrlig;2\n".encode("latin-1"), ";", "latin-1"),
        (b'"a,x";b\n1;2\n', ";", "utf-8"),
    ],
)
def test_delimiter_and_encoding_are_told_where_that_is_safe(
    tmp_path: Path, content: bytes, delimiter: str, encoding: str
) -> None:
    file = file_of(tmp_path / "t.csv", content, wanted=("b",))
    assert file.dialect is not None
    assert (file.dialect.delimiter, file.dialect.encoding) == (delimiter, encoding)
    assert file.read(["b"]).num_rows == 1


def test_the_columns_of_the_spec_tell_the_delimiter(tmp_path: Path) -> None:
    content = b"a;b,c\n1;2,3\n"
    assert refused(tmp_path / "t.csv", content) == "E702"
    assert refused(tmp_path / "t.csv", content, wanted=("other",)) == "E702"
    assert file_of(tmp_path / "t.csv", content, wanted=("a",)).header == ("a", "b,c")
    assert file_of(tmp_path / "t.csv", content, wanted=("c",)).header == ("a;b", "c")


def test_stated_dialects_are_taken_at_their_word(tmp_path: Path) -> None:
    assert file_of(tmp_path / "t.csv", b"a|b\n1|2\n", delimiter="|").header == ("a", "b")
    assert file_of(tmp_path / "t.csv", b"a\tb;c\n1\t2\n", delimiter="tab").header == ("a", "b;c")
    file = file_of(tmp_path / "t.csv", "a;b\n\u201cx\u201d;1\n".encode("cp1252"), encoding="cp1252")
    assert codes_as_text(file.read(["a"]).column("a")).tolist() == ["\u201cx\u201d"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("a,b\n\u201cx\u201d,1\n".encode("cp1252"), id="quotation marks of Windows"),
        pytest.param("a,b\nå,1\n".encode("cp865"), id="an old Nordic code page"),
        pytest.param("a,b\nå,1\n".encode("utf-16"), id="UTF-16"),
        pytest.param(b"a,b\n\0,1\n", id="a zero byte"),
        pytest.param(b"\xef\xbb\xbfa,b\n\xe5,1\n", id="a mark of UTF-8 before what is none"),
        pytest.param(b"onlyone\n1\n", id="a single column"),
    ],
)
def test_an_unclear_encoding_or_delimiter_is_refused(tmp_path: Path, content: bytes) -> None:
    assert refused(tmp_path / "t.csv", content) == "E702"


def test_utf8_stated_wrongly_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "t.csv", b"a,b\n\xe5,1\n", encoding="utf-8") == "E702"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("t.csv", b"", id="empty"),
        pytest.param("t.csv", b"a,b", id="a header without an end"),
        pytest.param("t.csv", f"a,b\n{MARKER},2\n{MARKER}\n".encode(), id="too few fields"),
        pytest.param("t.csv", f"a,b\n{MARKER},2,3\n".encode(), id="too many fields"),
        pytest.param("t.csv", f'a,b\n{MARKER},"2\n3,4\n'.encode(), id="a quotation mark never closed"),
        pytest.param("t.csv", b"a,a\n1,2\n", id="a name twice"),
        pytest.param("t.csv", b"\n\n\n", id="nothing but empty lines"),
        pytest.param("t.csv", f"a,{MARKER * 20_000}\n1,2\n".encode(), id="a header without end"),
        pytest.param("t.parquet", MARKER.encode(), id="no parquet"),
        pytest.param("t.dta", MARKER.encode(), id="no dta"),
        pytest.param("t.xlsx", MARKER.encode(), id="of unknown kind"),
        pytest.param("t", MARKER.encode(), id="without extension"),
    ],
)
def test_a_damaged_table_is_refused_without_a_value(tmp_path: Path, name: str, content: bytes) -> None:
    assert refused(tmp_path / name, content) in {"E701", "E702"}


def test_a_ragged_row_is_named_by_its_position(tmp_path: Path) -> None:
    file = file_of(tmp_path / "t.csv", b"a,b\n1,2\n3\n4,5\n6\n")
    with pytest.raises(DataError, match="rows 2, 4 of the table: 1 field where the header has 2"):
        file.read(["a"])


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path / "folder.csv"):
        (tmp_path / "folder.csv").mkdir(exist_ok=True)
        with pytest.raises(DataError, match="E701"):
            open_file(path, wanted=(), csv=Csv())


def test_a_header_without_rows_is_refused_in_every_format(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": pd.Series(dtype=object), "treat": [], "age": [], "educ": [], "y": []})
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    for name in ("t.csv", "t.parquet"):
        with pytest.raises(DataError, match="no rows"):
            open_table(tmp_path / name, cross_section(), assigned_at="person", study="s")


@pytest.mark.parametrize("version", [114, 117, 118, 119])
def test_a_stata_file_cut_off_anywhere_is_refused(tmp_path: Path, version: Any) -> None:
    whole = tmp_path / "w.dta"
    frame = pd.DataFrame({"id": [MARKER, "b", "c"], "y": [1.5, 2.0, 3.0]})
    frame.to_stata(whole, version=version, write_index=False)
    content = whole.read_bytes()
    for length in range(1, len(content), 171):
        assert refused(tmp_path / "t.dta", content[:length]) == "E701", length


def test_a_parquet_file_cut_off_or_corrupted_is_refused(tmp_path: Path) -> None:
    whole = as_parquet(tmp_path, CROSS_SECTION).read_bytes()
    for length in range(1, len(whole), 97):
        assert refused(tmp_path / "t.parquet", whole[:length]) == "E701"
    with pytest.raises(DataError, match="E701"):
        file = file_of(tmp_path / "t.parquet", whole[:4] + b"\xff" * 300 + whole[304:])
        file.read(file.header)


def test_value_labels_and_stata_dates_are_read_as_the_numbers_behind_them(tmp_path: Path) -> None:
    path = tmp_path / "t.dta"
    frame = pd.DataFrame({"sex": pd.Categorical(["m", "f", "m"]), "day": pd.to_datetime(["1960-01-02"] * 3)})
    frame.to_stata(path, write_index=False, convert_dates={"day": "td"})
    table = open_file(path, wanted=(), csv=Csv()).read(["sex", "day"])
    assert numbers(table.column("sex"), ".").values.tolist() == [1, 0, 1]
    assert numbers(table.column("day"), ".").values.tolist() == [1, 1, 1]


def test_extended_missing_values_of_stata_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "t.dta"
    extended = [1.0, np.nan, pd.io.stata.StataMissingValue.BASE_MISSING_VALUES["float64"] * 1.001]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pd.DataFrame({"y": extended[:2]}).to_stata(path, write_index=False)
    content = path.read_bytes()
    a_missing = bytes.fromhex("000000000001e07f")
    changed = content.replace(np.float64(1.0).tobytes(), a_missing, 1)
    assert changed != content
    table = file_of(path, changed).read(["y"])
    assert numbers(table.column("y"), ".").missing.all()


def test_rows_outside_a_selection_never_leave_the_reader(tmp_path: Path) -> None:
    path = as_parquet(tmp_path, CROSS_SECTION, row_group_size=2)
    (tmp_path / "t.csv").write_text(CROSS_SECTION)
    pd.read_parquet(path).to_stata(tmp_path / "t.dta", write_index=False)
    for place in (path, tmp_path / "t.csv", tmp_path / "t.dta"):
        file = open_file(place, wanted=(), csv=Csv())
        chosen = file.read(["y", "id"], np.array([False, False, True, False]))
        assert codes_as_text(chosen.column("id")).tolist() == ["u3"], place.suffix
        assert file.read(["y"], np.zeros(4, dtype=bool)).num_rows == 0


def test_a_row_group_without_a_wanted_row_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = open_file(as_parquet(tmp_path, CROSS_SECTION, row_group_size=1), wanted=(), csv=Csv())
    groups: list[int] = []
    read = pq.ParquetFile.read_row_group
    monkeypatch.setattr(
        pq.ParquetFile, "read_row_group", lambda self, i, **k: (groups.append(i), read(self, i, **k))[1]
    )
    file.read(["y"], np.array([True, False, True, False]))
    assert groups == [0, 2]


def test_only_the_columns_asked_for_are_read(tmp_path: Path) -> None:
    file = file_of(tmp_path / "t.csv", CROSS_SECTION.encode())
    assert file.read(["y", "age", "y"]).column_names == ["y", "age"]


def test_the_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    import hashlib

    file = file_of(tmp_path / "t.csv", CROSS_SECTION.encode())
    assert file.digest == hashlib.sha256(CROSS_SECTION.encode()).hexdigest()


def test_codes_stay_as_typed() -> None:
    assert codes_as_text(column(["0301", " 0301", "NA", "84.10", "", "  ", None])).tolist() == [
        "0301",
        " 0301",
        "NA",
        "84.10",
        None,
        None,
        None,
    ]
    assert codes_as_text(column([301, None])).tolist() == ["301", None]
    assert codes_as_text(column([301.0, np.nan])).tolist() == ["301", None]
    assert codes_as_text(column([1.5, np.nan])).tolist() == ["1.5", None]
    assert codes_as_text(column(["a", "b", "a"]).dictionary_encode()).tolist() == ["a", "b", "a"]


@pytest.mark.parametrize("text", ["", " ", "NA", "NaN", "nan", ".", ".a", ".z", None])
def test_what_is_missing_in_a_number_column(text: str | None) -> None:
    assert numbers(column([text], pa.string()), ".").missing.tolist() == [True]


@pytest.mark.parametrize("text", ["x", "1 000", "1,5", "inf", "0x10", "1e999", "1_0", "null", "-", "1.2.3"])
def test_what_is_no_number(text: str) -> None:
    assert numbers(column([text]), ".").refused.tolist() == [True]


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1.0), (" +1.5 ", 1.5), (".5", 0.5), ("5.", 5.0), ("-1e3", -1000.0), ("0.1", 0.1), ("1e-400", 0.0)],
)
def test_what_is_a_number(text: str, value: float) -> None:
    assert numbers(column([text]), ".").values.tolist() == [value]


def test_whole_numbers_that_float64_cannot_hold_are_refused() -> None:
    beyond = 2**53 + 1
    assert numbers(column([beyond, 2**53 - 1]), ".").refused.tolist() == [True, False]
    assert numbers(column([str(beyond), str(2**53 - 1)]), ".").refused.tolist() == [True, False]


def test_typed_columns_become_numbers() -> None:
    assert numbers(column([True, False, None]), ".").values[:2].tolist() == [1, 0]
    assert numbers(column([np.inf, 1.0]), ".").refused.tolist() == [True, False]
    assert numbers(column(pd.to_datetime(["2020-01-01", None])), ".").refused.tolist() == [True, False]
    decimal = column(["1.25"]).cast(pa.decimal128(6, 2))
    assert numbers(decimal, ".").values.tolist() == [1.25]


def mark(tmp_path: Path, *values: str, delimiter: str = ";") -> str:
    content = "x" + delimiter + "z\n" + "".join(f'"{v}"{delimiter}1\n' for v in values)
    file = file_of(tmp_path / "t.csv", content.encode())
    try:
        return decimal_of(file, file.read(["x"]), ["x"], Csv())
    except DataError as error:
        return error.problems[0].code


def test_the_decimal_mark_is_told_where_that_is_safe(tmp_path: Path) -> None:
    assert mark(tmp_path, "1", "2") == "."
    assert mark(tmp_path, "1,5", "2") == ","
    assert mark(tmp_path, "1.5", "1.234") == "."
    assert mark(tmp_path, "0,123") == ","
    assert mark(tmp_path, "1.234", delimiter=",") == "."
    assert mark(tmp_path, "1,5", delimiter=",") == ","
    assert mark(tmp_path, "1e-5", "-.5") == "."


def test_an_ambiguous_decimal_mark_is_refused(tmp_path: Path) -> None:
    assert mark(tmp_path, "1.5", "2,5") == "E702"
    assert mark(tmp_path, "1.234") == "E702"
    assert mark(tmp_path, "1,234", delimiter=",") == "E702"


def test_an_unknown_column_is_named_with_the_nearest_and_all(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        opened(tmp_path, CROSS_SECTION, cross_section(unit="ID", covariates=["age", "edcu"], weight="qqq"))
    unit, weight, educ = error.value.problems
    assert (unit.code, unit.help, unit.path) == ("E202", "did you mean `id`?", ("prepared", "unit"))
    assert (educ.help, educ.path) == ("did you mean `educ`?", ("prepared", "covariates", 1))
    assert weight.help is None
    assert educ.note == "columns: id, treat, age, educ, office, w, y"


def test_every_key_of_the_spec_is_told_by_its_path(tmp_path: Path) -> None:
    asked = cross_section(
        cluster={"office": "no1"}, persons="no2", outcomes={"y": {"numerator": "no3", "denominator": "no4"}}
    )
    with pytest.raises(DataError) as error:
        opened(tmp_path, CROSS_SECTION, asked)
    assert [p.path[1:] for p in error.value.problems if p.path] == [
        ("persons",),
        ("cluster", "office"),
        ("outcomes", "y", "numerator"),
        ("outcomes", "y", "denominator"),
    ]
