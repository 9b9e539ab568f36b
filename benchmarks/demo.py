"""Stages of `effekt demo`: wall and CPU seconds of each, imports among them, in a process of its own per run.

``python benchmarks/demo.py`` runs it, prints the medians and writes ``results/demo.csv``. There is nothing to compare
with but the last measurement: it says where a demo's time goes.
"""

import csv
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

RUNS = int(os.environ.get("BENCHMARK_RUNS", "5"))
RESULTS = Path(__file__).parent / "results" / "demo.csv"
STREAMS = 4


def once() -> dict[str, tuple[float, float]]:
    """Return stage -> (wall, CPU) seconds of one demo in this process."""
    from effekt.__main__ import one_blas_thread

    one_blas_thread()
    found: dict[str, tuple[float, float]] = {}
    state: dict[str, object] = {}

    def timed(stage: str, work: Callable[[], object]) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        state[stage] = work()
        found[stage] = (time.perf_counter() - wall, time.process_time() - cpu)

    with tempfile.TemporaryDirectory() as folder:
        timed("open", lambda: _opened(Path(folder)))
        study = state["open"]
        timed("extract", lambda: study.source.extract)  # type: ignore[attr-defined]
        timed("sample", lambda: study.sample)  # type: ignore[attr-defined]
        timed("checks", study.design)  # type: ignore[attr-defined]
        timed("freeze", study.freeze)  # type: ignore[attr-defined]
        timed("estimates", study.estimates)  # type: ignore[attr-defined]
        timed("truth", lambda: study.truth(streams=STREAMS))  # type: ignore[attr-defined]
        timed("release", lambda: study.release(Path(folder) / "out"))  # type: ignore[attr-defined]
    return found


def _opened(folder: Path) -> object:
    from effekt.spec.shipped import shipped_spec
    from effekt.study import Study

    return Study.open(shipped_spec("demo.yaml"), world="tiny", work=folder / "work")


def main() -> None:
    """Run the demo several times and write medians by stage."""
    if sys.argv[1:] == ["once"]:
        print(json.dumps(once()))
        return
    runs = []
    for _ in range(RUNS):
        done = subprocess.run([sys.executable, __file__, "once"], capture_output=True, text=True, check=True)
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    rows = [(stage, *(statistics.median(run[stage][i] for run in runs) for i in (0, 1))) for stage in runs[0]]
    rows.append(("all", *(statistics.median(sum(s[i] for s in run.values()) for run in runs) for i in (0, 1))))
    machine = os.environ.get("BENCHMARK_MACHINE", f"{platform.machine()}, {os.cpu_count()} cores")
    versions = " ".join(f"{name}=={metadata.version(name)}" for name in ("effekt", "duckdb", "ibis-framework", "numpy"))
    with RESULTS.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["stage", "wall_s", "cpu_s", "runs", "machine", "python", "versions"])
        for stage, wall, cpu in rows:
            print(f"{stage:10} {wall:6.2f} wall {cpu:6.2f} CPU")
            row = [stage, f"{wall:.2f}", f"{cpu:.2f}", RUNS, machine, platform.python_version(), versions]
            writer.writerow(row)


if __name__ == "__main__":
    main()
