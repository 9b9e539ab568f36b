"""What a command says when it is done can be typed as it stands, and what is hopeless is said at once."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from effekt.__main__ import run
from effekt.cli import showing

SPECS = Path(__file__).parents[2] / "specs" / "published"
HEAVY = ("pandas", "ibis", "scipy", "statsmodels", "linearmodels", "matplotlib", "pyarrow")

SPEC = """\
effekt: 1
study: steps
question: Does it work?
prepared: {unit: id, treated: d, assigned: ASSIGNED, covariates: [x], outcomes: {y: {column: y}}}
primary: {outcome: y}
analyses: [difference]
disclosure: open
"""

REGISTERS = """\
effekt: 1
study: registers
question: Does it work?
population: {from: vedtak14a, accrual: 2024-05..2025-03}
treatment: {from: deltakelse, take: first}
outcomes: {i_jobb: {from: arbeidsforhold, is: active, at: [1y]}}
primary: {outcome: i_jobb, at: 1y}
analyses: [matching]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(5)
    d = rng.permutation(np.arange(200) < 80).astype(int)
    frame = pd.DataFrame({"id": range(200), "d": d, "x": rng.normal(size=200) + d, "y": rng.normal(size=200) + d})
    frame.to_csv(tmp_path / "data.csv", index=False)
    (tmp_path / "study.yaml").write_text(SPEC.replace("ASSIGNED", "random"), encoding="utf-8")
    (tmp_path / "chosen.yaml").write_text(SPEC.replace("ASSIGNED", "observational"), encoding="utf-8")
    return tmp_path


def next_step(text: str) -> list[str]:
    """The arguments of the command a line `Next: effekt ...` names."""
    (line,) = [line for line in text.splitlines() if line.startswith("Next: ")]
    program, *arguments = shlex.split(line.removeprefix("Next: "))
    assert program == "effekt"
    return arguments


def test_every_next_step_can_be_typed_as_it_stands_from_design_to_release(folder: Path, capsys):
    arguments = ["design", "study.yaml", "--table", "data.csv", "--work", "work"]
    taken = []
    while arguments[0] != "release":
        taken.append(arguments[0])
        assert run(arguments) == 0
        arguments = next_step(capsys.readouterr().out)
    assert taken == ["design", "freeze", "run"]
    assert run([argument if argument != "DIR" else "out" for argument in arguments]) == 0
    assert (folder / "out" / "report.html").exists()


def test_a_closed_gate_names_the_command_that_passes_over_a_check(folder: Path, capsys):
    assert run(["design", "chosen.yaml", "--table", "data.csv", "--work", "work"]) == 4
    text = capsys.readouterr().out
    assert "the gate is closed" in text
    assert 'effekt freeze chosen.yaml --table data.csv --work work --override CHECK --reason "..."' in text


@pytest.mark.parametrize("width", [160, 70])
def test_a_log_shows_the_whole_advice_of_a_finding(folder: Path, capsys, monkeypatch: pytest.MonkeyPatch, width: int):
    monkeypatch.setattr(showing, "WIDTH_OF_A_LOG", width)
    run(["design", "chosen.yaml", "--table", "data.csv", "--work", "work"])
    text = capsys.readouterr().out
    assert "…" not in text
    if width == 160:
        assert {"adjust", "choose", "comparisons", "resemble", "treated"} <= set(text.split())


def test_status_follows_the_study_from_nothing_to_a_release_and_back_after_an_amendment(folder: Path, capsys):
    data = ["study.yaml", "--table", "data.csv", "--work", "work"]
    following = []
    for command in (None, "design", "freeze", "run", "release", "amend", "run", "release"):
        more = {"release": ["--out", "out"], "amend": ["--reason", "second thoughts"]}
        if command is not None:
            assert run([command, *data, *more.get(command, [])]) == 0
        capsys.readouterr()
        assert run(["status", "study.yaml", "--work", "work"]) == 0
        following.append(capsys.readouterr().out.splitlines()[-1])
    assert following.pop() == following.pop(4) == "To see two releases side by side: effekt compare A B"
    steps = [next_step(line)[0] for line in following]
    assert steps == ["design", "freeze", "run", "release", "run", "release"]


@pytest.mark.parametrize("out", ["thesis", "notes.txt", ".", "..", "state"])
def test_an_output_folder_that_cannot_be_used_is_refused_before_any_outcome_is_read(folder: Path, capsys, out: str):
    (folder / "thesis").mkdir()
    (folder / "thesis" / "thesis.docx").write_text("precious", encoding="utf-8")
    (folder / "notes.txt").write_text("precious", encoding="utf-8")
    arguments = ["study.yaml", "--table", "data.csv", "--work", "state/work", "--all-stages", "--out", out]
    assert run(["run", *arguments]) == 2
    text = capsys.readouterr().err
    assert text.startswith("E710")
    assert " = help: " in text
    assert not (folder / "state").exists()
    assert (folder / "thesis" / "thesis.docx").read_text(encoding="utf-8") == "precious"
    assert (folder / "notes.txt").read_text(encoding="utf-8") == "precious"


@pytest.mark.parametrize("asked", [["--format", "json"], ["--format=json"]])
def test_problems_are_json_on_standard_output_however_they_are_asked_for(folder: Path, capsys, asked: list[str]):
    (folder / "bad.yaml").write_text(SPEC.replace("covariates", "covariate"), encoding="utf-8")
    assert run(["check", "bad.yaml", *asked]) == 2
    printed = capsys.readouterr()
    problems = json.loads(printed.out)
    assert printed.err == ""
    (misspelt,) = [p for p in problems if p["code"] == "E203"]
    assert (misspelt["place"]["file"], misspelt["place"]["line"]) == ("bad.yaml", 4)
    assert "covariates" in misspelt["help"]


def test_a_file_called_json_does_not_turn_text_into_json(folder: Path, capsys):
    assert run(["check", "json"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("E108")


@pytest.mark.parametrize("name", [*(p.name for p in sorted(SPECS.glob("*.yaml"))), "registers.yaml", "broken.yaml"])
def test_checking_a_study_loads_no_heavy_library(folder: Path, name: str):
    (folder / "registers.yaml").write_text(REGISTERS, encoding="utf-8")
    (folder / "broken.yaml").write_text(SPEC.replace("difference", "diference"), encoding="utf-8")
    spec = SPECS / name if (SPECS / name).exists() else folder / name
    code = (
        "import sys; from effekt.__main__ import run; "
        f"code = run(['check', {str(spec)!r}]); print(code, [m for m in {HEAVY} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    code, _, loaded = done.stdout.splitlines()[-1].partition(" ")
    assert loaded == "[]"
    assert code == ("2" if name == "broken.yaml" else "0")


def test_ctrl_c_in_the_middle_of_a_release_leaves_no_partial_output(folder: Path):
    # The signal is sent by the process itself, from inside the writing of the third file.
    code = """
import os, signal, sys
from pathlib import Path
from effekt.__main__ import run
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
write, written = Path.write_bytes, []
def interrupted(self, data):
    written.append(self)
    if len(written) == 3:
        os.kill(os.getpid(), signal.SIGINT)
    return write(self, data)
Path.write_bytes = interrupted
sys.exit(run(["run", "study.yaml", "--table", "data.csv", "--work", "work", "--all-stages", "--out", "out"]))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 130, done.stderr
    assert "interrupted" in done.stderr
    assert "Traceback" not in done.stderr
    assert {p.name for p in folder.iterdir()} == {"data.csv", "study.yaml", "chosen.yaml", "work"}


def test_ctrl_c_at_any_time_leaves_an_output_folder_whole_or_absent(folder: Path):
    command = [sys.executable, "-m", "effekt", "run", "study.yaml", "--table", "data.csv", "--work", "work"]
    env = {**os.environ, "MPLBACKEND": "Agg"}
    process = subprocess.Popen(
        [*command, "--all-stages", "--out", "out"],
        cwd=folder,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    ledger, deadline = folder / "work" / "ledger.jsonl", time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        if ledger.exists() and "outcomes_read" in ledger.read_text(encoding="utf-8"):
            process.send_signal(signal.SIGINT)
            break
        time.sleep(0.02)
    _, shown = process.communicate(timeout=60)
    assert "Traceback" not in shown
    assert not [p for p in folder.iterdir() if p.name.startswith(".out")]
    assert process.returncode in {0, 130}
    if (folder / "out").exists():
        listed = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))["files"]
        there = {p.relative_to(folder / "out").as_posix() for p in (folder / "out").rglob("*") if p.is_file()}
        assert there == {*listed, "manifest.json"}
