"""Read a text file the user named, and mask whatever looks like a person number before anyone sees it."""

from __future__ import annotations

import re
from pathlib import Path

from effekt.errors import Place, Problem, SpecError

_PERSON_NUMBER = re.compile(r"(?<![0-9])[0-9]{6}[ .-]?[0-9]{5}(?![0-9])")
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


def mask(text: str) -> str:
    """Replace every 11-digit number by `x`, keeping its length, so that positions stay true."""
    return _PERSON_NUMBER.sub(lambda found: "x" * len(found[0]), text)


def split_lines(text: str) -> list[str]:
    """Split at the line breaks that YAML knows, so that line numbers agree with the parser's."""
    return _LINE_BREAK.split(text)


def read_text(path: Path, file: str, *, asked: Place | None = None) -> tuple[str, list[Problem]]:
    """Return the masked text of a file and an E501 for every person number that was in it.

    Parameters
    ----------
    path : where the file lies.
    file : its name as the user wrote it, for messages.
    asked : the place that names the file, where the error is put; the file itself when None.

    Raises
    ------
    SpecError
        E108 if the file is missing, empty, a directory, unreadable or not UTF-8.
    """
    place = asked or Place(file=mask(file), line=1, col=1)
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise _unreadable(f"`{file}` does not exist", "check the name and the folder", place) from None
    except IsADirectoryError:
        raise _unreadable(f"`{file}` is a folder", "name the file in it", place) from None
    except (OSError, ValueError):
        raise _unreadable(f"`{file}` cannot be read", "check its permissions", place) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _unreadable(f"`{file}` is not UTF-8 text", "save it as UTF-8", place) from None
    if not text.strip():
        raise _unreadable(f"`{file}` is empty", "check that it was saved", place)
    return mask(text), _person_numbers(text, file)


def _unreadable(sentence: str, help: str, place: Place) -> SpecError:
    return SpecError(Problem(code="E108", sentence=mask(sentence), help=help, place=place))


def _person_numbers(text: str, file: str) -> list[Problem]:
    """Return one problem per hit; the number itself never leaves this function."""
    return [
        Problem(
            code="E501",
            sentence="an 11-digit number looks like a Norwegian person number",
            help="take it out: person numbers never belong in a file like this one",
            place=Place(
                file=mask(file),
                line=number,
                col=found.start() + 1,
                source=mask(line),
                width=found.end() - found.start(),
            ),
        )
        for number, line in enumerate(split_lines(text), start=1)
        for found in _PERSON_NUMBER.finditer(line)
    ]
