"""A world of any size on disk: drawn stretch by stretch in bounded memory, the same bytes for any number of threads.

A stretch is a run of running numbers that is fixed for good; threads draw whole stretches, and they are written in
order. What bounds the speed is the writer, which lays the columns out while the next stretches are drawn.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from effekt.registers.parquet import PARQUET
from effekt.synthetic.draw import draw, registers
from effekt.synthetic.extract import in_one_move, write_extract, write_manifest
from effekt.synthetic.life import Lives
from effekt.synthetic.persons import draw_persons, stretches
from effekt.synthetic.registers.columns import encoded_text
from effekt.synthetic.registers.guidance import reported_together
from effekt.synthetic.registers.others import registers_of_others
from effekt.synthetic.world import World

_ROW_GROUP = 1 << 20
"""Rows of a row group at least; the last of a file has fewer."""
_MOST_THREADS = 4
"""Each stretch that is drawn at the same time takes some 300 MB."""
_COUNTED = "fylkesrapportering"
"""The one table whose rows are sums over persons."""

Tables = dict[str, pa.Table]


def write_world(
    world: World,
    folder: Path,
    *,
    seed: int | None = None,
    threads: int | None = None,
    told: Callable[[int, int], None] = lambda done, of: None,
) -> Mapping[str, int]:
    """Draw a world into a folder, which is complete or as it was, and return the rows of every table.

    seed : another luck than the world's own. threads : for worlds with others; the processors by default.
    told : is told how many stretches are written, and of how many.

    Raises
    ------
    DataError
        E710 if the folder holds anything else or cannot be written.
    """
    luck = world.seed if seed is None else seed
    if world.others is None:
        drawn = draw(world, luck)
        write_extract(drawn, folder)
        return {name: table.num_rows for name, table in drawn.tables.items()}
    at_once = min(threads or os.cpu_count() or 1, _MOST_THREADS)
    with in_one_move(folder) as fresh:
        rows = _write_stretches(world, luck, fresh, at_once, told)
        write_manifest(world, luck, rows, fresh)
    return rows


def _write_stretches(
    world: World, seed: int, folder: Path, threads: int, told: Callable[[int, int], None]
) -> dict[str, int]:
    files: dict[str, _Growing] = {}
    reported: list[pa.Table] = []
    parts = stretches(world)
    try:
        for done, tables in enumerate(_in_order(world, seed, parts, threads), start=1):
            for name, table in tables.items():
                if name == _COUNTED:
                    reported.append(table)
                    continue
                if name not in files:
                    files[name] = _Growing(folder / f"{name}.parquet", table.schema)
                files[name].add(table)
            told(done, len(parts))
        files[_COUNTED] = _Growing(folder / f"{_COUNTED}.parquet", reported[0].schema)
        files[_COUNTED].add(reported_together(reported))
    finally:
        for file in files.values():
            file.close()
    return {name: file.rows for name, file in files.items()}


def _in_order(world: World, seed: int, parts: list[tuple[int, int, int]], threads: int) -> Iterator[Tables]:
    """Yield the tables of every stretch in its turn, while the next ones are drawn."""
    ahead: deque[Future[Tables]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="draw") as pool:
        try:
            for part in parts:
                ahead.append(pool.submit(_stretch, world, seed, *part))
                if len(ahead) > threads:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _stretch(world: World, seed: int, first: int, lived: int, count: int) -> Tables:
    """Return the tables of a stretch, each person's rows together and persons in the order of their pseudonyms."""
    lives = Lives.observed(draw_persons(world, seed, np.arange(first, first + lived)))
    found = registers(world, seed, lives, lives.persons.ids())
    others = registers_of_others(world, seed, np.arange(first + lived, first + count))
    return {
        name: _one([encoded_text(table), others[name]]) if name in others else table for name, table in found.items()
    }


def _one(parts: list[pa.Table]) -> pa.Table:
    """Return rows as one table, with one list of names for each column of encoded text."""
    return pa.concat_tables(parts).unify_dictionaries().combine_chunks()


class _Growing:
    """A parquet file that grows by whole row groups; where they end depends on the rows alone."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        # A list of names says more about text than its least and greatest, which take as long to find as to write.
        statistics = [field.name for field in schema if not pa.types.is_dictionary(field.type)]
        self.rows = 0
        self._held: list[pa.Table] = []
        self._writer = pq.ParquetWriter(
            path,
            schema,
            compression_level=3,
            write_statistics=statistics,
            **PARQUET,
        )

    def add(self, table: pa.Table) -> None:
        """Add rows, and write those that make a row group."""
        self.rows += table.num_rows
        self._held.append(table)
        if sum(held.num_rows for held in self._held) >= _ROW_GROUP:
            self._flush()

    def close(self) -> None:
        """Write what is left; the file is then whole."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        whole = _one(self._held) if self._held else None
        self._held.clear()
        if whole is not None and whole.num_rows:
            self._writer.write_table(whole, row_group_size=whole.num_rows)
