"""One pydantic error -> one problem, in the words of somebody who writes YAML."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from effekt.errors import CODES, Problem, SpecPath
from effekt.literals import Refusal
from effekt.located.document import Document
from effekt.located.names import did_you_mean, keys_of, listing, models_at, nearest
from effekt.located.text import mask
from effekt.located.tree import Mapping, Scalar, Sequence


def strip_tags(document: Document, loc: SpecPath, kind: str) -> SpecPath:
    """Return the path of a pydantic error location: union tags are no keys, so they are left out.

    The last part of a missing key is kept although it is not in the tree. A path below a scalar ends at the
    scalar: `estimate: difference` is short for a map that nobody wrote. A tag may be spelt like a key
    (`had: ...`, whose union knows it as `had`); it is a tag if what follows stands beside it and not below it.
    """
    path: SpecPath = ()
    for position, part in enumerate(loc):
        rest = loc[position + 1 :]
        if document.has((*path, part)):
            below = document.node((*path, part))
            beside = bool(rest) and (document.has((*path, rest[0])) or (kind == "missing" and len(rest) == 1))
            if not (isinstance(below, Scalar) and beside):
                path = (*path, part)
        elif not rest and kind == "missing":
            path = (*path, part)
    return path


def valid_keys(model: type[BaseModel], loc: SpecPath) -> list[str]:
    """Return the keys that may stand in the map at a pydantic error location."""
    return list(dict.fromkeys(key for found in models_at(model, loc) for key in keys_of(found)))


def translate(model: type[BaseModel], document: Document, detail: ErrorDetails) -> Problem:
    """Return the problem that a pydantic error stands for, with its place."""
    path = strip_tags(document, detail["loc"], detail["type"])
    return _Translation(model, document, detail, path).problem()


@dataclass(frozen=True, slots=True)
class _Translation:
    """One error and where it stands; each method words one kind of error."""

    model: type[BaseModel]
    document: Document
    detail: ErrorDetails
    path: SpecPath

    def problem(self) -> Problem:
        kind = self.detail["type"]
        if kind in CODES:
            return self._refusal()
        named = _NAMED.get(kind)
        if named is not None and kind in ("extra_forbidden", "missing"):
            return named(self)
        if isinstance(node := self._node, Scalar) and node.empty:
            return self._empty()
        return named(self) if named is not None else self._typed()

    @property
    def _node(self) -> Mapping | Sequence | Scalar | None:
        return self.document.node(self.path)

    @property
    def _name(self) -> str:
        """The path as people write it: `analyses.hoved.adjust`."""
        return ".".join(str(part) for part in self.path) or "the file"

    def _at(
        self,
        code: str,
        sentence: str,
        help: str | None,
        note: str | None = None,
        *,
        path: SpecPath | None = None,
        key: bool = False,
    ) -> Problem:
        where = self.path if path is None else path
        place = self.document.place(where, key=key)
        return Problem(code=code, sentence=mask(sentence), help=help, note=note, path=where, place=place)

    def _write(self) -> str | None:
        """Return what to write for the key, from its model's examples."""
        keys = [part for part in self.detail["loc"] if isinstance(part, str)]
        for found in models_at(self.model, self.detail["loc"][:-1]):
            example = getattr(found, "examples", {}).get(keys[-1]) if keys else None
            if example:
                return f"write `{keys[-1]}: {example}`"
        return None

    def _empty(self) -> Problem:
        return self._at("E104", f"`{self._name}` has no value", self._write() or "write a value", key=True)

    def missing(self) -> Problem:
        key, parent = str(self.path[-1]), self.path[:-1]
        above = ".".join(str(part) for part in parent)
        return Problem(
            code="E104",
            sentence=f"`{above}` has no `{key}`" if above else f"missing key `{key}`",
            help=self._write() or f"add `{key}: ...`",
            path=self.path,
            place=self.document.place(parent, key=True),
        )

    def unknown_key(self) -> Problem:
        above, key = self.detail["loc"][:-1], str(self.detail["loc"][-1])
        for found in models_at(self.model, above):
            refused: Refusal | None = getattr(found, "refused_keys", {}).get(key)
            if refused is not None:
                return self._at(refused.code, refused.sentence, refused.help, refused.note, key=True)
        keys = valid_keys(self.model, above)
        note = listing(keys) if keys else None
        return self._at("E203", f"unknown key `{key}`", did_you_mean(key, keys) or f"remove `{key}`", note, key=True)

    def _refusal(self) -> Problem:
        context = self.detail["ctx"]
        path = self.path
        for part in context["at"]:
            path = (*path, part) if self.document.has((*path, part)) else path
        about_key = self.detail["type"] in _ABOUT_KEYS or self.detail["loc"][-1:] == ("[key]",)
        return self._at(
            self.detail["type"], context["sentence"], context["help"], context["note"], path=path, key=about_key
        )

    def closed(self) -> Problem:
        valid = _quoted(self.detail["ctx"]["expected"])
        if not isinstance(node := self._node, Scalar):
            return self._at("E103", f"`{self._name}` must be one word", listing(valid))
        return self._unknown_word(node.text, valid, self.path)

    def unknown_tag(self) -> Problem:
        context = self.detail["ctx"]
        discriminator = context["discriminator"].strip("'")
        deeper = (*self.path, discriminator)
        path = deeper if self.document.has(deeper) else self.path
        return self._unknown_word(context["tag"], _quoted(context["expected_tags"]), path, discriminator)

    def _unknown_word(self, word: str, valid: list[str], path: SpecPath, kind: str = "") -> Problem:
        choices = ", ".join(f"`{choice}`" for choice in valid)
        help_ = did_you_mean(word, valid) or f"write {'one of ' if len(valid) > 1 else ''}{choices}"
        method = kind == "method"
        sentence = f"unknown method `{word}`" if method else f"unknown value `{word}` for `{self._name}`"
        return self._at("E205" if method else "E208", sentence, help_, listing(valid), path=path)

    def no_tag(self) -> Problem:
        """Report the key that says which member of a union is meant as missing, or as misspelt."""
        wanted = self.detail["ctx"]["discriminator"].strip("'")
        if not isinstance(node := self._node, Mapping):
            return self._typed()
        for key in node.entries:
            if nearest(key, [wanted]) is not None:
                return self._at(
                    "E203", f"unknown key `{key}`", f"did you mean `{wanted}`?", path=(*self.path, key), key=True
                )
        return self._at("E104", f"`{self._name}` has no `{wanted}`", f"add `{wanted}: ...`", key=True)

    def out_of_range(self) -> Problem:
        words, bound = _BOUNDS[self.detail["type"]]
        return self._at("E110", f"`{self._name}` {words} {self.detail['ctx'][bound]}", "change the value")

    def _typed(self) -> Problem:
        kind = self.detail["type"]
        for prefixes, wanted, example in _WANTED:
            if kind.startswith(prefixes):
                shown = self._write() or f"write `{_last_key(self.path)}: {example}`"
                return self._at("E103", f"`{self._name}` must be {wanted}{self._but()}", shown)
        message = self.detail["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
        return self._at("E105", f"`{self._name}`: {message}", None)

    def _but(self) -> str:
        """Say what stands there instead, when it is of another shape altogether."""
        shapes: dict[type[Any], str] = {Mapping: ", not a map", Sequence: ", not a list"}
        return shapes.get(type(self._node), "")


_ABOUT_KEYS = frozenset(("E104", "E109", "E203"))
"""Refusals that are about a key, so that the key is underlined and not its value."""


def _last_key(path: SpecPath) -> str:
    return next((str(part) for part in reversed(path) if isinstance(part, str)), "key")


def _quoted(text: str) -> list[str]:
    """Return the words that pydantic lists as `'a', 'b' or 'c'`."""
    return re.findall(r"'([^']*)'", text) or [text]


_BOUNDS = {
    "greater_than": ("must be above", "gt"),
    "greater_than_equal": ("must be at least", "ge"),
    "less_than": ("must be below", "lt"),
    "less_than_equal": ("must be at most", "le"),
    "too_short": ("needs at least this many items:", "min_length"),
    "too_long": ("takes at most this many items:", "max_length"),
    "string_too_short": ("needs at least this many characters:", "min_length"),
    "string_too_long": ("takes at most this many characters:", "max_length"),
}

_WANTED = (
    (("int_",), "a whole number", "5"),
    (("float_", "decimal_", "finite_"), "a number", "0.1"),
    (("bool_",), "true or false", "true"),
    (("string_",), "text", "text"),
    (("dict_", "mapping_", "model_", "dataclass_", "union_tag_not_found"), "a map", "{key: value}"),
    (("tuple_", "list_", "set_", "frozen_set_", "iterable_"), "a list", "[item]"),
    (("date_", "datetime_"), "a date", "2031-12-31"),
    (("none_",), "left empty", ""),
)

_NAMED: dict[str, Callable[[_Translation], Problem]] = {
    "missing": _Translation.missing,
    "extra_forbidden": _Translation.unknown_key,
    "literal_error": _Translation.closed,
    "enum": _Translation.closed,
    "union_tag_invalid": _Translation.unknown_tag,
    "union_tag_not_found": _Translation.no_tag,
    **dict.fromkeys(_BOUNDS, _Translation.out_of_range),
}
