"""`disclosure.md`: the rules for what may leave, as the door applies them."""

from __future__ import annotations

import inspect
import re

from effekt.release import chain, disclosure, disguises, refusals, rounding
from effekt.release.rules import PROFILES
from effekt.study import twins
from pages.markdown import code, opening, table
from pages.methods import set_manual

INTRODUCTION = """\
Everything in `--out` has passed one door, `effekt.release.disclosure.protect`. Figures, report and
tables see only what came through it. `disclosure:` in the study chooses the profile.
"""

DOCSTRINGS = (
    ("The order of things", disclosure),
    ("What is refused", refusals.refuse_unprotectable),
    ("Flow charts", chain.merge_steps),
    ("Counts in disguise", disguises),
    ("Analyses and variants that differ by few persons", twins.refuse_near_twins),
)

ROUNDING = f"""\
## Rounding

- Counts of persons: to the nearest multiple of the base.
- Shares, and what follows from counts alone (a plain difference of shares with error, interval and p): computed from
  the rounded counts, with {rounding.SHARE_DECIMALS} decimals.
- Other estimates: no finer than one person can move them.
- Smallest p of a randomisation test of persons: {rounding.P_DECIMALS} decimals. Satterthwaite's degrees of freedom of
  persons: not at all.
- Numbers of counties and offices, and what rests on them, stay as they are where each has many persons.
"""

NOT_PROTECTED = """\
## What is not protected

- **Tables with margins** are refused ([E502](errors.md#e502)): complementary (secondary) suppression is not built.
- **Sums of money** are refused where the largest contributors are unknown ([E505](errors.md#e505)); minima, maxima and
  extreme quantiles always ([E506](errors.md#e506)). A dominance rule that would let sums through is not built.
- **Differences between releases** are not watched. Do not release overlapping samples of the same data.
- Rounded parts and their rounded sum can leave two candidates for a count instead of five.
- Text of your own (titles, labels, questions) is printed as it stands.
- `open` protects nothing. It is for synthetic and public data.
- The work folder holds raw numbers. It stays in the zone.
"""


def page() -> str:
    """Return the page."""
    lines = [*opening("What may leave", "`src/effekt/release/rules.py` and the docstrings of the door"), INTRODUCTION]
    lines += ["## Profiles", ""]
    rows = (
        (code(r.name), _persons(r.threshold), str(r.base) if r.base > 1 else "none", str(r.min_residual_df or "none"))
        for r in PROFILES.values()
    )
    lines += table(("profile", "fewest persons behind a number", "counts rounded to", "least residual df"), rows)
    for title, thing in DOCSTRINGS:
        text = (
            set_manual(inspect.getdoc(thing) or "")
            .replace(":func:", "")
            .replace("\nRaises\n------\nPrivacyError\n", "\n")
        )
        lines += [f"## {title}", "", _plain(text), ""]
    return "\n".join([*lines, ROUNDING, NOT_PROTECTED]).rstrip() + "\n"


def _persons(threshold: int) -> str:
    return str(threshold) if threshold else "no threshold"


def _plain(text: str) -> str:
    """Return a docstring flush left, so that nothing in it is set as code, with links to the errors."""
    plain = "\n".join(line.strip() for line in text.split("\n"))
    return re.sub(r"\bE\d{3}\b", lambda found: f"[{found[0]}](errors.md#{found[0].lower()})", plain)
