"""Raw estimates in the work folder: exact to the last bit, bound to their freeze, refused once changed."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path

import numpy as np
import pytest

from effekt.errors import FreezeError
from effekt.provenance.raw import FILE, read_estimates, write_estimates
from effekt.results import Column, Estimate, Estimates, Table

FREEZE = "f" * 64


def estimates(value: float = 0.1, *, details: bool = True) -> Estimates:
    row = Estimate(
        analysis="hoved",
        variant="base",
        method="difference",
        estimand="ATE",
        outcome="lønn",
        horizon=3,
        value=value,
        std_error=1 / 3,
        ci_low=value - 1e-17,
        ci_high=math.nextafter(value, math.inf),
        p_value=5e-324,
        df=1e308,
        inference="HC2 + Satterthwaite",
        n_treated=12,
        n_comparison=34,
        n_persons_treated=None,
        n_persons_comparison=34,
        n_clusters=46,
        comparison_mean=-0.0,
    )
    table = Table(
        name="changes",
        title="Endringer",
        columns=(
            Column(name="fylke", kind="key"),
            Column(name="n", kind="count", internal=True),
            Column(name="endring", kind="statistic", of="n", unit="value"),
        ),
        data={"fylke": ("Møre og Romsdal", None), "n": (12, 3), "endring": (0.1 + 0.2, True)},
        margins=True,
        chain="n",
    )
    return Estimates(rows=(row, row), support=(12, None), details={"changes": table} if details else {})


def bits(value: float | None) -> bytes:
    return b"" if value is None else struct.pack(">d", value)


@pytest.mark.parametrize("value", [0.1, 1794.3423818501024, -1e-300, 1e300, 2**-1074, math.pi])
def test_every_float_comes_back_to_the_last_bit(tmp_path: Path, value: float):
    written = estimates(value)
    write_estimates(tmp_path, freeze_digest=FREEZE, estimates={"hoved": written})
    read = (read_estimates(tmp_path, freeze_digest=FREEZE) or {})["hoved"]
    assert read.rows == written.rows
    for name in ("value", "std_error", "ci_low", "ci_high", "p_value", "df", "comparison_mean"):
        assert bits(getattr(read.rows[0], name)) == bits(getattr(written.rows[0], name)), name


def test_ten_thousand_floats_come_back_to_the_last_bit(tmp_path: Path):
    rng = np.random.default_rng(5)
    drawn = rng.integers(0, 2**63, 10_000, dtype=np.uint64).view(np.float64)
    values = tuple(drawn[np.isfinite(drawn)].tolist())
    columns = (Column(name="n", kind="count"), Column(name="v", kind="statistic", of="n"))
    table = Table(name="t", title="T", columns=columns, data={"n": (10,) * len(values), "v": values})
    written = Estimates(rows=(), support=(), details={"t": table})
    write_estimates(tmp_path, freeze_digest=FREEZE, estimates={"a": written})
    read = (read_estimates(tmp_path, freeze_digest=FREEZE) or {})["a"]
    assert read.details["t"].data["v"] == values


def test_support_and_side_tables_come_back_with_what_protects_them(tmp_path: Path):
    written = {"hoved": estimates(), "hoved/uten": estimates(2.0, details=False)}
    write_estimates(tmp_path, freeze_digest=FREEZE, estimates=written)
    read = read_estimates(tmp_path, freeze_digest=FREEZE) or {}
    assert list(read) == ["hoved", "hoved/uten"]
    assert read["hoved"].support == (12, None)
    assert read["hoved"].details["changes"] == written["hoved"].details["changes"]
    assert dict(read["hoved/uten"].details) == {}


def test_estimates_of_another_freeze_are_none(tmp_path: Path):
    write_estimates(tmp_path, freeze_digest=FREEZE, estimates={"hoved": estimates()})
    assert read_estimates(tmp_path, freeze_digest="0" * 64) is None


def test_a_folder_without_estimates_has_none(tmp_path: Path):
    assert read_estimates(tmp_path, freeze_digest=FREEZE) is None


def assert_damaged(work: Path) -> None:
    with pytest.raises(FreezeError) as refused:
        read_estimates(work, freeze_digest=FREEZE)
    (problem,) = refused.value.problems
    assert problem.code == "E606"
    assert "effekt run" in (problem.help or "")


TAMPERED = {
    "a value": ('"value": 0.1', '"value": 0.2'),
    "a p-value": ('"p_value": 5e-324', '"p_value": 0.04'),
    "a number of persons": ('"n_persons_comparison": 34', '"n_persons_comparison": 35'),
    "the persons behind a row": ("12,\n    null", "12,\n    120"),
    "what protects a column": ('"internal": true', '"internal": false'),
    "a cell of a side table": ("0.30000000000000004", "0.3"),
    "the name of an analysis": ('"hoved": {', '"annet": {'),
    "the freeze it belongs to": (FREEZE, "0" * 64),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_estimates_changed_by_hand_are_refused(tmp_path: Path, what: str):
    write_estimates(tmp_path, freeze_digest=FREEZE, estimates={"hoved": estimates()})
    path = tmp_path / FILE
    text = path.read_text(encoding="utf-8")
    before, after = TAMPERED[what]
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")
    assert_damaged(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"{}", b'{"digest": "x"}', b"\xff"])
def test_a_file_that_holds_no_estimates_is_refused(tmp_path: Path, content: bytes):
    (tmp_path / FILE).write_bytes(content)
    assert_damaged(tmp_path)


def test_estimates_cut_off_anywhere_are_refused(tmp_path: Path):
    write_estimates(tmp_path, freeze_digest=FREEZE, estimates={"hoved": estimates()})
    whole = (tmp_path / FILE).read_bytes()
    for length in range(0, len(whole) - 1, 41):
        (tmp_path / FILE).write_bytes(whole[:length])
        assert_damaged(tmp_path)


def test_estimates_that_cannot_be_opened_are_refused(tmp_path: Path):
    (tmp_path / FILE).mkdir()
    assert_damaged(tmp_path)


def test_no_row_of_the_sample_is_stored(tmp_path: Path):
    influence = np.full((3, 2), 987654.321)
    written = estimates()
    with_influence = Estimates(rows=written.rows, support=written.support, influence=influence)
    write_estimates(tmp_path, freeze_digest=FREEZE, estimates={"hoved": with_influence})
    stored = (tmp_path / FILE).read_text(encoding="utf-8")
    assert "987654" not in stored
    assert json.loads(stored)["estimates"]["hoved"].keys() == {"rows", "support", "lattices", "parts", "details"}
