"""Write expected.json: a difference of plain means. Shares no code with effekt.

Run: python tests/reference/none/make_expected.py
"""

import json
import platform
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def main():
    rng = np.random.default_rng(20263)
    treated, y = rng.random(50) < 0.4, rng.normal(3, 1, 50)
    expected = {
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "value": float(y[treated].mean() - y[~treated].mean()),
        "data": {"treated": treated.tolist(), "y": y.tolist()},
    }
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
