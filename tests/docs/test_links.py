"""Every link in every page leads to a file that is there, and to a heading that it has."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for folder in ("", "docs/", "benchmarks/", "notebooks/", "specs/**/", "synthetic/**/", "tests/**/", "src/**/")
    for path in ROOT.glob(f"{folder}*.md")
)
LINK = re.compile(r"!?\[(?:[^\]\[]|\[[^\]]*\])*\]\(([^)\s]+)\)")


def links(page: Path) -> list[str]:
    """The targets of a page's links, those shown as code left out."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    # Code may be a link's text, so only what has a bracket and a target inside the ticks goes.
    return LINK.findall(re.sub(r"`[^`\n]*\]\([^`\n]*`", "", text))


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors GitHub gives a page's headings; the second of a name gets `-1`."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    found: dict[str, int] = {}
    for heading in re.findall(r"^#{1,6} +(.+?)\s*$", text, re.MULTILINE):
        slug = re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading).lower()).replace(" ", "-")
        found[slug] = found.get(slug, -1) + 1
        if found[slug]:
            found[f"{slug}-{found[slug]}"] = 0
    return frozenset(found)


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere; what is on the web is not visited."""
    lost = []
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            lost.append(link)
    return lost


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert broken(page) == []


def test_a_link_to_a_missing_file_or_heading_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Here\n[a](gone.md) [b](#here) [c](#there) `[d](code.md)` [`e`](#here-1)\n", encoding="utf-8")
    assert broken(page) == ["gone.md", "#there", "#here-1"]


def test_every_page_of_the_manual_is_reached_from_its_index() -> None:
    listed = {link.partition("#")[0] for link in links(ROOT / "docs" / "README.md")}
    assert {p.name for p in (ROOT / "docs").glob("*.md")} - {"README.md"} <= listed
    assert "docs/README.md" in links(ROOT / "README.md")
