"""The import contracts of the house hold, and a breach is seen."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the contracts of ``folder/pyproject.toml`` over ``folder/src``."""
    linter = Path(sys.executable).with_name("lint-imports")
    command = [str(linter), "--config", "pyproject.toml", "--no-cache"]
    env = {"PYTHONPATH": str(folder / "src"), "PATH": "", "PYTHONUTF8": "1"}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the source tree that a test may break."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_arrow_points_down():
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout


BREACHES = {
    "an estimator that knows the spec": ("estimators/difference.py", "import effekt.spec"),
    "numerics that open files": ("numerics/ols.py", "import pyarrow"),
    "a release that sees people": ("release/disclosure.py", "import effekt.sample"),
    "a check that reads outcomes": ("checks/balance.py", "import effekt.population.outcomes.prepared"),
    "two neighbours that meet": ("adjust/none.py", "import effekt.estimators.twfe"),
    "a room without a floor": ("cellar/__init__.py", ""),
    "SQL outside the engine": ("population/outcomes/prepared.py", "import ibis"),
    "a second database in the ingest": ("population/ingest/casting.py", "import duckdb"),
    "a query in the extract": ("population/extract/content.py", "import duckdb"),
    "a circle": ("errors.py", "import effekt.literals"),
}


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_turns_the_contracts_red(copy: Path, name: str):
    file, line = BREACHES[name]
    path = copy / "src" / "effekt" / file
    path.parent.mkdir(exist_ok=True)
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(f"{before}\n{line}\n", encoding="utf-8")
    assert lint_imports(copy).returncode != 0, f"{name} went unseen"
