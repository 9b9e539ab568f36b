"""The door: a draw written as a delivery of some kind, with its catalogue, whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from string import Template

from effekt.errors import Problem, SpecError
from effekt.located.names import did_you_mean, listing
from effekt.synthetic.deliveries.declared import load_artefacts
from effekt.synthetic.deliveries.delivery import Delivery
from effekt.synthetic.draw import Draw
from effekt.synthetic.extract import in_one_move
from effekt.synthetic.shipped import delivery_folder

KINDS = {"ssb-delivery": "effekt.synthetic.deliveries.ssb.delivered"}
"""Kind of delivery -> the module that writes it."""

FORMAT = "effekt-delivery/1"
ABOUT, CATALOGUE = "delivery.json", "catalogue.yaml"


def refuse_unknown(kind: str) -> None:
    """Raise E108 for a kind of delivery that there is not."""
    if kind not in KINDS:
        raise SpecError(
            Problem(
                code="E108",
                sentence=f"there is no delivery of the kind `{kind}`",
                help=did_you_mean(kind, KINDS) or f"write `{next(iter(KINDS))}`",
                note=listing(KINDS),
            )
        )


def write_delivery(drawn: Draw, folder: Path, kind: str) -> Delivery:
    """Write a draw as the whole content of a folder; an earlier delivery there is replaced in one move.

    Raises
    ------
    SpecError
        E108 for a kind that there is not, E309 if its troubles do not fit the world.
    DataError
        E710 if the folder holds anything else or cannot be written; it is then as it was.
    """
    refuse_unknown(kind)
    with in_one_move(folder, about=ABOUT, listed=lambda said: said["files"]) as fresh:
        return _written(drawn, fresh, kind)


def _written(drawn: Draw, folder: Path, kind: str) -> Delivery:
    with delivery_folder(kind) as declared:
        delivery = Delivery(drawn=drawn, artefacts=load_artefacts(declared / "artefacts.yaml"), folder=folder)
        template = Template((declared / CATALOGUE).read_text(encoding="utf-8"))
        words: Mapping[str, str] = import_module(KINDS[kind]).deliver(delivery)
    delivery.write(CATALOGUE, template.substitute(words).encode())
    about = {
        "format": FORMAT,
        "kind": kind,
        "world": {"name": drawn.world.world, "seed": drawn.seed, "digest": drawn.world.digest},
        "planted": delivery.counted(),
        "files": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sorted(delivery.files)},
    }
    (folder / ABOUT).write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return delivery
