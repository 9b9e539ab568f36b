"""Rules that no single key can check: names that must exist elsewhere, levels that must fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from effekt.errors import Problem, SpecPath
from effekt.located.names import did_you_mean, listing
from effekt.spec.base import RANK
from effekt.spec.prepared import PreparedStudy


def unknown_outcome(outcome: str, valid: Iterable[str], path: SpecPath) -> Iterator[Problem]:
    """Yield E207 unless the outcome is one of the study's."""
    names = list(valid)
    if outcome not in names:
        yield Problem(
            code="E207",
            sentence=f"unknown outcome `{outcome}`",
            help=did_you_mean(outcome, names) or f"write one of {', '.join(f'`{name}`' for name in names)}",
            note=listing(names),
            path=path,
        )


def prepared_problems(spec: PreparedStudy) -> Iterator[Problem]:
    """Yield what is wrong between the parts of a study on an analysis-ready table."""
    yield from unknown_outcome(spec.primary.outcome, spec.prepared.outcomes, ("primary", "outcome"))
    if spec.primary.at is not None and not spec.prepared.panel:
        yield Problem(
            code="E109",
            sentence="`primary.at` counts periods after the start, and the table has no `time`",
            help="remove `at`",
            path=("primary", "at"),
        )
    yield from _assignment(spec)
    for name in spec.analyses:
        yield from _analysis(spec, name)


def _assignment(spec: PreparedStudy) -> Iterator[Problem]:
    """Inference is never finer than the level that decides about treatment, so that level must be known."""
    grain, level = spec.prepared.grain, spec.assigned_at
    if grain != "person" and "assigned_at" not in spec.model_fields_set:
        yield Problem(
            code="E104",
            sentence=f"`assigned_at` is missing, and the units are of grain `{grain}`",
            help=f"write `assigned_at: {'county' if grain != 'office' else 'office'}`",
            note="who decides about treatment: person, office or county",
            path=("prepared", "grain"),
        )
    elif RANK[level] < RANK[grain]:
        yield Problem(
            code="E401",
            sentence=f"assigned at `{level}`, but the units are of grain `{grain}`",
            help=f"write `assigned_at: {'county' if grain != 'office' else 'office'}`",
            note="units as coarse as these were not treated one by one",
            path=("assigned_at",),
        )
    elif RANK[level] > RANK[grain] and level not in spec.prepared.cluster:
        yield Problem(
            code="E401",
            sentence=f"assigned at `{level}`, but no column says which {level} a unit belongs to",
            help=f"write `cluster: {{{level}: ...}}` under `prepared`",
            note="inference is never finer than assignment",
            path=("prepared", "cluster"),
        )


def _analysis(spec: PreparedStudy, name: str) -> Iterator[Problem]:
    analysis, covariates = spec.analyses[name], spec.prepared.covariate_columns
    for position, outcome in enumerate(analysis.outcomes):
        yield from unknown_outcome(outcome, spec.prepared.outcomes, ("analyses", name, "outcomes", position))
    for role, key in (("adjust", "on"), ("estimate", "covariates")):
        method = getattr(analysis, role)
        for position, column in enumerate(getattr(method, key, ())):
            if column not in covariates:
                yield Problem(
                    code="E202",
                    sentence=f"`{column}` is not among the covariates",
                    help=did_you_mean(column, covariates) or f"add `{column}` to `prepared.covariates`",
                    note=listing(covariates) if covariates else None,
                    path=("analyses", name, role, key, position),
                )
    cluster = getattr(analysis.estimate, "cluster", "auto")
    if cluster != "auto":
        yield from _cluster(spec, cluster, ("analyses", name, "estimate", "cluster"))


def _cluster(spec: PreparedStudy, cluster: str, path: SpecPath) -> Iterator[Problem]:
    grain, declared = spec.prepared.grain, spec.prepared.cluster
    valid = ("auto", "unit", grain, *declared, *declared.values())
    if cluster not in valid:
        yield Problem(
            code="E202",
            sentence=f"unknown cluster level `{cluster}`",
            help=did_you_mean(cluster, valid) or "name its column under `prepared.cluster`",
            note=listing(set(valid)),
            path=path,
        )
        return
    level = next((known for known, column in declared.items() if column == cluster), cluster)
    rank = RANK[grain] if level == "unit" else RANK.get(level)
    if rank is not None and rank < RANK[spec.assigned_at]:
        yield Problem(
            code="E401",
            sentence=f"clusters by `{cluster}`, but treatment was assigned at `{spec.assigned_at}`",
            help=f"write `cluster: {spec.assigned_at}`, or remove it",
            note="inference is never finer than assignment",
            path=path,
        )
