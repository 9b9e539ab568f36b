"""What an engine may use is said on the command line, and changes nothing but where and how fast it works."""

from __future__ import annotations

from pathlib import Path

import pytest

from effekt.__main__ import run
from effekt.cli.options import Given
from effekt.population.engine.machine import Machine

ROOT = Path(__file__).parents[2]
CODEBOOK = ["codebook", str(ROOT / "specs" / "demo.yaml"), "--registers", str(ROOT / "synthetic" / "tiny")]


@pytest.fixture
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files, beside the one that the command is run in."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    folder = tmp_path / "temp"
    folder.mkdir()
    return folder


def test_a_command_within_its_means_says_the_same_and_leaves_nothing(temp: Path):
    assert run([*CODEBOOK, "--out", "freely.csv"]) == 0
    means = ["--memory", "1GB", "--threads", "1", "--temp-dir", str(temp)]
    assert run([*CODEBOOK, "--out", "within.csv", *means]) == 0
    assert Path("within.csv").read_bytes() == Path("freely.csv").read_bytes()
    assert list(temp.iterdir()) == []


@pytest.mark.parametrize(
    ("means", "said"),
    [
        (["--memory", "much"], "E105"),
        (["--memory", "1kB"], "E1|E7"),
        (["--temp-dir", "nowhere"], "E710"),
    ],
)
def test_means_that_cannot_be_had_are_refused(
    means: list[str], said: str, temp: Path, capsys: pytest.CaptureFixture[str]
):
    where = [] if "--temp-dir" in means else ["--temp-dir", str(temp)]
    assert run([*CODEBOOK, *means, *where]) != 0
    printed = capsys.readouterr().err
    assert any(printed.startswith(code) for code in said.split("|"))
    assert list(temp.iterdir()) == []


def test_the_next_command_repeats_the_means():
    given = Given(spec=Path("study.yaml"), world="tiny", machine=Machine(memory="8GB", threads=4, temp=Path("scratch")))
    assert given.command("freeze") == (
        "effekt freeze study.yaml --world tiny --memory 8GB --threads 4 --temp-dir scratch"
    )
