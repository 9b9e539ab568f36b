"""Files that are archives inside, written so that the same content gives the same bytes."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

EPOCH = datetime(1980, 1, 1, tzinfo=UTC)
"""The date every file and every member carries: the earliest an archive can hold, since no true one may stand there."""


def settled(content: bytes) -> bytes:
    """Return the archive with the same members in the same order and no trace of when and where it was made."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            member = zipfile.ZipInfo(name, EPOCH.timetuple()[:6])
            member.compress_type = zipfile.ZIP_DEFLATED
            # Unix, readable by all: the default is a fact about the machine.
            member.create_system, member.external_attr = 3, 0o644 << 16
            new.writestr(member, old.read(name), compresslevel=9)
    return buffer.getvalue()
