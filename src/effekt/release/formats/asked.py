"""Which formats a release is asked for, and what they are called."""

from __future__ import annotations

from effekt.errors import Place, Problem, SpecError
from effekt.located.names import listing, nearest

FORMATS = ("html", "docx", "xlsx", "tex", "pdf")
DEFAULT = ("html",)
OPTION = "--format"


def asked(text: str) -> tuple[str, ...]:
    """Return the formats that a comma-separated list names, each once and in the order of ``FORMATS``.

    Raises
    ------
    SpecError
        E208 for every name that is none, at its place in the option.
    """
    words = text.split(",")
    starts = [len(",".join(words[:i])) + (i > 0) for i in range(len(words))]
    problems = [_unknown(text, word, start) for word, start in zip(words, starts, strict=True) if not _known(word)]
    if problems:
        raise SpecError(problems)
    names = {word.strip().casefold() for word in words}
    return tuple(f for f in FORMATS if f in names)


def _known(word: str) -> bool:
    return word.strip().casefold() in FORMATS


def _unknown(text: str, word: str, start: int) -> Problem:
    name = word.strip()
    near = nearest(name, FORMATS)
    column = start + len(word) - len(word.lstrip()) + 1
    return Problem(
        code="E208",
        sentence=f"`{name}` is not a format of a release" if name else "a format is missing here",
        help=f"did you mean `{near}`?" if near else "name formats with commas between them: `--format html,docx`",
        note=listing(FORMATS),
        place=Place(file=OPTION, line=1, col=column, source=text, width=max(len(name), 1)),
    )
