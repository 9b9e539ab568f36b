"""Wall time, CPU time and peak memory of competing ways to do one job, each in child processes of its own.

A benchmark is a script with ``prepare(folder)``, which writes the data once, and a dict of candidates
``name -> load``; ``load(folder)`` reads the data and returns the job, a function without arguments that is timed
and returns the numbers to be compared. Loading, importing and one run on small data (compilers, thread pools) are
not timed. Candidates take turns, A B A B, so that a change in the machine's pace falls on all of them.
"""

import csv
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

Numbers = list[float]
Job = Callable[[], Numbers]
Load = Callable[[Path], Job]

RUNS = int(os.environ.get("BENCHMARK_RUNS", "5"))
RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Measured:
    """Medians over runs. wall_s, cpu_s : seconds of the job; peak_mb : of the process, data and libraries among it;
    before_mb : of the process when the job began.
    """

    candidate: str
    wall_s: float
    cpu_s: float
    peak_mb: float
    before_mb: float
    wall_min_s: float
    wall_max_s: float
    runs: int


def main(*, name: str, prepare: Callable[[Path], None], candidates: Mapping[str, Load], packages: tuple[str, ...],
         judge: Callable[[Mapping[str, Numbers]], list[str]], once: frozenset[str] = frozenset()) -> None:  # fmt: skip
    """Measure every candidate, print a table and what ``judge`` says of the numbers, and store both as CSV.

    once : candidates of minutes, which take part in the first turn only.
    """
    if len(sys.argv) == 3:
        _child(candidates[sys.argv[1]], Path(sys.argv[2]))
        return
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        runs: dict[str, list[dict[str, float]]] = {c: [] for c in candidates}
        numbers: dict[str, Numbers] = {}
        for turn in range(RUNS):
            for candidate in candidates if turn == 0 else [c for c in candidates if c not in once]:
                run = _run(candidate, folder)
                numbers[candidate] = run.pop("numbers")
                runs[candidate].append(run)
    measured = [_summary(candidate, each) for candidate, each in runs.items()]
    remarks = judge(numbers)
    _print(name, measured, runs, remarks)
    _store(name, measured, runs, remarks, packages)


def _child(load: Load, folder: Path) -> None:
    job = load(folder)
    before = _resident_mb()
    cpu, wall = time.process_time(), time.perf_counter()
    numbers = job()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak, "before": before, "numbers": list(map(float, numbers))}))


def _run(candidate: str, folder: str) -> dict:
    done = subprocess.run([sys.executable, sys.argv[0], candidate, folder], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{candidate} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def _resident_mb() -> float:
    """Memory in use now; Linux only, elsewhere the peak so far."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = next(x for x in status.read_text().splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _summary(candidate: str, runs: list[dict[str, float]]) -> Measured:
    middle = {key: statistics.median(run[key] for run in runs) for key in ("wall", "cpu", "peak", "before")}
    walls = [run["wall"] for run in runs]
    return Measured(
        candidate=candidate,
        wall_s=round(middle["wall"], 3),
        cpu_s=round(middle["cpu"], 3),
        peak_mb=round(middle["peak"]),
        before_mb=round(middle["before"]),
        wall_min_s=round(min(walls), 3),
        wall_max_s=round(max(walls), 3),
        runs=len(runs),
    )


def _ratios(runs: Mapping[str, list[dict[str, float]]], key: str) -> dict[str, float]:
    """Median over turns of the first candidate's figure divided by each one's."""
    first = next(iter(runs.values()))
    return {
        c: statistics.median(a[key] / b[key] for a, b in zip(first, each, strict=False)) for c, each in runs.items()
    }


def _print(name: str, measured: list[Measured], runs: Mapping[str, list[dict[str, float]]], remarks: list[str]) -> None:
    wall, cpu = _ratios(runs, "wall"), _ratios(runs, "cpu")
    first = measured[0].candidate
    print(f"{name}: medians over runs; ratio = {first} / candidate, median over turns")
    print(f"{'':34}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}{'before':>9}{'wall ratio':>12}{'CPU ratio':>11}{'runs':>6}")
    for m in measured:
        figures = f"{m.wall_s:9.2f}{m.cpu_s:9.2f}{m.peak_mb:9.0f}{m.before_mb:9.0f}"
        print(f"{m.candidate:34}{figures}{wall[m.candidate]:12.3f}{cpu[m.candidate]:11.3f}{m.runs:6}")
    for remark in remarks:
        print(remark)


def _store(name: str, measured: list[Measured], runs: Mapping[str, list[dict[str, float]]], remarks: list[str],
           packages: tuple[str, ...]) -> None:  # fmt: skip
    wall, cpu = _ratios(runs, "wall"), _ratios(runs, "cpu")
    about = {
        "machine": machine(),
        "python": platform.python_version(),
        "versions": " ".join(f"{p}=={metadata.version(p)}" for p in packages),
        "numbers": "; ".join(remarks),
    }
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        rows = [
            asdict(m) | {"wall_ratio": round(wall[m.candidate], 3), "cpu_ratio": round(cpu[m.candidate], 3)} | about
            for m in measured
        ]
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def machine() -> str:
    """The machine in words: ``BENCHMARK_MACHINE``, or its cores and memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return os.environ.get("BENCHMARK_MACHINE", f"{os.cpu_count()} cores, {memory:.0f} GB")
