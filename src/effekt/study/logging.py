"""What a study tells the log of its work folder about a stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from effekt.errors import EffektError
from effekt.provenance.freeze import Freeze
from effekt.provenance.log import logged
from effekt.results import Verdict

if TYPE_CHECKING:
    from effekt.study import Study

P = ParamSpec("P")
R = TypeVar("R")

_TOLD = (Verdict.WARN, Verdict.FAIL, Verdict.NOT_EVALUATED)

Walked = Callable[Concatenate["Study", P], R]


def stage(name: str) -> Callable[[Walked[P, R]], Walked[P, R]]:
    """Return a decorator for a method of the study that is a stage: a line in the log says how it went."""

    def decorate(method: Walked[P, R]) -> Walked[P, R]:
        @wraps(method)
        def walked(study: Study, /, *args: P.args, **kwargs: P.kwargs) -> R:
            with logged(study.work_path, name, lambda: facts_of(study)):
                return method(study, *args, **kwargs)

        return walked

    return decorate


def facts_of(study: Study) -> dict[str, Any]:
    """Return digests and the names of checks that did not pass; nothing is read or computed for the log's sake.

    What a check was about stays out: it may be the name of a category, and so of a cell.
    """
    facts: dict[str, Any] = {"study": study.spec.study, "spec": study.spec.digest}
    known = vars(study)
    if "sample" in known:
        facts |= {"data": study.data_digest, "sample": study.sample.digest}
    if "findings" in known:
        told = Counter((f.verdict.value, f.check) for f in study.findings if f.verdict in _TOLD)
        facts["checks"] = [{"verdict": v, "check": c, "times": n} for (v, c), n in sorted(told.items())]
    with suppress(EffektError):
        freeze = Freeze.read(study.work_path)
        facts["freeze"] = "" if freeze is None else freeze.digest
    return facts
