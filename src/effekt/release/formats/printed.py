"""The report on paper: printed by a browser that is on the machine, without network, through its command line.

A browser prints the page as it was designed to be printed, and every machine with a desk has one. A Python package
that lays out pages would need system libraries that have no wheels. Two browsers may break lines differently, so print
is the one form whose bytes hold for one machine only; its dates are taken out, so that there they do.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from effekt.errors import MissingPackage, Problem
from effekt.release.formats.asked import OPTION

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
_APPS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
_WINDOWS = (("Google", "Chrome", "chrome.exe"), ("Microsoft", "Edge", "msedge.exe"))
_FOLDERS = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")

_SECONDS = 180
_QUIET = (
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # Nothing on the page asks for an address; the browser itself would.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer",
)


def browser() -> str:
    """Return the path of a browser that prints.

    Raises
    ------
    MissingPackage
        E716 if there is none, with what to install.
    """
    for path in _candidates():
        return path
    raise _missing("there is no browser on this machine to print the report with")


def _candidates() -> Iterator[str]:
    yield from filter(None, map(shutil.which, BROWSERS))
    folders = [os.environ[name] for name in _FOLDERS if name in os.environ]
    known = [*_APPS, *(str(Path(f, *(p[:2]), "Application", p[2])) for f in folders for p in _WINDOWS)]
    yield from (path for path in known if Path(path).is_file())


def printed(html: bytes) -> bytes:
    """Return a page as .pdf.

    Raises
    ------
    MissingPackage
        E716 if no browser is there, or the one that is does not print.
    """
    program = browser()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        page, paper = folder / "report.html", folder / "report.pdf"
        page.write_bytes(html)
        command = [program, *_QUIET, *_as_root(), f"--user-data-dir={folder / 'profile'}"]
        try:
            subprocess.run(
                [*command, f"--print-to-pdf={paper}", page.as_uri()], capture_output=True, timeout=_SECONDS, check=True
            )
            return _dateless(paper.read_bytes())
        except (OSError, subprocess.SubprocessError) as error:
            raise _missing(f"`{Path(program).name}` did not print the report") from error


def _as_root() -> list[str]:
    """Return the option without which a browser does not start for the administrator of a container."""
    return ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []


def _dateless(pdf: bytes) -> bytes:
    """Return the file with its dates overwritten, digit by digit, so that every place in it stays where it was."""
    return re.sub(rb"(/(?:CreationDate|ModDate) \(D:)(\d{14})", rb"\g<1>19800101000000", pdf)


def _missing(sentence: str) -> MissingPackage:
    return MissingPackage(
        Problem(
            code="E716",
            sentence=sentence,
            help="install Chromium (`apt-get install chromium`), Chrome or Edge; or leave `pdf` out of `--format`",
            note=f"`{OPTION} html` can be printed from any browser by hand",
        )
    )
