"""From a file to a study, with everything that is wrong in one go: the door of this room."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from effekt.errors import Problem, SpecError, SpecPath
from effekt.located.binding import try_bind
from effekt.located.document import Document, read
from effekt.located.overrides import overridden
from effekt.located.render import sorted_problems
from effekt.located.tree import Node
from effekt.spec.base import Spec
from effekt.spec.codes import CodeList, CodeSet, read_code_set
from effekt.spec.kinds import Study, kind_of, logic_of
from effekt.spec.predicates import Subgroup, Values
from effekt.spec.variants import overlay

S = TypeVar("S", bound=Spec)


def load(path: str | os.PathLike[str], *, overrides: Mapping[str, Node] | None = None) -> Study:
    """Read a study; overrides : values at dotted paths that stand in place of what the file says.

    Raises
    ------
    SpecError
        Every problem found, located and sorted by position. A study whose only fault is that this version
        cannot run it yet is returned; see :attr:`Spec.not_in_this_version`.
    """
    spec, problems = _examine(path, overrides)
    if spec is None or problems:
        raise SpecError(problems)
    return spec


def check(path: str | os.PathLike[str]) -> list[Problem]:
    """Return everything that is wrong with a study, E204 for what is not built yet included; empty = it can run."""
    try:
        spec, problems = _examine(path)
    except SpecError as error:
        return list(error.problems)
    later = spec.not_in_this_version if spec is not None else ()
    return sorted_problems([*problems, *later], os.fspath(path))


def _examine(
    path: str | os.PathLike[str], overrides: Mapping[str, Node] | None = None
) -> tuple[Study | None, list[Problem]]:
    document = overridden(read(path), overrides or {})
    kind = kind_of(document)
    spec, problems = try_bind(kind, document)
    if spec is None:
        problems += _beyond_unknown_keys(kind, document, problems)
    else:
        problems += _complete(spec, document, variants=not problems)
    return spec, sorted_problems(problems, document.file)


def _beyond_unknown_keys(kind: type[S], document: Document, problems: list[Problem]) -> list[Problem]:
    """Return what is wrong in the logic of a study whose only faults of shape are unknown keys.

    Problems beside an unknown key are left out: it may have been meant as the key they miss.
    """
    unknown = [problem.path for problem in problems if problem.code == "E203" and problem.path]
    if len(unknown) < len(problems):
        return []
    pruned = document.without(unknown)
    spec, _ = try_bind(kind, pruned)
    if spec is None:
        return []
    found = _complete(spec, pruned, variants=False)
    return [p for p in found if not any((p.path or ())[: len(path) - 1] == path[:-1] for path in unknown)]


def _complete(spec: S, document: Document, *, variants: bool = True) -> list[Problem]:
    """Read the study's code lists, check its logic, make its variants; return what is wrong, located."""
    lists, problems = _code_lists(spec, document)
    problems += [problem.located(document.place(problem.path or ())) for problem in logic_of(spec, lists)]
    made: dict[str, S] = {}
    for name in spec.variants if variants and not problems else ():
        variant, wrong = _variant(spec, document, name)
        problems += wrong
        if variant is not None:
            made[name] = variant
    spec.read_from(document, lists, made)
    return problems


def _variant(spec: S, document: Document, name: str) -> tuple[S | None, list[Problem]]:
    varied, problems = overlay(spec, document, name)
    if problems:
        return None, [problem.located(document.place(problem.path or (), key=True)) for problem in problems]
    variant, problems = try_bind(type(spec), varied)
    return variant, problems if variant is None else _complete(variant, varied)


def _code_lists(spec: Spec, document: Document) -> tuple[Mapping[str, CodeList], list[Problem]]:
    lists: dict[str, CodeList] = {}
    problems: list[Problem] = []
    for path, reference in _code_sets(spec, ()):
        found, wrong = read_code_set(reference, document.folder, document.place(path))
        problems += wrong
        if found is not None:
            lists[str(reference)] = found
    return lists, problems


def _code_sets(value: Any, path: SpecPath) -> Iterator[tuple[SpecPath, CodeSet]]:
    """Yield every code set that a study names, with its path."""
    if isinstance(value, CodeSet):
        yield path, value
    elif isinstance(value, Values):
        yield from _code_sets(value.values, (*path, value.column))
    elif isinstance(value, Subgroup):
        yield from _code_sets(value.where, path)
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from _code_sets(getattr(value, name), (*path, field.alias or name))
        yield from _code_sets(value.model_extra or {}, path)
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _code_sets(part, (*path, key))
    elif isinstance(value, tuple):
        for position, part in enumerate(value):
            yield from _code_sets(part, (*path, position))
