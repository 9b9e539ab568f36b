"""Files packed as .gz or .zip: unpacked once into a private folder, a stretch of bytes at a time."""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

from effekt.errors import DataError, Problem

PACKED = (".gz", ".zip")
UNPACKED = "unpacked-"

_STRETCH = 1 << 22
_DAMAGED = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


def kind_of(path: Path) -> str:
    """Return the extension that says how a file is written, below one that says how it is packed."""
    name = path.name.lower()
    for packed in PACKED:
        name = name.removesuffix(packed)
    return Path(name).suffix


def unpacked(path: Path, folder: Path) -> Path:
    """Return the file itself, unpacked into ``folder`` where it was packed.

    Raises
    ------
    DataError
        E701 if it is damaged or holds more than one file; E710 if it cannot be unpacked.
    """
    extension = path.suffix.lower()
    if extension not in PACKED:
        return path
    handle, name = tempfile.mkstemp(prefix=UNPACKED, suffix=kind_of(path), dir=folder)
    os.close(handle)
    target = Path(name)
    with suppress(*_DAMAGED):
        try:
            with _opened(path, extension) as packed, target.open("wb") as plain:
                shutil.copyfileobj(packed, plain, _STRETCH)
        except OSError as error:
            if isinstance(error, gzip.BadGzipFile):
                raise
            raise DataError(
                Problem(
                    code="E710", sentence="a packed file cannot be unpacked", help="make room in the temporary folder"
                )
            ) from None
        return target
    raise DataError(
        Problem(
            code="E701",
            sentence=f"the file cannot be unpacked as {extension}: it is cut off or damaged",
            help="copy it once more",
        )
    )


def _opened(path: Path, extension: str) -> IO[bytes]:
    if extension == ".gz":
        return cast("IO[bytes]", gzip.open(path, "rb"))
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        if len(names) != 1:
            raise DataError(
                Problem(
                    code="E701",
                    sentence=f"the packed file holds {len(names)} files, and one is expected",
                    help="unpack it and name the files",
                )
            )
        return archive.open(names[0])
