"""What two freezes have in common and what not, and the refusals that follow from it."""

from __future__ import annotations

from effekt.errors import FreezeError, Problem
from effekt.provenance.digests import digest
from effekt.provenance.freeze import Freeze, field_diff
from effekt.results import Finding


def reason_for(reason: str, command: str) -> str:
    """Return the reason without blanks around it; E605 if there is none."""
    if not reason.strip():
        raise FreezeError(
            Problem(code="E605", sentence=f"`{command}` needs a reason", help='add `--reason "..."` in plain words')
        )
    return reason.strip()


def findings_digest(findings: tuple[Finding, ...]) -> str:
    """Return sha256 of what the checks found, words left out."""
    fields = ("check", "subject", "analysis", "value", "threshold", "verdict", "blocking")
    return digest([{name: getattr(f, name) for name in fields} for f in findings])


def changed(code: str, what: str, differences: tuple[str, ...]) -> FreezeError:
    """Return the refusal of a study whose spec, data or design is not the one that was frozen."""
    return FreezeError(
        Problem(
            code=code,
            sentence=f"{what} changed after the freeze",
            help='put it back, or say why: `effekt amend SPEC --reason "..."`',
            note="; ".join(differences[:5]) or None,
        )
    )


def changes(before: Freeze, after: Freeze) -> tuple[str, ...]:
    """Return what differs between two freezes: fields of the spec by name, the rest by what it is."""
    other = ("data_digest", "sample_digest", "weights", "findings_digest", "versions", "overrides", "all_stages_reason")
    changed = [name.removesuffix("_digest") for name in other if getattr(before, name) != getattr(after, name)]
    return (*field_diff(before.spec, after.spec), *(f"{name} changed" for name in changed))


def versions_changed(before: Freeze, after: Freeze) -> tuple[str, ...]:
    """Return the packages whose version differs."""
    return field_diff(before.versions, after.versions)
