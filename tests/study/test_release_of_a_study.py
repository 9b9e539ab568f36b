"""A release is complete, safe and the same every time."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from studies import PERSON, person_study, persons, reopened

from effekt.errors import DataError
from effekt.results import ESTIMATE_FIELDS


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_another_process_releases_the_same_bytes(tmp_path: Path):
    study = person_study(tmp_path)
    study.freeze()
    first = contents(study.release(tmp_path / "one"))
    assert contents(reopened(study).release(tmp_path / "two")) == first
    # Released over itself, too: the folder is replaced as a whole.
    assert contents(reopened(study).release(tmp_path / "one")) == first


def test_hash_seeds_and_processes_do_not_change_a_byte(tmp_path: Path):
    (tmp_path / "persons.yaml").write_text(PERSON.format(disclosure="open", assigned="random"))
    persons().to_csv(tmp_path / "persons.csv", index=False)
    found = []
    for seed in ("0", "4711"):
        command = [sys.executable, "-m", "effekt", "run", "persons.yaml", "--table", "persons.csv"]
        command += ["--work", f"work{seed}", "--all-stages", "--out", f"out{seed}"]
        env = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run(command, cwd=tmp_path, env=env, check=True, capture_output=True)
        found.append(contents(tmp_path / f"out{seed}"))
    assert found[0] == found[1]


def test_estimates_have_exactly_the_fields_of_an_estimate_and_the_manifest_lists_every_file(tmp_path: Path):
    study = person_study(tmp_path)
    study.freeze()
    files = contents(study.release(tmp_path / "out"))
    rows = json.loads(files["estimates.json"])
    assert rows and all(tuple(row) == ESTIMATE_FIELDS for row in rows)
    listed = json.loads(files["manifest.json"])["files"]
    assert listed == {name: hashlib.sha256(body).hexdigest() for name, body in files.items() if name != "manifest.json"}


def test_a_threshold_profile_lets_no_exact_number_of_persons_out(tmp_path: Path):
    study = person_study(tmp_path, disclosure="terskel10")
    study.freeze(all_stages_reason="a test")
    files = contents(study.release(tmp_path / "out"))
    data = persons()
    exact = {613, 197, 416, int(data["work"].sum()), int(data.loc[data["d"] == 1, "work"].sum())}
    for name, body in files.items():
        if name.endswith((".csv", ".json")) and name != "manifest.json":
            text = re.sub(rb"[0-9a-f]{8}\b", b"", body).decode()
            numbers = set(re.findall(r"(?<![\d.])\d+(?![\d.])", text))
            assert not numbers & set(map(str, exact)), name
    rows = json.loads(files["estimates.json"])
    assert {row["n_persons_treated"] for row in rows} == {195}
    rare = next(line for line in files["tables/balance-main.csv"].decode().splitlines() if line.startswith("rare"))
    assert rare.split(",")[1:3] == ["", ""]


def test_a_report_needs_no_network(tmp_path: Path):
    study = person_study(tmp_path)
    study.freeze()
    for name, body in contents(study.release(tmp_path / "out")).items():
        if name.endswith(".html"):
            assert not re.search(rb"(src|href|url)\s*[=(]\s*[\"']?https?:", body)
            assert b"persons.yaml:11" in body or b"persons.yaml:12" in body


def test_somebody_elses_files_are_not_overwritten(tmp_path: Path):
    study = person_study(tmp_path)
    study.freeze()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.docx").write_text("precious")
    with pytest.raises(DataError):
        study.release(tmp_path / "out")
    assert (tmp_path / "out" / "thesis.docx").read_text() == "precious"
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".out")] == []


def test_an_interrupted_release_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    study = person_study(tmp_path)
    study.freeze()
    before = contents(study.release(tmp_path / "out"))

    def interrupted(self, data):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        study.release(tmp_path / "out")
    monkeypatch.undo()
    assert contents(tmp_path / "out") == before
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".out")] == []
