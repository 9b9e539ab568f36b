"""Every word a check or a flow step can say has its Norwegian."""

import ast
import csv
from importlib.resources import files
from pathlib import Path

import pytest

import effekt.checks
from effekt.release.language import Language

NB = Language("nb")
UNTRANSLATED = {"sentence", "help", "note", "description"}
"""Keywords of errors and of the schema, which are English throughout."""


def said(path: Path) -> set[str]:
    """Collect the sentences in a module that are not docstrings or words of an error."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    left_out = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in UNTRANSLATED:
            left_out |= {id(part) for part in ast.walk(node.value)}
    texts = (n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return {t.value for t in texts if id(t) not in left_out and len(t.value.split()) > 1 and t.value != "0.2 sd"}


@pytest.mark.parametrize("path", sorted(Path(effekt.checks.__file__).parent.glob("*.py")), ids=lambda p: p.stem)
def test_every_sentence_of_a_check_has_its_norwegian(path: Path):
    lacking = {text for text in said(path) if NB.phrase(text) == text}
    assert not lacking


def test_no_phrase_stands_without_a_translation_or_twice():
    rows = list(csv.DictReader((files("effekt.release") / "phrases.csv").read_text(encoding="utf-8").splitlines()))
    assert len({row["en"] for row in rows}) == len(rows)
    assert all(row["en"] and row["nb"] for row in rows)


def test_merged_steps_and_named_columns_are_translated_piece_by_piece():
    step = "treatment is missing; missing at time zero (alder)"
    assert NB.phrase(step) == "tiltak mangler; mangler ved tid null (alder)"


def test_names_and_unknown_words_stay_as_they_are():
    assert NB.phrase("Møre og Romsdal") == "Møre og Romsdal"
    assert Language("en").phrase("treated clusters") == "treated clusters"
