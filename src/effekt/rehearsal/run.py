"""Many draws, on any number of workers: finished ones are kept as they come, and an interrupted run goes on.

A draw depends on spec, world, seed and version alone, so neither the number of workers nor the order in which they
end can change a result.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Mapping
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from effekt.errors import EffektError, FreezeError, MissingPackage, Problem, SpecError
from effekt.located.tree import Node
from effekt.rehearsal.drawn import Drawn
from effekt.rehearsal.store import Store
from effekt.rehearsal.summary import Summary, summarise
from effekt.rehearsal.walk import walk
from effekt.spec.load import load
from effekt.spec.registered import CountyStudy, RegisterStudy
from effekt.synthetic.world import World

BACKENDS = {"processes": "loky", "threads": "threading", "dask": "dask", "ray": "ray"}
"""Names of joblib's backends; the last two run on a cluster and need their package."""

MOST_DRAWS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a rehearsal stands. kept : draws found finished. damaged : files that were not, and are made anew."""

    draws: int
    done: int
    kept: int
    damaged: int


Told = Callable[[Progress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """A finished rehearsal: the draws in the order of their seeds, and what they say together."""

    study: str
    spec: RegisterStudy | CountyStudy
    world: World
    streams: int
    drawn: tuple[Drawn, ...]
    summary: Summary


def rehearse(
    path: str | Path,
    *,
    world: World,
    draws: int,
    work: str | Path | None = None,
    workers: int = 1,
    backend: str = "processes",
    streams: int = 2,
    overrides: Mapping[str, Node] | None = None,
    told: Told = lambda _: None,
) -> Rehearsal:
    """Walk a study through ``draws`` draws of a world, with the seeds 1, 2, ...

    path : the spec. work : where finished draws are kept; default ``.effekt/<study>``. streams : replays of each
    participant that a draw's truth is a mean over. overrides : values in place of what the spec says, by dotted path.
    told : called after every draw.

    Raises
    ------
    SpecError
        What is wrong with the spec; E110 for fewer than one draw, worker or stream; E208 for an unknown backend.
    EffektError
        E902 if a worker dies: finished draws are kept, and the same call goes on from them.
    MissingPackage
        E807 if the backend's package is not installed.
    """
    _refuse_numbers(draws=draws, workers=workers, streams=streams)
    _refuse_backend(backend)
    spec = study_of(path, overrides)
    folder = Path(".effekt") / spec.study if work is None else Path(work)
    store = Store.of(folder, spec=spec.digest, world=world.digest, streams=streams)
    finished = {seed: found for seed in range(1, draws + 1) if (found := store.read(seed)) is not None}
    left = [seed for seed in range(1, draws + 1) if seed not in finished]
    damaged = sum(store.holds(seed) for seed in left)
    kept = len(finished)
    told(Progress(draws=draws, done=kept, kept=kept, damaged=damaged))
    task = _Task(str(Path(path).resolve()), dict(overrides or {}), spec.digest, world, streams, store)
    with closing(_each(task, left, workers=workers, backend=backend)) as ending:
        for drawn in ending:
            finished[drawn.seed] = drawn
            told(Progress(draws=draws, done=len(finished), kept=kept, damaged=damaged))
    ordered = tuple(finished[seed] for seed in sorted(finished))
    return Rehearsal(
        study=spec.study, spec=spec, world=world, streams=streams, drawn=ordered, summary=summarise(ordered)
    )


def study_of(path: str | Path, overrides: Mapping[str, Node] | None = None) -> RegisterStudy | CountyStudy:
    """Load a study on registers that this version runs.

    Raises
    ------
    SpecError
        What is wrong with it; E109 if it runs on an analysis-ready table, which no world draws.
    """
    spec = load(path, overrides=overrides)
    if spec.not_in_this_version:
        raise SpecError(spec.not_in_this_version)
    if isinstance(spec, RegisterStudy | CountyStudy):
        return spec
    problem = Problem(
        code="E109",
        sentence="a rehearsal draws registers, and this study runs on an analysis-ready table",
        help="rehearse a study with `population`",
        place=spec.where(("prepared",)),
    )
    raise SpecError(problem)


_LOADED: dict[str, RegisterStudy | CountyStudy] = {}
"""Specs by their digest, so that a worker reads one once."""


@dataclass(frozen=True, slots=True)
class _Task:
    """What a worker needs to make a draw."""

    path: str
    overrides: Mapping[str, Node]
    spec: str
    world: World
    streams: int
    store: Store

    def __call__(self, seed: int) -> Drawn | tuple[type[EffektError], tuple[Problem, ...]]:
        """Return a draw, kept on disk before it is told of; or what is wrong, as errors do not travel."""
        try:
            drawn = walk(self._loaded(), self.world, seed, streams=self.streams)
            self.store.write(drawn)
        except EffektError as error:
            return type(error), error.problems
        except Exception as error:
            error.add_note(f"in the draw with seed {seed}: `effekt synth WORLD --seed {seed}` makes its registers")
            raise
        return drawn

    def _loaded(self) -> RegisterStudy | CountyStudy:
        """Return the spec; E601 if it is not the one that is rehearsed."""
        if self.spec not in _LOADED:
            spec = study_of(self.path, self.overrides)
            if spec.digest != self.spec:
                raise _changed(spec)
            _LOADED[self.spec] = spec
        return _LOADED[self.spec]


def _each(task: _Task, seeds: list[int], *, workers: int, backend: str) -> Generator[Drawn, None, None]:
    """Yield the draws as they end."""
    here = workers == 1 or not seeds
    results = (task(seed) for seed in seeds) if here else _spread(task, seeds, workers=workers, backend=backend)
    done = 0
    try:
        for result in results:
            if not isinstance(result, Drawn):
                raise result[0](result[1])
            done += 1
            yield result
    except BrokenProcessPool as error:
        raise _died(done, len(seeds)) from error
    finally:
        results.close()


def _spread(task: _Task, seeds: list[int], *, workers: int, backend: str) -> Generator[Any, None, None]:
    import joblib

    parallel = joblib.Parallel(n_jobs=workers, backend=BACKENDS[backend], return_as="generator_unordered")
    found: Generator[Any, None, None] = parallel(joblib.delayed(task)(seed) for seed in seeds)
    try:
        for result in found:  # noqa: UP028 - `yield from` would close it where its warning is an error
            yield result
    finally:
        with warnings.catch_warnings():
            # An interrupt leaves draws that nobody waits for, which is what was asked for.
            warnings.simplefilter("ignore")
            found.close()


def _refuse_numbers(**numbers: int) -> None:
    for name, number in numbers.items():
        if not 1 <= number <= MOST_DRAWS:
            raise SpecError(
                Problem(
                    code="E110",
                    sentence=f"`{number}` {name} are not between 1 and {MOST_DRAWS:,}",
                    help=f"ask for at least one: `--{name} 1`",
                )
            )


def _refuse_backend(backend: str) -> None:
    if backend not in BACKENDS:
        raise SpecError(
            Problem(
                code="E208",
                sentence=f"unknown backend `{backend}`",
                help="leave `--backend` out, and draws run in processes of their own",
                note=f"valid: {', '.join(BACKENDS)}",
            )
        )
    if backend in {"dask", "ray"}:
        from importlib.util import find_spec

        if find_spec("distributed" if backend == "dask" else "ray") is None:
            package = "dask distributed" if backend == "dask" else "ray"
            raise MissingPackage(
                Problem(
                    code="E807",
                    sentence=f"the backend `{backend}` needs a package that is not installed",
                    help=f"pip install {package}",
                )
            )


def _changed(spec: RegisterStudy | CountyStudy) -> FreezeError:
    return FreezeError(
        Problem(
            code="E601",
            sentence="the spec changed while it was being rehearsed",
            help="rehearse it again: draws of the old spec are kept apart",
            place=spec.where(("study",)),
        )
    )


def _died(done: int, asked: int) -> EffektError:
    return EffektError(
        Problem(
            code="E902",
            sentence=f"a worker ended without a word after {done} of {asked} draws, as one without memory does",
            help="the finished draws are kept: run the same command again, with fewer `--workers`",
        )
    )
