"""Each kind of bad input: a located error, a non-zero exit, no output, and no value of a row anywhere.

The texts a user sees are golden files; EFFEKT_REWRITE_GOLDEN=yes rewrites them, and that run fails on purpose.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from effekt.__main__ import run
from goldens import assert_golden

GOLDEN = Path(__file__).parent / "golden"
MARK = "8675309"
"""Stands in the data of every case; it must never be printed or kept."""

SPEC = """\
effekt: 1
study: bad
question: Does it work?
prepared:
  unit: id
  treated: d
  assigned: random
  covariates: [x, z]
  outcomes: {y: {column: y}}
primary: {outcome: y}
analyses:
  main: {estimate: {method: difference}}
disclosure: open
"""

PANEL = """\
effekt: 1
study: bad
question: Does it work?
assigned_at: county
prepared:
  grain: county
  unit: id
  time: t
  first_treated: g
  outcomes: {y: {column: y}}
primary: {outcome: y}
analyses: [collapsed_did]
disclosure: open
"""


def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"id": [f"u{i}" for i in range(40)], "d": [0, 1] * 20, "x": rng.normal(size=40).round(3)})
    frame["z"] = rng.normal(size=40).round(3)
    frame["y"] = rng.normal(size=40).round(3)
    frame["kept"] = int(MARK)
    return frame


def panel() -> pd.DataFrame:
    rows = [{"id": f"c{i}", "t": t, "g": 4 if i < 5 else 99, "y": i + t / 7} for i in range(15) for t in range(1, 7)]
    return pd.DataFrame(rows)


def put(frame: pd.DataFrame, column: str, value: object, row: int = 3) -> pd.DataFrame:
    frame = frame.astype({column: object})
    frame.loc[row, column] = value
    return frame


def said(old: str, new: str, spec: str = SPEC) -> str:
    assert old in spec
    return spec.replace(old, new)


def a_person_number() -> str:
    """A number of a person who cannot be: born in the 1890s, individual number of that century, checks computed."""
    digits = [int(c) for c in "150295" + "512"]
    k1 = 11 - sum(w * d for w, d in zip((3, 7, 6, 1, 8, 9, 4, 5, 2), digits, strict=True)) % 11
    digits.append(k1 % 11)
    k2 = 11 - sum(w * d for w, d in zip((5, 4, 3, 2, 7, 6, 5, 4, 3, 2), digits, strict=True)) % 11
    return "".join(map(str, [*digits, k2 % 11]))


NEVER = said("first_treated: g", "first_treated: g\n  never: [99]", PANEL)

SPECS = {
    "unknown_key": (said("covariates:", "covariate:"), table),
    "unknown_column": (said("[x, z]", "[x, zz]"), table),
    "unknown_estimator": (said("difference", "diference"), table),
    "unknown_outcome": (said("primary: {outcome: y}", "primary: {outcome: w}"), table),
    "wrong_type": (said("assigned: random", "anticipation: soon"), table),
    "duplicate_key": (said("  treated: d", "  treated: d\n  treated: x"), table),
    "clustering_finer_than_assignment": (
        said("difference}", "difference, cluster: unit}").replace(
            "prepared:", "assigned_at: office\nprepared:\n  cluster: {office: k}"
        ),
        lambda: table().assign(k=lambda f: f["d"] * 10 + np.arange(40) // 8),
    ),
}

DATA = {
    "outcome_not_numeric": (SPEC, lambda: put(table(), "y", f"v{MARK}")),
    "outcome_missing": (SPEC, lambda: put(table(), "y", None)),
    "treatment_missing": (SPEC, lambda: put(table(), "d", None)),
    "covariate_missing": (SPEC, lambda: put(table(), "x", None)),
    "treatment_not_binary": (SPEC, lambda: put(table(), "d", 2)),
    "no_treated": (SPEC, lambda: table().assign(d=0)),
    "no_comparison": (SPEC, lambda: table().assign(d=1)),
    "one_unit": (SPEC, lambda: table().head(1)),
    "duplicate_unit": (SPEC, lambda: put(table(), "id", "u0")),
    "duplicate_unit_and_time": (NEVER, lambda: pd.concat([panel(), panel().head(1)])),
    "treatment_date_varies": (NEVER, lambda: put(panel(), "g", 5)),
    "unbalanced": (NEVER, lambda: panel().drop(index=7)),
    "constant_covariate": (SPEC, lambda: table().assign(z=1)),
    "collinear_covariate": (said("difference", "regression"), lambda: table().assign(z=lambda f: 2 * f["x"])),
    "person_number": (SPEC, lambda: put(table(), "kept", a_person_number())),
    "empty_table": (SPEC, lambda: table().head(0)),
}


def attempt(folder: Path, spec: str, write, capsys, suffix: str = ".csv") -> tuple[int, str]:
    """Run all stages in ``folder`` and return exit code and everything printed."""
    (folder / "bad.yaml").write_text(spec, encoding="utf-8")
    write(folder / f"data{suffix}")
    code = run(["run", "bad.yaml", "--table", f"data{suffix}", "--work", "work", "--all-stages", "--out", "out"])
    printed = capsys.readouterr()
    return code, printed.out + printed.err


def assert_clean(folder: Path, code: int, text: str) -> None:
    assert code in {2, 4}, text
    assert "Traceback" not in text and "bug in effekt" not in text
    assert " = help: " in text
    assert MARK not in text
    assert not (folder / "out").exists()
    assert not [p for p in folder.iterdir() if p.name.startswith(".out")]
    for path in (folder / "work").rglob("*"):
        assert MARK.encode() not in path.read_bytes()


@pytest.mark.parametrize("name", [*SPECS, *DATA])
def test_bad_input_is_refused_with_place_and_help(name: str, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    spec, make = {**SPECS, **DATA}[name]
    code, text = attempt(tmp_path, spec, lambda path: make().to_csv(path, index=False), capsys)
    assert_clean(tmp_path, code, text)
    assert "bad.yaml:" in text or "data.csv" in text, "no place"
    assert_golden(GOLDEN / f"{name}.txt", text)


def test_perfect_separation_names_the_covariate(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    frame = table().assign(z=lambda f: f["d"] * 3 + f["x"] / 100)
    spec = said("assigned: random", "assigned: observational")
    code, text = attempt(tmp_path, spec, lambda path: frame.to_csv(path, index=False), capsys)
    assert_clean(tmp_path, code, text)
    assert code == 4
    assert "'z' predicts every row" in text and "overlap" in text


def test_a_person_number_is_never_shown(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    number = a_person_number()
    frame = put(table(), "kept", number)
    code, text = attempt(tmp_path, SPEC, lambda path: frame.to_csv(path, index=False), capsys)
    assert code == 2 and "E501" in text
    assert number not in text and number[:6] not in text
    in_spec = said("Does it work?", f"Does {number} work?")
    code, text = attempt(tmp_path, in_spec, lambda path: table().to_csv(path, index=False), capsys)
    assert code == 2 and "E501" in text and number not in text


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".dta"])
@pytest.mark.parametrize("fault", ["missing", "empty", "truncated", "folder"])
def test_a_file_that_cannot_be_read(fault: str, suffix: str, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    writers = {".csv": "to_csv", ".parquet": "to_parquet", ".dta": "to_stata"}

    def write(path: Path) -> None:
        if fault == "folder":
            path.mkdir()
        elif fault == "empty":
            path.write_bytes(b"")
        elif fault == "truncated":
            getattr(table(), writers[suffix])(path)
            body = path.read_bytes()
            # A CSV that stops inside a row; the others inside their bytes.
            path.write_bytes(body[: body.rfind(b",")] if suffix == ".csv" else body[: len(body) // 2])

    code, text = attempt(tmp_path, SPEC, write, capsys, suffix)
    assert_clean(tmp_path, code, text)
    assert "E701" in text


def test_includes_in_a_circle(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("include: [bad.yaml]\n")
    code, text = attempt(tmp_path, SPEC + "include: [a.yaml]\n", lambda p: table().to_csv(p, index=False), capsys)
    assert_clean(tmp_path, code, text)
    assert "E106" in text
