"""Every command and example that a page shows works: a newcomer who copies a line gets what the page promises."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from effekt.cli.app import app

ROOT = Path(__file__).parents[2]
PAGES = sorted({ROOT / "README.md", *ROOT.glob("docs/*.md")})

NOT_RUN = ("pip install", "pytest", "ruff", "mypy", ".ci/run")
"""What installs, and what tests effekt itself: named here, and nothing else is left out."""

NAMES = frozenset("abcdefghijklmnopqrstuvwxyz-")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(page), re.MULTILINE | re.DOTALL)


def shown(page: Path) -> list[str]:
    """The commands of a page that run: those in blocks, an install before `&&` taken off."""
    lines = [line.partition("  # ")[0] for block in blocks(page, "bash") for line in block.split("\n") if line.strip()]
    commands = [part for line in lines for part in line.split(" && ")]
    return [c for c in commands if not any(name in c for name in NOT_RUN) and " -m venv " not in c]


def mentioned(page: Path) -> list[str]:
    """Every `effekt ...` of a page, in blocks and in sentences."""
    inline = re.findall(r"`(effekt [a-z][^`\n]*)`", text_of(page))
    return [*inline, *(c.removeprefix(".venv/bin/") for c in shown(page) if "bin/effekt " in c)]


MENTIONED = sorted({command for page in PAGES for command in mentioned(page)})


@pytest.mark.parametrize("command", MENTIONED)
def test_a_command_in_a_page_exists_with_its_options(command: str) -> None:
    here = typer.main.get_command(app)
    words = shlex.split(command)[1:]
    while words and hasattr(here, "commands") and set(words[0]) <= NAMES:
        assert words[0] in here.commands, f"effekt has no command `{words[0]}`"
        here = here.commands[words.pop(0)]
    options = {name for parameter in here.params for name in parameter.opts} | {"--help"}
    assert {word for word in words if word.startswith("--")} <= options


def test_no_example_of_a_study_is_left_unchecked() -> None:
    """Whole studies go through `effekt check` in tests/spec; a fragment could be wrong unseen."""
    examples = [block for page in PAGES for language in ("yaml", "yml") for block in blocks(page, language)]
    assert examples
    assert [block for block in examples if not block.startswith("effekt: 1\n")] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_examples_in_python_run(page: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for block in blocks(page, "python"):
        exec(compile(block, str(page), "exec"), {})


@pytest.mark.slow
def test_the_commands_of_the_pages_run_one_after_the_other(tmp_path: Path) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    for name, target in (("python", ""), ("effekt", "-m effekt ")):
        script = tmp_path / ".venv" / "bin" / name
        script.write_text(f'#!/bin/sh\nexec {sys.executable} {target}"$@"\n', encoding="utf-8")
        script.chmod(0o755)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    commands = [command for page in PAGES for command in shown(page)]
    assert len(commands) > 10
    for command in commands:
        run = subprocess.run(
            command, shell=True, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True
        )
        assert run.returncode == 0, f"{command}\n{run.stdout[-2000:]}{run.stderr[-2000:]}"
    for promised in ("effekt-demo/report.html", "demo-out/report.html", "nsw-out/report.html"):
        assert (tmp_path / promised).exists()
