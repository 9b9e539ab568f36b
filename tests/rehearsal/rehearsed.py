"""A small world in which selection is on what a register shows, and a study that knows it."""

from __future__ import annotations

from pathlib import Path

from effekt.synthetic.world import World, load_world

WORLD = """\
world: proeve
label: Two counties with a project; who takes part depends on months in work before, which a register shows
seed: 1
coverage: 2020-01..2026-12
persons:
  number: 1200
  born: {1995..2004: 100%}
  counties: {"11": 50%, "34": 42%}
  immigrants: 16%
  parents: {"2": 28%, "4": 44%, "6": 28%}
careers:
  frailty: 0.8
  job: {find: 4%, lose: 2%}
  school: {drop_out: 2.6%, resume: 5%}
  nav: {register: 12%, leave: 2%, reduced: 14%, guidance: 75%, tiltak: 3%}
  leaving: {move: 0.2%, emigrate: 0.015%, die: 0.006%}
  county_shocks: {sd: 0.10, persistence: 0.9}
programme:
  target: 19..30
  projects:
    "11": {start: 2022-05, monthly: 4%, forms: {individuell: 45%, trekant: 25%, gruppe: 30%}}
    "34": {start: 2022-05, monthly: 4%, forms: {individuell: 50%, trekant: 20%, gruppe: 30%}}
  ordinary: {monthly: 0.05%, growth: 0.005%..0.06%}
  selection: {months_employed: -1.5}
  motivation: {participation: 0, work: 0.6}
  effect:
    individuell: {job: {0..3m: -0.4, 3m..3y: 0.60}, education: {0..1y: 0.6}}
    trekant: {job: {0..3m: -0.4, 3m..3y: 0.80}, education: {0..1y: 0.8}}
    gruppe: {job: {0..3m: -0.2, 3m..3y: 0.40}, education: {0..1y: 0.4}}
"""

SPEC = """\
effekt: 1
study: proeve
question: Kommer flere i jobb med veiledning nå enn senere?
population:
  from: vedtak14a
  include: [{age: 19..30}]
  accrual: 2022-05..2025-12
treatment: {from: deltakelse, take: first}
comparison: {candidates: 10, cells: {fylke: , calendar: quarter}}
outcomes:
  i_jobb: {label: Lønnstaker, from: arbeidsforhold, is: active, at: [1y]}
primary: {outcome: i_jobb, at: 1y}
covariates:
  - {from: arbeidsforhold, is: months_active, window: 24m before}
analyses:
  hoved: {adjust: {method: nearest, ratio: 3, caliper: 0.2 sd, replace: true}, estimate: {method: difference}}
"""


def written_spec(folder: Path, text: str = SPEC) -> Path:
    """Write the study into a folder."""
    path = folder / "proeve.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def small_world(folder: Path, **switches) -> World:
    """The world with its switches thrown."""
    path = folder / "verden.yaml"
    path.write_text(WORLD, encoding="utf-8")
    return load_world(path).switched(**switches)
