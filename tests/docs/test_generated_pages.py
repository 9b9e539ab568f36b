"""The generated pages of the manual are what their sources say today, and leave nothing out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
import yaml
from pydantic import BaseModel, TypeAdapter

from effekt.errors import CODES
from effekt.spec.keys import keys, keys_named, sections
from effekt.spec.kinds import Study
from effekt.spec.manuals import manuals

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def test_the_committed_pages_are_what_the_builder_writes() -> None:
    command = [sys.executable, "docs/build.py", "--check"]
    built = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr


def test_every_key_of_a_study_says_what_it_means() -> None:
    assert [key.path for key in keys() if not key.meaning] == []


@pytest.mark.parametrize(
    "path", ["population.accrual", "prepared.never", "analyses.NAME.adjust.caliper", "checks.mde.power"]
)
def test_a_key_is_found_by_its_path_and_by_its_end(path: str) -> None:
    (key,) = keys_named(path)
    assert key in keys_named(path.rpartition(".")[2])
    assert key.meaning in key.told()


@pytest.mark.parametrize("kind", get_args(Study), ids=lambda kind: kind.__name__)
def test_every_example_of_a_key_is_a_value_it_can_take(kind: type[BaseModel]) -> None:
    for section in sections(kind):
        hints = get_type_hints(section.model, include_extras=True)
        fields = {field.alias or name: hints[name] for name, field in section.model.model_fields.items()}
        for key in section.keys:
            if key.example:
                value = yaml.load(key.example, yaml.BaseLoader)  # text as typed, which is how effekt reads YAML
                TypeAdapter(fields[key.name]).validate_python(value)


def test_a_key_that_must_be_given_is_told_so() -> None:
    (unit,) = keys_named("prepared.unit")
    assert "must be given" in unit.told()
    (missing,) = keys_named("prepared.missing")
    assert "default error" in missing.told()


@pytest.mark.parametrize(
    ("page", "headings"),
    [("errors.md", tuple(CODES)), ("methods.md", tuple(manuals()))],
)
def test_a_page_has_a_heading_for_each(page: str, headings: tuple[str, ...]) -> None:
    lines = (DOCS / page).read_text(encoding="utf-8").split("\n")
    assert [name for name in headings if f"### {name}" not in lines] == []
