"""What a study on registers is refused for: located, in words that help, before any number is made."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from small_worlds import World, opened, study, world

from effekt.errors import DataError, EffektError
from effekt.located.render import render_text
from effekt.population.cohort.build import build_cohort
from effekt.population.cohort.observed import registers_of
from effekt.population.engine.connection import Engine
from effekt.population.extract.opening import open_extract

GOLDEN = Path(__file__).parent / "golden"
REWRITE = os.environ.get("EFFEKT_REWRITE_GOLDEN") == "yes"


def people(**changes: Any) -> World:
    held = {
        "vedtak14a": "person_id start\n A 2024-01-10\n B 2024-01-10\n C 2024-01-10",
        "deltakelse": "person_id dato\n A 2024-03-05",
    }
    coverage = changes.pop("coverage", None)
    return world(coverage, **(held | changes))


EVERYONE_STARTED = "person_id dato\n A 2024-03-05\n B 2020-03-05\n C 2020-03-05"
ARMS = {"en": {"form": ["individuell"]}, "to": {"kanal": ["fysisk"]}}
BOTH = "person_id dato form kanal\n A 2024-03-05 individuell fysisk"

CASES: dict[str, tuple[World, dict[str, Any]]] = {
    "E306_nobody_registered": (people(vedtak14a="person_id start\n A 2025-01-10\n B 2025-02-10"), {}),
    "E306_nobody_treated": (people(deltakelse="person_id dato\n A 2023-03-05"), {}),
    "E306_nobody_recorded": (people(), {"treatment": {"from": "deltakelse", "recorded": {}}}),
    "E306_nobody_at_risk": (people(deltakelse=EVERYONE_STARTED), {}),
    "E306_outside_the_bands": (people(), {"comparison": {"cells": {"months_registered": ["12.."]}}}),
    "E310_wash_out_not_observed": (people(coverage={"deltakelse": ("2023-01", "2030-12")}), {}),
    "E310_registrations_begin_later": (people(coverage={"vedtak14a": ("2024-03", "2030-12")}), {}),
    "E309_accrual_after_the_end": (people(coverage={"deltakelse": ("2015-01", "2024-06")}), {}),
    "E301_beyond_coverage": (people(coverage={"arbeidsforhold": ("2015-01", "2025-06")}), {}),
    "E301_residence_beyond_coverage": (people(coverage={"bosted": ("2015-01", "2025-06")}), {}),
    "E301_placebo_too_short": (
        people(),
        {"negative_controls": {"placebo": {"outcome": "i_jobb", "shift": ["36m", "12m"]}}},
    ),
    "E301_placebo_before_coverage": (
        people(coverage={"arbeidsforhold": ("2023-06", "2030-12")}),
        {"negative_controls": {"placebo": {"outcome": "i_jobb", "shift": ["24m"]}}},
    ),
    "E109_arms_overlap": (people(deltakelse=BOTH), {"treatment": {"from": "deltakelse", "arms": ARMS}}),
    "E204_not_built": (people(), {"comparison": {"design": "fixed_date"}, "estimand": "ATT"}),
}


@pytest.mark.parametrize("name", CASES)
def test_the_user_sees_exactly_this(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    built, changes = CASES[name]
    shown = refused(tmp_path, built, changes)
    expected = GOLDEN / f"{name}.expected"
    if REWRITE:
        expected.parent.mkdir(exist_ok=True)
        expected.write_text(shown, encoding="utf-8")
    assert shown == expected.read_text(encoding="utf-8")
    assert shown.startswith(name[:4])


def refused(folder: Path, built: World, changes: dict[str, Any]) -> str:
    """Return the message of a study that is refused, with its places as the journey puts them on."""
    with pytest.raises(EffektError) as raised, opened(folder, built, **changes):
        pass
    spec = study(folder, **changes)
    problems = [spec.located(problem) for problem in raised.value.problems]
    assert all(problem.place is not None for problem in problems)
    assert [p.name for p in folder.iterdir() if p.name not in ("study.yaml", "registers")] == []
    return render_text(problems).replace(str(folder) + os.sep, "") + "\n"


def test_golden_files_are_not_being_rewritten():
    assert not REWRITE, "the golden files were rewritten: read the diff, then run again without the switch"


def test_every_register_that_is_asked_for_and_missing_is_named_where_it_is_asked_for(tmp_path: Path):
    spec = study(tmp_path, covariates=["standard"])
    folder = people().write(tmp_path / "registers", without=("ytelse", "arbeidsforhold"))
    wanted = [name for name in registers_of(spec) if name not in ("ytelse", "arbeidsforhold")]
    extract = open_extract(folder, wanted=wanted)
    with Engine.open(extract) as engine, pytest.raises(DataError) as raised:
        build_cohort(engine, spec, extract)
    assert [(p.code, p.path) for p in raised.value.problems] == [
        ("E201", ("outcomes", "i_jobb", "from")),
        ("E201", ("covariates", 0)),
    ]


def test_an_open_accrual_ends_where_the_registers_of_time_zero_do(tmp_path: Path):
    held = people(coverage={"vedtak14a": ("2015-01", "2024-02")})
    with (
        pytest.raises(EffektError, match="nobody is treated"),
        opened(tmp_path / "a", held, population={"accrual": "2024-01.."}),
    ):
        pass
    with opened(tmp_path / "b", people(), population={"accrual": "2024-01..2024-12"}) as cohort:
        assert cohort.sample.treated.sum() == 1
