"""Write county15.json: two-way fixed effects on the 15 counties and on castle by linearmodels. No code of effekt.

Run: python tests/reference/twfe/make_county15.py    (needs linearmodels and causaldata==0.1.5)
linearmodels' clustered errors count the absorbed effects unless told not to (15% too large at four periods where the
unit effects nest in the clusters); so ``auto_df=False, count_effects=False``, with ``group_debias`` for G/(G-1).
"""

import json
import platform
from pathlib import Path

import causaldata
import linearmodels
import numpy as np
import pandas as pd
from linearmodels.panel import PanelOLS

HERE = Path(__file__).parent


def fitted(frame, y, d, weights=None):
    model = PanelOLS(frame[y], frame[[d]], entity_effects=True, time_effects=True, weights=weights)
    options = {"cov_type": "clustered", "cluster_entity": True, "debiased": False}
    fit = model.fit(**options, auto_df=False, count_effects=False, group_debias=True)
    return {"value": float(fit.params[d]), "CR1": float(fit.std_errors[d]), "rows": int(fit.nobs)}


def main():
    county = pd.read_csv(HERE.parent / "few_units" / "county15.csv").set_index(["county", "year"])
    castle = causaldata.castle.load_pandas().data[["sid", "year", "post", "l_homicide"]].astype(float)
    castle = castle.set_index(["sid", "year"])
    expected = {
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "pandas": pd.__version__}
        | {"linearmodels": linearmodels.__version__, "causaldata": "0.1.5"},
        "d": fitted(county, "rate", "d"),
        "d_weighted": fitted(county, "rate", "d", county["pop"]),
        # causaldata's own `post`, which begins the year after adoption; the published 0.0818 begins with the year.
        "castle_post": fitted(castle, "l_homicide", "post"),
    }
    (HERE / "county15.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
