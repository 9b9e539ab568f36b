"""Where the shipped worlds and the committed draw lie: in an installed wheel, or at the top of a checkout."""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path

from effekt.errors import Problem, SpecError
from effekt.located.names import did_you_mean, listing


def world_names() -> tuple[str, ...]:
    """Return the names of the shipped worlds."""
    found = [entry.name for entry in _folder("worlds").iterdir()]
    return tuple(sorted(name.removesuffix(".yaml") for name in found if name.endswith(".yaml")))


def world_file(name: str) -> AbstractContextManager[Path]:
    """Return a shipped world as a file; raises :class:`SpecError` E108, with the names there are."""
    names = world_names()
    if name not in names:
        raise SpecError(
            Problem(
                code="E108",
                sentence=f"there is no world `{name}`",
                help=did_you_mean(name, names) or "name a shipped world, or the path of a YAML file",
                note=listing(names),
            )
        )
    return as_file(_folder("worlds").joinpath(f"{name}.yaml"))


def draw_folder(name: str = "tiny") -> AbstractContextManager[Path]:
    """Return the folder of a committed draw: the registers of a world, ready to be read."""
    return as_file(_folder(name))


def delivery_folder(kind: str) -> AbstractContextManager[Path]:
    """Return the folder that says what a kind of delivery has wrong with it, and holds its catalogue."""
    return as_file(_folder("deliveries").joinpath(kind))


def _folder(name: str) -> Traversable:
    package = files("effekt")
    installed = package.joinpath("worlds") if name == "worlds" else package.joinpath("worlds", name)
    if installed.is_dir():
        return installed
    # An editable install points at src/effekt, and the worlds lie at the top of the repository.
    return package.joinpath("..", "..", "synthetic", name)
