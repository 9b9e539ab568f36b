"""What may stand where: the models a path leads to, their keys, and the nearest of them."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, Tag

from effekt.errors import SpecPath

_UNIONS = (Union, types.UnionType)


def nearest(word: str, valid: Iterable[str]) -> str | None:
    """Return the valid word nearest to what was typed, None when none is close.

    Case is ignored, since a person who types `HAD` means `had`.
    """
    by_fold = {name.casefold(): name for name in valid}
    near = get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[near[0]] if near else None


def did_you_mean(word: str, valid: Iterable[str]) -> str | None:
    """Return the help line for a misspelt word."""
    near = nearest(word, valid)
    return f"did you mean `{near}`?" if near else None


def listing(valid: Iterable[str]) -> str:
    """Return the note that lists what is valid."""
    return f"valid: {', '.join(sorted(valid))}"


def keys_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return the keys a model reads, as written in YAML, with their annotations.

    A field whose own keys stand in the map itself, one of the class variable ``beside``, is no key.
    """
    beside = getattr(model, "beside", ())
    return {f.alias or name: f.annotation for name, f in model.model_fields.items() if name not in beside}


def models_at(root: type[BaseModel], loc: SpecPath) -> list[type[BaseModel]]:
    """Return the models that may stand at a pydantic error location.

    The location holds tags of unions besides keys and indices; a tag narrows the choice, and where it cannot
    be told from a key both readings are followed.
    """
    here: list[Any] = [root]
    for part in loc:
        here = [after for annotation in here for after in _step(annotation, part)] or here
    return [model for annotation in here for model in _models(annotation)]


def _step(annotation: Any, part: str | int) -> list[Any]:
    """Return the annotations one step below."""
    origin, args = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = {field.alias or name: field.annotation for name, field in annotation.model_fields.items()}
        return [fields[str(part)]] if part in fields else []
    if origin is Annotated:
        return _step(args[0], part)
    if origin in _UNIONS:
        tagged = [arg for arg in args if _tag(arg) == part]
        return tagged or [after for arg in args for after in _step(arg, part)]
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return [args[1]]
    many = isinstance(origin, type) and issubclass(origin, Sequence) and isinstance(part, int)
    return [args[0]] if many else []


def _tag(annotation: Any) -> str | None:
    """Return the tag by which a union knows this member: a `Tag`, else its `method`, else its name."""
    if get_origin(annotation) is Annotated:
        tags = [extra.tag for extra in get_args(annotation)[1:] if isinstance(extra, Tag)]
        return tags[0] if tags else _tag(get_args(annotation)[0])
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        method = annotation.model_fields.get("method")
        choices = get_args(method.annotation) if method is not None else ()
        return str(choices[0]) if choices else annotation.__name__
    return None


def _models(annotation: Any) -> list[type[BaseModel]]:
    """Return the models an annotation allows, looking into optional values and unions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _models(args[0])
    if origin in _UNIONS:
        return [model for arg in args for model in _models(arg)]
    return []
