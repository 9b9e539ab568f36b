"""CSV by stretches of rows: every cell is the text that stands there, so that `0301` stays `0301`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv

from effekt.errors import DataError, Problem
from effekt.population.catalogue.model import Csv
from effekt.population.files.dialect import ByteFacts, Dialect, detect
from effekt.population.wording import counted
from effekt.spec.prepared import Csv as Stated

_VALUE = re.compile(r"\s*[+-]?[\d.,:/ \-]*\s*")

STRETCH = 1 << 23
"""Bytes read at a time."""


def dialect_of(facts: ByteFacts, *, stated: Csv, header: tuple[str, ...] | None) -> Dialect:
    """Return how a file is written. header : the names of a file that has none of its own.

    Raises
    ------
    DataError
        E701 if it is no CSV file or cut off; E702 if delimiter or encoding cannot be told or are not what is stated.
    """
    try:
        told = detect(facts, wanted=(), stated=Stated(delimiter=stated.delimiter, encoding=stated.encoding))
    except DataError as error:
        raise DataError([_of_catalogue(problem) for problem in error.problems]) from None
    if stated.encoding in ("latin-1", "cp1252") and facts.is_utf8 and not facts.is_ascii:
        raise DataError(_encoding(f"the file is UTF-8, and the catalogue says {stated.encoding}", "utf-8"))
    if not facts.end.endswith((b"\n", b"\r")):
        raise DataError(
            Problem(
                code="E701",
                sentence="the last line of the file does not end: it may be cut off",
                help="copy it once more; if it is whole, add a line break at its end",
            )
        )
    if header is not None:
        return Dialect(delimiter=told.delimiter, encoding=told.encoding, header=header)
    if len(told.header) == 1:
        raise DataError(
            Problem(
                code="E702",
                sentence="the header of the file is one single name",
                help='state what divides it: `csv: {delimiter: ";"}`',
            )
        )
    if any(_VALUE.fullmatch(name) for name in told.header):
        # They may be the cells of somebody, so that none of them is shown.
        raise DataError(
            Problem(
                code="E701",
                sentence="the first line of the file does not hold names of columns: one is empty, a number or a date",
                help="export it with its header, and give every column a name",
            )
        )
    # Plain ASCII is the same in all of them, and need not be translated.
    return replace(told, encoding="utf-8") if facts.is_ascii else told


def chunks(path: Path, dialect: Dialect, *, has_header: bool) -> Iterator[pa.RecordBatch]:
    """Yield the rows as text.

    Raises
    ------
    DataError
        E701 if a row has another number of fields than the header.
    """
    ragged: list[int] = []

    def note(row: pacsv.InvalidRow) -> str:
        ragged.append(row.actual_columns)
        return "skip"

    reader = pacsv.open_csv(
        path,
        read_options=pacsv.ReadOptions(
            encoding=dialect.encoding,
            block_size=STRETCH,
            column_names=list(dialect.header),
            skip_rows=int(has_header),
        ),
        parse_options=pacsv.ParseOptions(
            delimiter=dialect.delimiter, newlines_in_values=True, invalid_row_handler=note
        ),
        convert_options=pacsv.ConvertOptions(
            # Dates, codes and keys stand in many rows: told apart once, they are looked at once.
            column_types={name: pa.dictionary(pa.int32(), pa.string()) for name in dialect.header},
            strings_can_be_null=False,
        ),
    )
    yield from reader
    if ragged:
        has = counted(ragged[0], "field")
        raise DataError(
            Problem(
                code="E701",
                sentence=f"{counted(len(ragged), 'row')} of the file: {has} where the header has {len(dialect.header)}",
                help="the file is cut off, or a text holds the delimiter without quotation marks around it",
            )
        )


def _of_catalogue(problem: Problem) -> Problem:
    """Return a problem of a dialect in the words of a catalogue: the file, and the catalogue's own key."""
    key = str(problem.path[-1]) if problem.path else ""
    helps = {
        "delimiter": 'state it for the table: `csv: {delimiter: ";"}`',
        "encoding": "save it as UTF-8, or state what it is: `csv: {encoding: latin-1}`",
    }
    sentence = re.sub(r"\bthe table\b", "the file", problem.sentence).replace("as the spec says", "as it is stated")
    return Problem(code=problem.code, sentence=sentence, help=helps.get(key, problem.help), note=problem.note)


def _encoding(sentence: str, right: str) -> Problem:
    return Problem(code="E702", sentence=sentence, help=f"write `csv: {{encoding: {right}}}` for the table")
