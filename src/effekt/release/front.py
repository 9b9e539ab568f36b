"""Page one, for the sponsor: the question, the answer at its level, and what it does not say, in 150 words.

Everything else stands on the pages behind it. Where the study's own words are long, the least needed parts go
first; then the question and the reasons of overrides are cut short. They stand in full on page three.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from effekt.release.claims import Claim, claims, part_of, ruled_out
from effekt.release.contents import ReportInput, contrast_of
from effekt.release.language import Language, display_decimals
from effekt.results import Cell, Verdict

MOST_WORDS = 150

_LABEL_WORDS = 12
"""Longer labels of outcomes are cut short on page one."""

_LEAST = 8
"""The question and a reason are never cut below so many words."""


@dataclass(frozen=True, slots=True)
class Point:
    """One line of page one: its name and what it says. ``needed``: it is never left out."""

    key: str
    label: str
    text: str
    needed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """Page one, ready to print. flags : (name, text) of what must be seen before the answer."""

    reference: str
    title: str
    question: str
    flags: tuple[tuple[str, str], ...]
    answer: str
    analysis: str
    level: str
    level_name: str
    points: tuple[Point, ...]

    @property
    def words(self) -> int:
        """How many words the page holds, its figure left out."""
        flags = [part for flag in self.flags for part in flag]
        points = [part for p in self.points for part in (p.label, p.text)]
        texts = (self.reference, self.title, self.question, *flags, self.answer, self.level_name, *points)
        return sum(len(text.split()) for text in texts)


def front(content: ReportInput, language: Language) -> Front:
    """Return page one; without a primary result it says that there is none."""
    first = next((c for c in claims(_with_short_labels(content), language) if c.primary), None)
    page = Front(
        reference=content.reference,
        title=content.title if content.title != content.question else "",
        question=content.question,
        flags=tuple(_flags(content, language)),
        answer=language.text("primary_missing") if first is None else _answer(first, language),
        analysis="" if first is None else str(first.row["analysis"]),
        level="" if first is None else first.level,
        level_name="" if first is None else language.claim(first.level, "name"),
        points=tuple(_points(content, first, language)),
    )
    return fitted(page)


def fitted(page: Front) -> Front:
    """Return the page within its words: without what is least needed, and with long words of others cut short."""
    if page.words > MOST_WORDS:
        page = replace(page, points=tuple(p for p in page.points if p.needed))
    if page.words > MOST_WORDS:
        page = replace(page, title="")
    if page.words > MOST_WORDS:
        over = page.words - MOST_WORDS
        page = replace(page, flags=tuple((name, clipped(text, 2 * _LEAST)) for name, text in page.flags))
        over = max(page.words - MOST_WORDS, 0)
        page = replace(page, question=clipped(page.question, max(len(page.question.split()) - over, _LEAST)))
    return page


def clipped(text: str, most: int) -> str:
    """Return at most so many words of a text."""
    words = text.split()
    return text if len(words) <= most else " ".join(words[:most]) + "…"


def _with_short_labels(content: ReportInput) -> ReportInput:
    labels = {name: clipped(words, _LABEL_WORDS) for name, words in content.labels.items()}
    return replace(content, labels=labels)


def _flags(content: ReportInput, language: Language) -> Iterator[tuple[str, str]]:
    """Yield what limits the whole report: data about nobody, exploratory results, checks that were set aside."""
    if content.synthetic:
        yield language.text("synthetic"), language.text("synthetic_note")
    if content.exploratory:
        yield language.text("exploratory"), language.text(f"exploratory_{content.exploratory}")
    if content.overrides:
        reasons = "; ".join(f"{check}: {reason}" for check, reason in sorted(content.overrides.items()))
        yield language.text("override_title"), reasons


def _answer(claim: Claim, language: Language) -> str:
    part = part_of(claim.row, claim.level, claim.conclusion, language, front="front_")
    return language.claim(claim.level, part, **claim.values)


def _points(content: ReportInput, claim: Claim | None, language: Language) -> Iterator[Point]:
    """Yield the lines below the figure."""

    def point(key: str, text: str, *, needed: bool = True) -> Point:
        return Point(key, language.text(f"front_{key}"), text, needed)

    if claim is not None:
        if claim.conclusion != "suppressed":
            yield point("uncertainty", _uncertainty(content, claim, language))
            if claim.conclusion in {"unclear", "disagree", "periods_unclear"}:
                yield point("detectable", str(claim.values["mde"]), needed=False)
        if content.waits and claim.conclusion != "suppressed":
            yield point("compared", _compared(content, language))
        yield point("rests", f"{_persons(claim, language)} {language.claim(claim.level, 'rests')}")
    yield point("checked", _checked(content, language))
    if claim is not None and claim.conclusion != "suppressed":
        clear = claim.conclusion in {"clear", "periods"}
        yield point("not", language.claim(claim.level, "not_clear" if clear else "not_unclear"))


def _compared(content: ReportInput, language: Language) -> str:
    """Return what is compared with what, in plain words, and how many comparisons did not wait to the end."""
    if content.treated_later is None:
        return language.text("front_now_or_wait")
    months, share = content.treated_later
    return language.text("front_now_or_wait_share", share=language.amount(share, "percent"), months=months)


def _uncertainty(content: ReportInput, claim: Claim, language: Language) -> str:
    """Return the interval in words, or what stands in its place."""
    row = claim.row
    if claim.conclusion.startswith("periods"):
        return language.text("front_in_figure")
    unit, decimals = str(row["unit"]), display_decimals(row["value"], row["std_error"])
    if row["ci_low"] is None:
        p, floor = (language.p_value(_float(row[n])) for n in ("p_value", "p_floor"))
        return language.text("front_test", p=p, floor=floor)
    low, high = (language.scaled(_float(row[n]), unit, decimals) for n in ("ci_low", "ci_high"))
    said = language.text("front_interval", low=low, high=f"{high} {language.unit(unit)}".strip())
    if (limit := ruled_out(content, row)) is not None:
        said += " " + language.claim(claim.level, "within", limit=language.amount(limit, unit))
    return said


def _persons(claim: Claim, language: Language) -> str:
    """Return how many stand behind the answer: persons, or units and the persons in them."""
    row, kind = claim.row, "_dose" if contrast_of(claim.row) else ""
    units = [row["n_treated"], row["n_comparison"]]
    persons = [row["n_persons_treated"], row["n_persons_comparison"]]

    def said(counts: list[Cell]) -> dict[str, str]:
        mark = language.text("suppressed_mark")
        treated, others = (mark if c is None else language.number(float(c)) for c in counts)
        return {"treated": treated, "others": others}

    if persons == [None, None] and units != [None, None]:
        return language.text(f"front_units{kind}", **said(units))
    if units in (persons, [None, None]):
        return language.text(f"front_persons{kind}", **said(persons))
    both = said(persons)
    return language.text(
        f"front_units_persons{kind}", **said(units), treated_persons=both["treated"], other_persons=both["others"]
    )


def _checked(content: ReportInput, language: Language) -> str:
    """Return how many checks ended how, those that analyses share counted once; unevaluated is never passed."""
    found = {(f.check, f.subject, f.value, f.threshold, f.verdict, f.suppressed) for f in content.findings}
    counts = Counter(verdict for *_, verdict, _ in found)
    if not counts:
        return language.text("front_no_checks")
    told = ", ".join(language.text(f"count_{v.value}", count=counts[v]) for v in Verdict if counts[v])
    return language.text("front_checks", told=told)


def _float(value: Cell) -> float | None:
    return None if value is None else float(value)
