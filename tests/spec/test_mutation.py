"""Every key and every closed word of every example, misspelt: the error is on that line and names the original."""

from __future__ import annotations

from pathlib import Path

import pytest
from mutations import key_mutations, misspelt, required_paths, scalar_mutations, typo_of, without

from effekt.errors import Problem
from effekt.located.document import read
from effekt.spec.kinds import kind_of
from effekt.spec.load import check, load

SPECS = Path(__file__).parents[2] / "specs"
LATER = Path(__file__).parent / "later.yaml"
EXAMPLES = [*sorted(SPECS.glob("*.yaml")), *sorted((SPECS / "published").glob("*.yaml")), LATER]
FREE = frozenset(
    ("outcomes", "analyses", "subgroups", "negative_controls", "concurrent", "arms", "recorded", "start", "variants")
)
"""Maps whose keys are names that people choose, or county codes."""


def errors(folder: Path, example: Path, text: str) -> list[Problem]:
    """Check a changed copy that stands beside the example's includes and code lists."""
    for name in ("codes", "common"):
        link = folder / name
        if not link.exists() and (SPECS / name).exists():
            link.symlink_to(SPECS / name)
    copy = folder / example.name
    copy.write_text(text, encoding="utf-8")
    return [problem for problem in check(copy) if problem.code != "E204"]


def expect(found: list[Problem], line: int, original: str, what: str) -> None:
    here = [p for p in found if p.place is not None and p.place.line == line]
    assert here, f"{what}: no error on line {line}, but {[(p.code, p.sentence) for p in found]}"
    assert any(f"`{original}`" in f"{p.help}" for p in here), f"{what}: {[(p.sentence, p.help) for p in here]}"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.stem)
def test_examples_have_no_errors(example: Path) -> None:
    assert [problem for problem in check(example) if problem.code != "E204"] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.stem)
def test_every_misspelt_key_is_found_on_its_line(example: Path, tmp_path: Path) -> None:
    document = read(example)
    seen = 0
    for mutation in key_mutations(document, FREE):
        if mutation.place.file != document.file:
            continue
        text = misspelt(example, document, mutation.place, mutation.original, mutation.typo)
        expect(errors(tmp_path, example, text), mutation.place.line, mutation.original, str(mutation))
        seen += 1
    assert seen >= 15


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.stem)
def test_every_misspelt_closed_word_is_found_on_its_line(example: Path, tmp_path: Path) -> None:
    document = read(example)
    seen = 0
    for mutation in scalar_mutations(document, kind_of(document)):
        if mutation.place.file != document.file:
            continue
        text = misspelt(example, document, mutation.place, mutation.original, mutation.typo)
        expect(errors(tmp_path, example, text), mutation.place.line, mutation.original, str(mutation))
        seen += 1
    assert seen >= 4


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.stem)
def test_every_required_key_that_is_deleted_is_missed_where_it_stood(example: Path, tmp_path: Path) -> None:
    document = read(example)
    seen = 0
    for path in required_paths(document, kind_of(document)):
        found = errors(tmp_path, example, without(document, path))
        missed = [p for p in found if p.code == "E104" and p.path in (path, path[:-1])]
        assert missed or path[-1] in ("prepared", "population"), (path, [(p.code, p.path) for p in found])
        assert found
        seen += 1
    assert seen >= 8


def test_one_edit_typos_of_keys_are_nearly_always_recognised() -> None:
    from effekt.located.names import keys_of, nearest
    from effekt.spec.prepared import Prepared, PreparedStudy
    from effekt.spec.registered import CountyStudy, RegisterStudy

    trials = hits = 0
    for model in (Prepared, PreparedStudy, RegisterStudy, CountyStudy):
        keys = keys_of(model)
        for key in keys:
            edits = {key[:i] + key[i + 1 :] for i in range(len(key))}
            edits |= {key[:i] + "x" + key[i:] for i in range(len(key) + 1)}
            edits |= {key[:i] + "x" + key[i + 1 :] for i in range(len(key))} | {typo_of(key)}
            for edit in edits - set(keys):
                trials += 1
                hits += nearest(edit, keys) == key
    assert trials > 1000
    assert hits / trials > 0.99


def test_a_study_that_only_waits_for_a_later_version_loads() -> None:
    spec = load(LATER)
    assert {problem.code for problem in spec.not_in_this_version} == {"E204"}
    assert all(problem.place is not None for problem in spec.not_in_this_version)
