"""From a prepared table to a sample: what is kept, what is dropped and told, what is refused, what stays sealed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from population_tables import (
    CROSS_SECTION,
    PANEL,
    as_parquet,
    codes_of,
    cross_section,
    opened,
    panel,
    problems_of,
)

from effekt.errors import DataError
from effekt.population import keys
from effekt.population.keys import keyed_hash
from effekt.population.prepared.table import open_table
from effekt.sample import Sample

STATUS = "id,year,on,y\n" + "".join(
    f"{unit},{year},{int(year >= start)},{year - 2000}\n"
    for unit, start in (("a", 2002), ("b", 2003), ("c", 9999))
    for year in range(2000, 2004)
)


def status(**keys: Any) -> Any:
    return panel(first_treated=None, never=None, treated="on", covariates=[], **keys)


def by_covariate(sample: Sample, column: str = "age") -> pd.DataFrame:
    """Units with a covariate beside them, in its order: a test must not rely on the order of keys."""
    return sample.units.assign(by=sample.baseline[column]).sort_values("by")


def test_a_cross_section_becomes_a_sample(tmp_path: Path) -> None:
    sample = opened(tmp_path, CROSS_SECTION, cross_section(weight="w", assigned="random")).sample()
    assert by_covariate(sample)["treated"].tolist() == [1, 0, 1, 0]
    assert by_covariate(sample)["sampling_weight"].tolist() == [1, 1, 2, 2]
    assert sorted(sample.baseline.columns) == ["age", "educ"]
    assert (sample.persons == 1).all()
    assert np.isnan(sample.first_treated).all()
    assert (sample.grain, sample.assigned_at, sample.assigned, dict(sample.history)) == (
        "person",
        "person",
        "random",
        {},
    )
    assert [(s.units, s.persons) for s in sample.attrition.steps] == [(4, 4)]


def test_a_sample_holds_no_unit_id(tmp_path: Path) -> None:
    sample = opened(tmp_path, CROSS_SECTION, cross_section()).sample()
    everything = f"{sample.units.to_dict()} {sample.clusters} {sample.cluster_names} {sample.attrition}"
    assert not any(name in everything for name in ("u1", "u2", "u3", "u4"))


def test_a_panel_becomes_a_sample_of_units_with_their_history(tmp_path: Path) -> None:
    sample = opened(tmp_path, PANEL, panel()).sample()
    assert by_covariate(sample)["treated"].tolist() == [1, 1, 0]
    assert by_covariate(sample)["first_treated"].tolist()[:2] == [2002, 2003]
    assert sorted(sample.baseline["age"]) == [31, 41, 51]
    history = sample.history["y"]
    assert history.clock == "calendar"
    assert history.time.tolist() == [2000, 2001]
    assert sorted(history.values.tolist()) == [[1, 2], [5, 6], [9, 10]]
    assert (sample.units["index_period"] == 2002).all()


def test_anticipation_moves_the_seal(tmp_path: Path) -> None:
    sample = opened(tmp_path, PANEL, panel(anticipation=1)).sample()
    assert sample.history["y"].time.tolist() == [2000]
    assert sorted(sample.baseline["age"]) == [30, 40, 50]
    assert sample.anticipation == 1


def test_a_status_by_period_gives_the_start(tmp_path: Path) -> None:
    sample = opened(tmp_path, STATUS, status()).sample()
    assert sorted(sample.first_treated[sample.treated]) == [2002, 2003]
    assert sample.history["y"].time.tolist() == [2000, 2001]


def test_always_treated_units_are_dropped_and_counted(tmp_path: Path) -> None:
    early = PANEL + "".join(f"d,{year},1999,60,1\n" for year in range(2000, 2004))
    steps = opened(tmp_path, early, panel()).sample().attrition.steps
    assert [(s.reason, s.units) for s in steps] == [
        ("units in the table", 4),
        ("treated in the first period already", 3),
    ]


@pytest.mark.parametrize("mark", ["0", "9999", "never", "inf", "NA", "."])
def test_declared_values_mean_never_treated(tmp_path: Path, mark: str) -> None:
    text = PANEL.replace(",0,", f",{mark},")
    assert sorted(opened(tmp_path, text, panel(never=[mark])).sample().treated) == [False, True, True]


def test_an_empty_start_means_never_only_if_that_is_declared(tmp_path: Path) -> None:
    text = PANEL.replace(",0,", ",,")
    assert codes_of(tmp_path, text, panel()) == ["E704"]
    assert opened(tmp_path, text, panel(never=["NA"])).sample().treated.sum() == 2
    path = as_parquet(tmp_path, text)
    assert open_table(path, panel(never=["NA"]), assigned_at="person", study="s").sample().treated.sum() == 2
    path = as_parquet(tmp_path, PANEL.replace(",2003,4", ",2003.0,4"))
    assert open_table(path, panel(never=["0"]), assigned_at="person", study="s").sample().treated.sum() == 2


def test_formats_of_one_table_give_one_sample(tmp_path: Path) -> None:
    from_csv = opened(tmp_path, PANEL, panel()).sample().digest
    path = as_parquet(tmp_path, PANEL, row_group_size=5)
    pd.read_parquet(path).to_stata(tmp_path / "t.dta", write_index=False)
    for place in (path, tmp_path / "t.dta"):
        assert open_table(place, panel(), assigned_at="person", study="a-study").sample().digest == from_csv


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(12)), semicolon=st.booleans())
def test_no_sample_depends_on_the_order_of_the_rows(tmp_path: Path, order: list[int], semicolon: bool) -> None:
    head, *rows = PANEL.splitlines()
    text = "\n".join([head, *(rows[i] for i in order)]) + "\n"
    shuffled = opened(tmp_path, text.replace(",", ";") if semicolon else text, panel()).sample()
    assert shuffled.digest == opened(tmp_path, PANEL, panel()).sample().digest


@given(order=st.permutations(range(4)))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_cross_section_depends_on_the_order_of_the_rows(tmp_path: Path, order: list[int]) -> None:
    head, *rows = CROSS_SECTION.splitlines()
    asked = cross_section(cluster={"office": "office"})
    shuffled = opened(tmp_path, "\n".join([head, *(rows[i] for i in order)]), asked).sample()
    assert shuffled.digest == opened(tmp_path, CROSS_SECTION, asked).sample().digest


def test_another_study_orders_the_same_units_differently(tmp_path: Path) -> None:
    ids = np.array([f"u{i}" for i in range(50)], dtype=object)
    assert (np.argsort(keyed_hash(ids, "one")) != np.argsort(keyed_hash(ids, "two"))).any()
    assert np.array_equal(keyed_hash(ids, "one"), keyed_hash(ids[::-1], "one")[::-1])


def test_two_units_with_one_key_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys.pd.util, "hash_array", lambda ids, **_: np.zeros(len(ids), dtype=np.uint64))
    assert codes_of(tmp_path, CROSS_SECTION, cross_section()) == ["E705"]


def test_units_that_differ_in_leading_zeros_are_two(tmp_path: Path) -> None:
    text = CROSS_SECTION.replace("u1,", "0301,").replace("u2,", "301,")
    assert len(opened(tmp_path, text, cross_section()).sample()) == 4


POISON = ("", "NA", "poison", "1e999", "-7e307", "0x1F", "1,234")


@pytest.mark.parametrize("poison", POISON)
def test_nothing_of_the_design_stage_changes_when_later_rows_are_poisoned(tmp_path: Path, poison: str) -> None:
    clean = opened(tmp_path, PANEL, panel()).sample()
    rows = [line.split(",") for line in PANEL.splitlines()]
    quoted = f'"{poison}"'
    later = [[*r[:3], quoted, quoted] if r[1] in {"2002", "2003"} else r for r in rows]
    poisoned = opened(tmp_path, "\n".join(map(",".join, later)), panel()).sample()
    assert poisoned.digest == clean.digest
    assert np.array_equal(poisoned.history["y"].values, clean.history["y"].values)


@pytest.mark.parametrize("poison", [np.nan, np.inf, 1e300])
@pytest.mark.parametrize("kind", ["parquet", "dta"])
def test_nothing_changes_when_later_rows_of_a_typed_file_are_poisoned(tmp_path: Path, poison: float, kind: str) -> None:
    path = as_parquet(tmp_path, PANEL)
    frame = pd.read_parquet(path).astype({"y": float, "age": float})
    frame.loc[frame["year"] >= 2002, ["y", "age"]] = poison
    place = tmp_path / f"poisoned.{kind}"
    if kind == "dta" and poison == np.inf:
        frame = frame.replace(np.inf, 8e307)  # Stata has no infinity
    frame.to_stata(place, write_index=False) if kind == "dta" else frame.to_parquet(place, row_group_size=3)
    poisoned = open_table(place, panel(), assigned_at="person", study="a-study").sample()
    assert poisoned.digest == opened(tmp_path, PANEL, panel()).sample().digest


@pytest.mark.parametrize("poison", POISON)
def test_the_outcome_of_a_cross_section_is_not_looked_at(tmp_path: Path, poison: str) -> None:
    clean = opened(tmp_path, CROSS_SECTION, cross_section()).sample()
    rows = [line.split(",") for line in CROSS_SECTION.splitlines()]
    later = [rows[0], *([*r[:-1], f'"{poison}"'] for r in rows[1:])]
    assert opened(tmp_path, "\n".join(map(",".join, later)), cross_section()).sample().digest == clean.digest


# Clusters and assignment


def test_declared_clusters_become_codes_and_offices_keep_their_names(tmp_path: Path) -> None:
    asked = cross_section(cluster={"office": "office", "cluster": "w"})
    sample = opened(tmp_path, CROSS_SECTION, asked).sample()
    ages = np.argsort(sample.baseline["age"])
    assert sample.clusters["office"][ages].tolist() == [0, 0, 1, 1]
    assert dict(sample.cluster_names) == {"office": ("A", "B")}
    assert sorted(sample.clusters) == ["cluster", "office", "person", "unit"]
    assert sorted(sample.assignment_clusters) == [0, 1, 2, 3]


def test_a_level_that_is_the_unit_needs_no_column(tmp_path: Path) -> None:
    sample = opened(tmp_path, CROSS_SECTION, cross_section(grain="county"), assigned_at="county").sample()
    assert np.array_equal(sample.clusters["county"], sample.clusters["unit"])
    assert sample.cluster_names["unit"] == ("u1", "u2", "u3", "u4")
    assert np.isnan(sample.persons).all()
    assert sample.attrition.steps[0].persons is None


def test_treatment_that_varies_within_what_was_assigned_is_refused(tmp_path: Path) -> None:
    asked = cross_section(cluster={"office": "office"})
    (problem,) = problems_of(tmp_path, CROSS_SECTION, asked, assigned_at="office")
    assert (problem.code, problem.path) == ("E402", ("prepared", "treated"))
    by_office = CROSS_SECTION.replace("u2,0", "u2,1").replace("u3,1", "u3,0")
    sample = opened(tmp_path, by_office, asked, assigned_at="office").sample()
    assert len(set(sample.assignment_clusters.tolist())) == 2


def test_starts_that_vary_within_what_was_assigned_are_refused(tmp_path: Path) -> None:
    text = PANEL.replace("age", "age,k").replace("a,", "a,").replace(",3", ",1,3").replace(",4", ",1,4")
    rows = [line.split(",") for line in PANEL.splitlines()]
    text = "\n".join(",".join([*r, "k" if i == 0 else "K" if r[0] in "ab" else "L"]) for i, r in enumerate(rows))
    assert codes_of(tmp_path, text, panel(cluster={"county": "k"}), assigned_at="county") == ["E402"]


# Persons and rates

RATES = """\
fylke,aar,start,i_jobb,antall,folk
"03",2000,0,40,100,500
"03",2001,0,45,90,400
"03",2002,0,50,120,300
"11",2000,2002,30,80,200
"11",2001,2002,35,85.5,250
"11",2002,2002,60,95,100
"""
RATE = {"andel": {"numerator": "i_jobb", "denominator": "antall"}}


def rates(**keys: Any) -> Any:
    asked = {"grain": "county", "unit": "fylke", "time": "aar", "first_treated": "start", "covariates": None}
    return panel(**(asked | {"outcomes": RATE} | keys))


def test_a_rate_is_a_share_and_keeps_its_persons(tmp_path: Path) -> None:
    sample = opened(tmp_path, RATES, rates(), assigned_at="county").sample()
    series = sample.history["andel"]
    assert series.unit == "share"
    assert series.numerator is not None and series.denominator is not None
    assert sorted(series.values[:, 0].tolist()) == [30 / 80, 40 / 100]
    assert sorted(series.numerator[:, 1].tolist()) == [35, 45]
    assert sorted(sample.persons) == [80, 90]
    assert sample.attrition.steps[0].persons == 170
    assert sample.cluster_names["county"] == ("03", "11")


def test_persons_behind_a_unit_are_the_fewest_of_its_history(tmp_path: Path) -> None:
    sample = opened(tmp_path, RATES, rates(persons="folk"), assigned_at="county").sample()
    assert sorted(sample.persons) == [200, 400]
    flat = CROSS_SECTION.replace("educ", "n")
    asked = cross_section(grain="office", persons="n", covariates=["age"])
    assert sorted(opened(tmp_path, flat, asked, assigned_at="office").sample().persons) == [9, 10, 11, 12]


def test_a_numerator_above_its_denominator_is_refused(tmp_path: Path) -> None:
    for bad in ("40,0", "-1,100", "101,100"):
        (problem,) = problems_of(tmp_path, RATES.replace("40,100", bad), rates(), assigned_at="county")
        assert (problem.code, problem.path) == ("E709", ("prepared", "outcomes", "andel"))
        assert "row 1" in problem.sentence


def test_a_share_outside_zero_to_one_is_refused(tmp_path: Path) -> None:
    asked = panel(outcomes={"y": {"column": "y", "kind": "share"}})
    (problem,) = problems_of(tmp_path, PANEL, asked)
    assert (problem.code, problem.path) == ("E711", ("prepared", "outcomes", "y", "kind"))
    assert "rows 2, 5, 6, 9, 10" in problem.sentence


@pytest.mark.parametrize("key", ["weight", "persons"])
def test_a_negative_weight_or_count_is_refused(tmp_path: Path, key: str) -> None:
    text = CROSS_SECTION.replace(",A,1,5", ",A,-1,5")
    (problem,) = problems_of(tmp_path, text, cross_section(**{key: "w"}))
    assert (problem.code, problem.path) == ("E711", ("prepared", key))


def test_an_unknown_count_of_persons_stays_unknown(tmp_path: Path) -> None:
    text = CROSS_SECTION.replace(",A,1,5", ",A,,5")
    sample = opened(tmp_path, text, cross_section(persons="w")).sample()
    assert np.isnan(sample.persons).sum() == 1
    assert sample.attrition.steps[0].persons is None


# What is missing


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("u1,1,20", "u1,1,", ("prepared", "covariates", 0)),
        ("u1,1,", "u1,,", ("prepared", "treated")),
        (",A,1,5", ",,1,5", ("prepared", "cluster", "office")),
        (",A,1,5", ",A,,5", ("prepared", "weight")),
    ],
)
def test_what_is_missing_is_refused_or_dropped_as_declared(
    tmp_path: Path, old: str, new: str, path: tuple[str | int, ...]
) -> None:
    text = CROSS_SECTION.replace(old, new)
    keys: dict[str, Any] = {"cluster": {"office": "office"}, "weight": "w"}
    (problem,) = problems_of(tmp_path, text, cross_section(**keys))
    assert (problem.code, problem.path) == ("E704", path)
    assert "1 missing value, row 1" in problem.sentence
    sample = opened(tmp_path, text, cross_section(missing="drop", **keys)).sample()
    assert [s.units for s in sample.attrition.steps] == [4, 3]


def test_a_row_without_a_unit_or_time_is_refused_whatever_the_policy(tmp_path: Path) -> None:
    text = CROSS_SECTION.replace("u1,", ",")
    assert codes_of(tmp_path, text, cross_section(missing="drop")) == ["E704"]
    text = PANEL.replace("a,2000", ",2000").replace("b,2001", "b,")
    assert codes_of(tmp_path, text, panel(missing="drop")) == ["E704", "E704"]


def test_a_unit_with_an_unknown_start_is_refused_or_dropped(tmp_path: Path) -> None:
    text = PANEL.replace("a,2001,2002", "a,2001,")
    assert codes_of(tmp_path, text, panel()) == ["E704"]
    sample = opened(tmp_path, text, panel(missing="drop")).sample()
    assert sample.attrition.steps[1].reason == "treatment is missing (first)"
    text = STATUS.replace("a,2001,0", "a,2001,")
    assert len(opened(tmp_path, text, status(missing="drop")).sample()) == 2


def test_a_missing_history_is_refused_or_kept_as_not_observed(tmp_path: Path) -> None:
    text = PANEL.replace("a,2000,2002,30,1", "a,2000,2002,30,")
    (problem,) = problems_of(tmp_path, text, panel())
    assert (problem.code, problem.path) == ("E704", ("prepared", "outcomes", "y", "column"))
    sample = opened(tmp_path, text, panel(missing="drop")).sample()
    assert np.isnan(sample.history["y"].values).sum() == 1


def test_a_gap_in_a_panel_is_refused_dropped_or_kept_as_declared(tmp_path: Path) -> None:
    text = PANEL.replace("b,2000,2003,40,5\n", "")
    assert codes_of(tmp_path, text, panel()) == ["E708"]
    balanced = opened(tmp_path, text, panel(unbalanced="balance")).sample()
    assert [s.units for s in balanced.attrition.steps] == [3, 2]
    kept = opened(tmp_path, text, panel(unbalanced="keep")).sample()
    assert np.isnan(kept.history["y"].values).sum() == 1


def test_a_unit_without_a_row_in_the_baseline_period_misses_its_covariates(tmp_path: Path) -> None:
    text = PANEL.replace("b,2001,2003,41,6\n", "")
    (problem,) = problems_of(tmp_path, text, panel(unbalanced="keep"))
    assert problem.code == "E704"
    assert "row 5" in problem.sentence
    assert len(opened(tmp_path, text, panel(unbalanced="keep", missing="drop")).sample()) == 2
    assert len(opened(tmp_path, text, panel(unbalanced="keep", covariates=None)).sample()) == 3


# What is refused


def test_text_in_a_number_column_is_refused_by_position(tmp_path: Path) -> None:
    text = CROSS_SECTION.replace("u2,0,25", "u2,0,Zebrafinch").replace("u4,0,35", "u4,0,Zebrafinch")
    (problem,) = problems_of(tmp_path, text, cross_section())
    assert problem.sentence == "column `age` must be numeric: 2 cells cannot be read as a number, rows 2, 4"
    assert (problem.code, problem.path) == ("E703", ("prepared", "covariates", 0))
    assert problem.help is not None and "0/1" in problem.help


def test_the_decimal_mark_of_the_spec_is_followed(tmp_path: Path) -> None:
    text = CROSS_SECTION.replace("30,12", '"30,5",12')
    (problem,) = problems_of(tmp_path, text, cross_section(csv={"decimal": "."}))
    assert problem.code == "E703"
    assert 30.5 in opened(tmp_path, text, cross_section(csv={"decimal": ","})).sample().baseline["age"].tolist()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param(CROSS_SECTION.replace("u2,0", "u2,2"), "E707", id="treatment of two"),
        pytest.param(CROSS_SECTION.replace(",0,", ",1,"), "E306", id="nobody to compare with"),
        pytest.param(CROSS_SECTION.replace(",1,2", ",0,2").replace("u3,1", "u3,0"), "E306", id="nobody treated"),
        pytest.param(CROSS_SECTION.replace("u2,", "u1,"), "E705", id="a unit twice"),
        pytest.param("\n".join(CROSS_SECTION.splitlines()[:2]) + "\n", "E706", id="one unit"),
        pytest.param(
            CROSS_SECTION.replace("25,11", "25,10").replace("30,12", "30,10").replace("35,9", "35,10"), "E801"
        ),
    ],
)
def test_a_cross_section_that_cannot_be_compared_is_refused(tmp_path: Path, text: str, code: str) -> None:
    assert codes_of(tmp_path, text, cross_section()) == [code]


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        pytest.param("a,2003,2002", "a,2003,2003", ["E305"], id="two starts in a unit"),
        pytest.param("a,2003,2002", "a,2003,0", ["E305"], id="a start and never in a unit"),
        pytest.param("b,2001", "b,2000", ["E705"], id="a period twice"),
        pytest.param(",2003,4", ",2010,4", ["E309"], id="a start after the data"),
        pytest.param(",0,", ",-1,", ["E712"], id="a start below every period"),
        pytest.param("a,2000", "a,y2000", ["E703"], id="a time of text"),
    ],
)
def test_a_panel_with_an_impossible_start_or_period_is_refused(
    tmp_path: Path, old: str, new: str, codes: list[str]
) -> None:
    assert codes_of(tmp_path, PANEL.replace(old, new), panel()) == codes


def test_a_status_that_goes_down_again_is_refused(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, STATUS.replace("a,2003,1", "a,2003,0"), status())
    assert problem.code == "E305"
    assert "1 unit, row 4" in problem.sentence
    assert codes_of(tmp_path, STATUS.replace("a,2003,1", "a,2003,2"), status()) == ["E707"]


def test_a_panel_without_a_before_is_refused(tmp_path: Path) -> None:
    single = "\n".join(line for line in PANEL.splitlines() if "200" not in line or ",2000," in line)
    assert codes_of(tmp_path, single, panel()) == ["E307"]
    (problem,) = problems_of(tmp_path, PANEL, panel(anticipation=2))
    assert (problem.code, problem.path) == ("E307", ("prepared", "anticipation"))


def test_a_group_dummy_in_a_panel_is_explained(tmp_path: Path) -> None:
    text = "id,year,on,y\n" + "".join(f"{u},{t},{int(u == 'a')},1\n" for u in "abc" for t in (2000, 2001))
    (problem,) = problems_of(tmp_path, text, status())
    assert problem.code == "E306"
    assert problem.help is not None and "0 before the start" in problem.help


def test_one_cohort_without_comparisons_is_refused_and_several_are_not(tmp_path: Path) -> None:
    only = "\n".join(line for line in PANEL.splitlines() if not line.startswith(("b", "c")))
    two = only + "\n" + "\n".join(line.replace("a,", "d,").replace(",3", ",7") for line in only.splitlines()[1:])
    assert codes_of(tmp_path, two, panel()) == ["E306"]
    staggered = "\n".join(line for line in PANEL.splitlines() if not line.startswith("c"))
    assert len(opened(tmp_path, staggered, panel()).sample()) == 2


def test_all_faults_of_a_table_are_told_at_once_and_none_shows_a_value(tmp_path: Path) -> None:
    text = """\
id,treat,age,educ,w,y
Zebrafinch1,Zebrafinch2,Zebrafinch3,,-87654321,1
Zebrafinch1,87654321,Zebrafinch4,2,1,2
Zebrafinch5,1,3,4,Zebrafinch6,3
"""
    problems = problems_of(tmp_path, text, cross_section(weight="w"))
    assert sorted(p.code for p in problems) == ["E703", "E703", "E703", "E704", "E705", "E707", "E711"]
    told = " ".join(str(p) for p in problems)
    assert "Zebrafinch" not in told
    assert "87654321" not in told


def test_long_lists_of_rows_are_cut(tmp_path: Path) -> None:
    text = "id,treat,age,educ,y\n" + "".join(f"u{i},{i % 2},x,{i},1\n" for i in range(20))
    (problem,) = problems_of(tmp_path, text, cross_section())
    assert problem.sentence.endswith("rows 1, 2, 3, 4, 5 ... (20 in all)")


def test_a_table_that_changes_between_opening_and_reading_is_refused(tmp_path: Path) -> None:
    table = opened(tmp_path, CROSS_SECTION, cross_section())
    table.file.verify_unchanged()
    table.file.path.write_text(CROSS_SECTION + "u5,1,40,9,A,1,3\n")
    with pytest.raises(DataError, match="E602"):
        table.file.verify_unchanged()
    assert table.header[:2] == ("id", "treat")
    assert table.n_rows == 4
    assert len(table.digest) == 64
