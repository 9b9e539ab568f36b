"""The journey of a study as cached steps; this class is also the notebook API.

``Study.open`` -> ``sample`` -> ``design`` -> ``freeze`` -> ``estimates`` -> ``release``. Every step can be asked
for by itself and asks for what it needs, except across the seal: outcomes are read after a freeze only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path

from effekt.beside import Begin
from effekt.checks.gate import Gate, judge
from effekt.errors import FreezeError, GateClosed, OutcomesSealed, Place, Problem, SpecError, SpecPath
from effekt.population.engine.machine import LOCAL, Machine
from effekt.provenance.digests import digest, versions
from effekt.provenance.folders import refuse_foreign, work_folder, write_folder
from effekt.provenance.freeze import Amendment, Freeze, Override, field_diff
from effekt.provenance.ledger import Ledger
from effekt.provenance.raw import has_estimates, read_estimates, write_estimates
from effekt.release.formats.asked import DEFAULT, asked
from effekt.release.formats.printed import browser
from effekt.release.released import Released
from effekt.release.sides import keep
from effekt.results import Estimates, Finding, Verdict
from effekt.sample import Outcomes, Sample, Weights
from effekt.spec.kinds import Study as AnyStudy
from effekt.spec.load import load
from effekt.study.branches import BASE, BETWEEN, Branch, changed_analyses, cuts_of, examine, passed_over
from effekt.study.freezing import changed, changes, findings_digest, reason_for, versions_changed
from effekt.study.given import Given, source_of
from effekt.study.locating import located
from effekt.study.logging import stage
from effekt.study.paths import later_table, path_tables, unit_path_tables
from effekt.study.sources import Source
from effekt.study.truth import Truth

OUTCOMES_READ = "outcomes_read"


class Study:
    """One study on its data, with its state in a work folder.

    Parameters
    ----------
    spec : the loaded spec.
    source : its data.
    work : folder for state that stays in the zone; default ``.effekt/<study>``.
    """

    def __init__(self, spec: AnyStudy, source: Source, *, work: Path | None = None) -> None:
        self.spec = spec
        self.source = source
        self._work_path = work if work is not None else Path(".effekt") / self.spec.study
        self._estimates: Mapping[str, Estimates] | None = None
        self.known_truth: tuple[Truth, ...] = ()
        """What ``truth`` found; a report on a synthetic world prints it once it was asked for."""

    @classmethod
    def open(
        cls,
        spec: str | Path,
        *,
        table: str | Path | None = None,
        registers: str | Path | None = None,
        world: str | Path | None = None,
        work: str | Path | None = None,
        machine: Machine = LOCAL,
    ) -> Study:
        """Load and check a spec; nothing else is read yet.

        table : the analysis-ready file, for a study with `prepared`. registers : the folder of canonical registers,
        or world : the name of a synthetic world, for a study on registers. machine : the engine that reads them, and
        its means; no result depends on it.

        Raises
        ------
        SpecError
            Every problem of the spec, its includes and code lists at once, each with its place; E204 for methods that
            this version checks and does not run.
        FreezeError
            E109 for data of a kind that the study does not take.
        """
        study = load(spec)
        if study.not_in_this_version:
            raise SpecError(study.not_in_this_version)
        folder = Path(".effekt") / study.study if work is None else Path(work)
        given = Given(table=table, registers=registers, world=world, work=folder, machine=machine)
        with located(study.where, None):
            return cls(study, source_of(study, given), work=folder)

    @property
    def work(self) -> Path:
        """The work folder, made at first use and readable by its owner only."""
        return work_folder(self._work_path)

    @property
    def work_path(self) -> Path:
        """Where the work folder is, or will be."""
        return self._work_path

    @property
    def ledger(self) -> Ledger:
        """The access ledger of the work folder."""
        return Ledger(self.work)

    # -- design: nothing after time zero is read ------------------------------------------------------------

    @property
    def data_digest(self) -> str:
        """sha256 of the data."""
        with self._located(self.source.path):
            return self.source.digest

    @cached_property
    def sample(self) -> Sample:
        """Everything known at time zero.

        Raises
        ------
        DataError, PrivacyError
            If the data cannot be read, lack a column, or hold anything that looks like a person number.
        """
        with self._located(self.source.path):
            return self.source.sample(self.spec)

    @cached_property
    def branches(self) -> tuple[Branch, ...]:
        """The spec as it stands, then every variant with the analyses it changes."""
        base = self._branch(BASE)
        return (base, *self._between(), *(self._branch(name) for name in self.spec.variants))

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
        required = [branch for branch in self.branches if not branch.beside]
        analyses = {key: analysis for branch in required for key, _, analysis in branch.analyses}
        return judge(analyses=analyses, findings=self.findings, overrides=overrides or {})

    @stage("design")
    def design(self) -> Gate:
        """Run the outcome-blind stage and record it."""
        gate = self.gate()
        verdicts = {v: sum(f.verdict == v for f in gate.findings) for v in {f.verdict for f in gate.findings}}
        self.ledger.append("design", sample=self.sample.digest, data=self.data_digest, verdicts=verdicts)
        return gate

    # -- freeze ---------------------------------------------------------------------------------------------

    @stage("freeze")
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
                note="; ".join(changes(present, fresh)[:5]),
            )
        )

    @stage("amend")
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
            reason=reason_for(reason, "amend"),
            previous=present.digest,
            outcomes_read=self.ledger.holds(OUTCOMES_READ) or has_estimates(self.work),
            diff=changes(present, fresh),
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
            self._estimates = self._run()
        return self._estimates

    @stage("run")
    def _run(self) -> Mapping[str, Estimates]:
        """Read the outcomes, estimate, and store what was found."""
        freeze = self._valid_freeze()
        self.ledger.append(OUTCOMES_READ, freeze=freeze.digest, data=self.data_digest)
        found: dict[str, Estimates] = {}
        for branch in self.branches:
            found |= self._estimate(branch, freeze.digest)
        write_estimates(self.work, freeze_digest=freeze.digest, estimates=found)
        return found

    @stage("release")
    def release(self, out: str | Path, *, formats: str = ",".join(DEFAULT), begin: Begin = partial) -> Path:
        """Write protected tables, figures, report and manifest; ``out`` is complete or as it was.

        formats : of the report, with commas between them: html, docx, xlsx, tex, pdf. begin : begins the figures of
        further languages.

        Raises
        ------
        SpecError
            E208 for an unknown format.
        MissingPackage
            E716 for ``pdf`` where no browser can print.
        PrivacyError
            If a table cannot be protected under the study's rules.
        DataError
            E710 if ``out`` cannot be replaced.
        OutcomesSealed, FreezeError, GateClosed
            As ``estimates``.
        """
        from effekt.study.reporting import files_of

        target, wanted = Path(out), asked(formats)
        if "pdf" in wanted:
            # Before anything is computed: an hour's work should not end in a missing program.
            browser()
        self.refuse_out(target)
        freeze = self._valid_freeze()
        estimates = self._estimates or read_estimates(self.work, freeze_digest=freeze.digest) or self.estimates()
        with self._located(("analyses",)):
            files = files_of(self, freeze=freeze, estimates=estimates, formats=wanted, begin=begin)
        write_folder(target, files)
        self.ledger.append("release", freeze=freeze.digest, manifest=digest(sorted(files)))
        keep(self.work, files)
        return target

    def refuse_out(self, out: Path) -> None:
        """Raise E710 if a release could not replace ``out``; the work folder must not stand in it."""
        refuse_foreign(out, holding=self._work_path)

    @stage("export")
    def export(self, to: str | Path, *, analysis: str = "") -> list[Path]:
        """Write the sample of an analysis as .dta or .parquet for Stata and R; see :mod:`effekt.study.export.writing`.

        It holds one row per person or unit and stays in the zone; the ledger records it.
        """
        from effekt.study.export.writing import export

        return export(self, Path(to), analysis=analysis)

    @stage("describe")
    def describe(self, out: str | Path | None = None) -> Released:
        """Return Table 1, protected: means at time zero by treatment, before and after the main analysis' weights.

        out : a CSV file to write it to. See :mod:`effekt.study.describing`; the ledger records it.
        """
        from effekt.study.describing import describe

        with self._located(("covariates",)):
            return describe(self, None if out is None else Path(out))

    @property
    def frozen(self) -> Freeze | None:
        """The freeze in force; None before there is one.

        Raises
        ------
        FreezeError
            E601, E602, E606, E607 if spec, data or design changed since, or the freeze is not the ledger's.
        """
        return None if self._recorded_freeze() is None else self._valid_freeze()

    def outcomes_of(self, branch: Branch) -> Outcomes:
        """Read the outcomes of a branch; refused without a valid freeze, and recorded.

        Raises
        ------
        OutcomesSealed, FreezeError, GateClosed
            As ``estimates``.
        """
        freeze = self._valid_freeze()
        self.ledger.append(OUTCOMES_READ, freeze=freeze.digest, data=self.data_digest)
        return self._outcomes(branch, freeze.digest)

    def sql(self) -> tuple[tuple[str, str], ...]:
        """Return name and SQL of every step that makes the sample; empty for an analysis-ready table."""
        with self._located(self.source.path):
            return self.source.sql(self.spec)

    def begin_truth(self, begin: Begin, *, streams: int = 20) -> None:
        """Begin what ``truth`` with as many streams will ask of the world, while the study goes on."""
        with self._located(self.source.path):
            self.source.begin_truth(self.spec, streams, begin)

    @stage("truth")
    def truth(self, *, streams: int = 20) -> tuple[Truth, ...]:
        """Return the true effects on a synthetic world, for the treated that the main analysis keeps.

        streams : replays of every treated person, each with luck of its own. Empty where the data were not drawn from
        a world that effekt ships, or the study's estimand has no truth there yet. Asks for a freeze, as outcomes do.
        """
        self._valid_freeze()
        weights = next(iter(self.branches[0].weights.values()))
        self.known_truth = self.source.truth(self.spec, weights, streams)
        return self.known_truth

    # -- parts ----------------------------------------------------------------------------------------------

    def where(self, *path: str | int) -> Place | None:
        """Return where a key of the spec stands."""
        return self.spec.where(path)

    def _located(self, path: SpecPath) -> AbstractContextManager[None]:
        return located(self.spec.where, path)

    def _branch(self, variant: str) -> Branch:
        """Build the sample and weights of a variant; data that do not change are not read again."""
        if variant == BASE:
            spec, sample, names = self.spec, self.sample, tuple(self.spec.runs)
        else:
            spec = self.spec.variant(variant)
            names = changed_analyses(self.spec, spec)
            with self._located(("variants", variant)):
                sample = self.source.sample(spec)
        weights: dict[str, Weights] = {}
        for name in names:
            with self._located(("analyses", name, "adjust")):
                weights[name] = spec.runs[name].weigh(sample)
        cuts, uncut = cuts_of(spec, sample) if variant == BASE else ((), ())
        return Branch(variant, spec, sample, weights, cuts, uncut)

    def _between(self) -> Iterator[Branch]:
        """Yield the main analysis with comparisons from elsewhere, where the study asks for it."""
        with self._located(("comparison", "between")):
            sample = self.source.between(self.spec)
            if sample is not None:
                name, analysis = next(iter(self.spec.runs.items()))
                yield Branch(BETWEEN, self.spec, sample, {name: analysis.weigh(sample)}, beside=True)

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
            data_digest=self.data_digest,
            sample_digest=self.sample.digest,
            weights={key: w.digest for branch in self.branches for key, w in branch.all_weights},
            findings_digest=findings_digest(gate.findings),
            versions=versions(),
            overrides=tuple(Override(check=c, reason=reason_for(r, "override")) for c, r in sorted(overrides.items())),
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
            raise changed("E601", "the spec", field_diff(freeze.spec, self.spec.resolved))
        if freeze.data_digest != self.data_digest:
            raise changed("E602", self.source.what, ())
        fresh = self._fresh_freeze(overrides, freeze.all_stages_reason, amendments=freeze.amendments)
        if (fresh.sample_digest, fresh.weights, fresh.findings_digest) != (
            freeze.sample_digest,
            dict(freeze.weights),
            freeze.findings_digest,
        ):
            raise changed("E607", "the design", versions_changed(freeze, fresh))
        return freeze

    def _estimate(self, branch: Branch, freeze_digest: str) -> dict[str, Estimates]:
        """Estimate every analysis of a branch on outcomes read in its sample's order, then its arms and subgroups."""
        found: dict[str, Estimates] = {}
        if branch.beside and all(passed_over(self.findings, key) for key, _, _ in branch.analyses):
            return found
        outcomes = self._outcomes(branch, freeze_digest)
        for key, name, analysis in branch.analyses:
            if branch.beside and passed_over(self.findings, key):
                continue
            with self._located(("analyses", name)):
                estimates = analysis.estimate.estimate(
                    analysis.about(branch.sample), analysis.of(outcomes), branch.weights[name]
                )
            found[key] = estimates.named(analysis=name, variant=branch.variant)
        if branch.variant == BASE and found:
            main = next(iter(found))
            weights = branch.weights[main]
            told = (path_tables, later_table, unit_path_tables)
            tables = {name: table for tell in told for name, table in tell(branch.sample, outcomes, weights).items()}
            found[main] = replace(found[main], details={**found[main].details, **tables})
        for cut in branch.cuts:
            if passed_over(self.findings, cut.key):
                continue
            part = outcomes.take(cut.rows, cut.sample)
            with self._located(("analyses", cut.analysis)):
                analysis = branch.spec.runs[cut.analysis]
                estimates = analysis.estimate.estimate(analysis.about(cut.sample), analysis.of(part), cut.weights)
            found[cut.key] = estimates.named(
                analysis=cut.analysis, variant=branch.variant, arm=cut.arm, subgroup=cut.subgroup
            )
        return found

    def _outcomes(self, branch: Branch, freeze_digest: str) -> Outcomes:
        with self._located(self.source.outcomes_path):
            return self.source.outcomes(branch.spec, freeze_digest, between=branch.variant == BETWEEN)

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
