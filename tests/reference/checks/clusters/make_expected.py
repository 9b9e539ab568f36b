"""Write expected.json: Bell-McCaffrey degrees of freedom in closed form and partial leverage by hand.

Run: python tests/reference/checks/clusters/make_expected.py
"""

import json
import platform
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def main():
    cases = {}
    for n1, n0 in ((5, 10), (2, 13), (3, 12), (4, 11)):
        d = np.r_[np.ones(n1), np.zeros(n0)]
        tilde = (d - d.mean()) ** 2
        df = (n1 + n0) ** 2 * (n1 - 1) * (n0 - 1) / (n1**2 * (n1 - 1) + n0**2 * (n0 - 1))
        cases[f"{n1},{n0}"] = {"df": df, "leverage": float(tilde.max() / tilde.sum())}
    expected = {"versions": {"python": platform.python_version(), "numpy": np.__version__}, "cases": cases}
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
