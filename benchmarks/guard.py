"""Values a second that the identity guard looks at, by what a column holds.

``python benchmarks/guard.py`` prints the medians and writes ``results/guard.csv``. Numbers are random, so that chance
makes some of them fit; nothing is a person's.
"""

import csv
import os
import statistics
import time
from importlib import metadata

import numpy as np
import pyarrow as pa
from measure import RESULTS, machine

from effekt.population.identity.spelling import tally_cells

VALUES = 1_000_000
RUNS = int(os.environ.get("BENCHMARK_RUNS", "5"))


def columns() -> dict[str, pa.Array]:
    """Return columns of the kinds that registers have."""
    rng = np.random.default_rng(1)
    eleven = pa.array(rng.integers(10**10, 10**11, VALUES))
    few = pa.array(rng.integers(0, 50_000, VALUES).astype(np.int32))
    return {
        "whole numbers of 11 digits": eleven,
        "text of 11 digits": eleven.cast(pa.large_string()),
        "pseudonyms as text": pa.array([f"S{k:07d}" for k in range(VALUES)], pa.large_string()),
        "text that repeats": pa.DictionaryArray.from_arrays(few, pa.array([f"S{k:07d}" for k in range(50_000)])),
        "amounts": pa.array(np.round(rng.lognormal(10, 0.5, VALUES), 2)),
    }


def main() -> None:
    """Measure every column and write the medians."""
    with (RESULTS / "guard.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["column", "million_values_per_cpu_s", "million_values_per_s", "runs", "machine", "versions"])
        for name, cells in columns().items():
            runs = []
            for _ in range(RUNS):
                wall, cpu = time.perf_counter(), time.process_time()
                tally_cells(pa.chunked_array([cells]))
                runs.append((VALUES / (time.process_time() - cpu) / 1e6, VALUES / (time.perf_counter() - wall) / 1e6))
            by_cpu, by_wall = (round(statistics.median(run[i] for run in runs), 1) for i in (0, 1))
            print(f"{name:28}{by_cpu:8.1f} million values a CPU second {by_wall:8.1f} a second")
            versions = " ".join(f"{p}=={metadata.version(p)}" for p in ("effekt", "numpy", "pyarrow"))
            writer.writerow([name, by_cpu, by_wall, RUNS, machine(), versions])


if __name__ == "__main__":
    main()
