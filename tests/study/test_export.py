"""The file for Stata and R: what it holds before and after the freeze, and that others get the same number from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import statsmodels.api as sm
from studies import county_study, person_study, persons

from effekt.errors import DataError, FreezeError, SpecError
from effekt.results import INFERENCES, Estimate
from effekt.sample import Outcomes, Series
from effekt.study.export.frame import flat_table
from effekt.study.export.scripts import MainRow, r, stata


def test_before_the_freeze_no_outcome_is_in_the_file(tmp_path: Path):
    study = person_study(tmp_path)
    files = study.export(tmp_path / "x.dta")
    frame = pd.read_stata(files[0])
    assert [path.name for path in files] == ["x.dta"]
    assert not [name for name in frame if name.startswith("y_")]
    assert "outcomes_read" not in {entry["event"] for entry in study.ledger.entries()}


@pytest.mark.parametrize("analysis", ["main", "adjusted"])
@pytest.mark.parametrize("suffix", [".dta", ".parquet"])
def test_statsmodels_finds_the_same_main_estimate_in_the_exported_file(tmp_path: Path, analysis: str, suffix: str):
    study = person_study(tmp_path)
    study.freeze()
    path, do, r = study.export(tmp_path / f"x{suffix}", analysis=analysis)
    frame = pd.read_stata(path) if suffix == ".dta" else pd.read_parquet(path)
    right = ["treated", *(name for name in frame if name.startswith("x_") and analysis == "adjusted")]
    X = sm.add_constant(frame[right].astype(float))
    fit = sm.WLS(frame["y_work"], X, weights=frame["weight"]).fit(cov_type="HC2")
    row = study.estimates()[analysis].rows[0]
    assert fit.params["treated"] == pytest.approx(row.value, rel=1e-12)
    assert fit.bse["treated"] == pytest.approx(row.std_error, rel=1e-10)
    for script in (do, r):
        text = script.read_text(encoding="utf-8")
        assert path.name in text and repr(row.value) in text and "HC2" in text


def test_a_panel_is_long_and_its_dummies_give_the_difference_in_differences(tmp_path: Path):
    study = county_study(tmp_path)
    study.freeze()
    path = study.export(tmp_path / "x.dta")[0]
    frame = pd.read_stata(path)
    dummies = pd.get_dummies(frame[["lopenr", "period"]].astype(int).astype(str), drop_first=True)
    X = np.column_stack([np.ones(len(frame)), frame["d"], dummies])
    fit = sm.OLS(frame["y_rate"].to_numpy(), X.astype(float)).fit()
    assert fit.params[1] == pytest.approx(study.estimates()["collapsed_did"].rows[0].value, rel=1e-9)
    assert len(frame) == 15 * 9


def test_running_numbers_are_new_and_say_nothing_about_the_order_of_the_file(tmp_path: Path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    frames = []
    for folder, data in (("a", persons()), ("b", persons().iloc[::-1])):
        study = person_study(tmp_path / folder, data=data)
        frames.append(pd.read_stata(study.export(tmp_path / folder / "x.dta")[0]))
    pd.testing.assert_frame_equal(*frames)
    assert (frames[0]["lopenr"] == np.arange(1, 614)).all()
    assert not np.isin(frames[0].select_dtypes("number").to_numpy(), np.arange(10_000, 10_613)).any()


def test_columns_say_in_words_what_they_hold(tmp_path: Path):
    study = person_study(tmp_path)
    study.freeze()
    with pd.io.stata.StataReader(study.export(tmp_path / "x.dta")[0]) as reader:
        labels = reader.variable_labels()
    assert labels["x_age"] == "age"
    assert labels["lopenr"] == "running number, new in this file"
    fields = pq.read_schema(study.export(tmp_path / "x.parquet")[0])
    assert fields.field("x_age").metadata == {b"label": b"age"}


def test_every_export_is_in_the_ledger(tmp_path: Path):
    study = person_study(tmp_path)
    study.export(tmp_path / "x.dta")
    study.freeze()
    study.export(tmp_path / "x.dta")
    exports = [entry["outcomes"] for entry in study.ledger.entries() if entry["event"] == "export"]
    assert exports == [False, True]


def test_a_changed_table_is_not_exported_under_the_old_freeze(tmp_path: Path):
    person_study(tmp_path).freeze()
    with pytest.raises(FreezeError, match="E602"):
        person_study(tmp_path, data=persons(seed=9)).export(tmp_path / "x.dta")
    assert not (tmp_path / "x.dta").exists()


def test_unknown_formats_and_analyses_are_refused_before_anything_is_read(tmp_path: Path):
    study = person_study(tmp_path)
    with pytest.raises(DataError, match="E103"):
        study.export(tmp_path / "x.csv")
    with pytest.raises(SpecError, match="E205"):
        study.export(tmp_path / "x.dta", analysis="mian")


def test_codes_and_horizons_say_what_they_are(tmp_path: Path):
    study = person_study(tmp_path)
    with pd.io.stata.StataReader(study.export(tmp_path / "x.dta")[0]) as reader:
        labels = reader.variable_labels()
    assert labels["treated"].startswith("1 = treated, 0 = comparison")
    values = np.zeros((len(study.sample), 2))
    series = Series(values=values, time=np.array([6.0, 12.0]), clock="event")
    outcomes = Outcomes(series={"work": series}, sample_digest=study.sample.digest, freeze_digest="0" * 64)
    weights = next(iter(study.branches[0].weights.values()))
    table = flat_table(study.sample, weights, outcomes, {"work": "In work"}, after="months after time zero")
    assert table.labels["y_work_12"] == "In work, 12 months after time zero"


def test_stata_is_told_how_to_open_parquet(tmp_path: Path):
    study = person_study(tmp_path)
    study.freeze()
    _, do, _ = study.export(tmp_path / "x.parquet")
    text = do.read_text(encoding="utf-8")
    assert 'pq use using "x.parquet", clear' in text and "ssc install pq" in text and '\nuse "' not in text


@pytest.mark.parametrize("inference", ["Abadie-Imbens + normal", "CR2 + Satterthwaite", "RI-t"])
def test_a_script_says_where_only_the_coefficient_is_the_same(inference: str):
    filled = {name: 0.1 for name in INFERENCES[inference] if name not in {"ci_low", "ci_high"}}
    interval = {"ci_low": 0.0, "ci_high": 1.0} if "ci_low" in INFERENCES[inference] else {}
    counts = dict.fromkeys(("n_treated", "n_comparison", "n_clusters"), 9)
    counts |= dict.fromkeys(("n_persons_treated", "n_persons_comparison"), 9)
    row = Estimate(
        method="difference", estimand="ATT", outcome="y", value=0.5, inference=inference, **filled, **interval, **counts
    )
    main = MainRow(file="x.dta", reference="s/0", estimate=row, outcome="y", covariates=(), panel=False)
    assert ("compare the coefficient" in stata(main)) == (inference != "RI-t")
    assert ("v <- NULL" in r(main)) == (not inference.startswith("CR"))


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path):
    study = person_study(tmp_path)
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(DataError, match="E710"):
        study.export(tmp_path / "file" / "x.dta")
