"""The journey of a study as cached steps; this class is also the notebook API.

``Study.open`` -> ``sample`` -> ``design`` -> ``freeze`` -> ``estimates`` -> ``release``. Every step can be asked
for by itself and asks for what it needs, except across the seal: outcomes are read after a freeze only.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path

from effekt.checks.gate import Gate, judge
from effekt.errors import FreezeError, GateClosed, OutcomesSealed, Place, Problem, SpecError, SpecPath
from effekt.population.outcomes import prepared as outcome_reader
from effekt.population.prepared.table import PreparedTable, open_table
from effekt.provenance.digests import digest, versions
from effekt.provenance.folders import refuse_foreign, work_folder, write_folder
from effekt.provenance.freeze import Amendment, Freeze, Override, field_diff
from effekt.provenance.ledger import Ledger
from effekt.provenance.raw import read_estimates, write_estimates
from effekt.results import Estimates, Finding, Verdict
from effekt.sample import Sample, Weights
from effekt.spec.load import load
from effekt.spec.prepared import PreparedStudy
from effekt.study.branches import BASE, Branch, changed_analyses, examine
from effekt.study.locating import located, naming

OUTCOMES_READ = "outcomes_read"


class Study:
    """One study on one table, with its state in a work folder.

    Parameters
    ----------
    spec : the loaded spec.
    table : the analysis-ready file.
    work : folder for state that stays in the zone; default ``.effekt/<study>``.
    """

    def __init__(self, spec: PreparedStudy, *, table: Path | None = None, work: Path | None = None) -> None:
        self.spec = spec
        self._table_path = table
        self._work_path = work if work is not None else Path(".effekt") / self.spec.study
        self._estimates: Mapping[str, Estimates] | None = None

    @classmethod
    def open(cls, spec: str | Path, *, table: str | Path | None = None, work: str | Path | None = None) -> Study:
        """Load and check a spec; nothing else is read yet.

        Raises
        ------
        SpecError
            Every problem of the spec, its includes and code lists at once, each with its place; E204 for a study
            on registers, which this version checks and does not run.
        """
        paths = [None if p is None else Path(p) for p in (table, work)]
        study = load(spec)
        if not isinstance(study, PreparedStudy):
            raise SpecError(study.not_in_this_version)
        return cls(study, table=paths[0], work=paths[1])

    @property
    def work(self) -> Path:
        """The work folder, made at first use and readable by its owner only."""
        return work_folder(self._work_path)

    @property
    def ledger(self) -> Ledger:
        """The access ledger of the work folder."""
        return Ledger(self.work)

    # -- design: nothing after time zero is read ------------------------------------------------------------

    @cached_property
    def table(self) -> PreparedTable:
        """The opened file: its digest, header and columns.

        Raises
        ------
        DataError, PrivacyError
            If it cannot be read, lacks a column, or holds anything that looks like a person number.
        """
        with self._located(("prepared",)):
            return self._open_table(self.spec)

    @cached_property
    def sample(self) -> Sample:
        """Everything known at time zero."""
        with self._located(("prepared",)):
            return self.table.sample()

    @cached_property
    def branches(self) -> tuple[Branch, ...]:
        """The spec as it stands, then every variant with the analyses it changes."""
        base = self._branch(BASE)
        return (base, *(self._branch(name) for name in self.spec.variants))

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What the required checks of every analysis found."""
        found: list[Finding] = []
        for branch in self.branches:
            with self._located(("checks",)):
                found.extend(examine(branch))
        return tuple(found)

    def gate(self, overrides: Mapping[str, str] | None = None) -> Gate:
        """Hold the findings against what is required. overrides : check -> reason."""
        analyses = {key: analysis for branch in self.branches for key, _, analysis in branch.analyses}
        return judge(analyses=analyses, findings=self.findings, overrides=overrides or {})

    def design(self) -> Gate:
        """Run the outcome-blind stage and record it."""
        gate = self.gate()
        verdicts = {v: sum(f.verdict == v for f in gate.findings) for v in {f.verdict for f in gate.findings}}
        self.ledger.append("design", sample=self.sample.digest, data=self.table.digest, verdicts=verdicts)
        return gate

    # -- freeze ---------------------------------------------------------------------------------------------

    def freeze(self, *, overrides: Mapping[str, str] | None = None, all_stages_reason: str = "") -> Freeze:
        """Freeze the design; the same design frozen again is the same freeze.

        Raises
        ------
        GateClosed
            If a required check failed or was not evaluated, and was not overridden with a reason.
        FreezeError
            E601 if another design is frozen in this work folder: that takes ``amend``; E605 without a reason;
            E606 if the freeze is not the one the ledger records.
        """
        present = self._recorded_freeze()
        amendments = () if present is None else present.amendments
        fresh = self._fresh_freeze(overrides or {}, all_stages_reason, amendments=amendments)
        if present is None:
            return self._store(fresh, "freeze")
        if present.digest == fresh.digest:
            return present
        raise FreezeError(
            Problem(
                code="E601",
                sentence="another design is already frozen in this work folder",
                help='say why it changed: `effekt amend SPEC --reason "..."`; or name a new `--work` folder',
                note="; ".join(_changes(present, fresh)[:5]),
            )
        )

    def amend(self, reason: str, *, overrides: Mapping[str, str] | None = None) -> Freeze:
        """Write a second freeze that names the first, with what changed between them.

        If outcomes had been read by then, every result of the new freeze is labelled exploratory.

        Raises
        ------
        FreezeError
            E603 if nothing is frozen yet; E605 without a reason.
        """
        present = self._recorded_freeze()
        if present is None:
            raise FreezeError(
                Problem(
                    code="E603",
                    sentence="there is nothing to amend: no design is frozen in this work folder",
                    help="freeze it: `effekt freeze SPEC`, or name the `--work` folder that holds the freeze",
                )
            )
        fresh = self._fresh_freeze(overrides or {}, present.all_stages_reason, amendments=present.amendments)
        amendment = Amendment(
            reason=_reason(reason, "amend"),
            previous=present.digest,
            outcomes_read=self.ledger.holds(OUTCOMES_READ),
            diff=_changes(present, fresh),
        )
        amended = self._fresh_freeze(
            overrides or {}, present.all_stages_reason, amendments=(*present.amendments, amendment)
        )
        self._estimates = None
        return self._store(amended, "amend", reason=amendment.reason, outcomes_read=amendment.outcomes_read)

    # -- outcomes -------------------------------------------------------------------------------------------

    def estimates(self) -> Mapping[str, Estimates]:
        """Read the outcomes and estimate every analysis; analysis or ``analysis/variant`` -> estimates.

        Raises
        ------
        OutcomesSealed
            E604 before a freeze.
        FreezeError
            E601, E602, E607 if spec, data or design changed since the freeze.
        GateClosed
            If the frozen design does not pass its gate.
        EstimationError
            If the numbers asked for cannot be computed; located at the analysis.
        """
        if self._estimates is None:
            freeze = self._valid_freeze()
            self.ledger.append(OUTCOMES_READ, freeze=freeze.digest, data=self.table.digest)
            found: dict[str, Estimates] = {}
            for branch in self.branches:
                found |= self._estimate(branch, freeze.digest)
            write_estimates(self.work, freeze_digest=freeze.digest, estimates=found)
            self._estimates = found
        return self._estimates

    def release(self, out: str | Path) -> Path:
        """Write protected tables, figures, report and manifest; ``out`` is complete or as it was.

        Raises
        ------
        PrivacyError
            If a table cannot be protected under the study's rules.
        DataError
            E710 if ``out`` cannot be replaced.
        OutcomesSealed, FreezeError, GateClosed
            As ``estimates``.
        """
        from effekt.study.reporting import files_of

        target = Path(out)
        self.refuse_out(target)
        freeze = self._valid_freeze()
        estimates = self._estimates or read_estimates(self.work, freeze_digest=freeze.digest) or self.estimates()
        with self._located(("analyses",)):
            files = files_of(self, freeze=freeze, estimates=estimates)
        write_folder(target, files)
        self.ledger.append("release", freeze=freeze.digest, manifest=digest(sorted(files)))
        return target

    def refuse_out(self, out: Path) -> None:
        """Raise E710 if a release could not replace ``out``; the work folder must not stand in it."""
        refuse_foreign(out, holding=self._work_path)

    # -- parts ----------------------------------------------------------------------------------------------

    def where(self, *path: str | int) -> Place | None:
        """Return where a key of the spec stands."""
        return self.spec.where(path)

    def _located(self, path: SpecPath) -> AbstractContextManager[None]:
        return located(self.spec.where, path)

    def _branch(self, variant: str) -> Branch:
        """Build the sample and weights of a variant; data that do not change are not read again."""
        if variant == BASE:
            spec, sample, names = self.spec, self.sample, tuple(self.spec.analyses)
        else:
            spec = self.spec.variant(variant)
            names = changed_analyses(self.spec, spec)
            same = spec.prepared == self.spec.prepared and spec.assigned_at == self.spec.assigned_at
            with self._located(("variants", variant)):
                sample = self.sample if same else self._open_table(spec).sample()
        weights: dict[str, Weights] = {}
        for name in names:
            with self._located(("analyses", name, "adjust")):
                weights[name] = spec.analyses[name].weigh(sample)
        return Branch(variant, spec, sample, weights)

    def _open_table(self, spec: PreparedStudy) -> PreparedTable:
        if self._table_path is None:
            raise FreezeError(
                Problem(
                    code="E108",
                    sentence="this study needs its table, and none was named",
                    help="add `--table FILE` (in a notebook: `Study.open(spec, table=...)`)",
                    path=("prepared",),
                )
            )
        with naming(self._table_path):
            return open_table(self._table_path, spec.prepared, study=spec.study, assigned_at=spec.assigned_at)

    def _fresh_freeze(
        self, overrides: Mapping[str, str], all_stages_reason: str, *, amendments: tuple[Amendment, ...]
    ) -> Freeze:
        """Return the freeze of the design as it stands now, if its gate lets it pass."""
        gate = self.gate(overrides)
        self._refuse_unknown_overrides(overrides)
        if not gate.open:
            raise GateClosed(tuple(self._stopped(finding) for finding in gate.closed))
        return Freeze(
            study=self.spec.study,
            spec_digest=self.spec.digest,
            spec=self.spec.resolved,
            data_digest=self.table.digest,
            sample_digest=self.sample.digest,
            weights={branch.key(n): w.digest for branch in self.branches for n, w in branch.weights.items()},
            findings_digest=_findings_digest(gate.findings),
            versions=versions(),
            overrides=tuple(Override(check=c, reason=_reason(r, "override")) for c, r in sorted(overrides.items())),
            amendments=amendments,
            all_stages_reason=all_stages_reason,
        )

    def _store(self, freeze: Freeze, event: str, **facts: object) -> Freeze:
        freeze.write(self.work)
        for override in freeze.overrides:
            self.ledger.append("override", check=override.check, reason=override.reason)
        self.ledger.append(event, freeze=freeze.digest, spec=freeze.spec_digest, data=freeze.data_digest, **facts)
        return freeze

    def _recorded_freeze(self) -> Freeze | None:
        """Return the current freeze; E606 unless it is the last one the ledger records."""
        freeze = Freeze.read(self.work)
        recorded = [entry["freeze"] for entry in self.ledger.entries() if entry["event"] in {"freeze", "amend"}]
        if (None if freeze is None else freeze.digest) != (recorded[-1] if recorded else None):
            raise FreezeError(
                Problem(
                    code="E606",
                    sentence="the freeze in the work folder is not the last one the ledger records",
                    help="restore `freeze.json` and `ledger.jsonl`, or start again with an empty `--work` folder",
                    note="the ledger knows " + (", ".join(f"`freeze-{d[:8]}.json`" for d in recorded) or "no freeze"),
                )
            )
        return freeze

    def _present_freeze(self) -> Freeze:
        freeze = self._recorded_freeze()
        if freeze is None:
            raise OutcomesSealed(
                Problem(
                    code="E604",
                    sentence="outcomes are sealed: no design is frozen in this work folder",
                    help="look at `effekt design SPEC`, then run `effekt freeze SPEC` with the same `--work`",
                )
            )
        return freeze

    def _valid_freeze(self) -> Freeze:
        """Return the freeze if spec, data and design are still those that were frozen and the gate is open."""
        freeze = self._present_freeze()
        overrides = {o.check: o.reason for o in freeze.overrides}
        if freeze.spec_digest != self.spec.digest:
            raise _changed("E601", "the spec", field_diff(freeze.spec, self.spec.resolved))
        if freeze.data_digest != self.table.digest:
            raise _changed("E602", "the table", ())
        fresh = self._fresh_freeze(overrides, freeze.all_stages_reason, amendments=freeze.amendments)
        if (fresh.sample_digest, fresh.weights, fresh.findings_digest) != (
            freeze.sample_digest,
            dict(freeze.weights),
            freeze.findings_digest,
        ):
            raise _changed("E607", "the design", _versions_changed(freeze, fresh))
        return freeze

    def _estimate(self, branch: Branch, freeze_digest: str) -> dict[str, Estimates]:
        """Estimate every analysis of a branch on outcomes read in its sample's order."""
        table = self.table if branch.sample is self.sample else self._open_table(branch.spec)
        with self._located(("prepared", "outcomes")):
            outcomes = outcome_reader.read(table, branch.sample, freeze_digest)
        found = {}
        for key, name, analysis in branch.analyses:
            with self._located(("analyses", name)):
                estimates = analysis.estimate.estimate(branch.sample, outcomes, branch.weights[name])
            found[key] = estimates.named(analysis=name, variant=branch.variant)
        return found

    def _stopped(self, finding: Finding) -> Problem:
        """Return why a finding keeps the gate closed, at the analysis that requires the check."""
        name = finding.analysis.split("/", maxsplit=1)[0]
        evaluated = finding.value is not None
        words = f"{finding.value:.3g} against {finding.threshold:.3g}" if evaluated and finding.threshold else ""
        return Problem(
            code="E405" if finding.verdict is Verdict.NOT_EVALUATED else "E404",
            sentence=f"check `{finding.check}` of `{finding.analysis}` says {finding.verdict} for {finding.subject}"
            + (f": {words}" if words and self.spec.disclosure == "open" else ""),
            help=finding.advice,
            note=f'to go on all the same: `--override {finding.check} --reason "..."`; it is printed on page one',
            place=self.where("analyses", name),
        )

    def _refuse_unknown_overrides(self, overrides: Mapping[str, str]) -> None:
        known = self.spec.checks.by_name
        for check in overrides:
            if check not in known:
                raise FreezeError(
                    Problem(
                        code="E205",
                        sentence=f"`{check}` is not a check",
                        help=f"checks are {', '.join(known)}",
                    )
                )


def _reason(reason: str, command: str) -> str:
    if not reason.strip():
        raise FreezeError(
            Problem(code="E605", sentence=f"`{command}` needs a reason", help='add `--reason "..."` in plain words')
        )
    return reason.strip()


def _findings_digest(findings: tuple[Finding, ...]) -> str:
    fields = ("check", "subject", "analysis", "value", "threshold", "verdict", "blocking")
    return digest([{name: getattr(f, name) for name in fields} for f in findings])


def _changed(code: str, what: str, changes: tuple[str, ...]) -> FreezeError:
    return FreezeError(
        Problem(
            code=code,
            sentence=f"{what} changed after the freeze",
            help='put it back, or say why: `effekt amend SPEC --reason "..."`',
            note="; ".join(changes[:5]) or None,
        )
    )


def _changes(before: Freeze, after: Freeze) -> tuple[str, ...]:
    """Return what differs between two freezes: fields of the spec by name, the rest by what it is."""
    other = ("data_digest", "sample_digest", "weights", "findings_digest", "versions", "overrides", "all_stages_reason")
    changed = [name.removesuffix("_digest") for name in other if getattr(before, name) != getattr(after, name)]
    return (*field_diff(before.spec, after.spec), *(f"{name} changed" for name in changed))


def _versions_changed(before: Freeze, after: Freeze) -> tuple[str, ...]:
    return field_diff(before.versions, after.versions)
