"""`methods.md`: the manual of every method and check, with what it requires, meets and refuses."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

from effekt.checks import CheckSettings
from effekt.method import Method
from effekt.spec.manuals import manuals
from effekt.spec.methods import ADJUSTMENTS, ESTIMATORS
from pages.markdown import ROOT, opening, slug

INTRODUCTION = """\
Which one to take:

| design | estimator | adjustment |
| --- | --- | --- |
| an experiment | `difference`, `regression` | `none` |
| persons who chose, much known about them | `difference` | `nearest`, `exact` |
| one start, many clusters, a panel | `twfe`, `event_study` | `none` |
| few counties or offices | `collapsed_did` | `none` |
| counties that differ in uptake | `dose_slope` | `none` |

`effekt explain NAME` prints the same text. Each method meets stored numbers of 17 digits, with the program that made
them, under [`tests/reference/`](../tests/reference). Reports print the manual of the methods they used.
"""

ROOMS = (
    ("Estimators", "estimate", ESTIMATORS),
    ("Adjustments", "adjust", ADJUSTMENTS),
    ("Checks", "", {name: type(check) for name, check in CheckSettings().by_name.items()}),
)
VERBS = ("estimate", "weigh", "examine")


def page() -> str:
    """Return the page."""
    lines = [*opening("Methods and checks", "the docstrings of `estimators/`, `adjust/` and `checks/`"), INTRODUCTION]
    known = manuals()
    for title, role, members in ROOMS:
        lines += [f"## {title}", ""]
        for name, method in members.items():
            lines += [f"### {name}", "", set_manual(known[name]), "", *_facts(name, role, method), ""]
    return "\n".join(lines).rstrip() + "\n"


def set_manual(text: str) -> str:
    """Return a manual as Markdown: formulas as GitHub sets them, code in single backticks."""
    text = re.sub(r"^\.\. math::[ ]*(.*(?:\n(?!\n).*)*)", _formula, text, flags=re.MULTILINE)
    text = re.sub(r":math:`([^`]+)`", r"$`\1`$", text, flags=re.DOTALL)
    return re.sub(r"(?<!`)``([^`]+)``(?!`)", r"`\1`", text)


def _formula(found: re.Match[str]) -> str:
    return "```math\n" + inspect.cleandoc(found[1]).strip() + "\n```"


def _facts(name: str, role: str, method: type[Method]) -> Iterator[str]:
    heading = f"`analyses.NAME.{role}` with `method: {name}`" if role else f"`checks.{name}`"
    if _has_keys(method):
        yield f"- **Keys**: [in the reference](spec.md#{slug(heading)})."
    if required := getattr(method, "required_checks", ()):
        yield f"- **Requires the checks** {', '.join(f'[{check}](#{slug(check)})' for check in required)}."
    if inferences := getattr(method, "inferences", ()):
        yield f"- **Inference**: {', '.join(inferences)}."
    if refuses := _raises(method):
        yield f"- **Refuses**: {refuses}"
    if folder := _reference(name):
        yield f"- **Reference numbers**: [`{folder}`](../{folder})."


def _has_keys(method: type[Method]) -> bool:
    return bool(set(method.model_fields) - {"method"})


def _raises(method: type[Method]) -> str:
    """Return the codes that the method's verb can raise and when, with links."""
    verb = next(getattr(method, name) for name in VERBS if hasattr(method, name))
    _, _, raised = inspect.getdoc(verb).partition("Raises\n------\n")
    lines = [line.strip() for line in raised.split("\n\n", maxsplit=1)[0].split("\n") if line.startswith(" ")]
    text = re.sub(r"``([^`]+)``", r"`\1`", " ".join(lines))
    return re.sub(r"\bE\d{3}\b", lambda found: f"[{found[0]}](errors.md#{found[0].lower()})", text)


def _reference(name: str) -> str:
    places = (f"tests/reference/{name}", f"tests/reference/checks/{name}")
    return next((place for place in places if (ROOT / place).is_dir()), "")
