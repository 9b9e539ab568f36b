"""`protect` is the only door, and what it lets through gives no small group away."""

import copy
import dataclasses
import pickle
from pathlib import Path

import pytest

import effekt.release
from effekt.errors import PrivacyError
from effekt.release.disclosure import protect
from effekt.release.released import Released, seen
from effekt.release.rules import OPEN, TERSKEL3, TERSKEL10, Rules, rules_for
from effekt.results import Attrition, AttritionStep, Column, Estimate, Estimates, Table

COUNT = Column(name="persons", kind="count")
LABEL = Column(name="group", kind="label")


def table(*columns: Column, margins: bool = False, chain: str | None = None, **data: tuple) -> Table:
    """A table named `t` of the given columns."""
    return Table(name="t", title="T", columns=columns, data=data, margins=margins, chain=chain)


def grouped(*persons: int | None, groups: tuple[str, ...] | None = None, margins: bool = False) -> Table:
    """A table of groups and their persons."""
    names = groups or tuple(f"g{i}" for i in range(len(persons)))
    return table(LABEL, COUNT, group=names, persons=persons, margins=margins)


def shares(*pairs: tuple[int, int]) -> Table:
    """A table of parts, wholes and their share."""
    columns = (
        Column(name="part", kind="count"),
        Column(name="whole", kind="count"),
        Column(name="share", kind="share", numerator="part", of="whole", unit="share"),
    )
    part, whole = zip(*pairs, strict=True)
    return table(*columns, part=part, whole=whole, share=tuple(a / b if b else None for a, b in pairs))


def flow(*persons: int, units: tuple[int, ...] | None = None) -> Table:
    """A flow chart with steps a, b, c ..."""
    steps = zip("abcdefgh", units or persons, persons, strict=False)
    return Attrition(steps=tuple(AttritionStep(reason=r, units=u, persons=p) for r, u, p in steps)).table()


def estimate(**changes: object) -> Estimate:
    """The NSW experiment's row, changed."""
    row: dict[str, object] = {
        "method": "difference",
        "estimand": "ATT",
        "outcome": "earnings",
        "unit": "USD",
        "value": 1794.3423818501024,
        "std_error": 670.9965445,
        "ci_low": 475.6,
        "ci_high": 3113.08,
        "p_value": 0.00779123,
        "df": 443.0,
        "inference": "HC2 + t(n-k)",
        "n_treated": 187,
        "n_comparison": 258,
        "n_persons_treated": 187,
        "n_persons_comparison": 258,
        "n_clusters": 445,
        "comparison_mean": 4554.801126,
    }
    return Estimate(**{**row, **changes})  # type: ignore[arg-type]


def released_row(row: Estimate, support: int | None, rules: Rules = TERSKEL10) -> dict[str, object]:
    """The released form of one estimate."""
    return protect(Estimates(rows=(row,), support=(support,)).table(), rules).to_records()[0]


def codes(error: pytest.ExceptionInfo[PrivacyError]) -> set[str]:
    """The codes of all problems of an error."""
    return {p.code for p in error.value.problems}


# --- the seal -------------------------------------------------------------------------------------------


def test_nobody_else_can_make_a_released_table():
    released = protect(grouped(20), TERSKEL10)
    parts = {f.name: getattr(released, f.name) for f in dataclasses.fields(released)}
    with pytest.raises(TypeError):
        Released(**parts)
    with pytest.raises(TypeError, match="protect"):
        Released(**parts, seal=object())
    with pytest.raises((TypeError, ValueError)):
        dataclasses.replace(released, data={"group": ("g0",), "persons": (3,)})
    with pytest.raises((TypeError, ValueError)):
        copy.replace(released, title="x") if hasattr(copy, "replace") else dataclasses.replace(released)
    with pytest.raises(TypeError):
        type("Open", (Released,), {})
    with pytest.raises(TypeError):
        pickle.dumps(released)


def test_a_released_table_cannot_be_written_into():
    released = protect(grouped(20), TERSKEL10)
    with pytest.raises(TypeError):
        released.data["persons"] = (3,)  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        released.data = {}  # type: ignore[misc]


def test_only_the_protecting_code_names_the_seal():
    folder = Path(effekt.release.__file__).parent
    holders = {p.name for p in folder.rglob("*.py") if "SEAL" in p.read_text(encoding="utf-8")}
    assert holders == {"released.py", "disclosure.py", "findings.py"}


@pytest.mark.parametrize("thing", [{"persons": [3]}, [1, 2], None, 3])
def test_protect_and_figures_accept_nothing_but_their_type(thing: object):
    with pytest.raises(TypeError, match="Table"):
        protect(thing, TERSKEL10)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not a released table"):
        seen(thing)  # type: ignore[arg-type]


def test_a_table_is_not_a_released_table():
    with pytest.raises(TypeError, match="Table is not a released table"):
        seen(grouped(20))  # type: ignore[arg-type]


# --- thresholds and rounding ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "persons", "shown"),
    [
        (TERSKEL10, (0, 1, 9, 10, 12, 13, 108), (None, None, None, 10, 10, 15, 110)),
        (TERSKEL3, (0, 2, 3, 7, 8), (None, None, 5, 5, 10)),
        (OPEN, (0, 1, 9, 108), (0, 1, 9, 108)),
    ],
)
def test_counts_below_the_threshold_are_hidden_and_others_rounded(rules, persons, shown):
    released = protect(grouped(*persons), rules)
    assert released.data["persons"] == shown
    assert released.hidden["persons"] == tuple(v is None for v in shown)


def test_a_share_is_derived_from_the_rounded_counts():
    (row,) = protect(shares((33, 101)), TERSKEL10).rows()
    assert row == {"part": 35, "whole": 100, "share": 0.35}


@pytest.mark.parametrize("part", [0, 9, 91, 100])
def test_a_small_part_and_a_small_complement_hide_share_and_part(part: int):
    (row,) = protect(shares((part, 100)), TERSKEL10).rows()
    assert row == {"part": None, "whole": 100, "share": None}


def test_a_complement_that_rounds_away_does_not_become_hundred_per_cent():
    released = protect(shares((98, 101)), TERSKEL3)
    assert released.to_records() == [{"part": 100, "whole": 100, "share": None}]
    assert released.suppressed(0) == ("share",)


def test_open_shows_everything_as_it_is_and_drops_internal_columns():
    inner = Column(name="behind", kind="count", internal=True)
    mean = Column(name="mean", kind="statistic", of="behind")
    released = protect(table(inner, mean, behind=(1, None), mean=(3.14159265, float("nan"))), OPEN)
    assert released.to_records() == [{"mean": 3.14159265}, {"mean": None}]
    assert not released.any_suppressed


def test_a_statistic_is_hidden_with_its_persons_and_rounded_to_three_digits():
    inner = Column(name="behind", kind="count", internal=True)
    mean = Column(name="mean", kind="statistic", of="behind")
    rate = Column(name="rate", kind="statistic", of="behind", unit="share")
    means = (3.14159, 3.14159, 0.0, -0.000451239, None, 123456.0, True, "5-9")
    data = {"behind": (10, 9, 10, 10, 9, 10, 10, 10), "mean": means, "rate": (0.12345,) * 8}
    released = protect(table(inner, mean, rate, **data), TERSKEL10)
    assert released.data["mean"] == (3.14, None, 0.0, -0.000451, None, 123000.0, True, "5-9")
    assert released.data["rate"] == (0.123, None, 0.123, 0.123, None, 0.123, 0.123, 0.123)
    assert released.hidden["mean"] == (False, True, *[False] * 6), "not defined is not suppressed"


def test_numpy_scalars_become_plain_numbers():
    np = pytest.importorskip("numpy")
    mean = Column(name="mean", kind="statistic", of="persons")
    (row,) = protect(table(COUNT, mean, persons=(np.int64(23),), mean=(np.float64(1.23456),)), TERSKEL10).rows()
    assert row == {"persons": 25, "mean": 1.23}
    assert [type(v) for v in row.values()] == [int, float]


@pytest.mark.parametrize("value", [-1, 2.5, True, "10"])
def test_a_count_that_is_none_is_a_bug(value):
    with pytest.raises(ValueError, match="person counts"):
        protect(grouped(value), TERSKEL10)


# --- estimates ------------------------------------------------------------------------------------------


def test_the_numbers_of_one_estimate_share_their_decimals():
    row = released_row(estimate(), support=187)
    assert [row[k] for k in ("value", "std_error", "ci_low", "ci_high", "comparison_mean")] == [
        1794.0,
        671.0,
        476.0,
        3113.0,
        4555.0,
    ]
    assert row["p_value"] == 0.00779


def test_person_level_counts_are_rounded_in_every_disguise():
    row = released_row(estimate(), support=187)
    names = ("n_treated", "n_comparison", "n_persons_treated", "n_persons_comparison", "n_clusters", "df")
    assert [row[n] for n in names] == [185, 260, 185, 260, 445, 443.0], "df: n - k of the rounded arms"


def test_few_persons_hide_the_estimate_and_every_count_of_them():
    few = {"n_treated": 4, "n_comparison": 4, "n_persons_treated": 4, "n_persons_comparison": 4}
    row = released_row(estimate(**few, n_clusters=8), support=4)
    hidden = {"value", "std_error", "ci_low", "ci_high", "p_value", "df", "comparison_mean", "n_clusters", *few}
    assert {k for k in hidden if row[k] is not None} == set()


def test_counties_are_counted_as_they_are_and_persons_behind_them_rounded():
    county = {
        "inference": "CR2 + Satterthwaite",
        "df": 8.1,
        "unit": "share",
        "value": 0.02534625,
        "std_error": 0.28331903,
        "ci_low": -0.6,
        "ci_high": 0.65,
        "n_treated": 5,
        "n_comparison": 10,
        "n_persons_treated": 24_803,
        "n_persons_comparison": 61_001,
        "n_clusters": 15,
    }
    row = released_row(estimate(**county), support=4_000)
    assert (row["n_treated"], row["n_comparison"], row["n_clusters"], row["df"]) == (5, 10, 15, 8.1)
    assert (row["n_persons_treated"], row["value"], row["std_error"]) == (24_805, 0.025, 0.283)
    residual = released_row(estimate(**{**county, "inference": "HC2 + t(n-k)", "df": 8.0}), support=4_000)
    assert (residual["df"], residual["value"]) == (8.0, 0.025), "few counties are not few persons"


def test_a_saturated_person_level_model_is_hidden():
    row = released_row(estimate(df=9.0), support=187)
    assert row["value"] is None
    assert released_row(estimate(df=10.0), support=187)["value"] == 1794.0


def test_a_rank_test_without_standard_error_is_rounded_by_its_value():
    none = dict.fromkeys(("std_error", "ci_low", "ci_high", "df"))
    row = released_row(estimate(**none, inference="RI-t", p_floor=1 / 3003), support=187)
    assert row["value"] == 1790.0


def test_the_smallest_p_of_a_test_among_persons_gives_no_count_away():
    none = dict.fromkeys(("std_error", "ci_low", "ci_high", "df"))
    test = {**none, "inference": "RI-t", "p_value": 0.2, "p_floor": 1 / 70}
    few = {"n_treated": 4, "n_comparison": 4, "n_persons_treated": 4, "n_persons_comparison": 4, "n_clusters": 8}
    assert released_row(estimate(**test, **few), support=4)["p_floor"] is None
    assert released_row(estimate(**{**test, "p_floor": 1 / 184756}), support=187)["p_floor"] == 0.0
    floor = table(COUNT, Column(name="p_floor", kind="label"), persons=(4,), p_floor=(1 / 70,))
    assert protect(floor, TERSKEL10).data["p_floor"] == (1 / 70,), "no clusters, so not known to be about persons"


# --- flow charts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("persons", "steps", "shown"),
    [
        ((1000, 700, 650), ["a", "b", "c"], (1000, 700, 650)),
        ((1000, 993, 700), ["a", "b; c"], (1000, 700)),
        ((1000, 700, 697), ["a", "b; c"], (1000, 695)),
        ((1000, 700, 700, 697), ["a", "b; c; d"], (1000, 695)),
        ((1000, 1000, 700), ["a", "b", "c"], (1000, 1000, 700)),
        ((1000, 996, 993, 991), ["a; b; c; d"], (990,)),
        ((1000, 996, 993, 989, 500), ["a", "b; c; d", "e"], (1000, 990, 500)),
        ((100, 50, 4), ["a", "b", "c"], (100, 50, None)),
    ],
)
def test_steps_that_drop_few_persons_are_merged(persons, steps, shown):
    released = protect(flow(*persons), TERSKEL10)
    assert list(released.data["step"]) == steps
    assert released.data["persons"] == released.data["units"] == shown
    assert released.merged == len(persons) - len(steps)


def test_records_of_persons_are_a_chain_of_their_own():
    released = protect(flow(100, 100, units=(105, 102)), TERSKEL10)
    assert released.to_records() == [{"step": "a; b", "units": 100, "persons": 100}]


def test_counties_may_drop_out_of_a_flow_one_by_one():
    released = protect(flow(90_000, 84_000, units=(15, 14)), TERSKEL10)
    assert released.data["units"] == (15, 14)


def test_two_chains_in_one_table_are_not_merged_with_each_other():
    arm = Column(name="arm", kind="key")
    data = {"arm": ("x", "x", "y", "y"), "group": ("a", "b", "a", "b"), "persons": (100, 98, 97, 50)}
    released = protect(table(arm, LABEL, COUNT, chain="persons", **data), TERSKEL10)
    assert list(released.data["group"]) == ["a; b", "a", "b"]


# --- refusals -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "groups", "margins"),
    [
        ((100, 200), ("a", "b"), True),
        ((30, 40, 70), ("a", "b", "c"), False),
        ((30, 40, 70, 500), ("a", "b", "I alt", "d"), False),
        ((70, 30, 40, 500), ("Totalt", "b", "c", "d"), False),
        ((30, 40, 70, 50, 60, 110, 180), ("a", "b", "sum", "c", "d", "sum", "total"), False),
    ],
)
def test_totals_are_refused_declared_or_not(counts, groups, margins):
    with pytest.raises(PrivacyError) as error:
        protect(grouped(*counts, groups=groups, margins=margins), TERSKEL10)
    assert codes(error) == {"E502"}
    assert protect(grouped(*counts, groups=groups, margins=margins), OPEN)


def test_groups_that_add_up_to_nothing_are_not_totals():
    assert protect(grouped(30, 40, 71), TERSKEL10)
    assert protect(grouped(30, 0, 30), TERSKEL10)
    assert protect(grouped(30, 70), TERSKEL10)


def columns_of_counts(**data: tuple[int, ...]) -> Table:
    return table(*(Column(name=n, kind="count") for n in data), **data)


def test_a_column_that_adds_up_others_is_refused():
    with pytest.raises(PrivacyError, match="column `whole` is the sum"):
        protect(columns_of_counts(a=(30, 20), b=(40, 4), c=(20, 50), whole=(90, 74)), TERSKEL10)
    many = {f"c{i}": (1000 + 7**i, 11**i) for i in range(12)}
    assert protect(columns_of_counts(**many), TERSKEL10)


def test_two_declared_parts_of_a_whole_are_hidden_together():
    columns = (
        *(Column(name=n, kind="count") for n in ("in_work", "not_in_work", "all")),
        Column(name="a", kind="share", numerator="in_work", of="all"),
        Column(name="b", kind="share", numerator="not_in_work", of="all"),
    )
    data = {"in_work": (95, 60), "not_in_work": (5, 40), "all": (100, 100), "a": (0.95, 0.6), "b": (0.05, 0.4)}
    released = protect(table(*columns, **data), TERSKEL10)
    assert released.to_records()[0] == {"in_work": None, "not_in_work": None, "all": 100, "a": None, "b": None}
    with pytest.raises(PrivacyError) as error:
        protect(table(*columns[:4], **{k: v for k, v in data.items() if k != "b"}), TERSKEL10)
    assert codes(error) == {"E502"}


def test_unknown_persons_are_refused_with_advice():
    with pytest.raises(PrivacyError) as error:
        protect(grouped(20, None), TERSKEL10)
    assert codes(error) == {"E503"}
    assert "open" in str(error.value.problems[0].help)
    with pytest.raises(PrivacyError):
        released_row(estimate(), support=None)
    assert released_row(estimate(), support=None, rules=OPEN)["value"] == estimate().value


def test_persons_need_not_be_known_where_nothing_stands_on_them():
    inner = Column(name="behind", kind="count", internal=True)
    mean = Column(name="mean", kind="statistic", of="behind")
    released = protect(table(inner, mean, behind=(20, None), mean=(1.5, None)), TERSKEL10)
    assert released.data["mean"] == (1.5, None)


def test_a_share_of_nobody_known_is_hidden():
    inner = [Column(name=n, kind="count", internal=True) for n in ("part", "whole")]
    share = Column(name="share", kind="share", numerator="part", of="whole")
    released = protect(table(*inner, share, part=(None,), whole=(50,), share=(None,)), TERSKEL10)
    assert released.to_records() == [{"share": None}]


def test_sums_of_money_and_extremes_are_refused():
    money = Column(name="benefits", kind="money", of="persons")
    with pytest.raises(PrivacyError) as error:
        protect(table(COUNT, money, persons=(20,), benefits=(5e6,)), TERSKEL10)
    assert codes(error) == {"E505"}
    high = Column(name="age_max", kind="statistic", of="persons")
    with pytest.raises(PrivacyError) as error:
        protect(table(COUNT, high, persons=(20,), age_max=(67,)), TERSKEL10)
    assert codes(error) == {"E506"}
    mean = Column(name="age", kind="statistic", of="persons")
    with pytest.raises(PrivacyError) as error:
        protect(table(LABEL, COUNT, mean, group=("Max",), persons=(20,), age=(67,)), TERSKEL10)
    assert codes(error) == {"E506"}


def test_all_that_is_wrong_with_a_table_is_said_at_once():
    columns = (COUNT, Column(name="sum_nok", kind="money", of="persons"))
    with pytest.raises(PrivacyError) as error:
        protect(table(*columns, persons=(None, 20), sum_nok=(1.0, 2.0), margins=True), TERSKEL10)
    assert codes(error) == {"E502", "E503", "E505"}


def test_profiles_are_found_by_name():
    assert [rules_for(n) for n in ("terskel10", "terskel3", "open")] == [TERSKEL10, TERSKEL3, OPEN]
    with pytest.raises(PrivacyError, match="E504"):
        rules_for("terskel5")


@pytest.mark.parametrize("wrong", [{"threshold": -1}, {"base": 4}, {"base": 0}])
def test_rules_that_mean_nothing_cannot_be_made(wrong):
    with pytest.raises(ValueError, match="profile"):
        Rules(**{"name": "x", "threshold": 10, "base": 5, "min_residual_df": 10, **wrong})


# --- reading a released table ---------------------------------------------------------------------------


def test_a_subset_of_released_rows_is_released():
    released = protect(grouped(20, 4, 31), TERSKEL10)
    part = released.where(lambda row: row["group"] != "g0")
    assert part.to_records() == [{"group": "g1", "persons": None}, {"group": "g2", "persons": 30}]
    assert part.suppressed(0) == ("persons",)
    assert len(released) == 3


def test_csv_says_what_was_suppressed_and_where_it_came_from():
    released = protect(table(LABEL, COUNT, group=('a "b", c', "ø"), persons=(20, 4)), TERSKEL10)
    assert released.to_csv("nsw/4f2a91c0") == (
        'group,persons,suppressed,reference\n"a ""b"", c",20,,nsw/4f2a91c0\nø,,persons,nsw/4f2a91c0\n'
    )


def test_csv_keeps_every_digit_of_open_numbers():
    mean = Column(name="mean", kind="statistic", of="persons")
    released = protect(table(COUNT, mean, persons=(1, 2, 3), mean=(0.1, None, True)), OPEN)
    assert released.to_csv() == "persons,mean\n1,0.1\n2,\n3,true\n"
