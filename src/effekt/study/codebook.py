"""The codebook of registers, of a world, of a study, or of all that effekt knows."""

from __future__ import annotations

from pathlib import Path

from effekt.errors import Problem, SpecError
from effekt.population.engine.connection import Engine
from effekt.population.engine.machine import LOCAL, Machine
from effekt.population.engine.missing import persons_missing
from effekt.population.extract.manifest import read_manifest
from effekt.population.extract.opening import Extract, open_extract
from effekt.registers.schema import tables
from effekt.release.codebook import Codebook, Key, missing_table, variables
from effekt.release.disclosure import protect
from effekt.release.rules import TERSKEL10, Rules, rules_for
from effekt.spec.kinds import Study
from effekt.spec.load import load
from effekt.spec.prepared import PreparedStudy
from effekt.study.given import both
from effekt.study.registers import tables_of
from effekt.study.worlds import extract_of


def codebook(
    spec: Path | None = None,
    *,
    registers: Path | None = None,
    world: str | None = None,
    work: Path,
    machine: Machine = LOCAL,
) -> Codebook:
    """Return the codebook of the registers a study asks for, or of all there are.

    spec : a study on registers. registers, world : data to count missing values in; without them there is nothing to
    count. work : where a world without a committed draw is drawn. machine : what they are counted on.

    Raises
    ------
    SpecError
        E109 for a study that runs on a table, or for two sets of data; what is wrong with the spec or the world.
    DataError, PrivacyError
        As when the registers are opened for a study.
    """
    if registers is not None and world is not None:
        raise both()
    study = None if spec is None else _on_registers(load(spec))
    asked = tuple(tables()) if study is None else tuple(sorted(tables_of(study)))
    folder = registers if world is None else extract_of(world, work=work)
    if folder is None:
        return Codebook(variables(asked, coverage={}, delivered={}), None, TERSKEL10)
    there = read_manifest(folder).tables
    extract = open_extract(folder, wanted=asked if study is not None else [name for name in asked if name in there])
    rules = _rules(study, extract)
    persons: dict[str, int] = {}
    missing: dict[Key, int] = {}
    with Engine.open(extract, machine) as engine:
        delivered = engine.delivered
        names = tuple(name for name in asked if name in delivered)
        coverage = {name: _months(extract, name) for name in names}
        known = variables(names, coverage=coverage, delivered=delivered)
        for name in (n for n in names if "person_id" in tables()[n].columns):
            columns = tuple(v.name for v in known if v.register == name and v.delivered and v.missable)
            found = persons_missing(engine, name, columns)
            persons[name] = found.persons
            missing |= {(name, column): count for column, count in found.missing.items()}
    return Codebook(known, protect(missing_table(persons, missing), rules), rules)


def _on_registers(study: Study) -> Study:
    if isinstance(study, PreparedStudy):
        raise SpecError(
            Problem(
                code="E109",
                sentence="this study runs on a table of its own, and a codebook is about registers",
                help="leave the study out: `effekt codebook --registers DIR`",
                place=study.where(("prepared",)),
            )
        )
    return study


def _rules(study: Study | None, extract: Extract) -> Rules:
    """Return the study's rules, or the strictest; rules that protect nobody are for data about nobody."""
    rules = TERSKEL10 if study is None else rules_for(study.disclosure)
    return rules if rules.protects or extract.synthetic else TERSKEL10


def _months(extract: Extract, name: str) -> tuple[str, str]:
    first, last = extract.tables[name].coverage
    return str(first), str(last)
