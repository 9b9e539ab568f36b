"""The manual of every method and check that a spec can name: the docstring of its module."""

from __future__ import annotations

from effekt.checks import CheckSettings
from effekt.method import Method
from effekt.spec.methods import ADJUSTMENTS, ESTIMATORS


def manuals() -> dict[str, str]:
    """Return name -> manual, estimators first, then adjustments and checks."""
    methods = {**ESTIMATORS, **ADJUSTMENTS}
    found = {name: method.manual() for name, method in methods.items() if issubclass(method, Method)}
    return found | {name: check.manual() for name, check in CheckSettings().by_name.items()}
