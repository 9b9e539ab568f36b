"""Small tables on disk and the spec that goes with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from effekt.errors import DataError, Problem
from effekt.population.prepared.table import PreparedTable, open_table
from effekt.spec.prepared import Prepared

CROSS_SECTION = """\
id,treat,age,educ,office,w,y
u1,1,20,10,A,1,5
u2,0,25,11,A,1,6
u3,1,30,12,B,2,7
u4,0,35,9,B,2,8
"""

PANEL = """\
id,year,first,age,y
a,2000,2002,30,1
a,2001,2002,31,2
a,2002,2002,32,3
a,2003,2002,33,4
b,2000,2003,40,5
b,2001,2003,41,6
b,2002,2003,42,7
b,2003,2003,43,8
c,2000,0,50,9
c,2001,0,51,10
c,2002,0,52,11
c,2003,0,53,12
"""


def cross_section(**keys: Any) -> Prepared:
    asked = {"unit": "id", "treated": "treat", "covariates": ["age", "educ"], "outcomes": {"y": {"column": "y"}}}
    return Prepared.model_validate({k: v for k, v in (asked | keys).items() if v is not None})


def panel(**keys: Any) -> Prepared:
    asked = {
        "unit": "id",
        "time": "year",
        "first_treated": "first",
        "never": ["0"],
        "covariates": ["age"],
        "outcomes": {"y": {"column": "y"}},
    }
    return Prepared.model_validate({k: v for k, v in (asked | keys).items() if v is not None})


def opened(
    folder: Path, text: str, prepared: Prepared, *, assigned_at: Any = "person", name: str = "table.csv"
) -> PreparedTable:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return open_table(path, prepared, assigned_at=assigned_at, study="a-study")


def as_parquet(folder: Path, text: str, name: str = "table.parquet", **options: Any) -> Path:
    path = folder / name
    rows = [line.split(",") for line in text.splitlines()]
    frame = pd.DataFrame(rows[1:], columns=rows[0])
    for column in frame.columns.difference(["id", "office"]):
        frame[column] = pd.to_numeric(frame[column])
    frame.to_parquet(path, **options)
    return path


def problems_of(folder: Path, text: str, prepared: Prepared, **keys: Any) -> list[Problem]:
    with pytest.raises(DataError) as refused:
        opened(folder, text, prepared, **keys).sample()
    return list(refused.value.problems)


def codes_of(folder: Path, text: str, prepared: Prepared, **keys: Any) -> list[str]:
    return [problem.code for problem in problems_of(folder, text, prepared, **keys)]
