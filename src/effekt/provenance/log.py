"""``effekt.log``: what ran in a work folder, one line per stage, for whoever must find out why it was slow or stopped.

The ledger says what was done to the data and cannot be changed unseen; the log says how it went, and is no part of any
result. A line holds times, versions, digests, codes of errors, and names of checks and of kinds of warnings: never a
message, since a library's message may quote a row.
"""

from __future__ import annotations

import json
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from effekt.errors import EffektError
from effekt.provenance.digests import versions
from effekt.provenance.folders import append_file, one_at_a_time, work_folder

FILE = "effekt.log"

Facts = Callable[[], Mapping[str, Any]]


@contextmanager
def logged(work: Path, stage: str, facts: Facts) -> Iterator[None]:
    """Add a line about the stage when it is over, however it ended; a log that cannot be written stops nothing.

    work : the work folder, made if it is not there. facts : asked at the end, for digests and the names of checks; what
    it cannot say by then is left out.
    """
    began, clock = datetime.now(UTC), time.perf_counter()
    ended: dict[str, Any] = {"ended": "done"}
    heard: Counter[str] = Counter()
    try:
        with _listening(heard):
            yield
    except EffektError as error:
        ended = {"ended": "refused", "codes": sorted({p.code for p in error.problems})}
        raise
    except KeyboardInterrupt:
        ended = {"ended": "interrupted"}
        raise
    except BaseException as error:
        ended = {"ended": "broken", "kind": type(error).__name__}
        raise
    finally:
        line: dict[str, Any] = {
            "at": began.isoformat(timespec="milliseconds"),
            "stage": stage,
            **ended,
            "seconds": round(time.perf_counter() - clock, 3),
            "warnings": dict(sorted(heard.items())),
        }
        with suppress(Exception):
            line |= facts()
        with suppress(OSError, EffektError):
            line["versions"] = versions()
            path = work_folder(work) / FILE
            with one_at_a_time(path):
                append_file(path, (json.dumps(line, ensure_ascii=False) + "\n").encode())


@contextmanager
def _listening(heard: Counter[str]) -> Iterator[None]:
    """Count warnings by their kind while they are shown as ever."""
    show = warnings.showwarning

    def listen(message: Any, category: type[Warning], *more: Any, **rest: Any) -> None:
        heard[category.__name__] += 1
        show(message, category, *more, **rest)

    warnings.showwarning = listen
    try:
        yield
    finally:
        warnings.showwarning = show


def entries(work: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a log that can be read; one that was cut short by a full disk is passed over."""
    with suppress(OSError):
        for line in (work / FILE).read_text(encoding="utf-8").splitlines():
            with suppress(ValueError):
                yield json.loads(line)
