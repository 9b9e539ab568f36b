"""The figures of a study, one by one, for a notebook: ``study.figures.love()``.

They are those of the report and drawn from the same protected tables. A figure shows itself in a notebook; ``svg``
and ``png`` hold the files.
"""

from __future__ import annotations

from collections.abc import Callable

from effekt.release.contents import ReportInput
from effekt.release.figures.gallery import Drawn, gallery
from effekt.release.figures.plans import Plan, plans
from effekt.release.language import Language


class Figures:
    """Every figure the tables of a release allow; nothing is drawn before it is asked for.

    Parameters
    ----------
    content : what the report is made of.
    language : ``nb`` or ``en``; by default the first language of the study.
    """

    def __init__(self, content: ReportInput, language: str = "") -> None:
        self._language = Language(language or content.languages[0])
        self._content = content.in_language(self._language.code)

    def kinds(self) -> tuple[str, ...]:
        """Return the kinds of figures this study has, in the order of its report."""
        return tuple(dict.fromkeys(plan.kind for plan in plans(self._content, self._language)))

    def all(self) -> tuple[Drawn, ...]:
        """Return every figure, in the order of the report."""
        return gallery(self._content, self._language)

    def answer(self) -> Drawn:
        """Return the figure of page one."""
        return self._one("answer")

    def timeline(self) -> Drawn:
        """Return the design in time: what is read before and after time zero, and what the registers cover."""
        return self._one("timeline")

    def flow(self) -> Drawn:
        """Return the flow chart of the treated."""
        return self._one("flow")

    def flow_comparison(self) -> Drawn:
        """Return the flow chart of the comparisons."""
        return self._one("flow_comparison")

    def love(self, analysis: str = "") -> Drawn:
        """Return the love plot: differences in covariates before and after adjustment."""
        return self._one("love", about=analysis)

    def overlap(self, analysis: str = "") -> Drawn:
        """Return the scores of both groups."""
        return self._one("overlap", about=analysis)

    def forest(self, outcome: str = "") -> Drawn:
        """Return the forest plot of an outcome, by default the first."""
        return self._one("forest", outcome)

    def subgroups(self, outcome: str = "") -> Drawn:
        """Return the estimates in subgroups and arms."""
        return self._one("subgroups", outcome)

    def event_study(self, analysis: str = "", outcome: str = "") -> Drawn:
        """Return the event study, with its periods before the start."""
        return self._one("event_study", outcome, about=analysis)

    def lock_in(self, analysis: str = "", outcome: str = "") -> Drawn:
        """Return the difference month by month after time zero."""
        return self._one("lock_in", outcome, about=analysis)

    def paths(self, outcome: str = "") -> Drawn:
        """Return both groups' means by month."""
        return self._one("paths", outcome)

    def unit_paths(self, analysis: str = "") -> Drawn:
        """Return every county's or office's mean by period."""
        return self._one("unit_paths", about=analysis)

    def map(self, analysis: str = "") -> Drawn:
        """Return the counties as tiles."""
        return self._one("map", about=analysis)

    def deltas(self, analysis: str = "") -> Drawn:
        """Return the change of every county or office."""
        return self._one("deltas", about=analysis)

    def leave_one_out(self, analysis: str = "") -> Drawn:
        """Return the estimate with one unit left out at a time."""
        return self._one("leave_one_out", about=analysis)

    def randomisation(self, analysis: str = "") -> Drawn:
        """Return what other assignments would have given."""
        return self._one("randomisation", about=analysis)

    def between(self) -> Drawn:
        """Return the estimates WITHIN and BETWEEN counties."""
        return self._one("between")

    def _one(self, kind: str, outcome: str = "", *, about: str = "") -> Drawn:
        """Return the first figure of a kind, of the outcome and analysis if they are named.

        Raises
        ------
        LookupError
            If this study has none, with the kinds it has.
        """
        for plan in plans(self._content, self._language):
            if _asked(plan, kind, outcome, about):
                found = gallery(self._content, self._language, _same(plan))
                if found:
                    return found[0]
        raise LookupError(f"this study has no figure `{kind}` of that; it has: {', '.join(self.kinds())}")


def _asked(plan: Plan, kind: str, outcome: str, about: str) -> bool:
    named = not outcome or outcome in plan.name or any(outcome in part.split("_", 1) for part in plan.name)
    return plan.kind == kind and named and about in {"", plan.about}


def _same(plan: Plan) -> Callable[[Plan], bool]:
    return lambda other: (other.kind, other.name, other.title) == (plan.kind, plan.name, plan.title)
