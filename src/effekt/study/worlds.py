"""A synthetic world as registers in a folder: the committed draw where there is one, else a draw of its own."""

from __future__ import annotations

from pathlib import Path

from effekt.synthetic.shipped import draw_folder, world_names
from effekt.synthetic.streamed import write_world
from effekt.synthetic.world import World, load_world


def extract_of(world: str | Path, *, work: Path) -> Path:
    """Return the folder of a world's registers; a world without a committed draw is drawn into the work folder.

    world : the name of a shipped world, or the path of its file.

    Raises
    ------
    SpecError
        E108 if there is no such world, and what is wrong with its file.
    """
    if str(world) in world_names():
        with draw_folder(str(world)) as folder:
            if (folder / "manifest.json").is_file():
                return folder
    loaded = load_world(world)
    into = work / "worlds" / f"{loaded.world}-{loaded.digest[:8]}"
    if not (into / "manifest.json").is_file():
        write_world(loaded, into)
    return into


def world_of(name: str, digest: str) -> World | None:
    """Return the shipped world of that name if it is the one an extract was drawn from."""
    if name not in world_names():
        return None
    loaded = load_world(name)
    return loaded if loaded.digest == digest else None
