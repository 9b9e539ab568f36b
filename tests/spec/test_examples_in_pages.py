"""Every study that a page shows passes `effekt check`: an example that does not parse teaches the wrong thing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from effekt.spec.load import check

ROOT = Path(__file__).parents[2]
PAGES = sorted({ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("specs/**/*.md")})
FENCED = re.compile(r"^```ya?ml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def studies() -> Iterator[tuple[str, str]]:
    """Yield the page and line of each example that is a whole study, and its text."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in FENCED.finditer(text):
            if re.search(r"^effekt:", block[1], re.MULTILINE):
                yield f"{page.relative_to(ROOT)}:{text.count(chr(10), 0, block.start()) + 2}", block[1]


SHOWN = dict(studies())


@pytest.mark.parametrize("where", SHOWN)
def test_every_study_in_a_page_is_in_order(where: str, tmp_path: Path) -> None:
    for name in ("codes", "common"):
        (tmp_path / name).symlink_to(ROOT / "specs" / name)
    path = tmp_path / "study.yaml"
    path.write_text(SHOWN[where], encoding="utf-8")
    assert [f"{problem.code} {problem.sentence}" for problem in check(path)] == []


def test_the_readme_shows_studies() -> None:
    assert sum(where.startswith("README.md") for where in SHOWN) >= 2


@pytest.mark.parametrize("study", sorted((ROOT / "specs").glob("**/*.yaml")), ids=lambda p: p.stem)
def test_every_shipped_study_runs_in_this_version_or_says_what_it_waits_for(study: Path) -> None:
    if "study:" in study.read_text(encoding="utf-8"):
        assert {problem.code for problem in check(study)} <= {"E204"}
