"""Write expected.json: minimal detectable effects from quantiles of t by scipy.

Run: python tests/reference/checks/mde/make_expected.py
"""

import json
import platform
from pathlib import Path

import numpy as np
import scipy
from scipy import stats

HERE = Path(__file__).parent


def mde(se, df, power=0.8):
    return float((stats.t.ppf(0.975, df) + stats.t.ppf(power, df)) * se)


def main():
    pre = json.loads((HERE.parent / "pre_trends" / "expected.json").read_text(encoding="utf-8"))
    expected = {
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__},
        "history": mde(pre["std_error"], pre["df"]),
        "sd_185_260": mde(np.sqrt(1 / 185 + 1 / 260), 443),
        "sd_185_260_power_90": mde(np.sqrt(1 / 185 + 1 / 260), 443, 0.9),
    }
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
