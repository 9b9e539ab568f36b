"""A folder that installs effekt where there is no network: wheels with their hashes, and one script to run.

It is made on a machine that reaches a package registry, from a checkout, and carried into the zone. There it needs
Python and nothing else: no compiler, no administrator rights, no registry.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from effekt.errors import DataError, Problem

WHEELS = "wheels"
REQUIREMENTS = "requirements.txt"

_SHELL = """\
#!/bin/sh
# Installs effekt into .venv beside this file; nothing is fetched. Needs Python {python}.
set -eu
cd "$(dirname "$0")"
"${{PYTHON:-python3}}" -m venv .venv
.venv/bin/python -m pip install --no-index --find-links wheels --require-hashes -r requirements.txt
.venv/bin/effekt --help >/dev/null && echo "installed: $(pwd)/.venv/bin/effekt"
"""

_WINDOWS = """\
@echo off
rem Installs effekt into .venv beside this file; nothing is fetched. Needs Python {python}.
cd /d "%~dp0"
if "%PYTHON%"=="" set PYTHON=py -{python}
%PYTHON% -m venv .venv || exit /b 1
.venv\\Scripts\\python -m pip install --no-index --find-links wheels --require-hashes -r requirements.txt || exit /b 1
.venv\\Scripts\\effekt --help >nul && echo installed: %CD%\\.venv\\Scripts\\effekt
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The machine in the zone. platform : pip's tag, "" = a machine like this one. extras : of effekt."""

    python: str
    platform: str = ""
    extras: tuple[str, ...] = ()


def make_bundle(out: Path, target: Target) -> list[str]:
    """Write wheels, requirements with hashes and install scripts to a new folder; return the names of the wheels.

    Raises
    ------
    DataError
        E710 if the folder holds anything; E108 without a checkout to build from; E702 if a package cannot be had as
        a wheel for that Python and platform.
    """
    if out.exists() and any(out.iterdir()):
        raise DataError(_problem("E710", f"`{out}` is not empty", "name a new folder"))
    source = Path(__file__).parents[2]
    if not (source / "pyproject.toml").is_file():
        raise DataError(_problem("E108", "a bundle is made from a checkout of effekt", "run it from the repository"))
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    try:
        wheels = fresh / WHEELS
        wheels.mkdir()
        _fetch(source, wheels, target)
        names = sorted(path.name for path in wheels.iterdir())
        (fresh / REQUIREMENTS).write_text(requirements(wheels), encoding="utf-8")
        script = fresh / "install.sh"
        script.write_text(_SHELL.format(python=target.python), encoding="utf-8")
        script.chmod(0o755)
        (fresh / "install.bat").write_text(_WINDOWS.format(python=target.python), encoding="utf-8", newline="\r\n")
        fresh.chmod(0o755)
        if out.exists():
            out.rmdir()
        fresh.rename(out)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return names


def requirements(wheels: Path) -> str:
    """Return one line per wheel, `name==version --hash=sha256:...`, in the order of names."""
    lines = []
    for path in sorted(wheels.iterdir()):
        name, version, *_ = path.name.split("-")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        lines.append(f"{name}=={version} --hash=sha256:{digest}")
    return "\n".join(lines) + "\n"


def _fetch(source: Path, wheels: Path, target: Target) -> None:
    """Build effekt's own wheel and fetch those it needs."""
    _pip(["wheel", "--no-deps", "--wheel-dir", str(wheels), str(source)], "effekt's own wheel could not be built")
    (own,) = wheels.iterdir()
    wanted = str(own) + (f"[{','.join(target.extras)}]" if target.extras else "")
    arguments = ["download", "--only-binary", ":all:", "--dest", str(wheels), "--python-version", target.python]
    if target.platform:
        arguments += ["--platform", target.platform]
    arguments += ["--constraint", str(source / "constraints.txt"), wanted]
    _pip(arguments, f"a package is not to be had as a wheel for Python {target.python} {target.platform}".rstrip())


def _pip(arguments: Sequence[str], failed: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise DataError(_problem("E702", failed, "see what pip says, and check the network", "; ".join(said[:2])))


def _problem(code: str, sentence: str, help_: str, note: str | None = None) -> Problem:
    return Problem(code=code, sentence=sentence, help=help_, note=note or None)
