"""The commands, their exit codes, and what they load."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest
import yaml

from effekt import __main__ as entry
from effekt.__main__ import run
from effekt.spec.manuals import manuals
from effekt.study import Study

PUBLISHED = Path(__file__).parents[2] / "specs" / "published"
SPEC = """\
effekt: 1
study: guidance
question: Does it work?
prepared: {unit: id, treated: d, assigned: random, covariates: [x], outcomes: {y: {column: y}}}
primary: {outcome: y}
analyses: [difference]
disclosure: DISCLOSURE
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(5)
    d = rng.permutation(np.arange(200) < 80).astype(int)
    frame = pd.DataFrame({"id": range(200), "d": d, "x": rng.normal(size=200), "y": rng.normal(size=200) + d})
    frame.to_parquet(tmp_path / "data.parquet")
    (tmp_path / "study.yaml").write_text(SPEC.replace("DISCLOSURE", "open"))
    (tmp_path / "closed.yaml").write_text(SPEC.replace("DISCLOSURE", "terskel10"))
    return tmp_path


TABLE = ("--table", "data.parquet", "--work", "work")


def test_the_stages_one_by_one(folder: Path, capsys):
    assert run(["run", "study.yaml", *TABLE]) == 2
    assert "E604" in capsys.readouterr().err
    for command in ("design", "freeze", "run"):
        assert run([command, "study.yaml", *TABLE]) == 0
        assert "Next: effekt" in capsys.readouterr().out
    assert run(["release", "study.yaml", *TABLE, "--out", "out"]) == 0
    assert (folder / "out" / "report.html").exists()
    assert run(["status", "study.yaml", "--work", "work"]) == 0
    assert "released" in capsys.readouterr().out
    assert run(["amend", "study.yaml", *TABLE, "--reason", "to see"]) == 0
    assert "exploratory" in capsys.readouterr().out


def test_all_stages_on_data_that_are_not_public_need_a_reason(folder: Path, capsys):
    assert run(["run", "closed.yaml", *TABLE, "--all-stages", "--out", "out"]) == 2
    assert "E605" in capsys.readouterr().err and not (folder / "out").exists()
    assert run(["run", "closed.yaml", *TABLE, "--all-stages", "--out", "out", "--reason", "a trial"]) == 0
    assert "tforskende" in (folder / "out" / "report.html").read_text(encoding="utf-8")


def test_a_check_is_overridden_at_the_freeze_and_not_at_the_run(folder: Path, capsys):
    assert run(["run", "study.yaml", *TABLE, "--override", "balance", "--reason", "x"]) == 2
    assert "E605" in capsys.readouterr().err


def test_the_command_line_itself_can_be_wrong(folder: Path, capsys):
    assert run(["run"]) == 2
    assert run(["rum", "study.yaml"]) == 2
    assert run(["check", "nowhere.yaml"]) == 2
    assert "E108" in capsys.readouterr().err


def test_a_bug_shows_where_it_broke_and_not_its_message(folder: Path, capsys, monkeypatch: pytest.MonkeyPatch):
    value = 42 * 101

    def broken(self):
        raise RuntimeError(f"row 17 holds {value}")

    monkeypatch.setattr(Study, "design", broken)
    assert run(["design", "study.yaml", *TABLE]) == entry.BUG
    text = capsys.readouterr().err
    assert "this is a bug in effekt" in text and "RuntimeError" in text and "stages.py" in text
    assert "4242" not in text


def test_an_interrupt_ends_quietly(folder: Path, capsys, monkeypatch: pytest.MonkeyPatch):
    def interrupted(self, out, *, formats):
        raise KeyboardInterrupt

    monkeypatch.setattr(Study, "release", interrupted)
    assert run(["run", "study.yaml", *TABLE, "--all-stages", "--out", "out"]) == entry.INTERRUPTED
    assert "interrupted" in capsys.readouterr().err and not (folder / "out").exists()


def test_missing_data_packages_are_named_with_the_command(capsys, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("effekt.verify.sources._importable", lambda module: False)
    assert run(["verify"]) == 3
    assert "pip install" in capsys.readouterr().err


def test_verify_says_when_a_number_is_off(capsys, monkeypatch: pytest.MonkeyPatch):
    from effekt.verify.row import Row

    def row(ok: bool) -> Row:
        return Row(key="k", what="w", expected="1", ours=2.0, difference=1.0, ok=ok, source="s", note="n")

    monkeypatch.setattr("effekt.verify.rows", lambda: iter([row(True), row(False)]))
    assert run(["verify"]) == 1
    assert "1 numbers are off" in capsys.readouterr().out


def test_check_loads_none_of_the_heavy_libraries():
    code = (
        "import sys; from effekt.__main__ import run; "
        f"assert run(['check', {str(PUBLISHED / 'nsw_experiment.yaml')!r}]) == 0; "
        "print([m for m in ('pandas','ibis','scipy','statsmodels','matplotlib','pyarrow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_linear_algebra_runs_on_one_thread_unless_the_user_says_otherwise(monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    entry.one_blas_thread()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
    assert os.environ["OMP_NUM_THREADS"] == "3"


def test_one_blas_thread_is_asked_for_before_numpy_is_there():
    code = "import sys, effekt.__main__; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_problems_as_json(folder: Path, capsys):
    (folder / "bad.yaml").write_text(SPEC.replace("covariates", "covariate"))
    assert run(["check", "bad.yaml", "--format", "json"]) == 2
    assert "E203" in {p["code"] for p in json.loads(capsys.readouterr().out)}
    assert run(["check", "study.yaml", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize("name", manuals())
def test_every_method_and_check_explains_itself(name: str, capsys):
    assert run(["explain", name]) == 0
    assert "Use it when" in capsys.readouterr().out.replace("Use it for", "Use it when")


def test_an_unknown_method_is_suggested(capsys):
    assert run(["explain", "twfee"]) == 2
    assert "`twfe`" in capsys.readouterr().err
    assert run(["explain"]) == 0
    assert "collapsed_did" in capsys.readouterr().out


@pytest.mark.parametrize("spec", sorted(PUBLISHED.glob("*.yaml")), ids=lambda p: p.stem)
def test_the_schema_accepts_the_shipped_studies(spec: Path, capsys):
    assert run(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    jsonschema.validate(yaml.safe_load(spec.read_text(encoding="utf-8")), schema)


def test_show_resolved_says_where_every_value_comes_from(folder: Path, capsys):
    assert run(["show", "study.yaml", "--resolved"]) == 0
    text = capsys.readouterr().out
    assert "# default" in text and "# study.yaml:2" in text and "# digest" in text
    assert run(["show", "study.yaml"]) == 0
    assert capsys.readouterr().out == (folder / "study.yaml").read_text()
