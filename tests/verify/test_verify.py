"""`effekt verify`: every published number is met, a wrong one is reported, and what is missing is named."""

import math
import subprocess
import sys
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from effekt import verify
from effekt.errors import MissingPackage
from effekt.numerics.within import two_way_demean
from effekt.spec import shipped
from effekt.verify import row as published
from effekt.verify import sources, studies
from effekt.verify.row import Reference, compare


@pytest.fixture(scope="module")
def computed():
    return {row.key: row for row in verify.rows()}


@pytest.mark.parametrize("reference", list(published.references()), ids=lambda r: r.key)
def test_published_number_is_met(computed, reference):
    row = computed[reference.key]
    assert row.ok, f"published {row.expected}, ours {row.ours!r}, difference {row.difference:.2e}"
    assert row.difference == row.ours - float(row.expected)
    assert (row.what, row.expected, row.source, row.note) == (
        reference.what,
        reference.expected,
        reference.source,
        reference.note,
    )


def test_every_row_has_its_own_key_and_names_its_source():
    rows = list(published.references())
    assert len({r.key for r in rows}) == len(rows)
    assert all(r.what.strip() and r.source.strip() for r in rows)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("nsw.difference", "1794.3423818501024"),
        ("nsw.std_error", "670.9965444673315"),
        ("castle.twfe", "0.0818116169306475"),
        ("prop99.did", "-27.349111083615"),
        ("grunfeld.value.wcr", "10"),
        ("grunfeld.capital.wcr", "46"),
        ("collapsed.t", "2.01942065316266"),
        ("collapsed.webb", "0.0757458848"),
        ("collapsed.rademacher", "0.078125"),
        ("df.2_13", "1.3287401574803157"),
    ],
)
def test_the_numbers_this_project_promised_are_among_the_rows(computed, key, expected):
    assert computed[key].expected == expected


def test_grunfeld_has_five_standard_errors_with_df_for_both_coefficients(computed):
    for name in ("value", "capital"):
        for kind in ("CR0", "CR1", "CR1S", "CR2", "CR3"):
            assert {f"grunfeld.{name}.{kind}", f"grunfeld.{name}.{kind}.df"} <= set(computed)


def test_rows_come_as_they_are_computed():
    assert next(verify.rows()).key == "nsw.difference"


def test_a_wrong_expected_value_is_reported_as_off(monkeypatch):
    right = list(published.references())
    wrong = [replace(r, expected="1794.3424") if r.key == "nsw.difference" else r for r in right]
    monkeypatch.setattr(verify, "references", lambda: iter(wrong))
    monkeypatch.setattr(verify, "BLOCKS", verify.BLOCKS[:1])
    rows = []
    with pytest.raises(RuntimeError, match=r"no number was computed for castle\.twfe"):
        rows.extend(verify.rows())
    assert [(r.key, r.ok) for r in rows] == [("nsw.difference", False), ("nsw.std_error", True)]
    assert rows[0].difference == pytest.approx(-1.815e-5, rel=1e-3)


def reference(expected, tolerance):
    return Reference(key="k", what="w", expected=expected, tolerance=tolerance, source="s", note="")


@pytest.mark.parametrize(
    ("expected", "tolerance", "ours", "ok"),
    [
        ("0.1234", "printed", 0.12345, True),
        ("0.1234", "printed", 0.1234500002, False),
        ("-27.3", "printed", -27.349, True),
        ("-27.3", "printed", -27.3501, False),
        ("10", "printed", 11, False),
        ("1794.3423818501024", "closed", 1794.34239, True),
        ("1794.3423818501024", "closed", 1794.3424, False),
        ("2.0", "iterative", 2.0000019, True),
        ("2.0", "iterative", 2.0000021, False),
        ("2.0", "closed", math.nan, False),
        ("2.0", "closed", math.inf, False),
    ],
)
def test_tolerance_is_that_of_the_digits_printed(expected, tolerance, ours, ok):
    assert compare(reference(expected, tolerance), ours).ok is ok


@pytest.mark.parametrize(
    ("absent", "named", "unnamed"),
    [("causaldata", "causaldata==", "synthdid"), ("synthdid", "synthdid-py==", "causaldata")],
)
def test_missing_package_is_exit_3_with_the_install_command_before_anything_runs(monkeypatch, absent, named, unnamed):
    def without(module):
        if module == absent:
            raise ImportError(module)
        return import_module(module)

    monkeypatch.setattr(sources, "import_module", without)
    with pytest.raises(MissingPackage) as caught:
        verify.rows()
    (problem,) = caught.value.problems
    assert (problem.code, caught.value.exit_code) == ("E807", 3)
    assert problem.help.startswith("pip install ")
    assert named in problem.help
    assert unnamed not in problem.help


def test_castle_treatment_starts_a_year_before_causaldata_s_post():
    """With `post`, or with the lag columns, the coefficient is not the one R's bacondecomp prints."""
    panel = sources.castle()
    starts = panel[panel.treated == 1].groupby("sid").year.min().value_counts().to_dict()
    assert starts == {2005: 1, 2006: 13, 2007: 4, 2008: 2, 2009: 1}
    raw = import_module("causaldata").castle.load_pandas().data.sort_values(["sid", "year"])
    lags = raw[[f"lag{k}" for k in range(6)]].sum(axis=1)

    def twfe(treated):
        wide = [
            panel.assign(d=np.asarray(treated)).pivot(index="sid", columns="year", values=v)
            for v in ("d", "l_homicide")
        ]
        d, y = (two_way_demean(values=w.to_numpy(dtype=float)) for w in wide)
        return round(float((d * y).sum() / (d * d).sum()), 4)

    assert [twfe(panel.treated), twfe(raw.post), twfe(lags)] == [0.0818, 0.0694, 0.0788]


def test_verify_does_not_import_what_it_does_not_use():
    """Numbers are computed when asked for: importing the room must not load pandas or a data package."""
    code = (
        "import sys, effekt.verify; print([m for m in ('causaldata', 'synthdid', 'statsmodels') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_published_studies_run_through_their_shipped_specs(monkeypatch):
    """With another outcome in the table the spec's study gives another number, so the specs are what is run."""
    doubled = sources.prop99().assign(PacksPerCapita=lambda d: 2 * d["PacksPerCapita"])
    monkeypatch.setattr(sources, "prop99", lambda: doubled)
    assert dict(studies.prop99())["prop99.did"] == pytest.approx(2 * -27.349111083615, rel=1e-12)


def test_specs_are_found_in_an_installed_package(monkeypatch, tmp_path):
    installed = tmp_path / "specs" / "published" / "prop99.yaml"
    installed.parent.mkdir(parents=True)
    installed.write_text("effekt: 1\n")
    monkeypatch.setattr(shipped, "files", lambda package: tmp_path)
    assert shipped.shipped_spec("published/prop99.yaml") == installed
