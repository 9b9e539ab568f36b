"""From a finished study to the files of its release: everything passes ``protect`` here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from effekt.beside import Begin
from effekt.errors import Place
from effekt.provenance.freeze import Freeze
from effekt.release.contents import OUTCOME, PRIMARY, NotShown, Primary, ReportInput, SideTable, Translation
from effekt.release.disclosure import protect
from effekt.release.findings import protect_findings
from effekt.release.formats.asked import DEFAULT
from effekt.release.package import package
from effekt.release.released import Released
from effekt.release.rules import Rules, rules_for
from effekt.results import Estimates, Finding, Table
from effekt.spec.prepared import PreparedStudy
from effekt.spec.registered import RegisterStudy
from effekt.study.alternatives import alternatives
from effekt.study.paths import LATER, PREFIX
from effekt.study.reach import between_table, designs, reforms
from effekt.study.telling import comparisons_flow, flow_of_main, relevant, timeline, truth_table
from effekt.study.twins import refuse_near_twins, withheld, without

if TYPE_CHECKING:
    from effekt.population.extract.opening import Extract
    from effekt.spec.kinds import Study as AnyStudy
    from effekt.study import Study


def files_of(
    study: Study,
    *,
    freeze: Freeze,
    estimates: Mapping[str, Estimates],
    formats: tuple[str, ...] = DEFAULT,
    begin: Begin = partial,
) -> dict[str, bytes]:
    """Return relative file name -> bytes of everything a release consists of. formats, begin : as ``package`` says.

    Raises
    ------
    PrivacyError
        If a table cannot be protected under the study's disclosure rules.
    """
    return package(report_input(study, freeze=freeze, estimates=estimates), formats, begin)


def report_input(study: Study, *, freeze: Freeze, estimates: Mapping[str, Estimates]) -> ReportInput:
    """Protect every table and gather the words and digests that stand beside them."""
    spec = study.spec
    rules = rules_for(spec.disclosure)
    few = withheld(study.branches, estimates, rules)
    stopped = passed_by(study, estimates)
    estimates, findings = without(few, estimates, study.findings)
    refuse_near_twins(joined(estimates), rules)
    sides = [SideTable(analysis=key, table=table) for key, table in _side_tables(study, estimates, rules)]
    shown = [side for side in sides if _is_whole(side.table)]
    cells = [side.table.title for side in sides if not _is_whole(side.table)]
    released = protect(joined(estimates).table(), rules)
    compared = study.sample.comparison_attrition
    units = {row.outcome: row.unit for part in estimates.values() for row in part.rows}
    language, *others = spec.report.languages
    extract = getattr(study.source, "extract", None)
    return ReportInput(
        study=spec.study,
        title=spec.titled_in(language),
        question=spec.asked_in(language),
        reference=f"{spec.study}/{freeze.digest[:8]}",
        rules=rules,
        randomised=spec.randomised,
        primary=Primary(outcome=spec.primary.outcome, horizon=spec.primary_horizon),
        estimates=released,
        between=between_table(released),
        designs=designs(spec),
        reforms=tuple(reforms(spec)),
        not_shown=(*_hidden("few", few), *_hidden("stopped", stopped), *_hidden("cell", cells)),
        flow=protect(flow_of_main(study, study.sample.attrition, treated=True).table(), rules),
        flow_comparison=None if compared is None else protect(comparisons_flow(study, compared), rules),
        waits=isinstance(spec, RegisterStudy) and spec.estimand == "ATT_now_vs_wait",
        timeline=timeline(spec, extract, language),
        truth=protect(truth_table(study.known_truth, units), rules) if study.known_truth else None,
        relevant=relevant(spec),
        synthetic=study.source.synthetic,
        findings=protect_findings(_each_table_once(findings), rules),
        tables=tuple(shown),
        overrides={o.check: o.reason for o in freeze.overrides},
        exploratory=freeze.exploratory,
        labels=spec.labels,
        translations={code: _translation(spec, extract, code) for code in others},
        places=dict(_places(study)),
        manuals=_manuals(study),
        provenance=_provenance(study, freeze),
        spec=freeze.spec,
        languages=spec.report.languages,
    )


def _translation(spec: AnyStudy, extract: Extract | None, code: str) -> Translation:
    """Return what the study calls things in one more language."""
    return Translation(
        title=spec.titled_in(code),
        question=spec.asked_in(code),
        labels=spec.labels_in(code),
        timeline=timeline(spec, extract, code),
    )


def _side_tables(study: Study, estimates: Mapping[str, Estimates], rules: Rules) -> Iterator[tuple[str, Released]]:
    """Yield analysis and side table, protected."""
    runs = study.spec.runs
    for key, part in estimates.items():
        more = alternatives(runs[key], study.sample, part.details) if key in runs else ()
        yield from ((key, protect(table, rules)) for table in (*part.details.values(), *more))


def _is_whole(table: Released) -> bool:
    """Whether a side table may be shown; one with a hidden cell is left out, and told.

    The estimate is a mean over its rows: all but one of them would give the hidden one back. Not so the months of a
    path, or of those treated later: no released number is a sum over them.
    """
    return not table.any_suppressed or table.name == LATER or table.name.startswith(PREFIX)


def _hidden(why: Literal["few", "stopped", "cell"], what: Iterable[str]) -> Iterator[NotShown]:
    return (NotShown(what=name, why=why) for name in dict.fromkeys(what))


def passed_by(study: Study, estimates: Mapping[str, Estimates]) -> tuple[str, ...]:
    """Return the comparisons, arms and subgroups that were asked for and not estimated."""
    asked = [key for branch in study.branches for key, _ in branch.all_weights]
    uncut = [finding.analysis for branch in study.branches for finding in branch.uncut]
    return tuple(key for key in (*asked, *uncut) if key not in estimates)


def _each_table_once(findings: tuple[Finding, ...]) -> Iterator[Finding]:
    """Yield the findings; a side table equal to an earlier one (same adjustment, same sample) is left out."""
    seen: list[Table] = []
    for finding in findings:
        fresh = {name: table for name, table in finding.details.items() if table not in seen}
        seen.extend(fresh.values())
        yield replace(finding, details=fresh)


def joined(estimates: Mapping[str, Estimates]) -> Estimates:
    """Return the rows of all analyses, one below the other."""
    return Estimates(
        rows=tuple(row for part in estimates.values() for row in part.rows),
        support=tuple(persons for part in estimates.values() for persons in part.support),
        lattices=tuple(step for part in estimates.values() for step in part.lattices),
        parts=tuple(pair for part in estimates.values() for pair in part.parts),
    )


def _places(study: Study) -> Iterator[tuple[str, str]]:
    """Yield analysis, or analysis and variant, and what else of the spec decides a number, with its line."""
    outcomes = ("prepared", "outcomes") if isinstance(study.spec, PreparedStudy) else ("outcomes",)
    for name in study.spec.prepared.outcomes if isinstance(study.spec, PreparedStudy) else study.spec.outcomes:
        yield f"{OUTCOME}{name}", _line(study.where(*outcomes, name))
    yield PRIMARY, _line(study.where("primary"))
    for name in study.spec.runs:
        yield name, _line(study.where("analyses", name))
    for variant in study.spec.variants:
        for name in study.spec.runs:
            yield f"{name}/{variant}", _line(study.where("variants", variant))


def _line(place: Place | None) -> str:
    return "" if place is None else f"{place.file}:{place.line}"


def _manuals(study: Study) -> dict[str, str]:
    """Return the manual of every method and check in use, by its name."""
    manuals: dict[str, str] = {}
    checks = study.spec.checks.by_name
    for branch in study.branches:
        for _, _, analysis in branch.analyses:
            for method in (analysis.estimate, analysis.adjust):
                manuals.setdefault(str(getattr(method, "method", "")), method.manual())
            for check in analysis.required_checks:
                manuals.setdefault(check, checks[check].manual())
    return manuals


_GUESSABLE = ("sample_digest", "weights", "findings_digest")


def _provenance(study: Study, freeze: Freeze) -> dict[str, Any]:
    """Return the digests and decisions behind the numbers; no times and no paths, so the bytes stay the same.

    Where persons are protected, digests of what may be no more than the number of persons stay in the zone:
    weights of one are known by trying 400, 401, 402. The freeze covers them, salted by the sample's digest.
    """
    stored = freeze.to_json()
    stored.pop("spec")
    for name in _GUESSABLE if rules_for(study.spec.disclosure).protects else ():
        stored.pop(name)
    return {"freeze": freeze.digest, **stored, "disclosure": study.spec.disclosure}
