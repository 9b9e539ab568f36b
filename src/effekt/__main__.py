"""``python -m effekt`` and the console script: run the command, render what went wrong, return the exit code."""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from itertools import pairwise

from effekt.cli import app
from effekt.errors import EffektError
from effekt.located.render import render_json, render_text

INTERRUPTED = 130
BUG = 70


def main() -> None:
    """Run effekt and exit with its code; a user's mistake never shows a stack trace, ours always does."""
    one_blas_thread()
    code = run(sys.argv[1:])
    # The work is done and reported. A late Ctrl-C would only replace the exit code by a death by signal, since
    # the interpreter hands SIGINT back to the system while it shuts down.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Folders are removed and files closed all the same; without it the way out searches a million objects for circles.
    gc.freeze()
    sys.exit(code)


def one_blas_thread() -> None:
    """Let linear algebra run on one thread, unless the user says otherwise; it must be said before numpy is imported.

    Our matrices are tall and worked through in blocks that fit in a cache: the threads of OpenBLAS would mostly wait
    for each other (a logit of 10,000 rows takes 4 to 20 times the CPU on two), and the last digits of a product would
    hang on how many cores the machine has.
    """
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    try:
        code = int(app(arguments, standalone_mode=False) or 0)
    except EffektError as error:
        as_json = "--format=json" in arguments or ("--format", "json") in pairwise(arguments)
        text = render_json(error.problems) if as_json else render_text(error.problems)
        print(text, file=sys.stdout if as_json else sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        return _usage(error) if hasattr(error, "exit_code") else _bug(error)
    if code == INTERRUPTED:
        # The command line library turns most interrupts into this code without a word.
        print("interrupted; what was there before is untouched", file=sys.stderr)  # noqa: T201
    return code


def _usage(error: Exception) -> int:
    """Show a mistake on the command line itself, as click words it."""
    show = getattr(error, "show", None)
    if callable(show):
        show()
    return int(getattr(error, "exit_code", 2))


def _bug(error: Exception) -> int:
    """Show where it broke. The message is withheld: a library's message may quote a row."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    shown = str(error) if os.environ.get("EFFEKT_DEBUG") else "(message withheld: it may hold data; EFFEKT_DEBUG=1)"
    print(f"this is a bug in effekt\n{frames}{type(error).__name__}: {shown}", file=sys.stderr)  # noqa: T201
    return BUG


if __name__ == "__main__":
    main()
