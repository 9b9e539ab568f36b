"""How covariates become columns that a propensity score can use, and what is told about those that do not."""

from __future__ import annotations

import numpy as np
import pytest

from effekt.numerics.logit import fit_logit
from effekt.population.cohort.columns import Arms, Baseline, Category, Covariate, Number, baseline
from effekt.population.cohort.labels import education, industry, occupation, sexes, spelt
from effekt.population.cohort.reading import coded_labels

N = 400


@pytest.fixture
def arms() -> Arms:
    return Arms(person=np.arange(N), treated=np.arange(N) < 100)


def category(labels: list[str | None], name: str = "utdanning") -> Category:
    return Category(name=name, labels=coded_labels(np.array(labels, dtype=object)), group="utdanning", source="x")


def number(values: np.ndarray, name: str = "alder") -> Number:
    return Number(name=name, values=np.asarray(values, dtype=float), group="alder", source="x")


def built(*covariates: Covariate, arms: Arms) -> Baseline:
    return baseline(covariates, arms)


def test_categories_become_indicators_beside_the_largest(arms: Arms):
    labels = (["videregående"] * 25 + ["grunnskole"] * 50 + [None] * 25) * 4
    found = built(category(labels), arms=arms)
    assert list(found.frame.columns) == ["utdanning: ukjent", "utdanning: videregående"]
    assert found.frame["utdanning: ukjent"].sum() == 100
    assert found.groups == {"utdanning: ukjent": "utdanning", "utdanning: videregående": "utdanning"}
    assert found.notes == ()


def test_categories_with_few_persons_in_an_arm_are_pooled_and_told_without_their_names(arms: Arms):
    labels = ["a"] * 60 + ["b"] * 31 + ["c"] * 4 + ["d"] * 5
    labels += ["a"] * 200 + ["b"] * 80 + ["c"] * 10 + ["d"] * 10
    found = built(category(labels), arms=arms)
    assert list(found.frame.columns) == ["utdanning: b"], "c and d together have nine treated: with the reference"
    assert found.notes == ("utdanning: 2 small groups pooled, with too few persons in an arm",)
    labels[99 - 9] = "d"
    assert list(built(category(labels), arms=arms).frame.columns) == ["utdanning: andre", "utdanning: b"]


def test_persons_count_and_not_their_records():
    arms = Arms(person=np.repeat(np.arange(40), 10), treated=np.arange(N) < 100)
    labels = ["a" if i % 100 < 50 else "b" for i in range(N)]
    assert list(built(category(labels), arms=arms).frame.columns) == [], "five treated persons in each"


def test_an_unknown_number_is_zero_beside_an_indicator(arms: Arms):
    values = np.where(np.arange(N) % 3 == 0, np.nan, np.arange(N) % 7 + 1.0)
    found = built(number(values), arms=arms)
    assert list(found.frame.columns) == ["alder", "alder: ukjent"]
    assert (found.frame["alder"][np.isnan(values)] == 0).all()


def test_a_column_that_hardly_varies_in_an_arm_is_left_out_and_told(arms: Arms):
    nine = np.zeros(N)
    nine[:9], nine[100:200] = 1, 1
    found = built(number(nine, "nine"), number(np.ones(N), "same"), arms=arms)
    assert list(found.frame.columns) == []
    assert found.notes == (
        "2 covariates left out, (nearly) the same for all but fewer than 10 persons of an arm: nine, same",
    )
    nine[9] = 1
    assert list(built(number(nine), arms=arms).frame.columns) == ["alder"]


def test_a_column_that_earlier_ones_explain_is_left_out_and_told(arms: Arms):
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 2, N), rng.integers(0, 9, N)
    found = built(number(a, "a"), number(b, "b"), number(3 * a - b + 2, "c"), number(b**2, "d"), arms=arms)
    assert list(found.frame.columns) == ["a", "b", "d"]
    assert found.notes == ("1 covariate left out, explained by the columns before: c",)


@pytest.mark.parametrize("seed", range(5))
def test_what_is_left_never_stops_the_logit(arms: Arms, seed: int):
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.ones(12) * 0.3)
    offices = rng.choice([f"{i:02d}" for i in range(12)], N, p=shares)
    counties = np.array([office[:1] + str(int(office[1]) // 4) for office in offices])
    covariates = [
        category(counties.tolist(), "fylke"),
        category(offices.tolist(), "nav_kontor"),
        *(number(rng.random(N) < rng.random() * 0.1, f"sjelden {i}") for i in range(8)),
        number(np.where(rng.random(N) < 0.5, np.nan, rng.normal(size=N))),
    ]
    found = built(*covariates, arms=arms)
    X = found.frame.to_numpy()
    assert X.shape[1] > 0
    fit_logit(X=X, y=arms.treated.astype(float), names=list(found.frame.columns))


def test_codes_are_told_in_words_and_main_groups():
    def told(f, *codes):
        found = f(coded_labels(np.array(codes, dtype=object)))
        return [None if c < 0 else found.names[c] for c in found.codes]

    assert told(education, "401101", "6", "201199", "999999", None) == [
        "videregående",
        "høyere, kort",
        "grunnskole",
        None,
        None,
    ]
    assert told(industry, "84.110", "56101", "99x") == [
        "Offentlig administrasjon og forsvar, trygdeordninger",
        "Overnattings- og serveringsvirksomhet",
        "Internasjonale organisasjoner og organer",
    ]
    assert told(occupation, "5223")[0].startswith("Salgs")
    assert told(sexes, "1", "2", "9") == ["mann", "kvinne", "9"]
    assert told(lambda c: spelt("innvkat", c), "B", "?") == ["Innvandrere", "?"]
