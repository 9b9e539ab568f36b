"""Attacks on `protect`: an attacker who sees everything that is released, and knows the rules, learns of no group
below the threshold."""

from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from effekt.errors import PrivacyError
from effekt.release.disclosure import protect
from effekt.release.released import Released
from effekt.release.rules import OPEN, TERSKEL3, TERSKEL10, Rules
from effekt.results import Attrition, AttritionStep, Column, Table

threshold_rules = st.sampled_from([TERSKEL10, TERSKEL3])
small_and_large = st.one_of(st.integers(0, 30), st.integers(0, 2000))


@st.composite
def part_and_whole(draw: st.DrawFn) -> tuple[int, int]:
    """A part of a whole, often nearly none or nearly all of it."""
    whole = draw(small_and_large)
    near = st.one_of(st.integers(0, whole), st.integers(0, min(whole, 15)).map(lambda r: whole - r))
    return draw(near), whole


def share_table(pairs: list[tuple[int, int]], *, internal: bool = False) -> Table:
    """Parts, wholes, their share and a mean of the parts' income; the counts released or not."""
    columns = (
        Column(name="part", kind="count", internal=internal),
        Column(name="whole", kind="count", internal=internal),
        Column(name="share", kind="share", numerator="part", of="whole"),
        Column(name="income", kind="statistic", of="part"),
    )
    data = {
        "part": tuple(p for p, _ in pairs),
        "whole": tuple(w for _, w in pairs),
        "share": tuple(p / w if w else None for p, w in pairs),
        "income": tuple(1000.0 + 17 * i for i in range(len(pairs))),
    }
    return Table(name="t", title="", columns=columns, data=data)


def protected(table: Table, rules: Rules) -> Released:
    """Protect, setting aside tables that happen to hold totals and are refused."""
    try:
        return protect(table, rules)
    except PrivacyError:
        assume(False)
        raise


def candidates(shown: int, rules: Rules) -> list[int]:
    """All true counts that the attacker must hold possible, from a released count and the rules."""
    return [n for n in range(max(0, shown - rules.base), shown + rules.base + 1) if rules.rounded(n) == shown]


@given(st.lists(part_and_whole(), min_size=1, max_size=8), threshold_rules)
def test_no_part_whole_or_complement_below_the_threshold_is_shown(pairs, rules):
    released = protected(share_table(pairs), rules)
    for (part, whole), row in zip(pairs, released.rows(), strict=True):
        if row["whole"] is not None:
            assert whole >= rules.threshold
        if row["part"] is not None:
            assert min(part, whole - part) >= rules.threshold
        if row["share"] is not None:
            assert min(part, whole - part, whole) >= rules.threshold
        if row["income"] is not None:
            assert part >= rules.threshold


@given(st.lists(part_and_whole(), min_size=1, max_size=5), threshold_rules, st.booleans(), st.data())
def test_a_release_is_the_same_for_all_counts_that_round_alike(pairs, rules, internal, data):
    """Why no precision of a share can give the counts back: the share knows the rounded counts only.

    Whatever the attacker computes from the release, every other table with the same rounded counts and the
    same hidden cells would have led to the very same bytes.
    """
    other = []
    for part, whole in pairs:
        wholes = [w for w in candidates(rules.rounded(whole), rules) if rules.small(w) == rules.small(whole)]
        w = data.draw(st.sampled_from(wholes))
        hidden = min(part, whole - part) < rules.threshold
        parts = [
            p for p in candidates(rules.rounded(part), rules) if p <= w and (min(p, w - p) < rules.threshold) == hidden
        ]
        assume(parts)
        other.append((data.draw(st.sampled_from(parts)), w))
    one = protected(share_table(pairs, internal=internal), rules)
    two = protected(share_table(other, internal=internal), rules)
    assert one.to_csv() == two.to_csv()


@given(st.lists(part_and_whole(), min_size=1, max_size=6), threshold_rules)
def test_an_attacker_with_all_candidates_never_pins_a_small_group(pairs, rules):
    """From count and share together: no pair (part, whole) below the threshold is the only one possible."""
    released = protected(share_table(pairs), rules)
    for (part, whole), row in zip(pairs, released.rows(), strict=True):
        wholes = candidates(row["whole"], rules) if row["whole"] is not None else list(range(rules.threshold))
        wholes = [w for w in wholes if rules.small(w) == (row["whole"] is None)]
        possible = {
            (p, w)
            for w in wholes
            for p in range(w + 1)
            if (row["part"] is None) == (min(p, w - p) < rules.threshold)
            and (row["part"] is None or rules.rounded(p) == row["part"])
        }
        assert (part, whole) in possible
        small = {pair for pair in possible if min(pair[0], pair[1] - pair[0]) < rules.threshold}
        assert len(small) != 1 or rules.threshold == 1


@given(st.lists(small_and_large, min_size=1, max_size=10), threshold_rules)
def test_what_is_shown_lies_within_half_a_base_of_the_truth(counts, rules):
    columns = (Column(name="persons", kind="count"),)
    released = protected(Table(name="t", title="", columns=columns, data={"persons": tuple(counts)}), rules)
    for truth, shown in zip(counts, released.data["persons"], strict=True):
        assert (shown is None) == (truth < rules.threshold)
        if shown is not None:
            assert shown % rules.base == 0
            assert abs(shown - truth) <= rules.base // 2


def flow_table(losses: list[int], records: list[int]) -> Table:
    """A flow of persons, each with some records more."""
    persons = [sum(losses[i:]) for i in range(len(losses))]
    units = [p + sum(records[i:]) for i, p in enumerate(persons)]
    steps = [
        AttritionStep(reason=f"s{i}", units=u, persons=p) for i, (u, p) in enumerate(zip(units, persons, strict=True))
    ]
    return Attrition(steps=tuple(steps)).table()


losses = st.lists(st.one_of(st.just(0), st.integers(0, 12), st.integers(0, 500)), min_size=1, max_size=8)


@given(losses, st.booleans(), st.integers(0, 20), threshold_rules)
def test_no_two_steps_of_a_flow_differ_by_few_persons(lost, more, record, rules):
    table = flow_table(lost, [record * more] * len(lost))
    released = protect(table, rules)
    truth = {row["step"]: row for row in table.rows()}
    kept = [truth[str(row["step"]).split("; ")[-1]] for row in released.rows()]
    for name in ("persons", "units"):
        gaps = [abs(a[name] - b[name]) for i, a in enumerate(kept) for b in kept[i + 1 :]]
        assert all(g == 0 or g >= rules.threshold for g in gaps)
    assert "; ".join(str(v) for v in released.data["step"]) == "; ".join(truth), "no reason is lost"
    assert kept[-1] == list(table.rows())[-1], "the sample that is analysed stays"
    shown = [row["persons"] for row in released.rows() if row["persons"] is not None]
    assert all(a >= b for a, b in pairwise(shown))


@given(losses, threshold_rules)
def test_merging_twice_merges_nothing_more(lost, rules):
    table = flow_table(lost, [0] * len(lost))
    once = protect(table, rules)
    truth = {row["step"]: row for row in table.rows()}
    rows = [truth[str(row["step"]).split("; ")[-1]] for row in once.rows()]
    data = {name: tuple(r[name] for r in rows) for name in ("step", "units", "persons")}
    again = protect(Table(name="f", title="", columns=table.columns, data=data, chain="persons"), rules)
    assert again.merged == 0


@given(st.lists(part_and_whole(), min_size=1, max_size=8))
def test_open_changes_nothing(pairs):
    table = share_table(pairs)
    assert protect(table, OPEN).to_records() == list(table.rows())


@given(
    st.lists(st.integers(0, 60), min_size=2, max_size=6),
    st.sampled_from(["Totalt", "i alt", "SUM", "alle", "x"]),
    st.integers(0, 6),
    threshold_rules,
)
def test_a_hidden_total_is_never_let_through(counts, label, place, rules):
    assume(sum(c > 0 for c in counts) > 1)
    names = [f"g{i}" for i in range(len(counts))]
    place = min(place, len(counts))
    values = (*counts[:place], sum(counts), *counts[place:])
    groups = (*names[:place], label, *names[place:])
    columns = (Column(name="group", kind="label"), Column(name="persons", kind="count"))
    with pytest.raises(PrivacyError, match="E502"):
        protect(Table(name="t", title="", columns=columns, data={"group": groups, "persons": values}), rules)


@settings(max_examples=50)
@given(st.integers(0, 40), st.integers(0, 40), threshold_rules)
def test_person_level_units_are_hidden_and_rounded_like_persons(treated, comparison, rules):
    columns = (
        Column(name="n_persons_treated", kind="count"),
        Column(name="n_persons_comparison", kind="count"),
        Column(name="n_treated", kind="statistic", of="n_persons_treated", unit="units"),
        Column(name="n_clusters", kind="label"),
    )
    data = {
        "n_persons_treated": (treated,),
        "n_persons_comparison": (comparison,),
        "n_treated": (treated,),
        "n_clusters": (treated + comparison,),
    }
    (row,) = protect(Table(name="t", title="", columns=columns, data=data), rules).rows()
    assert row["n_treated"] == (None if treated < rules.threshold else rules.rounded(treated))
    n = treated + comparison
    assert row["n_clusters"] == (None if n < rules.threshold else rules.rounded(n))
