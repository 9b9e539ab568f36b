"""Table 1: who is in the sample, by what was known at time zero, before and after the main analysis' weights.

It is the balance check's own table, so that there is one way to compare means; nothing after time zero is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from effekt.checks.balance import Balance
from effekt.errors import Problem, SpecError
from effekt.provenance.folders import write_file
from effekt.release.disclosure import protect
from effekt.release.released import Released
from effekt.release.rules import rules_for

if TYPE_CHECKING:
    from pathlib import Path

    from effekt.study import Study

_HELP = {
    "person": "name what was known at time zero under `covariates`",
    "other": "look at its flow and checks instead: `effekt design SPEC`",
}


def describe(study: Study, out: Path | None = None) -> Released:
    """Return the protected table of treated and comparisons; write it as CSV where ``out`` is given, and log it.

    Raises
    ------
    SpecError
        E104 for a study without covariates: there is nothing to describe.
    PrivacyError
        If the table cannot be protected under the study's rules.
    DataError
        E710 if ``out`` cannot be written.
    """
    name, analysis = next(iter(study.spec.runs.items()))
    branch = study.branches[0]
    details = Balance().examine(branch.sample, branch.weights[name], analysis)[0].details
    if not details:
        raise SpecError(
            Problem(
                code="E104",
                sentence="there is nothing to describe: the study names no covariate",
                help=_HELP["person" if branch.sample.grain == "person" else "other"],
                place=study.where(*study.source.path),
            )
        )
    table = protect(details["balance"], rules_for(study.spec.disclosure))
    # First, so that nothing leaves that the ledger does not know of.
    study.ledger.append("describe", analysis=name, sample=study.sample.digest, data=study.data_digest)
    if out is not None:
        # Not the sample's digest: with few persons it can be guessed, so it stays in the zone.
        write_file(out, table.to_csv(f"{study.spec.study}/{study.spec.digest[:8]}").encode())
    return table
