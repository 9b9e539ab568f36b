"""A delivery being written: its files, every byte a function of the draw, and a count of all that is planted."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from effekt.literals import Month
from effekt.synthetic.deliveries.declared import Artefacts
from effekt.synthetic.draw import Draw

_WRITTEN = dt.datetime(2030, 1, 31)
"""The day in files of Stata, which keep when they were written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """One trouble. artefact : as declared; column : canonical; count : of what ``unit`` says."""

    artefact: str
    table: str
    column: str | None
    count: int
    unit: str


@dataclass(slots=True)
class Delivery:
    """A delivery on its way: one method per thing a file can be."""

    drawn: Draw
    artefacts: Artefacts
    folder: Path
    planted: list[Planted] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def frame(self, table: str) -> pd.DataFrame:
        """Return a canonical table, its duplicates planted, days as timestamps."""
        frame: pd.DataFrame = self.drawn.tables[table].to_pandas(date_as_object=False)
        wanted = self.artefacts.duplicates.get(table)
        if wanted is None:
            return frame
        twice = self._some(table, "duplicates", np.arange(len(frame)), wanted)
        self.plant("duplicates", table, len(twice))
        both: pd.DataFrame = pd.concat([frame, frame.iloc[twice]], ignore_index=True)
        return both

    def years(self, table: str) -> range:
        """Return the years a table covers."""
        first, last = self.months(table)
        return range(first.year, last.year + 1)

    def months(self, table: str) -> tuple[Month, Month]:
        """Return the first and the last month a table covers."""
        first, last = self.drawn.coverage[table]
        return Month.parse(first), Month.parse(last)

    def by_year(self, table: str, frame: pd.DataFrame, when: str) -> Iterator[tuple[int, pd.DataFrame]]:
        """Yield the rows of each year's file, also of empty ones; late rows lie in the file of the year after."""
        filed = frame[when].dt.year.to_numpy(copy=True)
        wanted = self.artefacts.late.get(table)
        years = self.years(table)
        if wanted is not None:
            late = self._some(table, "late", np.flatnonzero(filed < years[-1]), wanted)
            filed[late] += 1
            self.plant("late", table, len(late))
        for year in years:
            yield year, frame[filed == year]

    def sentinel(self, table: str, column: str, cells: pd.Series, code: str) -> pd.Series:
        """Return text cells whose empty ones hold a code, where that is declared."""
        if f"{table}.{column}" not in self.artefacts.sentinels:
            return cells
        self.plant("sentinels", table, int(cells.isna().sum()), column=column, unit="cell")
        return cells.fillna(code)

    def opened(self, table: str, frame: pd.DataFrame, stop: str) -> pd.DataFrame:
        """Return spells as lines: one when each opens, and where that is declared one more when it closes."""
        if table not in self.artefacts.opening_lines:
            return frame
        ended = frame[frame[stop].notna()]
        self.plant("opening_lines", table, len(ended))
        return pd.concat([frame.assign(**{stop: None}), ended], ignore_index=True)

    def plant(self, artefact: str, table: str, count: int, *, column: str | None = None, unit: str = "row") -> None:
        """Keep count of a trouble; what is planted piece by piece adds up."""
        for place, one in enumerate(self.planted):
            if (one.artefact, one.table, one.column) == (artefact, table, column):
                count += one.count
                del self.planted[place]
                break
        self.planted.append(Planted(artefact=artefact, table=table, column=column, count=count, unit=unit))

    def csv(self, name: str, frame: pd.DataFrame, *, encoding: str = "latin-1", header: bool = True) -> None:
        """Write a CSV file with semicolons and decimal commas, packed if its name says so."""
        text = frame.to_csv(sep=";", decimal=",", index=False, header=header, lineterminator="\n")
        content = text.encode(encoding)
        # Without a time of packing, so that the same rows are the same bytes.
        self.write(name, gzip.compress(content, mtime=0) if name.endswith(".gz") else content)

    def dta(self, name: str, frame: pd.DataFrame) -> None:
        """Write a file of Stata 14; text that is not there is empty."""
        held = io.BytesIO()
        told = {column: cells if is_numeric_dtype(cells) else cells.fillna("") for column, cells in frame.items()}
        pd.DataFrame(told).to_stata(held, write_index=False, version=118, time_stamp=_WRITTEN)
        self.write(name, held.getvalue())

    def write(self, name: str, content: bytes) -> None:
        """Write a file into the delivery."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.files.append(name)

    def counted(self) -> list[dict[str, Any]]:
        """Return everything that is planted, in one order."""
        return [
            asdict(one) for one in sorted(self.planted, key=lambda one: (one.artefact, one.table, one.column or ""))
        ]

    def _some(self, table: str, what: str, among: np.ndarray[Any, Any], wanted: int) -> np.ndarray[Any, Any]:
        """Return some of the rows, chosen by the seed alone."""
        luck = np.random.default_rng([self.drawn.seed, zlib.crc32(f"{table}.{what}".encode())])
        return np.sort(luck.choice(among, size=min(wanted, len(among)), replace=False))


def day(cells: pd.Series, style: str = "%d.%m.%Y", *, last: bool = False) -> pd.Series:
    """Return days as text; empty stays empty. last : the last day inside instead of the first one after."""
    return (cells - pd.Timedelta(days=1) if last else cells).dt.strftime(style)
