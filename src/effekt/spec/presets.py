"""Presets: names that stand for a whole analysis."""

from __future__ import annotations

from typing import Any

PRESETS: dict[str, dict[str, dict[str, Any]]] = {
    "matching": {
        "adjust": {"method": "nearest", "ratio": 10, "caliper": "0.2 sd", "replace": True},
        "estimate": {"method": "difference"},
    },
}
"""Name -> the analysis it stands for, as it would be written. `matching`: nearest neighbours with replacement."""
