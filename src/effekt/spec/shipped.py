"""Where the specs that come with effekt lie: in the installed package, or in ``specs/`` of the checkout."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def shipped_spec(name: str) -> Path:
    """Return the file of a spec that comes with effekt, such as ``published/castle_twfe.yaml``.

    A spec names its includes and code lists from its own folder, so it must lie on disk; wheels are unpacked there.
    """
    package = Path(str(files("effekt")))
    installed = package / "specs" / name
    # An editable install points at src/effekt, and the specs lie at the top of the repository.
    return installed if installed.is_file() else package.parents[1] / "specs" / name
