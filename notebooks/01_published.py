# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A published experiment, from table to report
#
# The National Supported Work demonstration (LaLonde 1986; Dehejia and Wahba 1999): 445 persons, treated at random.
# The spec is `specs/published/nsw_experiment.yaml`; the table comes from the package `causaldata`
# (`pip install -e '.[published]'`). The steps are those of the command line, one by one.

# %%
import tempfile
from pathlib import Path

from effekt.errors import OutcomesSealed
from effekt.study import Study
from effekt.verify import sources

folder = Path(tempfile.mkdtemp())
table = folder / "nsw.parquet"
sources.nsw().to_parquet(table)

spec = Path("specs/published/nsw_experiment.yaml")
if not spec.exists():
    spec = Path("..") / spec

study = Study.open(spec, table=table, work=folder / "work")

# %% [markdown]
# ## Design: nothing after time zero is read
# The sample holds covariates and treatment. Earnings in 1978 are not in it.

# %%
study.sample.baseline.describe().T

# %%
for finding in study.findings:
    if finding.analysis == "experiment":
        print(f"{finding.check:10} {finding.subject:52} {finding.verdict}")

# %% [markdown]
# Asking for estimates now is refused: outcomes are sealed until the design is frozen.

# %%
try:
    study.estimates()
except OutcomesSealed as sealed:
    print(sealed.problems[0].sentence)

# %% [markdown]
# ## Freeze, estimate
# Dehejia and Wahba report a difference of 1,794 dollars; Neyman's standard error is 671.

# %%
freeze = study.freeze()
estimates = study.estimates()
for name, result in estimates.items():
    row = result.rows[0]
    print(f"{name:12} {row.value:8.1f} ({row.std_error:.1f})  95% interval {row.ci_low:.0f} to {row.ci_high:.0f}")

experiment = estimates["experiment"].rows[0]
assert round(experiment.value) == 1794
assert round(experiment.std_error) == 671

# %% [markdown]
# ## Release
# Tables pass disclosure control (these data are public: `disclosure: open`), and the report claims no more than the
# design carries.

# %%
out = study.release(folder / "out")
sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())
