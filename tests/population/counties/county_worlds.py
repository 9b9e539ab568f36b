"""County studies of registers small enough to read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from small_worlds import World

from effekt.population.counties.build import CountyCohort, build_counties, registers_of
from effekt.population.engine.connection import Engine
from effekt.population.engine.machine import Machine
from effekt.population.extract.opening import open_extract
from effekt.spec.load import load
from effekt.spec.registered import CountyStudy

STUDY: dict[str, Any] = {
    "effekt": 1,
    "study": "small-counties",
    "question": "Does it help?",
    "level": "fylke@2024",
    "assigned_at": "county",
    "population": {"from": "vedtak14a", "accrual": "2019-01..2024-12"},
    "panel": {"period": "year"},
    "treatment": {"start": {"11": "2022-01"}},
    "outcomes": {"i_jobb": {"from": "arbeidsforhold", "is": "active", "at": ["1y"]}},
    "primary": {"outcome": "i_jobb", "at": "1y"},
    "analyses": ["collapsed_did"],
    "disclosure": "open",
}


def study(folder: Path, **changes: Any) -> CountyStudy:
    """Return the study with some keys changed."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "study.yaml"
    path.write_text(json.dumps({**STUDY, **changes}, ensure_ascii=False), encoding="utf-8")
    spec = load(path)
    assert isinstance(spec, CountyStudy)
    return spec


@contextmanager
def opened(folder: Path, world: World, *, shuffled: int | None = None, **changes: Any) -> Iterator[CountyCohort]:
    """Build the sample of a world, with its engine open."""
    spec = study(folder, **changes)
    registers = world.write(folder / "registers", shuffled=shuffled)
    extract = open_extract(registers, wanted=registers_of(spec))
    with Engine.open(extract, Machine(threads=1)) as engine:
        yield build_counties(engine, spec, extract)


def unit(cohort: CountyCohort, code: str) -> int:
    """Return the row of the sample that is a county."""
    entity = cohort.sample.units["entity"].tolist()
    return entity.index(cohort.units.codes.index(code))
