"""`claims.md`: how far a result may reach, and the words each level may use."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from effekt.release.levels import LEVELS
from pages.markdown import ROOT, opening, table

RELEASE = ROOT / "src" / "effekt" / "release"

INTRODUCTION = """\
The design and its checks decide which level a result has. The level decides the words. No option changes that. The
report prints the level and, where it was lowered, why. After a report is written, a lint reads it as a stranger would
and refuses words above the level.

What lifts a result:

- to **effekt**: treatment was assigned at random (`assigned: random`), no required check failed or was left
  unevaluated, and nothing was overridden;
- to **estimert**: the design can show an effect under a named assumption, its gate passed without an override, its
  interval excludes zero, and every bound it requires passed. No bounds are built yet, so no result reaches it;
- **sammenheng** is everything else that compares; **utbytte** is what describes participants alone.

What lowers a result to **sammenheng**: an `--override`, a required check that failed or was not evaluated, or one of:
"""

PARTS = {
    "when": "when",
    "clear": "the interval excludes zero",
    "unclear": "it does not",
    "disagree": "the tests disagree",
    "suppressed": "too few persons",
    "rests": "what it rests on (page one)",
    "not_clear": "what it does not say (page one)",
    "not_unclear": "what it does not say, if unclear",
}


def page() -> str:
    """Return the page."""
    lines = [*opening("What a report may claim", "`claims.csv`, `claim_words.csv` and `texts.csv` of `release/`")]
    texts = {row["key"]: row for row in _rows("texts.csv")}
    lines += [INTRODUCTION]
    caps = [row for key, row in texts.items() if key.startswith("cap_")]
    lines += [*table(("bokmål", "English"), ((row["nb"], row["en"]) for row in caps)), "## Levels", ""]
    said = {(row["level"], row["part"]): row for row in _rows("claims.csv")}
    for level in LEVELS:
        name = said[level, "name"]
        lines += [f"### {level}", "", f"In a report: *{name['nb']}*, in English *{name['en']}*.", ""]
        parts = ((words, said[level, part]) for part, words in PARTS.items() if (level, part) in said)
        lines += table(("", "bokmål", "English"), ((words, row["nb"], row["en"]) for words, row in parts))
    lines += ["## Assumptions that are named", ""]
    named = (row for row in _rows("claims.csv") if row["level"] == "assumption")
    lines += table(("assumption", "bokmål", "English"), ((row["part"], row["nb"], row["en"]) for row in named))
    return "\n".join([*lines, *_words()]).rstrip() + "\n"


def _words() -> Iterator[str]:
    """Yield the words that claim, by the level they need, as patterns."""
    rows = _rows("claim_words.csv")
    yield from ("## Words that claim", "")
    yield "Patterns: `\\w*` is any ending, `(a|b)` one of two. A word is allowed from its level up; *never* is never."
    yield ""
    needs = [level for level in LEVELS if any(row["needs"] == level for row in rows)]
    for level in (*needs, "never"):
        lists = (_joined(rows, language, "claim", level) for language in ("nb", "en"))
        yield from _both("never allowed" if level == "never" else f"needs {level}", *lists)
    for kind, words in (("allowed", "allowed everywhere: names"), ("negation", "deny a claim within seven words")):
        yield from _both(words, *(_joined(rows, language, kind, "") for language in ("nb", "en")))


def _both(title: str, nb: str, en: str) -> Iterator[str]:
    yield from (f"**{title[0].upper()}{title[1:]}**", "", f"- bokmål: {nb}", f"- English: {en}", "")


def _joined(rows: list[dict[str, str]], language: str, kind: str, needs: str) -> str:
    found = [r["words"] for r in rows if (r["language"], r["kind"], r["needs"]) == (language, kind, needs)]
    return ", ".join(f"`{word}`" for word in found) or "none"


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((RELEASE / name).read_text(encoding="utf-8").splitlines()))
