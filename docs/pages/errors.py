"""`errors.md`: every error code, what it can say, and an example that fails beside one that is mended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import groupby

import yaml

from effekt.errors import CODES
from pages.markdown import ROOT, fenced, opening, table
from pages.messages import messages

SPECS = ROOT / "tests" / "spec"
COMMANDS = ROOT / "tests" / "cli" / "golden"

INTRODUCTION = """\
An error says what is wrong, where (file, line, column), what to write instead (`help`) and what is allowed (`note`). It
never shows a value of your data. A code keeps its meaning for good.

Exit codes: 0 done, 1 `verify` found a number off, 2 mend something, 3 a package is missing, 4 the gate is closed,
70 a bug in effekt, 130 interrupted.

The examples are the tests: studies that fail from [`tests/spec/golden`](../tests/spec/golden), mended as
[`fixes.yaml`](../tests/spec/fixes.yaml) says; what commands print about bad files from
[`tests/cli/golden`](../tests/cli/golden). In the lists of sentences … stands for names of your study.
"""

GROUPS = {
    "E1": "The shape of the file",
    "E2": "Names",
    "E3": "Time and causal logic",
    "E4": "Clusters, checks and the gate",
    "E5": "Privacy and disclosure",
    "E6": "Freeze and seal",
    "E7": "Data files",
    "E8": "Estimation",
    "E9": "effekt itself",
}


def page() -> str:
    """Return the page."""
    lines = [*opening("Errors", "`src/effekt/errors.py`, the sources and the golden files of the tests"), INTRODUCTION]
    for group, codes in groupby(CODES, key=lambda c: c[:2]):
        lines += [f"## {GROUPS[group]}", ""]
        for number in codes:
            lines += [f"### {number}", "", f"{CODES[number][0].upper()}{CODES[number][1:]}.", ""]
            lines += [*_sentences(number), *_example(number)]
    return "\n".join(lines).rstrip() + "\n"


def _sentences(number: str) -> Iterator[str]:
    said = messages().get(number, ())
    if said:
        yield from table(("it says", "write instead"), ((m.sentence, m.help) for m in said))


def _example(number: str) -> Iterator[str]:
    fixes = mended()
    for study in (name for name in sorted(fixes) if name.startswith(number)):
        failing = (SPECS / "golden" / f"{study}.yaml").read_text(encoding="utf-8")
        changed, instead = fixes[study]
        yield from ("Fails:", "")
        yield from fenced((SPECS / "golden" / f"{study}.expected").read_text(encoding="utf-8").split("\n\n")[0])
        yield from ("Mended:", "")
        yield from fenced("\n".join(_difference(failing, failing.replace(changed, instead, 1))), "diff")
        return
    for shown in sorted(COMMANDS.glob("*.txt")):
        text = shown.read_text(encoding="utf-8")
        if text.startswith(number):
            yield from ("For instance:", "")
            yield from fenced(text)
            return


@cache
def mended() -> Mapping[str, tuple[str, str]]:
    """Return golden study -> what is wrong in it and what mends it."""
    return {k: tuple(v) for k, v in yaml.safe_load((SPECS / "fixes.yaml").read_text(encoding="utf-8")).items()}


def _difference(before: str, after: str) -> Iterator[str]:
    import difflib

    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1))
    yield from (line for line in lines[2:] if not line.startswith("@@"))
