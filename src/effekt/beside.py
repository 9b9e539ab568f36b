"""A second process for work that nothing waits for yet, where the machine has a second core."""

from __future__ import annotations

import atexit
import copyreg
import io
import multiprocessing
import os
import pickle
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import MappingProxyType, TracebackType
from typing import Any, Self, TypeVar

Result = TypeVar("Result")

Begin = Callable[..., Callable[[], Any]]
"""Begins work and returns what waits for it: ``Beside.begin``, or ``functools.partial``, which works when asked."""


class Beside:
    """One process beside this one; on a machine with one core there is none, and work is done when it is asked for.

    Opened by a command, never by a notebook: a script without ``if __name__ == "__main__"`` would start itself again
    in the second process.
    """

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _quiet) if _cores() > 1 else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=kind is None, cancel_futures=True)

    def begin(self, work: Callable[..., Result], *arguments: object) -> Callable[[], Result]:
        """Begin ``work(*arguments)`` and return what waits for its result.

        Work, arguments and result must travel between processes. The result is the same wherever it was made: should
        the second process die, the work is done here.
        """
        if self._pool is None:
            return lambda: work(*arguments)
        try:
            future = self._pool.submit(_work_packed, _packed((work, arguments)))
        except BrokenProcessPool:
            return lambda: work(*arguments)

        def result() -> Result:
            try:
                done: Result = pickle.loads(future.result())
            except BrokenProcessPool:
                return work(*arguments)
            return done

        return result


def _quiet() -> None:
    """Let Ctrl-C end the second process without a word, and let it go at once: all it held has been handed over."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    atexit.register(os._exit, 0)


def _cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _work_packed(packed: bytes) -> bytes:
    work, arguments = pickle.loads(packed)
    return _packed(work(*arguments))


def _packed(what: object) -> bytes:
    """Return bytes for the other process.

    Read-only views of dictionaries, which frozen values hold, travel this way alone: elsewhere pickling one stays
    refused, and with it that of a released table.
    """
    into = io.BytesIO()
    packer = pickle.Pickler(into, protocol=pickle.HIGHEST_PROTOCOL)
    packer.dispatch_table = copyreg.dispatch_table | {MappingProxyType: lambda view: (_view, (dict(view),))}
    packer.dump(what)
    return into.getvalue()


def _view(content: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(content)
