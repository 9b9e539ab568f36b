"""Every key that a study can have: what it takes, its default, what it means; for `effekt explain` and the manual."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import yaml
from pydantic import BaseModel

from effekt.adjust.nearest import Caliper
from effekt.literals import Written
from effekt.method import Method
from effekt.spec.base import Name, Points, Share
from effekt.spec.kinds import Study
from effekt.spec.labels import Label
from effekt.spec.measured import Months
from effekt.spec.predicates import County, Register

LATER = "effekt.spec.later"
"""Methods of this module are grammar for a later version; only what it says of analyses is told here."""

_NAMED: tuple[tuple[Any, str, str], ...] = (
    (Name, "name", "i_jobb"),
    (Register, "register", "arbeidsforhold"),
    (County, "county", '"11"'),
    (Months, "months or years", "12m"),
    (Share, "percent", "80%"),
    (Points, "percentage points", "2pp"),
    (Caliper, "SDs", "0.2 sd"),
    (Label, "text, in one language or by language", "{nb: Lønnstaker, en: Employee}"),
)
"""What is written as text and read as something closer: the type, its words, an example."""

_PLAIN: Mapping[Any, str] = {str: "text", int: "whole number", float: "number", bool: "true or false", Any: "anything"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key. path : where it stands, NAME for a name of yours; default : as YAML, None = it must be given.

    method : the method it belongs to, empty where it belongs to none. example : a value, empty where none is short.
    """

    path: str
    name: str
    method: str
    takes: str
    default: str | None
    meaning: str
    example: str

    def told(self) -> str:
        """Return the key as `effekt explain` prints it."""
        where = f"{self.path} (of {self.method})" if self.method else self.path
        default = "must be given" if self.default is None else f"default {self.default}" if self.default else ""
        lines = (self.meaning, f"takes {self.takes}", default, self.example and f"example {self.name}: {self.example}")
        return "\n  ".join((where, *filter(None, lines)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The keys of one map of a study. path : empty for the study itself; about : what it says; model : its reader."""

    path: str
    method: str
    about: str
    keys: tuple[Key, ...]
    model: type[BaseModel]


@cache
def sections(kind: type[BaseModel]) -> tuple[Section, ...]:
    """Return every map that a kind of study is made of, each once, from the outermost in."""
    found: dict[type[BaseModel], Section] = {}
    waiting = [("", kind)]
    while waiting:
        path, model = waiting.pop(0)
        if model not in found and not _is_later(model):
            found[model] = _section(path, model)
            waiting += _inside(path, model)
    return tuple(found.values())


@cache
def keys() -> tuple[Key, ...]:
    """Return the keys of every kind of study, each once."""
    every = (key for kind in get_args(Study) for section in sections(kind) for key in section.keys)
    return tuple(dict.fromkeys(every))


def keys_named(text: str) -> tuple[Key, ...]:
    """Return the keys that a path or its end names: `population.accrual`, `accrual`."""
    return tuple(key for key in keys() if key.path == text or key.path.endswith(f".{text}"))


def _section(path: str, model: type[BaseModel]) -> Section:
    method = str(model.model_fields["method"].default) if _is_method(model) else ""
    about = inspect.cleandoc(model.__doc__ or "").split("\n\n", maxsplit=1)[0].replace("\n", " ").replace("``", "`")
    return Section(path=path, method=method, about=about, keys=tuple(_keys(path, method, model)), model=model)


def _keys(path: str, method: str, model: type[BaseModel]) -> Iterator[Key]:
    hints = get_type_hints(model, include_extras=True)
    written = getattr(model, "examples", {})
    for field_name, field in model.model_fields.items():
        if (field_name == "method" and method) or field_name in getattr(model, "beside", ()):
            continue
        name = field.alias or field_name
        yield Key(
            path=f"{path}.{name}" if path else name,
            name=name,
            method=method,
            takes=takes(hints[field_name]),
            default=None if field.is_required() else _as_yaml(field.default),
            meaning=field.description or "",
            example=_written(written.get(name), hints[field_name], field.default),
        )


def _written(example: str | None, hint: Any, default: Any) -> str:
    """Return the example a model gives of a key, or one of its type; "..." stands for a name of the study."""
    if example and "..." not in example:
        return example
    return str(default) if isinstance(default, Written) else _example(hint, default)


def _inside(path: str, model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    hints = get_type_hints(model, include_extras=True)
    for field_name, field in model.model_fields.items():
        name = field.alias or field_name
        for steps, inner in _models(hints[field_name]):
            if field_name in getattr(model, "beside", ()):
                yield f"{path}{steps}", inner
            else:
                yield f"{path}.{name}{steps}" if path else f"{name}{steps}", inner


def _models(hint: Any) -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield the models in a type, with the steps that lead to each: `.NAME` in a map, `[]` in a list."""
    origin, inner = get_origin(hint), get_args(hint)
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        yield "", hint
    elif origin is Annotated:
        yield from _models(inner[0])
    elif origin in (Union, types.UnionType):
        for part in inner:
            yield from _models(part)
    elif origin is tuple:
        yield from ((f"[]{steps}", model) for steps, model in _models(inner[0]))
    elif origin is not None and origin is not Literal and len(inner) == 2:
        yield from ((f".NAME{steps}", model) for steps, model in _models(inner[1]))


def takes(hint: Any) -> str:
    """Return a type in words: `month range`, `a | b`, `list of register`."""
    origin, inner = get_origin(hint), get_args(hint)
    named = next((words for known, words, _ in _NAMED if hint == known), "")
    if named or origin is Annotated:
        return named or takes(inner[0])
    if origin is Literal:
        return " | ".join(f"`{value}`" for value in inner)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(takes(part) for part in inner if not _is_later(part)))
    if origin is tuple:
        return f"list of {takes(inner[0])}" if inner[-1] is Ellipsis else "two of " + takes(inner[0])
    if origin is not None:
        return f"map of {takes(inner[0])} to {takes(inner[1])}"
    return _of_class(hint)


def _of_class(hint: Any) -> str:
    if hint in _PLAIN:
        return _PLAIN[hint]
    if hint is types.NoneType:
        return "`none`"
    if _is_method(hint):
        return f"`{hint.model_fields['method'].default}`"
    if issubclass(hint, Written):
        return "".join(f" {c.lower()}" if c.isupper() else c for c in hint.__name__).strip()
    return "map" if issubclass(hint, BaseModel) else "name of a code list"


def _example(hint: Any, default: Any) -> str:
    """Return a value of a type that is not its default, empty if there is no short one."""
    origin, inner = get_origin(hint), get_args(hint)
    named = next((example for known, _, example in _NAMED if hint == known), "")
    if named or origin is Literal:
        word = named or str(next((v for v in inner if v != default), inner[0]))
        return word if named or word.replace("-", "").isidentifier() or word.isdigit() else f'"{word}"'
    if origin is Annotated or origin in (Union, types.UnionType):
        return next(filter(None, (_example(part, default) for part in inner if _is_type(part))), "")
    if origin is tuple and inner[-1] is Ellipsis:
        one = _example(inner[0], None)
        return f"[{one}]" if one else ""
    if isinstance(hint, type) and issubclass(hint, Written):
        return hint.examples[0]
    return ""


def _is_type(part: Any) -> bool:
    return part is not types.NoneType and (isinstance(part, type) or get_origin(part) is not None)


def _is_later(model: Any) -> bool:
    return getattr(model, "__module__", "") == LATER and "method" in model.model_fields


def _is_method(model: Any) -> bool:
    return isinstance(model, type) and issubclass(model, Method) and "method" in model.model_fields


def _as_yaml(value: Any) -> str:
    """Return a default as a study writes it, in one line; a map is told by its own keys."""
    if isinstance(value, BaseModel):
        return "" if not _is_method(type(value)) else str(getattr(value, "method", ""))
    if value is None:
        return "none"
    if isinstance(value, Written):
        return str(value)
    return yaml.safe_dump(list(value) if isinstance(value, tuple) else value, default_flow_style=True).split("\n")[0]
