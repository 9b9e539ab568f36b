"""`spec.md`: every key of a study, from the models that read it."""

from __future__ import annotations

from collections.abc import Iterator

from effekt import literals
from effekt.literals import Written
from effekt.spec.keys import Section, sections
from effekt.spec.prepared import PreparedStudy
from effekt.spec.registered import CountyStudy, RegisterStudy
from effekt.spec.standard import STANDARD
from pages.markdown import code, opening, table

KINDS = (
    (PreparedStudy, "A study of a prepared table", "published/nsw_experiment.yaml"),
    (RegisterStudy, "A study of persons on registers", "demo.yaml"),
    (CountyStudy, "A study of counties on registers", "karriereveiledning_fylke.yaml"),
)

INTRODUCTION = """\
A study is one YAML file. There are three kinds: of a [prepared table](#a-study-of-a-prepared-table), of
[persons on registers](#a-study-of-persons-on-registers) and of [counties](#a-study-of-counties-on-registers).

- `effekt check SPEC` finds every problem. `effekt explain KEY` prints the row of a key.
  `effekt show --resolved SPEC` prints every value and where it comes from.
- `effekt schema > study.schema.json` gives your editor the JSON Schema.
- **must** in the column "default" means that the key must be given. NAME is a name of your own choice, `[]` an item of
  a list. `none` unsets what may be unset. An unknown key is refused ([E203](errors.md#e203)).
- `include: [FILE]` at the top takes keys from other files; two that set the same key are refused
  ([E107](errors.md#e107)). `codes/FILE.csv#NAME` names a code list beside the study.
- A variant overrides paths: `variants: {hc1: {analyses.main.estimate.vcov: HC1}}`.
"""


def page() -> str:
    """Return the page."""
    lines = [*opening("What a study can say", "the models in `src/effekt/spec/`"), INTRODUCTION, *_written()]
    seen: set[tuple[str, str, str]] = set()
    for model, title, example in KINDS:
        lines += [f"## {title}", "", f"{model.__doc__} A whole one: [`{example}`](../specs/{example}).", ""]
        for section in sections(model):
            identity = (section.path, section.method, section.about)
            if identity not in seen and not (section.path and not section.keys):
                seen.add(identity)
                lines += _section(section)
    return "\n".join([*lines, *_standard()]) + "\n"


def _section(section: Section) -> Iterator[str]:
    if section.path:
        method = f" with `method: {section.method}`" if section.method else ""
        yield from (f"### `{section.path}`{method}", "", section.about, "")
    rows = (
        (
            code(key.name),
            key.takes,
            "**must**" if key.default is None else code(key.default),
            key.meaning,
            code(f"{key.name}: {key.example}" if key.example else ""),
        )
        for key in section.keys
    )
    yield from table(("key", "takes", "default", "meaning", "example"), rows)


def _written() -> Iterator[str]:
    """Yield how durations, ranges and amounts are written."""
    yield from ("## How values are written", "")
    kinds = [k for k in vars(literals).values() if isinstance(k, type) and issubclass(k, Written) and k is not Written]
    rows = []
    for kind in sorted(kinds, key=lambda k: k.__name__):
        words = "".join(f" {c.lower()}" if c.isupper() else c for c in kind.__name__).strip()
        first = (kind.__doc__ or "").split("\n\n", maxsplit=1)[0].replace("\n", " ").replace("``", "`")
        rows.append((words, ", ".join(map(code, kind.examples)), " ".join(first.split())))
    yield from table(("takes", "examples", "meaning"), rows)


def _standard() -> Iterator[str]:
    yield from ("## What `standard` stands for", "")
    yield from ("`covariates: [standard]`, as of the last day of the month before time zero unless said otherwise:", "")
    yield from table(("group", "what", "register"), ((r.group, r.what, code(r.table)) for r in STANDARD))
