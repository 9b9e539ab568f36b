"""Which delivered files a catalogue means, and which months of a coverage have none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from effekt.errors import DataError, PrivacyError, Problem, SpecPath
from effekt.population.catalogue.loading import LocatedCatalogue
from effekt.population.catalogue.model import Coverage, Entry, FilePart, Source
from effekt.population.catalogue.patterns import FilePattern, When
from effekt.population.catalogue.tables import coverage_of
from effekt.population.identity.guard import name_problems
from effekt.population.wording import named


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One delivered file. name : relative to the catalogue; said : the path of the key that names it.

    part : what the catalogue says of this kind of file. source, variable : of a file that holds one variable.
    """

    table: str
    said: SpecPath
    path: Path
    name: str
    when: When
    part: FilePart | None = None
    source: Source | None = None
    variable: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """files : that are meant, table by table, in the order of time and name.

    outside : table -> names of files about months outside its coverage, which are not read.
    """

    files: tuple[Piece, ...]
    outside: Mapping[str, tuple[str, ...]]


def find_pieces(located: LocatedCatalogue, names: Sequence[str] | None = None) -> Pieces:
    """Return every delivered file that is meant. names : of the files there are, where the folder is not at hand.

    Raises
    ------
    DataError
        E715 for files and months that are not there, E705 for two files of one month; every one of them.
    PrivacyError
        E501 if the name of a file holds a person number.
    """
    pieces: list[Piece] = []
    problems: list[Problem] = []
    outside: dict[str, tuple[str, ...]] = {}
    for table, entry in located.catalogue.tables.items():
        fitting: list[str] = []
        meant: set[str] = set()
        for wanted in _wanted(table, entry):
            there = _names_in(located.folder, wanted.pattern) if names is None else names
            fits = list(_found(located.folder, wanted, there))
            found = [piece for piece in fits if _covered(piece.when, wanted.months)]
            pieces += found
            fitting += [piece.name for piece in fits]
            meant |= {piece.name for piece in found}
            problems += _problems(located, wanted, found)
        outside[table] = tuple(name for name in dict.fromkeys(fitting) if name not in meant)
    if problems:
        raise (PrivacyError if any(p.code == "E501" for p in problems) else DataError)(problems)
    return Pieces(files=tuple(pieces), outside=outside)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """One pattern, and the months it must have files for."""

    table: str
    said: SpecPath
    pattern: FilePattern
    months: Coverage | None
    part: FilePart | None = None
    source: Source | None = None
    variable: str | None = None


def _wanted(table: str, entry: Entry) -> Iterator[_Wanted]:
    path: SpecPath = ("tables", table)
    months = coverage_of(entry)
    if entry.files is not None:
        yield _Wanted(table=table, said=(*path, "files"), pattern=entry.files, months=months)
    for position, part in enumerate(entry.parts):
        said = (*path, "parts", position, "file")
        yield _Wanted(table=table, said=said, pattern=part.file, months=part.coverage or months, part=part)
    for name, source in entry.sources.items():
        # The variables of microdata.no are called as their files are.
        pattern = source.file or FilePattern.parse(f"{source.dataset}.csv")
        said = (*path, "sources", name)
        yield _Wanted(table=table, said=said, pattern=pattern, months=months, source=source, variable=name)


def _names_in(folder: Path, pattern: FilePattern) -> list[str]:
    """Return the files that may fit, relative to the folder of the catalogue."""
    start = folder / pattern.fixed_folder
    if not start.is_dir():
        return []
    return [path.relative_to(folder).as_posix() for path in start.rglob("*") if path.is_file()]


def _found(folder: Path, wanted: _Wanted, names: Sequence[str]) -> Iterator[Piece]:
    matched = []
    for name in names:
        when = wanted.pattern.match(name)
        if when is not None:
            matched.append((when.year or 0, when.month or 0, name, when))
    for _, _, name, when in sorted(matched, key=lambda found: found[:3]):
        yield Piece(
            table=wanted.table,
            said=wanted.said,
            path=folder / name,
            name=name,
            when=when,
            part=wanted.part,
            source=wanted.source,
            variable=wanted.variable,
        )


def _covered(when: When, months: Coverage | None) -> bool:
    """Whether a file is about a month or year of the coverage; what lies outside is not asked for."""
    if months is None or when.year is None:
        return True
    first, last = months
    if when.month is None:
        return first.year <= when.year <= last.year
    return first.ordinal <= 12 * when.year + when.month - 1 <= last.ordinal


def _problems(located: LocatedCatalogue, wanted: _Wanted, found: list[Piece]) -> Iterator[Problem]:
    for piece in found:
        for problem in name_problems(piece.name, ()):
            yield problem.located(located.document.place(wanted.said))
    if not found:
        yield located.problem(
            "E715",
            f"there is no file `{wanted.pattern}` of `{wanted.table}`",
            wanted.said,
            help="check the name and the folder: they start from where the catalogue lies",
        )
        return
    by_time: dict[When, list[str]] = {}
    for piece in found:
        by_time.setdefault(piece.when, []).append(piece.name)
    for when, names in by_time.items():
        if len(names) > 1 and (when.year is not None or "*" not in wanted.pattern.text):
            yield located.problem(
                "E705",
                f"`{wanted.table}` has {len(names)} files" + (f" for {when}" if when.year else " where one is meant"),
                wanted.said,
                help="keep one of them in the delivery, or narrow the name",
                note=None if any(name_problems(n, ()) for n in names) else named(names),
            )
    missing = list(_missing(wanted, set(by_time)))
    if missing:
        yield located.problem(
            "E715",
            f"`{wanted.table}` has no file for {_counted(missing)} of its coverage",
            wanted.said,
            help="get the files, or write the coverage that is there",
            note=f"missing: {named(missing)}",
        )


def _missing(wanted: _Wanted, there: set[When]) -> Iterator[str]:
    if wanted.months is None or not wanted.pattern.asks_year:
        return
    first, last = wanted.months
    if wanted.pattern.asks_month:
        for ordinal in range(first.ordinal, last.ordinal + 1):
            when = When(ordinal // 12, ordinal % 12 + 1)
            if when not in there:
                yield str(when)
        return
    for year in range(first.year, last.year + 1):
        if When(year, None) not in there:
            yield str(year)


def _counted(missing: list[str]) -> str:
    what = "month" if "-" in missing[0] else "year"
    return f"{len(missing)} {what}{'' if len(missing) == 1 else 's'}"
