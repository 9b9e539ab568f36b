"""The tables in LaTeX compile with pdflatex, in both languages, and nothing in them runs over the edge of the page."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from release_examples import counties, experiment
from rich_examples import county_study, hostile, long_names, many_analyses, register_study

from effekt.release.contents import ReportInput
from effekt.release.formats.latex import latex_file
from effekt.release.language import Language

pytestmark = pytest.mark.latex

CASES: dict[str, Callable[[], ReportInput]] = {
    "experiment": experiment,
    "counties": counties,
    "county_study": county_study,
    "register_study": register_study,
    "many_analyses": many_analyses,
    "long_names": long_names,
    "hostile": hostile,
}

MOST_POINTS = 5.0
"""Wider than the text by less is not seen in print."""


@pytest.mark.parametrize("code", ["nb", "en"])
@pytest.mark.parametrize("name", CASES)
def test_the_tables_compile_and_fit_the_page(name: str, code: str, tmp_path: Path):
    assert shutil.which("pdflatex"), "install LaTeX: apt-get install texlive-latex-recommended lmodern"
    (tmp_path / "tables.tex").write_bytes(latex_file(CASES[name]().in_language(code), Language(code)))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "tables.tex"]
    for _ in range(2):  # longtable finds its widths in the first run
        made = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=120)
        log = made.stdout.decode("latin-1")
        assert made.returncode == 0, log[-2000:]
    assert (tmp_path / "tables.pdf").read_bytes().startswith(b"%PDF")
    assert "Missing character" not in log
    wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([0-9.]+)pt too wide\)", log)]
    assert [points for points in wide if points > MOST_POINTS] == []
