"""Texts that a user sees, kept as files: EFFEKT_REWRITE_GOLDEN=yes rewrites them, and that run fails on purpose."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def assert_golden(path: Path, text: str) -> None:
    """Fail unless a text is the one kept in a file."""
    if os.environ.get("EFFEKT_REWRITE_GOLDEN") == "yes":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        pytest.fail("golden file rewritten; look at it and run again without the switch")
    assert text == path.read_text(encoding="utf-8")
