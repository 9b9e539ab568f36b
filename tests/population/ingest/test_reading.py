"""Delivered files, read a stretch at a time: our reader of Stata agrees with pandas, and the guard sees every row."""

from __future__ import annotations

import datetime as dt
import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from person_numbers import FAMILIES, numbers

from effekt.errors import DataError
from effekt.population.catalogue.model import Csv
from effekt.population.deliveries import stata
from effekt.population.deliveries.opening import DeliveredFile, open_delivered
from effekt.population.identity.watch import Watch


def opened(path: Path, **csv: str) -> DeliveredFile:
    return open_delivered(path, csv=Csv.model_validate(csv), folder=path.parent)


def rows(file: DeliveredFile) -> pd.DataFrame:
    return pa.Table.from_batches(list(file.chunks())).to_pandas()


def every_type(n: int = 50) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(
        {
            "v_byte": rng.integers(-100, 100, n).astype("int8"),
            "v_int": rng.integers(-30_000, 30_000, n).astype("int16"),
            "v_long": rng.integers(-2_000_000_000, 2_000_000_000, n).astype("int32"),
            "v_float": rng.normal(size=n).astype("float32"),
            "v_double": rng.normal(size=n),
            "text": [f"æøå{v}" for v in rng.integers(0, 9, n)],
            "day": pd.to_datetime("2020-01-01") + pd.to_timedelta(rng.integers(-40_000, 4_000, n), unit="D"),
            "stamp": pd.to_datetime("2020-01-01 13:45") + pd.to_timedelta(rng.integers(0, 4_000, n), unit="D"),
            "month": pd.to_datetime([f"{1950 + k}-{k % 12 + 1:02d}-01" for k in range(n)]),
        }
    )
    frame.loc[3, ["v_double", "v_float"]] = np.nan
    frame.loc[4, ["day", "stamp", "month"]] = pd.NaT
    frame.loc[5, "text"] = ""
    return frame


@pytest.mark.parametrize("version", [117, 118, 119])
def test_our_reader_of_stata_agrees_with_pandas(tmp_path: Path, version: int) -> None:
    path = tmp_path / "x.dta"
    frame = every_type()
    frame["text"] = frame["text"].str.replace("æøå", "abc") if version == 117 else frame["text"]
    formats = {"day": "td", "stamp": "tc", "month": "tm"}
    frame.to_stata(path, version=version, write_index=False, convert_dates=formats)
    assert stata.layout_of(path) is not None
    ours, theirs = rows(opened(path)), pd.read_stata(path, convert_categoricals=False)
    assert list(ours) == list(theirs)
    for name in theirs:
        if name in formats:
            assert list(pd.to_datetime(ours[name])) == list(theirs[name].dt.normalize()), name
        else:
            assert ours[name].astype(object).tolist() == pytest.approx(theirs[name].tolist(), nan_ok=True), name


def test_missing_values_of_whole_numbers_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "x.dta"
    frame = pd.DataFrame({"a": pd.array([1, None, 3], dtype="Int16"), "b": pd.array([None, 2, 3], dtype="Int32")})
    frame.to_stata(path, version=118, write_index=False)
    read = pa.Table.from_batches(list(opened(path).chunks()))
    assert read.to_pydict() == {"a": [1, None, 3], "b": [None, 2, 3]}


def test_a_file_of_stata_12_goes_through_pandas(tmp_path: Path) -> None:
    path = tmp_path / "x.dta"
    pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}).to_stata(path, version=114, write_index=False)
    assert stata.layout_of(path) is None
    assert rows(opened(path))["b"].tolist() == ["x", "y"]


def test_rows_come_in_stretches_that_join_to_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.dta"
    frame = pd.DataFrame({"a": np.arange(10, dtype="int32"), "b": [f"k{v}" for v in range(10)]})
    frame.to_stata(path, version=118, write_index=False)
    layout = stata.layout_of(path)
    assert layout is not None
    batches = list(stata.chunks(path, layout, 3))
    assert [batch.num_rows for batch in batches] == [3, 3, 3, 1]
    assert [v for batch in batches for v in batch.column(0).to_pylist()] == list(range(10))


@pytest.mark.parametrize("packed", ["", ".gz", ".zip"])
def test_codes_stay_text_whatever_a_file_is_packed_in(tmp_path: Path, packed: str) -> None:
    text = "k;b\nA;0301\nB;å\n".encode("latin-1")
    path = tmp_path / f"x.csv{packed}"
    if packed == ".gz":
        path.write_bytes(gzip.compress(text))
    elif packed == ".zip":
        import zipfile

        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("inside.csv", text)
    else:
        path.write_bytes(text)
    assert rows(opened(path))["b"].astype(object).tolist() == ["0301", "å"]


@pytest.mark.parametrize(
    ("mark", "encoding"), [(";", "utf-8-sig"), (",", "utf-8"), ("\t", "latin-1"), (";", "latin-1")]
)
def test_delimiters_and_encodings_are_told_apart(tmp_path: Path, mark: str, encoding: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(f"k{mark}b\nA{mark}Sørøya\n".encode(encoding))
    assert rows(opened(path)).astype(object).to_dict("list") == {"k": ["A"], "b": ["Sørøya"]}


def test_a_zip_of_two_files_is_refused(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "x.csv.zip", "w") as archive:
        archive.writestr("a.csv", "a;b\n")
        archive.writestr("b.csv", "a;b\n")
    with pytest.raises(DataError, match="holds 2 files"):
        opened(tmp_path / "x.csv.zip")


def test_files_of_spss_are_read_with_their_codes_and_dates(tmp_path: Path) -> None:
    import pyreadstat

    frame = pd.DataFrame(
        {"k": ["A", "B"], "kode": ["0301", "1103"], "dag": [dt.date(2020, 1, 31), None], "x": [1.5, None]}
    )
    path = tmp_path / "x.sav"
    pyreadstat.write_sav(frame, str(path), variable_value_labels={"kode": {"0301": "Oslo"}})
    file = opened(path)
    assert file.header == ("k", "kode", "dag", "x")
    read = pa.Table.from_batches(list(file.chunks()))
    assert read.column("kode").to_pylist() == ["0301", "1103"]
    assert str(read.column("dag").to_pylist()[0])[:10] == "2020-01-31"
    assert read.column("x").to_pylist()[0] == 1.5
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match="E701"):
        rows(opened(path))


def test_what_is_no_file_of_sas_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.sas7bdat").write_bytes(b"no file of SAS" * 100)
    with pytest.raises(DataError, match="cannot be read to its end as sas7bdat"):
        opened(tmp_path / "x.sas7bdat")


def watched(column: pa.Array, *, at_once: int, name: str = "x") -> list[str]:
    watch = Watch(name="f.csv", header=[name])
    for first in range(0, len(column), at_once):
        watch.look(pa.RecordBatch.from_arrays([column.slice(first, at_once)], names=[name]))
    return [problem.sentence for problem in watch.problems()]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("kind", ["text", "encoded", "many alike", "integer", "float"])
def test_the_guard_sees_every_family_in_every_stretch(family: str, kind: str) -> None:
    found = numbers(family, 200)
    column = {
        "text": lambda: pa.array(found),
        "encoded": lambda: pa.array(found).dictionary_encode(),
        "many alike": lambda: pa.array(found * 5).dictionary_encode(),
        "integer": lambda: pa.array([int(v) for v in found]),
        "float": lambda: pa.array([float(v) for v in found]),
    }[kind]()
    (sentence,) = watched(column, at_once=64)
    count = 1000 if kind == "many alike" else 200
    assert f"({count} cells; first rows: 1, 2, 3, 4, 5)" in sentence


def test_one_number_in_the_last_stretch_is_told_by_its_row() -> None:
    one = numbers("birth number", 1)[0]
    column = pa.array(["ingen merknad"] * 999 + [f"ring {one} nå"]).dictionary_encode()
    (sentence,) = watched(column, at_once=100)
    assert "first rows: 1000)" in sentence


def test_dates_beside_five_digits_add_up_over_stretches() -> None:
    found = numbers("birth number", 300)
    watch = Watch(name="f.csv", header=["a", "b"])
    for first in range(0, 300, 50):
        part = found[first : first + 50]
        dates, fives = pa.array([v[:6] for v in part]), pa.array([v[6:] for v in part])
        watch.look(pa.RecordBatch.from_arrays([dates.dictionary_encode(), fives.dictionary_encode()], names=["a", "b"]))
    (sentence,) = [problem.sentence for problem in watch.problems()]
    assert sentence.startswith("column `a` beside column `b`")
    assert "(300 rows)" in sentence
