"""Folders and files that are complete or not there: written beside, then moved in place."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from effekt.errors import DataError, Problem

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

MANIFEST = "manifest.json"
_PRIVATE = 0o700


def work_folder(path: Path) -> Path:
    """Create the work folder, readable by its owner only; it holds person-level state and stays in the zone.

    Raises
    ------
    DataError
        E710 if it cannot be made.
    """
    try:
        path.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        path.chmod(_PRIVATE)
    except OSError as error:
        raise _unwritable(path) from error
    return path


def write_file(path: Path, content: bytes) -> None:
    """Write one file so that a reader sees the old one or the new one, never half of either."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as f:
                f.write(content)
                f.flush()
                os.fsync(f.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        why = "it cannot be written" if path.parent.is_dir() else "it does not exist"
        raise _unwritable(path.parent, why) from error


@contextlib.contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Hold back other processes and threads that would read and then add to ``path``, until this one is done.

    The lock is the system's on a file beside it, so that it ends with the process, however that ends. Where there are
    no such locks (Windows, some network drives) work goes on without: a ledger two have written is then seen as broken.

    Raises
    ------
    DataError
        E710 if the folder cannot be written.
    """
    try:
        handle = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise _unwritable(path.parent) from error
    try:
        if fcntl is not None:
            with contextlib.suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def append_file(path: Path, content: bytes) -> None:
    """Add to the end of a file, on disk before this returns; what could not be added whole is taken back.

    Taking back cuts the file where it ended before, so whoever shares it holds ``one_at_a_time``.
    """
    before = path.stat().st_size if path.exists() else 0
    try:
        with path.open("ab") as f:
            f.write(content)
            f.flush()
            os.fsync(f.fileno())
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.truncate(path, before)
        if isinstance(error, OSError):
            raise _unwritable(path.parent) from error
        raise


def write_folder(out: Path, files: Mapping[str, bytes]) -> None:
    """Write ``files`` (relative name -> bytes) as the whole content of ``out``, in one move.

    A folder that effekt wrote before is replaced; one that holds anything else is refused, since replacing
    it would delete somebody's files.

    Raises
    ------
    DataError
        E710 if ``out`` holds foreign files or cannot be written; it is then as it was.
    """
    refuse_foreign(out)
    try:
        # What is moved is the folder itself, so that a link to it stays a link.
        place = out.resolve()
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name}."))
    except OSError as error:
        raise _unwritable(out) from error
    try:
        for name, content in files.items():
            target = fresh / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        fresh.chmod(0o755)
        move_in(fresh, place)
    except OSError as error:
        raise _unwritable(out) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def move_in(fresh: Path, out: Path) -> None:
    """Move ``fresh`` to ``out``; what stood there comes back if the move fails."""
    if not out.exists():
        fresh.rename(out)
        return
    aside = out.with_name(f".{out.name}.old-{os.getpid()}")
    out.rename(aside)
    try:
        fresh.rename(out)
    except BaseException:
        aside.rename(out)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def refuse_foreign(out: Path, *, holding: Path | None = None) -> None:
    """Raise E710 unless ``out`` is absent, empty, or a folder whose manifest lists every file in it.

    holding : a folder that must not stand in it, since ``out`` is replaced as a whole; nor may the current one.
    """
    place = out.resolve()
    for inside, what in ((Path.cwd(), "current"), (holding, "work")):
        if inside is not None and inside.resolve().is_relative_to(place):
            raise _unwritable(out, f"it is replaced as a whole, and the {what} folder stands in it")
    if not out.exists():
        return
    if not out.is_dir():
        raise _unwritable(out, "it is a file")
    present = {p.relative_to(out).as_posix() for p in out.rglob("*") if not p.is_dir()}
    known: set[str] = set()
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        known = {MANIFEST, *json.loads((out / MANIFEST).read_text(encoding="utf-8"))["files"]}
    if present - known:
        raise _unwritable(out, "it holds files that effekt did not write")


def _unwritable(path: Path, why: str = "it cannot be written") -> DataError:
    return DataError(
        Problem(
            code="E710",
            sentence=f"`{path}` cannot be used for output: {why}",
            help="name a new or empty folder",
        )
    )
