"""The text of a draft, filled in from answers; whatever is wrong with an answer is located in the draft."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from effekt.errors import Problem, SpecError
from effekt.located.names import did_you_mean, listing
from effekt.spec.load import load

if TYPE_CHECKING:
    from jinja2 import Environment

Kind = Literal["persons", "counties", "table"]
KINDS: tuple[Kind, ...] = ("persons", "counties", "table")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """An outcome to choose.

    source : where it is read from, as it stands in the file. key, first, more : when it is measured, and once more.
    """

    label: str
    source: str
    key: Literal["at", "window"]
    first: str
    more: str

    def text(self, *, several: bool) -> str:
        """Return its map as it stands in the file; counties are compared at one horizon."""
        times = f"[{self.first}, {self.more}]" if several else self.first if self.key == "window" else f"[{self.first}]"
        return f"{{label: {self.label}, {self.source}, {self.key}: {times}}}"

    @property
    def at(self) -> str:
        """The horizon that the study stands on."""
        return self.first.rpartition("..")[2]


OUTCOMES: Mapping[str, Suggested] = MappingProxyType(
    {
        "i_jobb": Suggested(
            label="Lønnstaker", source="from: arbeidsforhold, is: active", key="at", first="1y", more="2y"
        ),
        "loenn": Suggested(
            label="Kontantlønn",
            source="from: arbeidsforhold, is: sum_kontantlonn",
            key="window",
            first="0..1y",
            more="1y..2y",
        ),
        "i_utdanning": Suggested(
            label="Startet utdanning",
            source="from: utdanningsforloep, is: any_start",
            key="window",
            first="0..1y",
            more="0..2y",
        ),
        "i_tiltak": Suggested(
            label="I arbeidsmarkedstiltak", source="from: tiltak, is: any", key="window", first="0..1y", more="0..2y"
        ),
    }
)
"""Outcomes that a draft may start from, by name."""


ACCRUAL: Mapping[Kind, str] = MappingProxyType(
    {"persons": "2022-05..2026-12", "counties": "2018-02..2028-12", "table": "2022-05..2026-12"}
)
"""Months of time zero by default: counties need years on both sides of their starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a draft is made from, as typed. starts : county and month, for a study of counties."""

    name: str
    kind: Kind = "persons"
    question: str = "Kommer flere i jobb med tiltaket?"
    age: str = "19..30"
    accrual: str = ACCRUAL["persons"]
    treatment: str = "deltakelse"
    outcomes: Sequence[str] = ("i_jobb",)
    starts: Sequence[tuple[str, str]] = (("11", "2022-05"), ("18", "2023-07"))


def draft(answers: Answers) -> str:
    """Return the text of a study that passes ``check``.

    Raises
    ------
    SpecError
        E207 for an outcome that is not among ``OUTCOMES``; every other problem of an answer, located in the draft.
    """
    unknown = [name for name in answers.outcomes if name not in OUTCOMES]
    if unknown or not answers.outcomes:
        name = unknown[0] if unknown else ""
        sentence = f"`{name}` is not among the outcomes that a draft may start from"
        help_ = did_you_mean(name, OUTCOMES) or "name one of them, and add others in the file"
        raise SpecError(Problem(code="E207", sentence=sentence, help=help_, note=listing(OUTCOMES)))
    text = (
        _environment()
        .get_template(f"{answers.kind}.yaml.j2")
        .render(
            name=answers.name,
            # A question may hold a colon or quotes; JSON's quoting is YAML's.
            question=json.dumps(answers.question, ensure_ascii=False),
            age=answers.age,
            accrual=answers.accrual,
            treatment=answers.treatment,
            starts=sorted(answers.starts),
            primary=answers.outcomes[0],
            at=OUTCOMES[answers.outcomes[0]].at,
            outcomes={name: OUTCOMES[name].text(several=answers.kind == "persons") for name in answers.outcomes},
        )
    )
    _checked(text)
    return text


def _checked(text: str) -> None:
    """Load the draft from a file, as it will be loaded, so that problems point into it."""
    with tempfile.TemporaryDirectory(prefix="effekt-init-") as folder:
        path = Path(folder) / "draft.yaml"
        path.write_text(text, encoding="utf-8")
        load(path)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    # YAML is no HTML: what is typed stands as it is typed.
    return Environment(
        loader=PackageLoader("effekt.spec.starting", "drafts"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )
