"""Tree -> model, with everything that is wrong reported in one go.

A model may say more about its keys than its fields do, by three class variables:

``refused_keys`` : Mapping[str, Refusal]
    keys that are not read here and deserve a better answer than "unknown key".
``examples`` : Mapping[str, str]
    what to write for a key that is missing or has the wrong type.
``beside`` : tuple[str, ...]
    fields whose own keys stand in the map itself; a validator of the model takes them apart.

A validator may raise ``Refusal(...).for_pydantic()``; its code, help and note reach the user unchanged.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from effekt.errors import Problem, SpecError
from effekt.located.document import Document, read
from effekt.located.names import nearest
from effekt.located.render import sorted_problems
from effekt.located.translate import translate, valid_keys

M = TypeVar("M", bound=BaseModel)


def load(model: type[M], path: str | os.PathLike[str], context: Mapping[str, Any] | None = None) -> M:
    """Read a file into a model; raises :class:`SpecError` with everything that is wrong, by position."""
    return bind(model, read(path), context)


def bind(model: type[M], document: Document, context: Mapping[str, Any] | None = None) -> M:
    """Turn a document into a model; raises :class:`SpecError` with everything that is wrong, by position."""
    value, problems = try_bind(model, document, context)
    if problems or value is None:
        raise SpecError(sorted_problems(problems, document.file))
    return value


def try_bind(
    model: type[M], document: Document, context: Mapping[str, Any] | None = None
) -> tuple[M | None, list[Problem]]:
    """Return the model (None if it cannot be made) and what is wrong, including what reading found."""
    problems = list(document.problems)
    data = document.plain()
    try:
        value = model.model_validate(data, context=dict(context or {}), by_alias=True, by_name=False)
    except ValidationError as error:
        return None, problems + located_problems(model, document, error)
    return value, problems


def located_problems(model: type[BaseModel], document: Document, error: ValidationError) -> list[Problem]:
    """Return pydantic's errors as problems; a key that is missing because it was misspelt is reported once."""
    details = error.errors(include_url=False)
    found = [translate(model, document, detail) for detail in details]
    meant = {
        (problem.path[:-1], nearest(str(problem.path[-1]), valid_keys(model, detail["loc"][:-1])))
        for problem, detail in zip(found, details, strict=True)
        if detail["type"] == "extra_forbidden" and problem.path
    }
    return [
        problem
        for problem, detail in zip(found, details, strict=True)
        if not (detail["type"] == "missing" and problem.path and (problem.path[:-1], problem.path[-1]) in meant)
    ]
