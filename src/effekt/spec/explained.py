"""What a resolved study says besides its values: what a default means, where it comes from, what a word stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from pydantic import BaseModel

from effekt.errors import SpecPath
from effekt.located.document import Document
from effekt.located.tree import Scalar
from effekt.spec.codes import CodeList
from effekt.spec.standard import STANDARD

_SHOWN = 12
"""The most codes of a list that are named."""


def default_of(spec: BaseModel, path: SpecPath, document: Document | None, presets: Mapping[str, Any]) -> str:
    """Return where a value that no file sets comes from, and what it decides: `default: ...`, `preset matching: ...`.

    presets : name of an analysis -> what it stands for.
    """
    origin = _preset(path, document, presets) or "default"
    meaning = _description(spec, path)
    return f"{origin}: {meaning}" if meaning else origin


def _preset(path: SpecPath, document: Document | None, presets: Mapping[str, Any]) -> str | None:
    """Return the preset that sets a value under `analyses`, None where it is a default of its method."""
    if document is None or path[0] != "analyses" or len(path) < 3:
        return None
    node = document.node(path[:2])
    if not isinstance(node, Scalar) or node.text not in presets:
        return None
    stands_for: Any = presets[node.text]
    for part in path[2:]:
        if not isinstance(stands_for, Mapping) or part not in stands_for:
            return None
        stands_for = stands_for[part]
    return f"preset {node.text}"


def _description(spec: BaseModel, path: SpecPath) -> str | None:
    """Return what the field at a path is described as."""
    here: Any = spec
    meaning: str | None = None
    for part in path:
        meaning = None
        if isinstance(here, BaseModel):
            name = next((n for n, f in type(here).model_fields.items() if part in (n, f.alias)), None)
            if name is None:
                return None
            meaning = type(here).model_fields[name].description
            here = getattr(here, name)
        elif isinstance(here, Mapping):
            here = here.get(part)
        elif isinstance(here, tuple) and isinstance(part, int) and part < len(here):
            here = here[part]
        else:
            return None
    return meaning


def stands_for(spec: Any, path: SpecPath, value: Any, lists: Mapping[str, CodeList]) -> Iterator[str]:
    """Yield what a value is short for, line by line: `standard`, the codes of a list, what an analysis requires."""
    if path[0] == "covariates" and value == "standard":
        yield "standard stands for, as of the last day of the month before time zero unless said otherwise:"
        yield from (f"  {row.group}: {row.what} ({row.table})" for row in STANDARD)
    elif isinstance(value, str) and value in lists:
        codes = lists[value].codes
        more = f" and {len(codes) - _SHOWN} more" if len(codes) > _SHOWN else ""
        yield f"= {', '.join(codes[:_SHOWN])}{more}"
    elif path[0] == "analyses" and len(path) == 2:
        yield from _required(spec.analyses[path[1]])


def _required(analysis: Any) -> Iterator[str]:
    methods = (analysis.adjust, analysis.estimate)
    for what in ("checks", "bounds"):
        asked = dict.fromkeys(chain.from_iterable(getattr(method, f"required_{what}", ()) for method in methods))
        if asked:
            yield f"required {what}: {', '.join(asked)}"
