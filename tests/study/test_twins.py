"""Differences between released results: whoever holds the whole and its parts must not hold a few persons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from studies import person_study

from effekt.errors import PrivacyError
from effekt.release.rules import OPEN, TERSKEL10
from effekt.results import Estimate, Estimates, Finding, Parts, Verdict
from effekt.sample import Sample, Weights
from effekt.study import Study
from effekt.study.branches import Branch, Cut, cut_key
from effekt.study.twins import refuse_near_twins, withheld, without

WHOLE = (197, 416)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return person_study(tmp_path_factory.mktemp("twins"), disclosure="terskel10", assigned="random")


def row(
    treated: int | None, comparison: int | None, *, analysis: str = "main", variant: str = "base", **at
) -> Estimate:
    return Estimate(
        analysis=analysis,
        variant=variant,
        method="difference",
        estimand="ATT",
        outcome="work",
        unit="share",
        value=0.1,
        std_error=0.02,
        ci_low=0.05,
        ci_high=0.15,
        p_value=0.01,
        df=500.0,
        inference="HC2 + t(n-k)",
        n_treated=treated or 1,
        n_comparison=comparison or 1,
        n_persons_treated=treated,
        n_persons_comparison=comparison,
        n_clusters=613,
        **at,
    )


def one(treated: int, comparison: int, *, parts: Parts = (None, None), support: int = 50, **named) -> Estimates:
    return Estimates(rows=(row(treated, comparison, **named),), support=(support,), parts=(parts,))


def first(sample: Sample, treated: int, comparison: int, *, skip: int = 0) -> np.ndarray:
    """A mask of so many persons of either arm, after skipping some treated."""
    rows = np.zeros(len(sample.treated), dtype=bool)
    rows[np.flatnonzero(sample.treated)[skip : skip + treated]] = True
    rows[np.flatnonzero(~sample.treated)[:comparison]] = True
    return rows


def branch(study: Study, *, arms: dict | None = None, subgroups: dict | None = None) -> Branch:
    sample, w = study.sample, Weights(w=np.ones(len(study.sample.treated)), group=None, estimand="ATT", method="none")
    cuts = [Cut("main", name, None, mask, sample, w) for name, mask in (arms or {}).items()]
    cuts += [Cut("main", None, name, mask, sample, w) for name, mask in (subgroups or {}).items()]
    return Branch("base", study.spec, sample, {"main": w}, tuple(cuts))


def test_a_subgroup_that_leaves_three_of_the_treated_is_withheld_before_anything_is_estimated(study: Study):
    cut = branch(study, subgroups={"men": first(study.sample, 194, 300)})
    assert withheld([cut], {"main": one(*WHOLE)}, TERSKEL10) == ("main[men]",)
    assert withheld([cut], {"main": one(*WHOLE)}, OPEN) == ()


def test_a_subgroup_that_leaves_three_of_the_comparisons_is_withheld(study: Study):
    cut = branch(study, subgroups={"men": first(study.sample, 100, 413)})
    assert withheld([cut], {"main": one(*WHOLE)}, TERSKEL10) == ("main[men]",)


def test_a_subgroup_and_its_complement_are_released_where_both_are_large(study: Study):
    half = first(study.sample, 100, 200)
    cut = branch(study, subgroups={"men": half, "women": ~half})
    estimates = {"main": one(*WHOLE), "main[men]": one(100, 200), "main[women]": one(97, 216)}
    assert withheld([cut], estimates, TERSKEL10) == ()


def test_a_subgroup_inside_another_by_a_few_is_withheld(study: Study):
    wide, narrow = first(study.sample, 100, 200), first(study.sample, 96, 200)
    cut = branch(study, subgroups={"under 30": narrow, "under 31": wide})
    assert withheld([cut], {"main": one(*WHOLE)}, TERSKEL10) == ("main[under 31]",)


def test_missing_outcomes_can_make_the_difference_small_at_one_horizon(study: Study):
    cut = branch(study, subgroups={"men": first(study.sample, 150, 300)})
    estimates = {"main": one(155, 400, horizon=24), "main[men]": one(150, 300, horizon=24)}
    assert withheld([cut], estimates, TERSKEL10) == ("main[men]",)
    estimates["main[men]"] = one(150, 300, horizon=12)
    assert withheld([cut], estimates, TERSKEL10) == ()


@pytest.mark.parametrize("with_it", [57, 60, 107], ids=["three of them", "nobody", "everybody"])
def test_a_subgroup_whose_complement_is_nearly_unanimous_is_withheld(study: Study, with_it: int):
    """The complement is 47 treated: 60 of all work, so three, or none, of them do; or all 47 of 107."""
    cut = branch(study, subgroups={"men": first(study.sample, 150, 300)})
    whole = one(*WHOLE, parts=(107 if with_it == 107 else 60, 150))
    men = one(150, 300, parts=(60 if with_it == 107 else with_it, 100))
    assert withheld([cut], {"main": whole, "main[men]": men}, TERSKEL10) == ("main[men]",)


def arms_of(study: Study, *sizes: int) -> dict[str, np.ndarray]:
    starts = np.cumsum([0, *sizes[:-1]])
    return {
        f"a{i}": first(study.sample, n, 416, skip=int(s)) for i, (n, s) in enumerate(zip(sizes, starts, strict=True))
    }


def test_an_arm_too_small_to_be_shown_takes_another_with_it(study: Study):
    """The whole less the two large arms would be the six of the third."""
    cut = branch(study, arms=arms_of(study, 120, 71, 6))
    estimates = {"main": one(*WHOLE), "main[a0]": one(120, 416), "main[a1]": one(71, 416)}
    assert withheld([cut], estimates, TERSKEL10) == ("main[a1]",)
    estimates["main[a2]"] = one(6, 416, support=2)
    assert withheld([cut], estimates, TERSKEL10) == ("main[a1]",)


def test_large_arms_that_sum_to_the_whole_are_released(study: Study):
    cut = branch(study, arms=arms_of(study, 100, 60, 37))
    estimates = {"main": one(*WHOLE)} | {f"main[a{i}]": one(n, 416) for i, n in enumerate((100, 60, 37))}
    assert withheld([cut], estimates, TERSKEL10) == ()


def test_two_arms_of_which_one_is_small_leave_none(study: Study):
    cut = branch(study, arms=arms_of(study, 190, 7))
    assert withheld([cut], {"main": one(*WHOLE), "main[a0]": one(190, 416)}, TERSKEL10) == ("main[a0]",)


def test_comparisons_from_elsewhere_are_held_against_the_whole_by_the_treated_alone(study: Study):
    estimates = {"main": one(*WHOLE), "main/between": one(197, 412, variant="between")}
    assert withheld([branch(study)], estimates, TERSKEL10) == ()
    estimates["main/between"] = one(193, 300, variant="between")
    assert withheld([branch(study)], estimates, TERSKEL10) == ("main/between",)


def test_what_is_withheld_leaves_estimates_and_findings_and_is_told(study: Study):
    key = cut_key("main", None, "men")
    about = Finding(
        check="balance",
        subject="age",
        value=0.1,
        threshold=0.1,
        verdict=Verdict.PASS,
        blocking=True,
        advice="",
        analysis=key,
    )
    estimates, findings = without(
        (key,), {"main": one(*WHOLE), key: one(194, 400)}, (about, replace(about, analysis="main"))
    )
    assert list(estimates) == ["main"]
    assert [(f.analysis, f.verdict, f.blocking) for f in findings] == [
        ("main", Verdict.PASS, True),
        (key, Verdict.NOT_EVALUATED, False),
    ]
    assert "not released" in findings[-1].advice


def both(*rows: Estimate) -> Estimates:
    return Estimates(rows=rows, support=(50,) * len(rows))


@pytest.mark.parametrize("horizon", [None, 12])
def test_analyses_of_nearly_the_same_persons_stop_the_release(horizon: int | None):
    rows = both(row(197, 416, horizon=horizon), row(194, 416, analysis="other", horizon=horizon))
    with pytest.raises(PrivacyError, match="E507"):
        refuse_near_twins(rows, TERSKEL10)
    refuse_near_twins(rows, OPEN)


def test_other_horizons_cuts_and_comparisons_from_elsewhere_do_not_stop_it():
    refuse_near_twins(
        both(
            row(197, 416, horizon=12),
            row(194, 410, horizon=24),
            row(190, 409, horizon=12, subgroup="men"),
            row(193, 412, horizon=12, variant="between"),
            row(None, None, horizon=12, analysis="other"),
        ),
        TERSKEL10,
    )


def variant(study: Study, left_out: np.ndarray) -> Branch:
    kept = np.ones(len(study.sample.treated))
    kept[left_out] = 0.0
    return Branch(
        "caliper", study.spec, study.sample, {"main": Weights(w=kept, group=None, estimand="ATT", method="none")}
    )


def test_a_caliper_that_leaves_six_out_is_withheld_and_one_that_leaves_sixty_is_not(study: Study):
    six, sixty = (np.flatnonzero(study.sample.treated)[:n] for n in (6, 60))
    estimates = {"main": one(*WHOLE), "main/caliper": one(191, 416, variant="caliper")}
    assert withheld([branch(study), variant(study, six)], estimates, TERSKEL10) == ("main/caliper",)
    estimates["main/caliper"] = one(137, 416, variant="caliper")
    assert withheld([branch(study), variant(study, sixty)], estimates, TERSKEL10) == ()


def test_two_analyses_of_one_sample_that_know_the_outcome_of_nearly_the_same_are_not_both_released(study: Study):
    estimates = {"main": one(197, 416), "main/caliper": one(197, 412, variant="caliper")}
    everyone = np.zeros(0, dtype=int)
    assert withheld([branch(study), variant(study, everyone)], estimates, TERSKEL10) == ("main/caliper",)
    estimates["main/caliper"] = one(197, 416, variant="caliper")
    assert withheld([branch(study), variant(study, everyone)], estimates, TERSKEL10) == ()
