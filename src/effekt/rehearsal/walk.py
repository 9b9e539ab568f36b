"""One draw, walked from the registers to the words of its report, with the truth beside every row."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from effekt.errors import EffektError
from effekt.provenance.freeze import Freeze
from effekt.rehearsal.drawn import KEY, Drawn, Row, Stop
from effekt.rehearsal.source import DrawnSource
from effekt.rehearsal.truth import Known, known_truths, truth_of
from effekt.release.claims import claims
from effekt.release.language import LANGUAGES, Language
from effekt.release.lint import overclaims
from effekt.results import Cell, Estimate, Estimates, Finding, Verdict
from effekt.spec.registered import CountyStudy, RegisterStudy
from effekt.study import Study
from effekt.study.reporting import report_input
from effekt.synthetic.world import World

_COUNTED = frozenset("3458")
"""Classes of errors that say that the data cannot carry the study; with others the rehearsal itself is at fault."""
_COUNTED_TOO = frozenset({"E706", "E708"})
"""Too few units, and a county with nobody to measure in some year: of the data as well."""

_OVERRIDDEN = "rehearsed to see what the gate hid"

Said = dict[tuple[Cell, ...], tuple[str, str]]
"""Level and conclusion by key of a row."""


def walk(spec: RegisterStudy | CountyStudy, world: World, seed: int, *, streams: int = 2) -> Drawn:
    """Draw a world, walk a study through it and return what it found.

    streams : replays of every participant that the truth is a mean over. Where the gate is closed the estimates are
    made all the same, marked as hidden; no report is written of them.

    Raises
    ------
    EffektError
        What is wrong with the rehearsal: a register that the world lacks, a folder that cannot be written. Data that
        cannot carry the study are a result, counted by their code.
    """
    with tempfile.TemporaryDirectory(prefix="effekt-") as scratch:
        source = DrawnSource(spec, world, seed, Path(scratch))
        study = Study(spec, source, work=Path(scratch) / "work")
        try:
            treated = int(study.sample.treated.sum())
            gate = study.gate()
            stops = _found(gate.closed)
            warnings = _found(f for f in gate.findings if f.verdict is Verdict.WARN)
        except EffektError as error:
            return _refused(seed, error)
        try:
            freeze = study.freeze(overrides=dict.fromkeys((stop.check for stop in stops), _OVERRIDDEN))
            estimates = study.estimates()
        except EffektError as error:
            return _refused(seed, error, treated=treated, stops=stops, warnings=warnings)
        said, beyond, refused = _report(study, freeze, estimates) if not stops else ({}, 0, "")
        rows = tuple(_rows(estimates, source, known_truths(study, source, streams), said))
        return Drawn(
            seed=seed,
            treated=treated,
            stops=stops,
            warnings=warnings,
            refused=refused,
            rows=rows,
            overclaims=beyond,
        )


def _found(findings: Iterable[Finding]) -> tuple[Stop, ...]:
    return tuple(dict.fromkeys(Stop(analysis=f.analysis, check=f.check, verdict=f.verdict.value) for f in findings))


def _refused(
    seed: int,
    error: EffektError,
    *,
    treated: int = 0,
    stops: tuple[Stop, ...] = (),
    warnings: tuple[Stop, ...] = (),
) -> Drawn:
    """Return a draw that ended in an error, if the error is the data's."""
    return Drawn(
        seed=seed, treated=treated, stops=stops, warnings=warnings, refused=_code(error), rows=(), overclaims=0
    )


def _code(error: EffektError) -> str:
    """Return the code of an error that is the data's; raise the error if it is not."""
    code = error.problems[0].code
    if code[1] not in _COUNTED and code not in _COUNTED_TOO:
        raise error
    return code


def _report(study: Study, freeze: Freeze, estimates: Mapping[str, Estimates]) -> tuple[Said, int, str]:
    """Return what a report would have said, its words beyond their level, and the code that forbids it if one does."""
    try:
        return *_words(study, freeze, estimates), ""
    except EffektError as error:
        return {}, 0, _code(error)


def _words(study: Study, freeze: Freeze, estimates: Mapping[str, Estimates]) -> tuple[Said, int]:
    """Return what the report would have said of each row, and its words beyond their level."""
    content = report_input(study, freeze=freeze, estimates=estimates)
    said: Said = {}
    beyond = 0
    for code in LANGUAGES:
        for claim in claims(content, Language(code)):
            said |= {_key(row): (claim.level, claim.conclusion) for row in claim.rows}
            beyond += sum(1 for _ in overclaims(claim.sentence, claim.level, code))
    return said, beyond


def _key(row: Mapping[str, Cell]) -> tuple[Cell, ...]:
    return tuple(row[name] for name in KEY)


def _rows(estimates: Mapping[str, Estimates], source: DrawnSource, known: Known, said: Said) -> Iterator[Row]:
    for part_key, part in estimates.items():
        for estimate in part.rows:
            key = _key({name: getattr(estimate, name) for name in KEY})
            truth, realised = truth_of(part_key, estimate, known, source)
            level, conclusion = said.get(key, ("", ""))
            yield _row(estimate, key, truth=truth, realised=realised, level=level, conclusion=conclusion)


def _row(
    estimate: Estimate,
    key: tuple[Cell, ...],
    *,
    truth: float | None,
    realised: float | None,
    level: str,
    conclusion: str,
) -> Row:
    return Row(
        key=key,
        unit=estimate.unit,
        value=float(estimate.value),
        std_error=_float(estimate.std_error),
        ci_low=_float(estimate.ci_low),
        ci_high=_float(estimate.ci_high),
        p_value=_float(estimate.p_value),
        truth=truth,
        realised=realised,
        level=level,
        conclusion=conclusion,
    )


def _float(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
