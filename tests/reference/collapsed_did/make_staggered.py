"""Write staggered.json: twelve units, two starts, all 132 assignments of the ordered starts, each refitted by loops.

Run: python tests/reference/collapsed_did/make_staggered.py    (a second; shares no code with effekt)
"""

import itertools
import json
import math
import platform
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def change(series, start, anticipation):
    before, after = series[: start - anticipation], series[start:]
    return sum(after) / len(after) - sum(before) / len(before)


def welch(a, b):
    def squared(v):
        mean = sum(v) / len(v)
        return sum((x - mean) ** 2 for x in v) / (len(v) - 1) / len(v)

    gap = sum(a) / len(a) - sum(b) / len(b)
    return gap, gap / math.sqrt(squared(a) + squared(b))


def fitted(values, starts, anticipation):
    """Estimate and t: each treated against the never treated over its own windows."""
    never = [g for g in range(len(values)) if g not in starts]
    treated, averaged = [], [0.0] * len(never)
    for g, start in starts.items():
        others = [change(values[h], start, anticipation) for h in never]
        mean = sum(others) / len(others)
        treated.append(change(values[g], start, anticipation) - mean)
        averaged = [a + (o - mean) / len(starts) for a, o in zip(averaged, others, strict=True)]
    return welch(treated, averaged)


def main():
    rng = np.random.default_rng(20266)
    values = rng.normal(0, 1, (12, 1)) + np.cumsum(rng.normal(0, 0.3, (12, 14)), axis=1)
    values[2, 7:] += 0.5
    values[8, 10:] += 0.5
    values, anticipation, starts = values.tolist(), 2, {2: 7, 8: 10}
    here = fitted(values, starts, anticipation)
    draws = [
        fitted(values, dict(zip(units, starts.values(), strict=True)), anticipation)
        for units in itertools.permutations(range(12), 2)
    ]
    expected = {
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "value": here[0],
        "t": here[1],
        "count_t": sum(abs(t) >= abs(here[1]) * (1 - 1e-9) for _, t in draws),
        "count_beta": sum(abs(b) >= abs(here[0]) * (1 - 1e-9) for b, _ in draws),
        "total": len(draws),
        "data": {"values": values, "starts": {str(g): s for g, s in starts.items()}, "anticipation": anticipation},
    }
    (HERE / "staggered.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
