"""Registers drawn at random, with enough in them that every covariate says something."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from small_worlds import World, world

START = dt.date(2019, 1, 1)
MONTHS = [dt.date(2020 + m // 12, m % 12 + 1, 1) for m in range(84)]
BENEFITS = ("AAP", "DAGP", "SOSHJ")
GROUPS = ("RESTORATION", "TRAINING")


def random_world(seed: int, persons: int = 200) -> World:
    """Return a world in which about a third start in 2024 and lives go on until 2026."""
    rng = np.random.default_rng(seed)
    ids = [f"P{i:03d}" for i in range(persons)]
    registers: dict[str, list[dict[str, Any]]] = {
        name: []
        for name in ("vedtak14a", "deltakelse", "arbeidsforhold", "ytelse", "tiltak", "arbeidssoeker", "bosted")
    }
    registers |= {"utdanningsnivaa": [], "utdanningsforloep": [], "person": []}
    for person in ids:
        _live(rng, person, registers)
    return world(**registers)


def _live(rng: np.random.Generator, person: str, registers: dict[str, list[dict[str, Any]]]) -> None:
    def spell(table: str, often: float, **columns: Any) -> None:
        if rng.random() < often:
            start = START + dt.timedelta(days=int(rng.integers(0, 2400)))
            slutt = None if rng.random() < 0.3 else start + dt.timedelta(days=int(rng.integers(1, 700)))
            registers[table].append({"person_id": person, "start": start, "slutt": slutt, **columns})

    municipality = str(rng.choice(["1103", "1108", "0301"]))
    registers["person"].append(
        {
            "person_id": person,
            "foedselsaar": int(rng.integers(1994, 2006)),
            "foedselsmaaned": int(rng.integers(1, 13)),
            "kjoenn": str(rng.integers(1, 3)),
            "innvkat": str(rng.choice(["A", "B"])),
            "foreldre_utdanning": str(rng.choice(["2", "4", "6"])),
            "doed": dt.date(2025, 6, 1) if rng.random() < 0.05 else None,
        }
    )
    moved = dt.date(2024, int(rng.integers(1, 13)), 15) if rng.random() < 0.2 else None
    home = {"person_id": person, "start": dt.date(2015, 1, 1), "kommunenr": municipality, "status": "bosatt"}
    registers["bosted"].append({**home, "slutt": moved})
    if moved is not None:
        registers["bosted"].append({**home, "start": moved, "slutt": None, "kommunenr": "1106"})
    registered = dt.date(2023, 6, 1) + dt.timedelta(days=int(rng.integers(0, 500)))
    ends = registered + dt.timedelta(days=int(rng.integers(60, 900)))
    registers["vedtak14a"].append(
        {
            "person_id": person,
            "start": registered,
            "slutt": ends if rng.random() < 0.7 else None,
            "innsatsgruppe": str(rng.choice(["TRENGER_VEILEDNING", "GODE_MULIGHETER"])),
            "nav_kontor": f"NAV{municipality}",
        }
    )
    if rng.random() < 0.45:
        started = registered + dt.timedelta(days=int(rng.integers(5, 400)))
        registers["deltakelse"].append({"person_id": person, "dato": started})
    spell("arbeidssoeker", 0.7, hovedstatus=str(rng.choice(["HL", "DS", "AN"])))
    for benefit in BENEFITS:
        spell("ytelse", 0.4, ytelse=benefit)
    for group in GROUPS:
        spell("tiltak", 0.4, tiltakskode="MENTOR", gruppe=group)
    spell("utdanningsforloep", 0.5, kurs_id="k", nus2000="401101", utfall=str(rng.choice(["fullfoert", "avbrutt"])))
    registers["utdanningsnivaa"].append(
        {"person_id": person, "start": dt.date(2017, 6, 1), "nus2000": str(rng.choice(["201199", "401101"]))}
    )
    works = rng.random()
    for month in MONTHS:
        if rng.random() < works * 0.7:
            registers["arbeidsforhold"].append(
                {
                    "person_id": person,
                    "maaned": month,
                    "jobb_id": "j",
                    "kontantlonn": float(rng.integers(10, 50) * 1000),
                    "naering": str(rng.choice(["47.110", "86.101", "56.101"])),
                    "yrke": str(rng.choice(["5223", "9112"])),
                    "hovedjobb": True,
                    "arbeidstid": 30.0,
                }
            )
