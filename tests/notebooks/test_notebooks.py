"""Every notebook runs from top to bottom."""

import runpy
from pathlib import Path

import jupytext
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.py"))


def test_there_are_notebooks():
    assert NOTEBOOKS


SLOW = {"02_tiny_world"}
"""Builds a cohort of ten thousand persons and replays their lives."""


@pytest.mark.parametrize(
    "path", [pytest.param(p, id=p.stem, marks=[pytest.mark.slow] * (p.stem in SLOW)) for p in NOTEBOOKS]
)
def test_a_notebook_runs_from_top_to_bottom(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(path.parents[1])
    runpy.run_path(str(path))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_is_cells_of_text_and_code(path: Path):
    kinds = {cell.cell_type for cell in jupytext.read(path, fmt="py:percent").cells}
    assert kinds == {"markdown", "code"}
