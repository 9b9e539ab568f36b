"""Each kind of bad input about worlds: a located error, a non-zero exit, and nothing written.

The texts a user sees are golden files; EFFEKT_REWRITE_GOLDEN=yes rewrites them, and that run fails on purpose.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from effekt.__main__ import run
from effekt.synthetic.shipped import world_file
from goldens import assert_golden

GOLDEN = Path(__file__).parent / "golden"

WORLDS = {
    "share_beyond_one": "persons: {immigrants: 116%}",
    "share_of_identified_beyond_one": 'programme: {identified: {counties: {"11": {from: 2022-05, share: 120%}}}}',
    "shares_of_shocks_beyond_one": "careers: {county_shocks: {country: 60%, region: 60%}}",
    "shares_of_levels_not_whole": 'careers: {school: {levels: {22..26: {"2": 40%, "4": 50%}}}}',
    "negative_volume": 'programme: {projects: {"11": {monthly: -1%}}}',
    "negative_number_of_persons": "persons: {number: -5}",
    "enlarged_to_less": "programme: {enlarged: 0.5}",
    "unknown_county_of_a_project": (
        'programme: {projects: {"99": {start: 2022-05, monthly: 1%, forms: {gruppe: 100%}}}}'
    ),
    "unknown_county_identified": 'programme: {identified: {counties: {"10": {from: 2022-05, share: 50%}}}}',
    "unknown_county_with_a_trend": 'careers: {trends: {"1": 0.1}}',
    "unknown_county_of_a_reform": 'concurrent: {reform: {from: 2024-08, counties: ["11", "77"]}}',
    "unknown_office": 'programme: {projects: {"11": {pilot: {at: ["9999"], until: 2023-01}}}}',
    "unknown_subgroup": "programme: {subgroups: {old: 2}}",
    "start_after_the_end": 'programme: {projects: {"11": {start: 2035-01}}}',
    "pilot_ends_before_the_start": 'programme: {projects: {"11": {pilot: {offices: 3, until: 2021-12}}}}',
    "reform_ends_before_it_begins": "concurrent: {reform: {from: 2024-08, to: 2024-01}}",
    "reform_after_the_end": "concurrent: {reform: {from: 2031-01}}",
    "effect_before_the_start": "programme: {effect: {gruppe: {keep: {3m before: 1}}}}",
    "anticipation_of_no_month": "programme: {anticipation: {months: 0, job: -1}}",
}

SPEC = """\
effekt: 1
study: proeve
question: Kommer flere i jobb?
population: {from: vedtak14a, accrual: 2023-01..2024-12}
treatment: {from: deltakelse, take: first}
outcomes:
  vurdert: {label: Realkompetansevurdert, from: realkompetansevurdering, is: any, window: 0..1y}
primary: {outcome: vurdert, at: 1y}
covariates:
  - {from: arbeidsforhold, is: months_active, window: 24m before}
analyses: [matching]
"""

COMMANDS = {
    "no_draws": ["rehearse", "proeve.yaml", "--world", "tiny", "--draws", "0"],
    "negative_draws": ["rehearse", "proeve.yaml", "--world", "tiny", "--draws", "-1"],
    "register_the_world_lacks": ["rehearse", "proeve.yaml", "--world", "tiny", "--draws", "1"],
    "unknown_world_to_rehearse": ["rehearse", "proeve.yaml", "--world", "confonded", "--draws", "1"],
    "unknown_world": ["synth", "nul", "--out", "out"],
    "calibration_of_no_country": ["calibrate", "tiny", "--out", "out"],
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", WORLDS)
def test_a_bad_world_is_refused_with_place_and_help(name: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with world_file("tiny") as tiny:
        (here / "tiny.yaml").write_text(tiny.read_text(encoding="utf-8"), encoding="utf-8")
    (here / "bad.yaml").write_text(f"include: [tiny.yaml]\n{WORLDS[name]}\n", encoding="utf-8")
    assert run(["synth", "bad.yaml", "--out", "out"]) != 0
    text = capsys.readouterr().err
    assert not (here / "out").exists()
    assert "bad.yaml:2:" in text, "no place"
    assert "= help:" in text
    assert_golden(GOLDEN / f"{name}.txt", text)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_bad_command_is_refused_with_help(name: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "proeve.yaml").write_text(SPEC, encoding="utf-8")
    assert run(COMMANDS[name]) != 0
    # Which worlds there are is not what this is about, nor where the test runs.
    lines = [line for line in capsys.readouterr().err.splitlines() if "note: valid" not in line]
    assert not (here / "out").exists()
    assert_golden(GOLDEN / f"{name}.txt", "\n".join(lines).replace(f"{here}{os.sep}", "") + "\n")
