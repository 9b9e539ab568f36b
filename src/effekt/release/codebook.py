"""The codebook: every canonical variable, what it means, from when to when it is known, and for how many it is missing.

Words and codes come from the schema and the classifications, and say nothing about anybody. How many persons lack a
variable is a count of persons, and passes ``protect`` like any other.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from effekt.registers.codes import classification, name_of
from effekt.registers.schema import Column as Described
from effekt.registers.schema import Table as Register
from effekt.registers.schema import tables
from effekt.release.language import LANGUAGES, Language
from effekt.release.released import Released, seen
from effekt.release.rules import Rules
from effekt.results import Column, Table

Protected = Literal["identifier", "persons", "no"]
"""``identifier``: never leaves the zone. ``persons``: only by the disclosure rules. ``no``: about no person."""

_IDENTIFIERS = frozenset({"person_id", "loepenr"})
_LINKS = ("_id",)
_IN_SIGHT = 8
"""More categories than these are folded under their number."""

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable of one register.

    coverage : first and last month with data, "" where no data were given. delivered : whether the data hold it, None
    where none were given. codes : its closed vocabulary, or the codes of its classification. missable : whether an
    empty cell means that it is not known; the end of a spell that is open is known to be open.
    """

    register: str
    name: str
    type: str
    temporality: str
    unit: str
    coverage: tuple[str, str]
    delivered: bool | None
    codes: tuple[str, ...]
    classification: str
    protected: Protected
    missable: bool
    note: str

    @property
    def key(self) -> Key:
        """The register and the name."""
        return self.register, self.name

    def categories(self, language: Language) -> tuple[tuple[str, str], ...]:
        """Return codes with their names; a code that has none stands for itself."""
        return tuple((code, self._named(code, language)) for code in self.codes)

    def _named(self, code: str, language: Language) -> str:
        known = self.classification and code in classification(self.classification)
        name = name_of(self.classification, code, "nb" if language.code == "nb" else "en") if known else ""
        return "" if name == code else name


def variables(
    names: tuple[str, ...], *, coverage: Mapping[str, tuple[str, str]], delivered: Mapping[str, tuple[str, ...]]
) -> tuple[Variable, ...]:
    """Return the variables of registers. coverage, delivered : of those that there are data of."""
    return tuple(
        _variable(tables()[name], column, coverage.get(name, ("", "")), delivered.get(name))
        for name in names
        for column in tables()[name].columns.values()
    )


def _variable(
    register: Register, column: Described, coverage: tuple[str, str], delivered: tuple[str, ...] | None
) -> Variable:
    open_end = column.name == "slutt" and register.kind == "spell"
    not_yet = register.kind == "fixed" and column.temporality == "EVENT"
    codes = column.values or (tuple(classification(column.classification)) if column.classification else ())
    return Variable(
        register=register.name,
        name=column.name,
        type=column.type,
        temporality=column.temporality,
        unit=column.unit,
        coverage=coverage,
        delivered=None if delivered is None else column.name in delivered,
        codes=codes,
        classification=column.classification,
        protected=_protected(register, column),
        missable=not (open_end or not_yet or column.name in register.key),
        note=column.note,
    )


def _protected(register: Register, column: Described) -> Protected:
    if not _IDENTIFIERS & set(register.columns):
        return "no"
    return "identifier" if column.name in _IDENTIFIERS or column.name.endswith(_LINKS) else "persons"


def missing_table(persons: Mapping[str, int], missing: Mapping[Key, int]) -> Table:
    """Return how many persons lack each variable, ready to be protected. persons : register -> how many it has."""
    return Table(
        name="codebook",
        title="Codebook",
        columns=(
            Column(name="register", kind="key"),
            Column(name="variable", kind="key"),
            Column(name="persons", kind="count"),
            Column(name="persons_missing", kind="count"),
            Column(name="missing", kind="share", of="persons", numerator="persons_missing", unit="percent"),
        ),
        data={
            "register": tuple(register for register, _ in missing),
            "variable": tuple(name for _, name in missing),
            "persons": tuple(persons[register] for register, _ in missing),
            "persons_missing": tuple(missing.values()),
            "missing": tuple(
                count / persons[register] if persons[register] else None for (register, _), count in missing.items()
            ),
        },
    )


@dataclass(frozen=True, slots=True)
class Codebook:
    """What is printed. missing : the protected counts, None where no data were given. rules : they passed."""

    variables: tuple[Variable, ...]
    missing: Released | None
    rules: Rules

    def share(self, key: Key, language: Language) -> str:
        """Return the share of persons who lack a variable as it is printed, "" where nobody was counted."""
        i = self._place(key)
        if self.missing is None or i is None:
            return ""
        if self.missing.hidden["missing"][i]:
            return language.text("suppressed_mark")
        value = self.missing.data["missing"][i]
        return f"{language.scaled(float(value), 'percent')} %" if isinstance(value, int | float) else ""

    def cells(self, key: Key) -> tuple[str, str, str, str]:
        """Return persons, persons who lack it, their share, and which of these are suppressed, for a file."""
        i = self._place(key)
        if self.missing is None or i is None:
            return "", "", "", ""
        names = ("persons", "persons_missing", "missing")
        values = (self.missing.data[name][i] for name in names)
        persons, lacking, share = ("" if v is None else str(v) for v in values)
        return persons, lacking, share, " ".join(n for n in names if self.missing.hidden[n][i])

    def _place(self, key: Key) -> int | None:
        if self.missing is None:
            return None
        rows = zip(seen(self.missing).data["register"], self.missing.data["variable"], strict=True)
        return next((i for i, row in enumerate(rows) if row == key), None)


_HEAD = (
    *("register", "variable", "type", "temporality", "unit", "coverage_from", "coverage_until", "delivered"),
    *("persons", "persons_missing", "missing", "suppressed", "protected", "classification", "categories", "note"),
)


def codebook_csv(book: Codebook, language: Language) -> bytes:
    """Return the codebook as CSV: a row per variable, its categories as ``code = name`` with semicolons between."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEAD)
    for v in book.variables:
        told = "" if v.delivered is None else str(v.delivered).lower()
        described = (v.register, v.name, v.type, v.temporality, v.unit, *v.coverage, told)
        categories = "; ".join(f"{code} = {name}" if name else code for code, name in v.categories(language))
        writer.writerow([*described, *book.cells(v.key), v.protected, v.classification, categories, v.note])
    return text.getvalue().encode()


def codebook_html(book: Codebook) -> bytes:
    """Return the codebook as a page of its own, in every language, without scripts and without network."""
    environment = Environment(
        loader=PackageLoader("effekt.release"), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    pages = [_page(book, Language(code)) for code in LANGUAGES]
    css = Markup(environment.get_template("report.css").render())
    return environment.get_template("codebook.html.j2").render(css=css, pages=pages).encode()


def _page(book: Codebook, language: Language) -> dict[str, object]:
    notes = [language.text("codebook_note")]
    if book.missing is not None:
        notes.append(language.text("codebook_missing_note"))
        if book.rules.protects:
            notes.append(language.text("suppressed_note", threshold=book.rules.threshold))
    return {
        "t": language.text,
        "language": language.code,
        "name": language.text("language_name"),
        "notes": notes,
        "registers": list(_registers(book, language)),
        "counted": book.missing is not None,
    }


def _registers(book: Codebook, language: Language) -> Iterator[dict[str, object]]:
    for name in dict.fromkeys(v.register for v in book.variables):
        of_it = [v for v in book.variables if v.register == name]
        yield {
            "name": name,
            "description": tables()[name].description,
            "coverage": " – ".join(filter(None, of_it[0].coverage)),
            "rows": [_row(book, v, language) for v in of_it],
        }


def _row(book: Codebook, v: Variable, language: Language) -> dict[str, object]:
    categories = v.categories(language)
    return {
        "name": v.name,
        "type": language.text(f"codebook_type_{v.type}"),
        "temporality": language.text(f"codebook_{v.temporality}"),
        "unit": v.unit,
        "missing": language.text("codebook_absent") if v.delivered is False else book.share(v.key, language),
        "protected": language.text(f"codebook_protected_{v.protected}"),
        "categories": categories,
        "folded": summary(v, language) if len(categories) > _IN_SIGHT else "",
        "note": v.note,
    }


def summary(v: Variable, language: Language) -> str:
    """Return how many categories there are, and whose; "" where there are none."""
    if not v.codes:
        return ""
    return language.text("codebook_codes", count=len(v.codes), classification=v.classification).strip()
