"""What a draw of `effekt rehearse` costs: CPU and wall seconds of the first and of later ones, and peak memory.

``python benchmarks/rehearsal.py`` walks the whole study through a few draws of `tiny` in one process, as a worker
does, and writes ``results/rehearsal.csv``. The first draw pays for imports and for the SQL that Ibis writes; the
later ones are what a thousand draws cost.
"""

import csv
import os
import platform
import resource
import statistics
import time
from importlib import metadata
from pathlib import Path

DRAWS = int(os.environ.get("BENCHMARK_DRAWS", "5"))
RESULTS = Path(__file__).parent / "results" / "rehearsal.csv"


def main() -> None:
    """Walk the draws and write what the first and the median later one took."""
    from effekt.__main__ import one_blas_thread

    one_blas_thread()
    seconds: list[tuple[float, float]] = []
    for seed in range(1, DRAWS + 1):
        wall, cpu = time.perf_counter(), time.process_time()
        _walked(seed)
        seconds.append((time.perf_counter() - wall, time.process_time() - cpu))
    kinds = {"first": seconds[:1], "later": seconds[1:]}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    about = {
        "peak_mb": round(peak),
        "machine": os.environ.get("BENCHMARK_MACHINE", platform.machine()),
        "python": platform.python_version(),
        "versions": " ".join(f"{n}=={metadata.version(n)}" for n in ("effekt", "duckdb", "ibis-framework", "numpy")),
    }
    rows = [
        {
            "draw": kind,
            "wall_s": round(statistics.median(wall for wall, _ in found), 2),
            "cpu_s": round(statistics.median(cpu for _, cpu in found), 2),
            "draws": len(found),
            **about,
        }
        for kind, found in kinds.items()
        if found
    ]
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        print(row)


def _walked(seed: int) -> None:
    from effekt.rehearsal.run import study_of
    from effekt.rehearsal.walk import walk
    from effekt.spec.shipped import shipped_spec
    from effekt.synthetic.world import load_world

    walk(study_of(shipped_spec("karriereveiledning.yaml")), load_world("tiny"), seed)


if __name__ == "__main__":
    main()
