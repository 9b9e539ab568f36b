"""Analyses as people write them: bare names, maps, presets, and methods that a later version will have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any, get_args

from pydantic import BaseModel, BeforeValidator, Field

from effekt.adjust import AnyAdjustment
from effekt.analysis import Analysis
from effekt.checks import CheckSettings
from effekt.estimators import AnyEstimator
from effekt.literals import Refusal
from effekt.located.names import did_you_mean
from effekt.spec.base import none_is_unset
from effekt.spec.labels import Label
from effekt.spec.presets import PRESETS

LATER_ADJUSTMENTS = ("entropy", "mahalanobis", "cem", "subclass", "radius", "kernel", "ipw")
LATER_ESTIMATORS = (
    *("ipw", "ra", "ipwra", "aipw", "iv", "rdd", "callaway_santanna", "imputation", "honest_did"),
    *("synthetic_did", "synthetic_control", "duration"),
)


def methods_of(union: Any) -> dict[str, type[BaseModel]]:
    """Return the methods of a room's discriminated union by the name that selects them."""
    members = get_args(get_args(union)[0])
    return {get_args(member.model_fields["method"].annotation)[0]: member for member in members}


ADJUSTMENTS = methods_of(AnyAdjustment)
ESTIMATORS = methods_of(AnyEstimator)


def refuse_unknown_word(word: str, built: Iterable[str], later: Iterable[str], at: tuple[str, ...]) -> None:
    """Raise E205 for a method that neither this version nor a later one has."""
    built, later = sorted(built), sorted(set(later) - set(built))
    if word not in built and word not in later:
        raise Refusal(
            "E205",
            f"unknown method `{word}`",
            help=did_you_mean(word, [*built, *later]) or f"use one of {', '.join(f'`{name}`' for name in built)}",
            note=f"valid: {', '.join(built)}; in a later version: {', '.join(later)}",
            at=at,
        ).for_pydantic()


def refuse_unknown(word: str, built: Iterable[str], later: Iterable[str], at: tuple[str, ...]) -> None:
    """Raise E204 for a method of a later version, E205 for one that nobody knows."""
    refuse_unknown_word(word, built, later, at)
    if word not in built:
        raise Refusal(
            "E204",
            f"`{word}` is not in this version",
            help=f"use one of {', '.join(f'`{name}`' for name in sorted(built))}",
            at=at,
        ).for_pydantic()


def expand(value: Any) -> Any:
    """Read a bare name as that estimator with its defaults, and `none` as unset where a method allows it."""
    if isinstance(value, str):
        value = {"estimate": {"method": value}}
    if not isinstance(value, dict):
        return value
    roles = {"adjust": ADJUSTMENTS, "estimate": ESTIMATORS}
    return {key: _method(part, roles[key]) if key in roles else part for key, part in value.items()}


def _method(part: Any, known: dict[str, type[BaseModel]]) -> Any:
    if isinstance(part, str):
        part = {"method": part}
    if not isinstance(part, dict) or not isinstance(part.get("method"), str) or part["method"] not in known:
        return part
    return none_is_unset(known[part["method"]], part)


def _built(value: Any) -> Any:
    """Expand an analysis and refuse methods that this version cannot run."""
    whole = expand(value)
    if not isinstance(whole, dict):
        return whole
    for role, built, later in (
        ("adjust", ADJUSTMENTS, LATER_ADJUSTMENTS),
        ("estimate", ESTIMATORS, (*LATER_ESTIMATORS, *PRESETS)),
    ):
        part = whole.get(role)
        if isinstance(part, dict) and isinstance(part.get("method"), str):
            refuse_unknown(part["method"], built, later, (role, "method"))
    return none_is_unset(LabelledAnalysis, whole)


def none_in_thresholds(settings: type[CheckSettings]) -> Callable[[Any], Any]:
    """Return a reader of `none` as unset in the settings of every check."""
    models = {name: type(field.default) for name, field in settings.model_fields.items()}

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        whole = none_is_unset(settings, value)
        return {name: none_is_unset(models[name], part) if name in models else part for name, part in whole.items()}

    return read


Checks = Annotated[
    CheckSettings, BeforeValidator(none_in_thresholds(CheckSettings), json_schema_input_type=CheckSettings)
]
"""Thresholds of the checks; what a method requires cannot be changed here."""


class LabelledAnalysis(Analysis):
    """An analysis, and what the report calls it."""

    label: Label | None = Field(default=None, description="its words in the report; none = its name")

    @property
    def built(self) -> Analysis:
        """The analysis that runs."""
        return Analysis(adjust=self.adjust, estimate=self.estimate, outcomes=self.outcomes)


BuiltAnalysis = Annotated[LabelledAnalysis, BeforeValidator(_built, json_schema_input_type=LabelledAnalysis | str)]
"""An analysis that this version runs."""
