"""What every study says, whatever its data: question, disclosure, variants, report; its digest and its places."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    WithJsonSchema,
    model_validator,
)

from effekt.errors import Place, Problem, SpecPath
from effekt.literals import Amount, Refusal, in_unit
from effekt.located.document import Document
from effekt.spec.codes import CodeList
from effekt.spec.explained import default_of, stands_for
from effekt.spec.labels import Label, Labelled, LanguageCode, in_language, untranslated
from effekt.spec.presets import PRESETS
from effekt.spec.resolve import Origins, digest_of, to_yaml

Level = Literal["person", "office", "county"]
"""Who decides about treatment; inference is never finer."""

RANK = {"unit": 0, "person": 0, "office": 1, "region": 2, "county": 2}
"""How coarse a level is. Nav's regions are not nested in counties, so neither is finer than the other."""

Text = Annotated[str, Field(min_length=1), WithJsonSchema({"type": ["string", "number", "boolean"]})]
"""Text as typed: column names and codes, which YAML elsewhere would turn into numbers."""


def _name(value: str) -> str:
    if not value.replace("-", "_").isidentifier():
        raise Refusal(
            "E105",
            f"`{value}` cannot be a name",
            help="use letters, digits, `_` and `-`, and start with a letter: `i_jobb`",
            note="names become parts of paths (`analyses.main.adjust`) and of file names",
        ).for_pydantic()
    return value


def _study(value: str) -> str:
    if re.fullmatch(r"[a-z0-9][a-z0-9_-]*", value) is None:
        raise Refusal(
            "E105",
            f"`{value}` cannot name a study",
            help="use lower-case letters, digits, `_` and `-`: `nsw-experiment`",
            note="results and the work folder are named after it",
        ).for_pydantic()
    return value


Name = Annotated[str, AfterValidator(_name)]
"""The name of an outcome, analysis, arm, subgroup or variant."""


class Strict(BaseModel):
    """A frozen part of a spec that refuses unknown keys; `none` unsets what may be unset."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, serialize_by_alias=True)

    @model_validator(mode="before")
    @classmethod
    def _none_is_unset(cls, data: Any) -> Any:
        return none_is_unset(cls, data)


def none_is_unset(model: type[BaseModel], data: Any) -> Any:
    """Return the data with `none` read as unset for the keys of the model that may be unset."""
    if not isinstance(data, dict) or not issubclass(model, BaseModel):
        return data
    unset = optional_keys(model)
    return {key: None if value == "none" and key in unset else value for key, value in data.items()}


def optional_keys(model: type[BaseModel]) -> set[str]:
    """Return the keys of a model that may be unset, so that `none` can mean so."""
    return {
        field.alias or name
        for name, field in model.model_fields.items()
        if get_origin(field.annotation) in (Union, types.UnionType) and type(None) in get_args(field.annotation)
    }


class Question(Strict):
    """What is asked, how many answers there are to correct for, and what would be too small to matter."""

    examples: ClassVar[Mapping[str, str]] = {"text": "Does the programme lead to work?"}

    text: Label = Field(description="one sentence, as the report asks it")
    multiplicity: Literal["holm", "romano_wolf", "none"] = Field(
        default="holm", description="correction for several answers"
    )
    smallest_relevant: Amount | None = Field(
        default=None, description="what would be too small to matter; none = not said"
    )


def _question(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


def _without_labels(value: Any) -> Any:
    """Return dumped data without its labels: what things are called decides nothing about a sample."""
    if isinstance(value, dict):
        return {key: _without_labels(part) for key, part in value.items() if key != "label"}
    return [_without_labels(part) for part in value] if isinstance(value, list) else value


class Report(Strict):
    """Languages of the report, the first one first."""

    languages: tuple[LanguageCode, ...] = Field(default=("nb",), min_length=1, description="the first one comes first")


Share = Annotated[Amount, in_unit("%")]
Points = Annotated[Amount, in_unit("pp")]

Disclosure = Literal["open", "terskel10", "terskel3"]
SmallCells = Literal["pool_counties", "pool_arms", "omit"]


def _named_items(value: Any) -> Any:
    """Read `[twfe, {main: {...}}]` as a map: a bare name stands for itself, a map's key is its name."""
    if not isinstance(value, list | tuple):
        return value
    named: dict[str, Any] = {}
    for position, item in enumerate(value):
        pairs = {item: item} if isinstance(item, str) else item
        if not isinstance(pairs, dict) or len(pairs) != 1:
            raise Refusal(
                "E103",
                "an item of `analyses` must be a name or a map with one name",
                help="write `analyses: [twfe]` or `analyses: {main: {estimate: {method: twfe}}}`",
                at=(position,),
            ).for_pydantic()
        for name, method in pairs.items():
            if name in named:
                raise Refusal(
                    "E102", f"analysis `{name}` is named twice", help="give one of them another name", at=(position,)
                ).for_pydantic()
            named[name] = method
    return named


NamedItems = BeforeValidator(_named_items, json_schema_input_type=Mapping[str, Any] | list[Any])

Overrides = Mapping[str, Any]
"""Dotted path -> the value that replaces what stands there."""

_AFTER_THE_SAMPLE = (
    *("effekt", "title", "question", "variants", "primary", "analyses", "checks"),
    *("disclosure", "small_cells", "report", "feasibility", "sensitivity", "concurrent"),
)
"""Keys that say what is done with a sample, or how it is told."""


class Spec(Strict):
    """One study, whatever its data; made by :func:`effekt.spec.load.load`."""

    examples: ClassVar[Mapping[str, str]] = {
        "effekt": "1",
        "study": "my-study",
        "question": "Does the programme lead to work?",
        "primary": "{outcome: ...}",
        "analyses": "{main: {estimate: {method: difference}}}",
        "assigned_at": "county",
    }
    refused_keys: ClassVar[Mapping[str, Refusal]] = {
        "programme": Refusal("E204", "`programme` is not in this version", help="remove `programme` for now"),
    }

    effekt: Annotated[Literal["1"], WithJsonSchema({"enum": [1, "1"]})] = Field(
        description="version of the grammar, always 1"
    )
    study: Annotated[str, AfterValidator(_study)] = Field(
        description="short name; results and the work folder are named after it"
    )
    title: Label | None = Field(default=None, description="of the report; none = the question")
    question: Annotated[Question, BeforeValidator(_question, json_schema_input_type=str | Question)] = Field(
        description="what is asked; a sentence alone is its `text`"
    )
    disclosure: Disclosure = Field(
        default="terskel10", description="rules for what may leave; terskel10 = counts below 10 are hidden"
    )
    small_cells: tuple[SmallCells, ...] = Field(
        default=("omit",), description="what is tried, in order, with results on too few"
    )
    report: Report = Field(default=Report(), description="how results are told")
    variants: Mapping[Name, Overrides] = Field(default={}, description="named overrides of paths, declared in advance")

    _document: Document | None = PrivateAttr(default=None)
    _code_lists: Mapping[str, CodeList] = PrivateAttr(default_factory=dict)
    _variants: Mapping[str, Self] = PrivateAttr(default_factory=dict)

    def read_from(self, document: Document, code_lists: Mapping[str, CodeList], variants: Mapping[str, Self]) -> None:
        """Remember the file the study was read from, the code lists it names, its variants made and checked."""
        self._document, self._code_lists, self._variants = document, code_lists, variants

    def variant(self, name: str) -> Self:
        """Return the study with the overrides of a variant applied; KeyError if it declares no such variant."""
        return self._variants[name]

    @property
    def code_lists(self) -> Mapping[str, CodeList]:
        """The code lists the study names, by the text that names them."""
        return self._code_lists

    @property
    def resolved(self) -> dict[str, Any]:
        """The whole study as JSON data, defaults included; what a freeze keeps and compares."""
        return self.model_dump(mode="json", by_alias=True)

    @property
    def digest(self) -> str:
        """sha256 of the canonical, fully resolved study; code lists count by their content, not their name."""
        return digest_of(self.resolved, self._code_lists)

    @property
    def sample_part(self) -> dict[str, Any]:
        """What decides who is in the sample and what is known of them; variants that agree in it share a sample."""
        decisive = self.model_dump(mode="json", by_alias=True, exclude=set(_AFTER_THE_SAMPLE))
        return {key: _without_labels(value) for key, value in decisive.items()}

    def labelled(self) -> Iterator[Labelled]:
        """Yield every label with the key under which the report finds it: outcomes by name, others after a slash."""
        if self.title is not None:
            yield Labelled("/title", ("title",), self.title)
        yield Labelled("/question", ("question", "text"), self.question.text)

    def labels_in(self, language: str) -> Mapping[str, str]:
        """Key of a label -> its words in a language; see :meth:`labelled`."""
        return {labelled.key: in_language(labelled.label, language) for labelled in self.labelled()}

    @property
    def labels(self) -> Mapping[str, str]:
        """Key of a label -> its words in the first language of the report."""
        return self.labels_in(self.report.languages[0])

    def asked_in(self, language: str) -> str:
        """Return the question in a language."""
        return in_language(self.question.text, language)

    def titled_in(self, language: str) -> str:
        """Return the title in a language; the question where there is none."""
        return in_language(self.title or self.question.text, language)

    @property
    def untranslated(self) -> tuple[tuple[Labelled, str], ...]:
        """The labels that lack words in a language of the report, with that language; no fault, but `check` tells."""
        return tuple(untranslated(self.labelled(), self.report.languages))

    @property
    def not_in_this_version(self) -> tuple[Problem, ...]:
        """What the study asks for that this version cannot run yet (E204), located."""
        return ()

    def where(self, path: SpecPath) -> Place | None:
        """Return where a path stands in the file, or its nearest written parent; None without a file."""
        return None if self._document is None else self._document.place(path)

    def located(self, problem: Problem) -> Problem:
        """Return a problem with the place of its spec path."""
        return problem if problem.path is None else problem.located(self.where(problem.path))

    def resolved_yaml(self) -> str:
        """Return the whole study as YAML, each value with its origin: `default: ...` or `study.yaml:7`."""
        origins = Origins(
            document=self._document,
            default=lambda path: default_of(self, path, self._document, PRESETS),
            stands_for=lambda path, value: stands_for(self, path, value, self._code_lists),
        )
        return to_yaml(self.resolved, origins)
