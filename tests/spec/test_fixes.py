"""Every golden study that the manual mends is in order when mended, and every code of the grammar has one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from effekt.spec.load import check

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
FIXES: Mapping[str, list[str]] = yaml.safe_load((HERE / "fixes.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("study", FIXES)
def test_a_mended_study_is_in_order(study: str, tmp_path: Path) -> None:
    wrong, right = FIXES[study]
    failing = (GOLDEN / f"{study}.yaml").read_text(encoding="utf-8")
    assert wrong in failing
    (tmp_path / "parts").symlink_to(GOLDEN / "parts")
    mended = tmp_path / "study.yaml"
    mended.write_text(failing.replace(wrong, right, 1), encoding="utf-8")
    assert [f"{problem.code} {problem.sentence}" for problem in check(mended)] == []


def test_every_code_of_the_grammar_is_mended_once() -> None:
    assert sorted(study[:4] for study in FIXES) == sorted({p.name[:4] for p in GOLDEN.glob("E*.yaml")})
