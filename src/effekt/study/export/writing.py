"""Write the flat file of an analysis and its scripts, and log that persons' rows left the work folder."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from effekt.analysis import Analysis
from effekt.errors import DataError, Problem, SpecError
from effekt.estimators.collapsed_did import CollapsedDid
from effekt.estimators.difference import Difference
from effekt.estimators.regression import Regression
from effekt.estimators.twfe import Twfe
from effekt.located.names import did_you_mean
from effekt.provenance.folders import write_file
from effekt.results import Estimate, Estimates
from effekt.sample import Sample
from effekt.spec.prepared import PreparedStudy
from effekt.study.export.frame import FlatTable, flat_table
from effekt.study.export.scripts import MainRow, r, stata

if TYPE_CHECKING:
    from effekt.study import Study

FORMATS = (".dta", ".parquet")
_LONGEST_LABEL = 80


def export(study: Study, to: Path, *, analysis: str = "") -> list[Path]:
    """Write the sample of an analysis, the main one by default; return the files written.

    Before a freeze the file holds what was known at time zero. After it outcomes too, and beside it `.do` and `.R`
    that re-estimate the main row, for the methods that Stata and R have as well.

    Raises
    ------
    DataError
        E103 for a format other than .dta and .parquet; E710 if a file cannot be written.
    SpecError
        E205 for an unknown analysis.
    """
    if to.suffix not in FORMATS:
        raise DataError(
            Problem(code="E103", sentence=f"`{to.name}` is not a file this can write", help="name it .dta or .parquet")
        )
    name = _known(study, analysis)
    branch, frozen = study.branches[0], study.frozen
    outcomes = None if frozen is None else study.outcomes_of(branch)
    after = "periods after the start" if isinstance(study.spec, PreparedStudy) else "months after time zero"
    table = flat_table(branch.sample, branch.weights[name], outcomes, study.spec.labels, after=after)
    files = {to: _bytes(table, to.suffix, to.stem)}
    if outcomes is not None and frozen is not None:
        row = _main_row(study, name, study.estimates()[name])
        reference = f"{study.spec.study}/{frozen.digest[:8]}"
        covariates = _regressors(study.spec.runs[name], table, branch.sample)
        if covariates is not None:
            files |= _scripts(to, table, row, reference, covariates)
    # First, so that nothing is written that the ledger does not know of.
    study.ledger.append(
        "export", analysis=name, outcomes=outcomes is not None, rows=len(table.frame), columns=len(table.frame.columns)
    )
    for path, content in files.items():
        write_file(path, content)
    return list(files)


def _known(study: Study, analysis: str) -> str:
    name = analysis or next(iter(study.spec.runs))
    if name not in study.spec.runs:
        raise SpecError(
            Problem(
                code="E205",
                sentence=f"`{name}` is not an analysis of this study",
                help=did_you_mean(name, study.spec.runs) or f"write one of {', '.join(study.spec.runs)}",
            )
        )
    return name


def _main_row(study: Study, name: str, estimates: Estimates) -> Estimate:
    """Return the first row about the primary outcome at its horizon, or the first of all."""
    primary, horizon = study.spec.primary.outcome, study.spec.primary_horizon
    of_it = [r for r in estimates.rows if r.outcome == primary]
    at = [r for r in of_it if horizon is None or r.horizon == horizon]
    return (at or of_it or list(estimates.rows))[0]


def _scripts(
    to: Path, table: FlatTable, row: Estimate, reference: str, covariates: tuple[str, ...]
) -> dict[Path, bytes]:
    main = MainRow(
        file=to.name,
        reference=reference,
        estimate=row,
        outcome=table.outcomes.get((row.outcome, row.horizon)) or table.outcomes[row.outcome, None],
        covariates=covariates,
        panel="period" in table.frame.columns,
    )
    return {to.with_suffix(".do"): stata(main).encode(), to.with_suffix(".R"): r(main).encode()}


def _regressors(analysis: Analysis, table: FlatTable, sample: Sample) -> tuple[str, ...] | None:
    """Return the covariates of the regression that is the analysis; None if it is no regression of this file."""
    method = analysis.estimate
    if isinstance(method, Difference):
        return ()
    if isinstance(method, Regression) and method.interactions == "none":
        return tuple(table.covariates[name] for name in method.covariates or table.covariates)
    one_start = len(set(sample.first_treated[sample.treated].tolist())) == 1 and sample.anticipation == 0
    if isinstance(method, Twfe) and one_start:
        return ()
    if isinstance(method, CollapsedDid) and one_start and method.unit_weights == "equal":
        return () if len(set(sample.assignment_clusters.tolist())) == len(sample) else None
    return None


def _bytes(table: FlatTable, suffix: str, title: str) -> bytes:
    buffer = io.BytesIO()
    if suffix == ".dta":
        labels = {column: words[:_LONGEST_LABEL] for column, words in table.labels.items() if column in table.frame}
        table.frame.to_stata(
            buffer,
            write_index=False,
            version=118,
            variable_labels=labels,
            data_label=title[:_LONGEST_LABEL],
        )
    else:
        import pyarrow as pa
        import pyarrow.parquet as pq

        plain = pa.Table.from_pandas(table.frame, preserve_index=False)
        fields = [plain.schema.field(name).with_metadata({"label": table.labels[name]}) for name in plain.schema.names]
        pq.write_table(pa.Table.from_arrays(plain.columns, schema=pa.schema(fields)), buffer)
    return buffer.getvalue()
