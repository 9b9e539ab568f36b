"""Reads a finished release for claims its level does not allow.

It trusts nothing the report says about itself. How far each analysis may reach is worked out again from the facts in
``manifest.json``, ``findings.json`` and the bounds, by rules of its own; then every text of ``report.html`` is read,
and what a reader who cannot see is told of the figures. Allowed are negations ("does not mean that the programme
works"), names such as "effektevaluering", words in quotation marks, and the study's own words. The tests run it on
every report they make; ``lint({path: bytes})`` runs it on any other.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files as resources

_RANK = {"never": 9, "effekt": 3, "estimert": 2, "sammenheng": 1, "utbytte": 1}
_VOID = frozenset({"meta", "br", "input", "wbr", "use", "path", "img", "hr", "link"})
_SILENT = frozenset({"style", "script", "code", "math", "title"})
_QUOTED = re.compile(r"«[^»]*»|“[^”]*”")
_CLAUSES = re.compile(r"[.!?;:]\s|\s(?:men|but|og dermed|and so)\s")
_REACH = 7
"""A negation this many words before a word of claims denies it; one right after it does too."""


@dataclass(frozen=True, slots=True)
class Overclaim:
    """A word that its level does not allow, and the text it stands in."""

    language: str
    analysis: str
    level: str
    word: str
    text: str


def lint(files: Mapping[str, bytes]) -> tuple[Overclaim, ...]:
    """Return what a release claims beyond its levels; empty = nothing. files : path -> bytes, as packaged."""
    ceilings = ceilings_of(files)
    lowest = min(ceilings.values(), key=_RANK.__getitem__, default="sammenheng")
    reader = _Texts()
    reader.feed(files["report.html"].decode())
    found = []
    for language, analysis, text in reader.texts:
        level = ceilings.get(analysis, lowest)
        found += [Overclaim(language, analysis, level, word, text) for word in overclaims(text, level, language)]
    return tuple(found)


def ceilings_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the highest level each analysis may use, from the facts of the release alone."""
    manifest = json.loads(files["manifest.json"])
    findings = json.loads(files["findings.json"])
    analyses = {row["analysis"] for row in json.loads(files["estimates.json"])}
    return {a: _ceiling(a, manifest, findings) for a in sorted(analyses)}


def _ceiling(analysis: str, manifest: Mapping[str, object], findings: list[dict[str, object]]) -> str:
    """Return ``effekt`` for random assignment, ``estimert`` for a design with bounds, if nothing stopped either."""
    claims = manifest.get("claims")
    facts = claims if isinstance(claims, dict) else {}
    stopped = any(
        f["blocking"] and f["verdict"] in {"FAIL", "NOT_EVALUATED"} and f["analysis"] in {"", analysis}
        for f in findings
    )
    if stopped or manifest["overrides"]:
        return "sammenheng"
    if facts.get("assigned") == "random":
        return "effekt"
    required = facts.get("bounds", {}).get(analysis, [])
    passed = facts.get("bounds_passed", {}).get(analysis, [])
    return "estimert" if required and set(required) <= set(passed) else "sammenheng"


@dataclass(frozen=True, slots=True)
class _Word:
    """A pattern and the level that may use it."""

    pattern: re.Pattern[str]
    needs: str


@cache
def _words(language: str) -> tuple[tuple[_Word, ...], re.Pattern[str], re.Pattern[str]]:
    """Return words of claims, what is allowed whatever it holds, and negations."""
    text = (resources("effekt.release") / "claim_words.csv").read_text(encoding="utf-8")
    rows = [r for r in csv.DictReader(text.splitlines()) if r["language"] == language]

    def either(kind: str) -> re.Pattern[str]:
        return re.compile(rf"\b(?:{'|'.join(r['words'] for r in rows if r['kind'] == kind)})\b", re.IGNORECASE)

    claims = (r for r in rows if r["kind"] == "claim")
    words = tuple(_Word(re.compile(rf"\b(?:{r['words']})\b", re.IGNORECASE), r["needs"]) for r in claims)
    return words, either("allowed"), either("negation")


def overclaims(text: str, level: str, language: str) -> Iterator[str]:
    """Yield the words of a text that its level may not use."""
    words, allowed, negation = _words(language)
    plain = allowed.sub(" ", _QUOTED.sub(" ", text))
    for clause in _CLAUSES.split(plain):
        for word in words:
            for match in word.pattern.finditer(clause):
                if _RANK[word.needs] > _RANK[level] and not (
                    word.needs != "never" and _denied(clause, match, negation)
                ):
                    yield match.group()
    if level == "estimert" and "estimert" not in plain.casefold() and "estimated" not in plain.casefold():
        yield from (m.group() for m in re.finditer(r"\beffe[kc]ts?\w*", plain, re.IGNORECASE))


def _denied(clause: str, match: re.Match[str], negation: re.Pattern[str]) -> bool:
    """Return True if a negation stands shortly before a word, or right after it."""
    before = " ".join(clause[: match.start()].split()[-_REACH:])
    after = " ".join(clause[match.end() :].split()[:1])
    return bool(negation.search(before) or negation.search(after))


class _Texts(HTMLParser):
    """Collects the report's own texts, each with its language and the analysis it is about."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[tuple[str, str, str]] = []
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self._running = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self._flush()
        given = dict(attrs)
        if label := given.get("aria-label"):
            self.texts.append((self._language(), self._about(), label))
        if tag not in _VOID:
            self._open.append((tag, given))

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._flush()
        while self._open:
            if self._open.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        hidden = any(tag in _SILENT or "data-quoted" in given for tag, given in self._open)
        self._running += " " if hidden else data

    def _flush(self) -> None:
        """End a text: a block begins or ends here."""
        text = " ".join(self._running.split())
        if text:
            self.texts.append((self._language(), self._about(), text))
        self._running = ""

    def _language(self) -> str:
        return next((str(given["lang"]) for _, given in reversed(self._open) if given.get("lang")), "en")

    def _about(self) -> str:
        return next((str(given["data-analysis"]) for _, given in reversed(self._open) if "data-analysis" in given), "")


_BLOCKS = frozenset(
    {"p", "div", "h1", "h2", "h3", "h4", "li", "td", "th", "dt", "dd", "figcaption", "caption", "section", "article"}
    | {"header", "footer", "nav", "label", "summary", "figure", "table", "tr", "ul", "ol", "dl", "main", "a"}
)
