"""Write the generated pages of the manual: `python docs/build.py`; `--check` only says which are out of date.

What a page says stands once, in the models, docstrings and data files that effekt runs on; here it is only set.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from pages import claims, disclosure, errors, measures, methods, registers, spec, worlds

DOCS = Path(__file__).parent

PAGES: Mapping[str, Callable[[], str]] = {
    "spec.md": spec.page,
    "measures.md": measures.page,
    "methods.md": methods.page,
    "errors.md": errors.page,
    "claims.md": claims.page,
    "disclosure.md": disclosure.page,
    "registers.md": registers.page,
    "worlds.md": worlds.page,
}


def main(arguments: list[str]) -> int:
    """Write every page, or with `--check` return 1 if one differs from what would be written."""
    stale = []
    for name, page in PAGES.items():
        path, text = DOCS / name, page()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if arguments != ["--check"]:
                path.write_text(text, encoding="utf-8")
    if arguments == ["--check"] and stale:
        print(f"out of date: {', '.join(stale)}. Run `python docs/build.py`.")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
