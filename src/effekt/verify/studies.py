"""Three published studies, each run through its shipped spec: design, freeze, estimates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from effekt.results import Estimate
from effekt.spec.shipped import shipped_spec
from effekt.verify import sources

if TYPE_CHECKING:
    from pandas import DataFrame

Numbers = Iterator[tuple[str, float]]


def nsw() -> Numbers:
    """Yield the difference in means of the NSW experiment and Neyman's standard error."""
    row = _first_row("nsw_experiment", sources.nsw(), analysis="experiment")
    assert row.std_error is not None
    yield "nsw.difference", row.value
    yield "nsw.std_error", row.std_error


def castle() -> Numbers:
    """Yield static two-way fixed effects of castle doctrine laws."""
    yield "castle.twfe", _first_row("castle_twfe", sources.castle(), analysis="static").value


def prop99() -> Numbers:
    """Yield the difference-in-differences of Proposition 99."""
    yield "prop99.did", _first_row("prop99", sources.prop99(), analysis="did").value


def _first_row(name: str, table: DataFrame, *, analysis: str) -> Estimate:
    """Walk all stages of a study in a folder that is removed afterwards; the rows of an analysis share their value."""
    from effekt.study import Study

    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        table.to_parquet(path)
        spec = shipped_spec(f"published/{name}.yaml")
        study = Study.open(spec, table=path, work=Path(folder) / "work")
        study.design()
        study.freeze(all_stages_reason="public data, and the numbers are published")
        return study.estimates()[analysis].rows[0]
