"""Makes ``samples`` of the reference tests and the risk sets of the method tests importable here too."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / room) for room in ("reference", "methods")]
