"""The kinds of study, how a file tells which it is, and the JSON Schema of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter

from effekt.errors import Problem
from effekt.located.document import Document
from effekt.located.names import keys_of, nearest
from effekt.located.tree import Scalar
from effekt.spec.base import Spec
from effekt.spec.codes import CodeList
from effekt.spec.logic import prepared_problems
from effekt.spec.logic_registers import register_problems
from effekt.spec.prepared import PreparedStudy
from effekt.spec.registered import CountyStudy, OnRegisters, RegisterStudy
from effekt.spec.selections import selection_problems

Study = PreparedStudy | RegisterStudy | CountyStudy


def kind_of(document: Document) -> type[Study]:
    """Return the model that a file is meant for, also when the key that decides is misspelt.

    `prepared` makes it a study of a table; `level`, unless it is `person`, a study of counties or offices.
    """
    keys = list(document.root.entries)
    level = document.node(("level",))
    if "prepared" in keys and "population" not in keys:
        return PreparedStudy
    if "level" in keys:
        return RegisterStudy if isinstance(level, Scalar) and level.text == "person" else CountyStudy
    if "population" in keys and "treatment" in keys:
        return CountyStudy if _mostly(CountyStudy, RegisterStudy, document) else RegisterStudy
    meant = {nearest(key, keys_of(PreparedStudy) | keys_of(RegisterStudy) | keys_of(CountyStudy)) for key in keys}
    if "prepared" in meant or not meant & {"population", "treatment", "outcomes"}:
        return PreparedStudy
    return CountyStudy if _mostly(CountyStudy, RegisterStudy, document) else RegisterStudy


def _mostly(kind: type[Spec], other: type[Spec], document: Document) -> bool:
    """Whether a file looks more like one kind than the other, by the keys that only one of them has."""
    own, others = set(keys_of(kind)) - set(keys_of(other)), set(keys_of(other)) - set(keys_of(kind))
    treatment = document.node(("treatment", "start")) is not None
    meant = [nearest(key, {*keys_of(kind), *keys_of(other)}) for key in document.root.entries]
    return sum(key in own for key in meant) + treatment > sum(key in others for key in meant)


def logic_of(spec: Spec, lists: Mapping[str, CodeList]) -> Iterator[Problem]:
    """Yield what is wrong between the parts of a study; lists : its code lists, by their reference."""
    if isinstance(spec, PreparedStudy):
        yield from prepared_problems(spec)
    elif isinstance(spec, OnRegisters):
        yield from register_problems(spec)
        yield from selection_problems(spec, lists)


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a study, for editors."""
    body = TypeAdapter(Study).json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "effekt study", **body}
