"""Faults of the database in our words: its own messages quote cells and paths, so none of them travels on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import duckdb

from effekt.errors import DataError, Problem

T = TypeVar("T")


def guarded(action: Callable[[], T], *, memory: Problem, files: Problem, what: str) -> T:
    """Return what an action of the database returns.

    memory, files : what is wrong where there is too little memory, and where files or folders fail. what : whose
    query it is.

    Raises
    ------
    DataError
        One of the two problems. An interrupt is an interrupt; any other fault is ours, and told by its kind alone.
    """
    problem: Problem | None = None
    try:
        return action()
    except duckdb.InterruptException:
        pass
    except duckdb.OutOfMemoryException:
        problem = memory
    except duckdb.IOException:
        problem = files
    except duckdb.Error as error:
        raise RuntimeError(f"a query of the {what} failed: {type(error).__name__}") from None
    # Raised outside the handlers: the database's own error would travel along as context.
    if problem is None:
        raise KeyboardInterrupt
    raise DataError(problem)
