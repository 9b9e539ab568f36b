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
# # From a spec to a frozen study on registers
#
# No real person stands behind these registers: they were drawn from `synthetic/worlds/tiny.yaml`, a world with a known
# effect. The study asks whether more Nav users are in work a year later if they get career guidance now rather than
# later. The steps are those of the command line, one by one.

# %%
import tempfile
from pathlib import Path

from effekt.errors import OutcomesSealed
from effekt.study import Study

SPEC = """\
effekt: 1
study: tiny-notebook
title: Guidance now or later
question: Are more Nav users in work a year later if they get guidance now rather than later?
population:
  from: vedtak14a
  include: [{age: 19..30}]
  accrual: 2022-05..2026-12
treatment: {from: deltakelse, take: first}
comparison: {candidates: 5}
outcomes:
  i_jobb: {label: Employed, from: arbeidsforhold, is: active, at: [1y]}
primary: {outcome: i_jobb, at: 1y}
covariates:
  - {from: arbeidsforhold, is: months_active, window: 12m before}
  - {from: ytelse, is: months_active, window: 12m before}
analyses:
  matched: {adjust: {method: nearest, ratio: 3, replace: true}, estimate: {method: difference}}
disclosure: terskel10
report: {languages: [en]}
"""

folder = Path(tempfile.mkdtemp())
spec = folder / "study.yaml"
spec.write_text(SPEC, encoding="utf-8")

study = Study.open(spec, world="tiny", work=folder / "work")

# %% [markdown]
# ## Design: nothing after time zero is read
# Everyone who starts is compared with those who were registered and untreated on that very day, in the same county,
# quarter and band of months registered.

# %%
for step in study.sample.attrition.steps:
    print(f"{step.units:6} {step.reason}")

# %%
study.describe().to_records()

# %%
gate = study.design()
for finding in gate.findings:
    print(f"{finding.check:10} {finding.subject:52} {finding.verdict}")

# %% [markdown]
# How the persons were chosen can be read as SQL; these are the first two queries.

# %%
for name, sql in study.sql()[:2]:
    print(f"-- {name}\n{sql}\n")

# %% [markdown]
# Asking for estimates now is refused: outcomes are sealed until the design is frozen.

# %%
try:
    study.estimates()
except OutcomesSealed as sealed:
    print(sealed.problems[0].sentence)

# %% [markdown]
# ## Freeze, estimate, and look at the truth
# Every treated person's life is replayed with and without the start, with the same luck in both. That is what the
# estimate is held against; no register could tell.

# %%
freeze = study.freeze()
row = study.estimates()["matched"].rows[0]
(truth,) = study.truth(streams=5)
print(f"estimate {100 * row.value:.1f} points, 95% interval {100 * row.ci_low:.1f} to {100 * row.ci_high:.1f}")
print(f"truth    {100 * truth.kept:.1f} points among the {truth.persons} that were matched")

assert truth.outcome == "i_jobb" and truth.horizon == 12
assert row.ci_low < truth.kept < row.ci_high

# %% [markdown]
# ## Release
# Tables pass disclosure control, and the report claims no more than the design carries.

# %%
out = study.release(folder / "out")
sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())
