"""The error tree: a stable code per error, an exit code per class, and never a row value.

A :class:`Problem` says what is wrong, where, what is allowed and what to write instead. Rooms far below the
spec do not know positions; they name the *spec path* of the key at fault (``("prepared", "outcomes", "y")``)
and ``study`` puts the place on it, so that a collinear covariate is reported at the line that asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

SpecPath = tuple[str | int, ...]

CODES: dict[str, str] = {
    # E1xx: the shape of the file
    "E101": "not readable as YAML",
    "E102": "duplicate key",
    "E103": "wrong type",
    "E104": "missing key",
    "E105": "not a valid value",
    "E106": "includes form a circle",
    "E107": "two includes set the same key",
    "E108": "file not found or not readable",
    "E109": "keys that exclude each other",
    "E110": "value out of range",
    # E2xx: names
    "E201": "unknown register",
    "E202": "unknown column",
    "E203": "unknown key",
    "E204": "not in this version",
    "E205": "unknown method, check or preset",
    "E206": "unknown code or code set",
    "E207": "unknown outcome",
    "E208": "unknown value of a closed vocabulary",
    "E209": "unknown path in a variant or override",
    "E210": "measure does not fit the variable",
    # E3xx: time and causal logic
    "E301": "outcome cannot be observed",
    "E302": "window is empty or reversed",
    "E303": "immortal time",
    "E304": "outcome lags are matched on inside the pre-period",
    "E305": "treatment date varies within a unit",
    "E306": "no treated, or no comparison",
    "E307": "no period before or after treatment",
    "E308": "staggered starts in a method for one start date",
    "E309": "treatment after the end of the data",
    "E310": "time before time zero cannot be observed",
    "E311": "an invented person came out otherwise than expected",
    # E4xx: feasibility and clusters
    "E401": "clustering finer than assignment",
    "E402": "treatment varies within an assignment unit",
    "E403": "too few clusters for the inference asked for",
    "E404": "a required check has failed",
    "E405": "a required check could not be evaluated",
    # E5xx: privacy
    "E501": "looks like a Norwegian person number",
    "E502": "table with margins cannot be protected in this version",
    "E503": "persons behind the numbers are unknown",
    "E504": "disclosure profile not allowed for these data",
    "E505": "sum of money without its largest contributors",
    "E506": "minimum, maximum or extreme quantile",
    "E507": "two results differ by too few persons",
    # E6xx: frozen spec
    "E601": "spec changed after the freeze",
    "E602": "data changed after the freeze",
    "E603": "no freeze",
    "E604": "outcomes are sealed",
    "E605": "reason is missing",
    "E606": "work folder is damaged",
    "E607": "design changed after the freeze",
    # E7xx: data files
    "E701": "file not found, empty, truncated or unreadable",
    "E702": "delimiter, encoding or decimal mark is ambiguous",
    "E703": "not numeric",
    "E704": "missing values",
    "E705": "duplicate unit, or unit and time",
    "E706": "too few units",
    "E707": "treatment is not 0 or 1",
    "E708": "panel is unbalanced",
    "E709": "numerator and denominator do not fit",
    "E710": "output folder cannot be written",
    "E711": "value outside its range",
    "E712": "start of treatment is ambiguous",
    "E713": "a rule of the registers is broken",
    "E714": "the time a delivery may be kept has passed",
    "E715": "a month or file of a delivery is missing",
    "E716": "a program that makes this format is missing",
    # E8xx: estimation
    "E801": "constant or collinear covariate",
    "E802": "perfect separation",
    "E803": "not enough observations",
    "E804": "no variation in the outcome or the treatment",
    "E805": "combination is not supported",
    "E806": "did not converge",
    "E807": "data package is not installed",
    "E808": "cluster inference is not defined for this design",
    "E901": "a bug in effekt",
    "E902": "a worker process died",
}
"""Every code an error can carry, with its title. A code never changes its meaning."""


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a file: ``line`` and ``col`` count from 1; ``width`` characters are underlined."""

    file: str
    line: int
    col: int
    source: str = ""
    width: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong, in the words a tired analyst needs.

    ``path`` is the spec path of the key at fault, for rooms that do not know positions; ``place`` is where it
    stands in a file. ``help`` is one concrete edit; ``note`` the valid set or the reason.
    """

    code: str
    sentence: str
    help: str | None = None
    note: str | None = None
    path: SpecPath | None = None
    place: Place | None = None
    related: Place | None = None

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise KeyError(f"error code {self.code} is not in the register of codes")

    def located(self, place: Place | None) -> Problem:
        """Return the problem with a place, unless it has one already."""
        return self if self.place is not None or place is None else replace(self, place=place)


class EffektError(Exception):
    """Something the user can mend; carries every problem found in one go. ``exit_code`` is the process's."""

    exit_code = 2

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(f"{p.code}: {p.sentence}" for p in self.problems))


class SpecError(EffektError):
    """The study file, its includes or its code lists."""


class DataError(EffektError):
    """A delivered file or what stands in it; never shows a value."""


class PrivacyError(EffektError):
    """A person number, or a release the disclosure rules do not allow."""


class EstimationError(EffektError):
    """The numbers asked for cannot be computed from these data."""


class OutcomesSealed(EffektError):  # noqa: N818 - the seal is the name of the thing
    """Outcomes were asked for before the design was frozen."""


class FreezeError(EffektError):
    """The freeze is missing, damaged or does not fit what is being run."""


class GateClosed(EffektError):  # noqa: N818 - the gate is the name of the thing
    """A required check failed or was never evaluated; nothing was estimated."""

    exit_code = 4


class MissingPackage(EffektError):  # noqa: N818 - says what is missing
    """An optional package is needed; the help line is the install command."""

    exit_code = 3
