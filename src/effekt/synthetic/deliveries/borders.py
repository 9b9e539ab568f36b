"""What codes of municipalities and counties were called before a reform, and the crosswalk back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from effekt.registers.geography import counties, municipalities, successors


def municipalities_before(year: int) -> Mapping[str, str]:
    """Return what the municipalities of a year were called the year before: new code -> one old code.

    Only where the old code leads to no other, so that the way back is known; the others keep their code.
    """
    before = municipalities(year - 1)
    return _oldest({old: successors(year)[old] for old in before}, municipalities(year))


def counties_before(year: int) -> Mapping[str, str]:
    """Return what the counties of a year were called the year before, where the way back is known."""
    became: dict[str, set[str]] = defaultdict(set)
    new = municipalities(year)
    for code, place in municipalities(year - 1).items():
        became[place.county] |= {new[target].county for target in successors(year)[code]}
    return _oldest({old: frozenset(targets) for old, targets in became.items()}, counties(year))


def crosswalk(before: Mapping[str, str], codes: Mapping[str, object]) -> str:
    """Return the way back as a table `from;to`: old codes to new ones, and new ones to themselves."""
    back = {code: code for code in codes} | {old: new for new, old in before.items()}
    return "from;to\n" + "".join(f"{old};{new}\n" for old, new in sorted(back.items()))


def _oldest(became: Mapping[str, frozenset[str]], now: Mapping[str, object]) -> dict[str, str]:
    found: dict[str, str] = {}
    for old in sorted(became):
        if len(became[old]) == 1 and old not in now:
            found.setdefault(next(iter(became[old])), old)
    return found
