"""What things are called, in each language of the report: a label is text, or text by language.

Text alone is in the first language of the report. A report in another language shows it too, since no words would be
worse, and ``effekt check`` says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from effekt.errors import SpecPath
from effekt.literals import Refusal

LanguageCode = Literal["nb", "en"]

ANALYSES, ARMS, SUBGROUPS, COVARIATES = "analyses/", "arms/", "subgroups/", "covariates/"
"""What stands before a name in the key of its label; an outcome's key is its name."""

LANGUAGE_NAMES: dict[str, str] = {"nb": "Bokmål", "en": "English"}

_Text = Annotated[str, Field(min_length=1)]


class Words(BaseModel):
    """The same words in several languages; what is missing is shown in the other."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    examples: ClassVar[dict[str, str]] = {"nb": "Lønnstaker", "en": "Employee"}

    nb: _Text | None = Field(default=None, description="in Bokmål")
    en: _Text | None = Field(default=None, description="in English")

    @model_validator(mode="before")
    @classmethod
    def _none_is_unset(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {key: None if value == "none" else value for key, value in data.items()}

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.nb is None and self.en is None:
            raise Refusal(
                "E104", "the label has no words", help="write `{nb: Lønnstaker, en: Employee}`, or text alone"
            ).for_pydantic()
        return self


def _which(value: Any) -> str:
    return "words" if isinstance(value, dict | Words) else "text"


Label = Annotated[Annotated[_Text, Tag("text")] | Annotated[Words, Tag("words")], Discriminator(_which)]
"""Text, or text by language: `Lønnstaker`, `{nb: Lønnstaker, en: Employee}`."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One label of a study. key : under which the report finds it; path : where it stands."""

    key: str
    path: SpecPath
    label: str | Words


def labels_of(kind: str, path: SpecPath, named: Mapping[str, Any]) -> Iterator[Labelled]:
    """Yield the labels of a map of things that may have one. kind : what stands before a name in its key."""
    for name, thing in named.items():
        if thing.label is not None:
            yield Labelled(f"{kind}{name}", (*path, name, "label"), thing.label)


def in_language(label: str | Words, language: str) -> str:
    """Return a label's words in a language, or in another where it has none in this."""
    if isinstance(label, str):
        return label
    return getattr(label, language) or label.nb or label.en or ""


def covariate_words(labels: Mapping[str, str], column: str) -> str:
    """Return the words for a column of a covariate: of the covariate, and behind them the value it is about.

    labels : key -> words in one language.
    """
    if whole := labels.get(COVARIATES + column):
        return whole
    name, colon, value = column.partition(": ")
    return f"{labels.get(COVARIATES + name, name)}{colon}{value}"


def untranslated(labels: Iterable[Labelled], languages: tuple[str, ...]) -> Iterator[tuple[Labelled, str]]:
    """Yield every label with each language of the report in which it has no words of its own."""
    for labelled in labels:
        for language in languages:
            own = labelled.label
            if language != languages[0] if isinstance(own, str) else getattr(own, language) is None:
                yield labelled, language
