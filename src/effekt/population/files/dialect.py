"""How a CSV file is written: its delimiter and encoding, stated in the spec or detected where that is safe.

One pass over the bytes gives the digest and the facts detection needs. Detection never guesses: a file that
could be read in two ways is refused with what to state.

- Encoding: UTF-8 (with or without a mark) if every byte fits it; else Latin-1 if no byte stands between 0x80
  and 0x9F, where Latin-1 has no letters and other encodings have theirs.
- Delimiter: the one of ``,`` ``;`` tab that divides the header. Where several do, the one whose header holds
  every column of the spec.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from effekt.errors import DataError, Problem
from effekt.population.wording import named
from effekt.spec.prepared import Csv

Encoding = Literal["utf-8", "latin-1", "cp1252"]
DELIMITERS = (",", ";", "\t")

_CHUNK = 1 << 20
_LONGEST_HEADER = 1 << 20
_END = 64
_CONTROL_ROWS = bytes(range(0x80, 0xA0))


@dataclass(frozen=True, slots=True)
class ByteFacts:
    """What one pass over a file shows, without decoding it."""

    digest: str
    size: int
    start: bytes
    end: bytes
    lines: int
    is_utf8: bool
    is_ascii: bool
    has_control_rows: bool
    has_nul: bool
    quotes: int

    @property
    def is_cut_off_stata(self) -> bool:
        """Whether the file begins as Stata's tagged formats do, and does not end as they do."""
        return self.start.startswith(b"<stata_dta>") and not self.end.rstrip().endswith(b"</stata_dta>")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the file is to be read, and the header that reading gives."""

    delimiter: str
    encoding: Encoding
    header: tuple[str, ...]


def look_at_bytes(path: Path) -> ByteFacts:
    """Read the file once and return its digest and what detection needs."""
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    size, quotes, lines, start, end = 0, 0, 0, b"", b""
    is_utf8, is_ascii, control, nul = True, True, False, False
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            start = start or chunk[:_LONGEST_HEADER]
            digest.update(chunk)
            size += len(chunk)
            quotes += chunk.count(b'"')
            lines += chunk.count(b"\n") + chunk.count(b"\r")
            end = (end + chunk)[-_END:]
            nul = nul or b"\0" in chunk
            plain = chunk.isascii()
            # Nothing can be wrong with plain characters, unless a longer one was left unfinished before them.
            whole = plain and not decoder.getstate()[0]
            is_utf8 = is_utf8 and (whole or _decodes(decoder, chunk, final=False))
            is_ascii = is_ascii and plain
            control = control or (not plain and len(chunk) != len(chunk.translate(None, _CONTROL_ROWS)))
    return ByteFacts(
        digest=digest.hexdigest(),
        size=size,
        start=start,
        end=end,
        lines=lines,
        is_utf8=is_utf8 and _decodes(decoder, b"", final=True),
        is_ascii=is_ascii,
        has_control_rows=control,
        has_nul=nul,
        quotes=quotes,
    )


def detect(facts: ByteFacts, *, wanted: Sequence[str], stated: Csv) -> Dialect:
    """Return the dialect: what is stated, and what can be told safely of the rest.

    Raises
    ------
    DataError
        E701 if the bytes are not a CSV file; E702 if delimiter or encoding cannot be told.
    """
    if facts.has_nul or facts.start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DataError(_encoding("the table is not text in UTF-8 or Latin-1", "save it as CSV UTF-8"))
    if facts.quotes % 2:
        raise DataError(
            Problem(
                code="E701",
                sentence="a quotation mark is opened and never closed: the table is cut off or damaged",
                help="export the table once more",
            )
        )
    encoding = _encoding_of(facts, stated.encoding)
    text = facts.start.removeprefix(codecs.BOM_UTF8).decode(encoding, errors="replace")
    delimiter = _delimiter_of(text, wanted) if stated.delimiter is None else stated.delimiter
    delimiter = "\t" if delimiter == "tab" else delimiter
    return Dialect(delimiter=delimiter, encoding=encoding, header=_header(text, delimiter))


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _encoding_of(facts: ByteFacts, stated: Encoding | None) -> Encoding:
    marked = facts.start.startswith(codecs.BOM_UTF8)
    if facts.is_utf8 and (marked or stated in {None, "utf-8"}):
        return "utf-8"
    if stated == "utf-8":
        raise DataError(_encoding("the table is not UTF-8, as the spec says", "try `csv: {encoding: latin-1}`"))
    if stated is not None:
        return stated
    if facts.has_control_rows or marked:
        raise DataError(
            _encoding(
                "the encoding of the table cannot be told: neither UTF-8 nor plain Latin-1",
                "save it as CSV UTF-8, or state `csv: {encoding: latin-1}` if that is what it is",
            )
        )
    return "latin-1"


def _encoding(sentence: str, help_line: str) -> Problem:
    return Problem(code="E702", sentence=sentence, help=help_line, path=("prepared", "csv", "encoding"))


def _delimiter_of(text: str, wanted: Sequence[str]) -> str:
    headers = {mark: _header(text, mark) for mark in DELIMITERS}
    dividing = [mark for mark in DELIMITERS if len(headers[mark]) > 1]
    fitting = [mark for mark in dividing if set(wanted) <= set(headers[mark])]
    chosen = dividing if len(dividing) == 1 else fitting
    if len(chosen) != 1:
        raise DataError(
            Problem(
                code="E702",
                sentence="the delimiter of the table cannot be told from its header",
                help='state it under `prepared`: `csv: {delimiter: ";"}`',
                note="a header is divided by a comma, a semicolon or a tab"
                + (f"; several of them stand in it: {named([_NAMES[m] for m in dividing])}" if dividing else ""),
                path=("prepared", "csv", "delimiter"),
            )
        )
    return chosen[0]


_NAMES = {",": "comma", ";": "semicolon", "\t": "tab"}


def _header(text: str, delimiter: str) -> tuple[str, ...]:
    """Return the first record that is not an empty line."""
    records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return tuple(next((record for record in records if record), []))
    except csv.Error as reason:
        raise DataError(Problem(code="E701", sentence="the table has no readable header")) from reason
