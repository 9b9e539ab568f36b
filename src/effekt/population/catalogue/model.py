"""What a catalogue may say: who may keep the delivery and until when, and where each canonical table comes from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from effekt.literals import Amount, Duration, Month, Refusal
from effekt.population.catalogue.patterns import FilePattern, KeyPattern, Mark

DateStyle = Literal["YYYY-MM-DD", "DD.MM.YYYY", "YYYYMMDD", "YYYY-MM", "YYYYMM", "YYYY"]
"""How a date is written. One without a day means the first day of the month or year."""

Coverage = tuple[Month, Month]


class Part(BaseModel):
    """A frozen part of a catalogue that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _short_column(value: Any) -> Any:
    return {"from": value} if isinstance(value, str | list) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]
"""One name, or several of which each file has one."""


class About(Part):
    """The delivery as a whole. ``key_pad`` : digits a key is filled up to with leading zeros, where types drift."""

    examples: ClassVar[Mapping[str, str]] = {
        "delivery": "w99_0000",
        "person_key": r"'^(w\d{2}_\d{4}_)?lopenr_person$'",
        "retain_until": "2031-12-31",
    }
    refused_keys: ClassVar[Mapping[str, Refusal]] = {
        "allow_person_numbers": Refusal(
            "E203", "nothing switches the identity guard off", help="replace person numbers with pseudonyms"
        )
    }

    delivery: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    person_key: KeyPattern
    key_type: Literal["pseudonym"] = "pseudonym"
    key_pad: Annotated[int | None, Field(ge=1, le=40)] = None
    synthetic: bool = False
    approval: str = ""
    controller: str = ""
    processor: str = ""
    retain_until: date | None = None


class Csv(Part):
    """How CSV files are written, where that cannot be told from the file. ``decimal: ","`` is never guessed."""

    delimiter: Literal[";", ",", "\t", "|", "tab"] | None = None
    encoding: Literal["utf-8", "latin-1", "cp1252"] | None = None
    decimal: Literal[",", "."] = "."


class Column(Part):
    """Where a canonical column comes from.

    from : delivered column, or several names of which each file has one. const : the same for every row, `none` =
    not known. missing : what means not known. pad : width of a code that has lost its leading zeros. crosswalk : a
    CSV file `<name>.csv` beside the catalogue with columns `from` and `to`. map : delivered code -> canonical.
    format : how a date is written. version : of the classification, for `yrke` and `naering`. derive : year or month
    of a `YYYYMM`, or the first character of a code.
    """

    examples: ClassVar[Mapping[str, str]] = {"from": "arb_arbeidstid", "missing": "['<=0']", "pad": "4"}

    source: Annotated[Names, Field(alias="from")] = ()
    const: str | None = None
    type: Literal["text", "code", "int", "float", "date", "bool"] | None = None
    missing: Annotated[tuple[Mark, ...], BeforeValidator(_listed)] = ()
    pad: Annotated[int | None, Field(ge=1, le=20)] = None
    crosswalk: str | None = None
    map: Mapping[str, str] = {}
    format: DateStyle | None = None
    version: str | None = None
    derive: Literal["year_of_yyyymm", "month_of_yyyymm", "first_character"] | None = None


Columns = Mapping[str, Annotated[Column, BeforeValidator(_short_column)]]


class FilePart(Part):
    """One kind of file of a table that is delivered in several. const : canonical column -> what its rows hold.

    Parts with the same ``const`` whose coverages do not overlap follow each other: another format from a year on, or
    a month that came later. All others lie side by side, and the table covers what all of them cover.
    """

    examples: ClassVar[Mapping[str, str]] = {"file": "trygd/f_aap.dta", "const": "{ytelse: AAP}"}

    file: FilePattern
    const: Mapping[str, str] = {}
    coverage: Coverage | None = None
    columns: Columns = {}


class Source(Part):
    """A variable in a file of its own: unit, value, start, stop, attribute; no header.

    The file is `<dataset>.csv` unless ``file`` says otherwise.
    """

    examples: ClassVar[Mapping[str, str]] = {"dataset": "BEFOLKNING_KJOENN"}

    dataset: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+$")]
    file: FilePattern | None = None
    temporality: Literal["FIXED", "STATUS", "ACCUMULATED", "EVENT"] | None = None
    missing: Annotated[tuple[Mark, ...], BeforeValidator(_listed)] = ()
    pad: Annotated[int | None, Field(ge=1, le=20)] = None
    map: Mapping[str, str] = {}
    derive: Literal["year_of_yyyymm", "month_of_yyyymm", "first_character"] | None = None


class Spell(Part):
    """How spells are written. layout `open_close_lines` : a line when a spell opens, and one more when it closes.

    group : the delivered columns by which an opening and a closing line belong together; the person and the start
    among them, since by person alone every open spell of somebody with an earlier closed one would be lost.
    open_at : a spell that is still open is censored where the coverage ends. unit : how both ends are written;
    stop_unit : how the stop is, where that is another way.
    """

    examples: ClassVar[Mapping[str, str]] = {"start": "tilgdato", "stop": "avgdato", "unit": "YYYYMM"}

    start: Names
    stop: Names
    unit: DateStyle = "YYYY-MM-DD"
    stop_unit: DateStyle | None = None
    stop_inclusive: bool = False
    stop_missing: Annotated[tuple[Mark, ...], BeforeValidator(_listed)] = ()
    layout: Literal["rows", "open_close_lines"] = "rows"
    group: tuple[str, ...] = ()
    open_at: Literal["coverage_end"] = "coverage_end"


class Policies(Part):
    """What is done about rows that break a rule; `error` stops the ingest, and every touched row is counted.

    types : cells that are not of their type. keys : rows without a person or a time. duplicates : rows that stand
    twice. unique : rows alike in key and not in the rest. order : spells that end before they begin. overlap :
    spells of one key at the same time; `merge` joins those that say the same, `priority` ends the earlier one when
    the later begins. coverage : rows outside the declared coverage, and months without rows. stock : jumps of the
    monthly series. persons : rows of somebody who is not in `person`. codes : codes not valid at their date.
    residence : rows of somebody who does not live in Norway then.
    """

    types: Literal["error", "missing"] = "error"
    keys: Literal["error", "drop"] = "error"
    duplicates: Literal["error", "drop"] = "error"
    unique: Literal["error", "report"] = "error"
    order: Literal["error", "drop"] = "error"
    overlap: Literal["error", "merge", "priority", "report"] = "error"
    coverage: Literal["error", "drop", "report"] = "error"
    stock: Literal["error", "report"] = "error"
    persons: Literal["error", "drop", "report"] = "error"
    codes: Literal["error", "missing", "report"] = "error"
    residence: Literal["error", "report"] = "error"


class Price(Part):
    """What the data cost, for the plan."""

    per_year: Amount | None = None
    per_delivery: Amount | None = None


class Entry(Part):
    """One canonical table. Exactly one of ``files``, ``parts`` and ``sources`` says where it lies.

    lag : from the end of a month until its rows can be had. breaks : month -> why the series jumps there.
    """

    examples: ClassVar[Mapping[str, str]] = {
        "files": "'atid/ameld_{year}_m{month}.dta'",
        "coverage": "[2015-01, 2026-03]",
        "absence_means": "zero",
    }

    files: FilePattern | None = None
    parts: tuple[FilePart, ...] = ()
    sources: Mapping[str, Source] = {}
    coverage: Coverage | None = None
    absence_means: Literal["zero", "unknown"] | None = None
    lag: Duration | None = None
    price: Price | None = None
    columns: Columns = {}
    spell: Spell | None = None
    csv: Csv | None = None
    breaks: Mapping[Month, str] = {}
    policies: Policies = Policies()


class Catalogue(Part):
    """One delivery. ``csv`` and ``policies`` hold for every table that does not say otherwise."""

    examples: ClassVar[Mapping[str, str]] = {
        "catalogue": "{delivery: w99_0000, person_key: lopenr_person}",
        "tables": "{person: {files: person.csv}}",
    }

    catalogue: About
    csv: Csv = Csv()
    policies: Policies = Policies()
    tables: Annotated[Mapping[str, Entry], Field(min_length=1)]

    def csv_of(self, table: str) -> Csv:
        """Return how the CSV files of a table are written: its own words before the delivery's."""
        own = self.tables[table].csv
        return self.csv if own is None else self.csv.model_copy(update=_said(own))

    def policies_of(self, table: str) -> Policies:
        """Return the policies of a table: its own words before the delivery's."""
        return self.policies.model_copy(update=_said(self.tables[table].policies))


def _said(part: Part) -> dict[str, Any]:
    return {name: getattr(part, name) for name in part.model_fields_set}
