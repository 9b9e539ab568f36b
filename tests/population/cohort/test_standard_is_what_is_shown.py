"""`effekt show --resolved` says what `standard` stands for; here the cohort is held to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_worlds import opened, world

from effekt.population.cohort import samples
from effekt.spec.standard import STANDARD


def test_the_standard_covariates_are_those_that_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = world(
        vedtak14a="person_id start\n A 2024-01-10\n B 2024-01-10",
        deltakelse="person_id dato\n A 2024-03-05",
        ytelse="person_id start ytelse\n A 2023-06-01 DAGP\n B 2023-06-01 AAP",
        tiltak="person_id start tiltakskode gruppe\n A 2023-06-01 JOBBKLUBB oppfolging",
    )
    made: set[tuple[str, str]] = set()
    standard = samples.standard

    def recorded(*args):
        for covariate in standard(*args):
            made.add((covariate.group, covariate.source))
            yield covariate

    monkeypatch.setattr(samples, "standard", recorded)
    with opened(tmp_path, people, covariates=["standard"]):
        assert made == {(row.group, row.table) for row in STANDARD}
