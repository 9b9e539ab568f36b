"""The folder for zones without network: what it says, what it refuses, and that it installs with nothing fetched."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from effekt import bundle
from effekt.bundle import Target, make_bundle, requirements
from effekt.errors import DataError

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def test_every_wheel_is_required_by_name_version_and_hash(tmp_path: Path):
    (tmp_path / "b_pack-2.0-py3-none-any.whl").write_bytes(b"two")
    (tmp_path / "a_pack-1.0-cp311-cp311-win_amd64.whl").write_bytes(b"one")
    one, two = (hashlib.sha256(content).hexdigest() for content in (b"one", b"two"))
    assert requirements(tmp_path) == f"a_pack==1.0 --hash=sha256:{one}\nb_pack==2.0 --hash=sha256:{two}\n"


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path):
    (tmp_path / "thesis.docx").write_text("precious", encoding="utf-8")
    with pytest.raises(DataError, match="E710"):
        make_bundle(tmp_path, Target(python=HERE))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_without_a_checkout_there_is_nothing_to_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bundle, "__file__", str(tmp_path / "lib" / "effekt" / "bundle.py"))
    with pytest.raises(DataError, match="E108"):
        make_bundle(tmp_path / "out", Target(python=HERE))
    assert not (tmp_path / "out").exists()


def test_what_pip_cannot_do_is_said_and_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bundle.sys, "executable", "false")
    with pytest.raises(DataError, match="E702"):
        make_bundle(tmp_path / "out", Target(python=HERE))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_bundle_installs_without_an_index_and_runs(tmp_path: Path):
    names = make_bundle(tmp_path / "til sonen æøå", Target(python=HERE))
    assert any(name.startswith("effekt-") for name in names)
    folder = tmp_path / "til sonen æøå"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "PYTHONPATH"))}
    environment |= {"PYTHON": sys.executable, "PIP_CONFIG_FILE": os.devnull}
    done = subprocess.run(
        ["sh", "install.sh"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    spec = folder / ".venv" / "lib" / f"python{HERE}" / "site-packages" / "effekt" / "specs" / "published"
    checked = subprocess.run(
        [str(folder / ".venv" / "bin" / "effekt"), "check", str(spec / "prop99.yaml")],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
