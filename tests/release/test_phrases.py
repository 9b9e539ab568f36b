"""Every word a check or a flow step can say has its Norwegian."""

import ast
import csv
from importlib.resources import files
from pathlib import Path

import pytest
from pydantic import TypeAdapter

import effekt.checks
from effekt.population.cohort.conditions import worded
from effekt.release.language import Language
from effekt.spec.predicates import Predicate

NB = Language("nb")
SOURCE = Path(effekt.checks.__file__).parents[1]
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


def flow_steps(path: Path) -> set[str]:
    """Collect the reasons that a module gives for leaving; what is filled in stands as `x`."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword) and node.arg == "lost":
            found |= written(node.value)
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("add", "append")
        ):
            for argument in node.args:
                first = argument.elts[0] if isinstance(argument, ast.Tuple) and argument.elts else argument
                found |= written(first)
    return {text for text in found if " " in text}


def written(node: ast.expr) -> set[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.JoinedStr):
        return {"".join(part.value if isinstance(part, ast.Constant) else "x" for part in node.values)}
    return set()


FLOWS = [path for room in ("cohort", "counties", "prepared") for path in (SOURCE / "population" / room).glob("*.py")]
FLOWS = [path for path in FLOWS if path.stem != "columns"]
"""What is left out of columns is a note beside a table, and no step of a flow."""


@pytest.mark.parametrize("path", sorted(FLOWS), ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_every_reason_for_leaving_the_flow_has_its_norwegian(path: Path):
    # Conditions of the spec are any words there are; they have a test of their own.
    steps = flow_steps(path) - {"not x, or not known to be"}
    assert not {text for text in steps if NB.phrase(text) == text}


@pytest.mark.parametrize(
    "predicate",
    [
        {"age": "19..30"},
        {"had": "tiltak", "within": "24m before"},
        {"completed": "upper_secondary"},
        {"not_completed": "upper_secondary"},
        {"kjoenn": ["1"]},
    ],
    ids=str,
)
def test_every_condition_has_its_norwegian_wanted_or_not(predicate: dict):
    words = worded(TypeAdapter(Predicate).validate_python(predicate))
    for lost in (words, f"not {words}, or not known to be"):
        told = NB.phrase(lost)
        assert told != lost
        assert "not " not in told and "with " not in told


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


@pytest.mark.parametrize(
    ("text", "nb", "en"),
    [
        ("24m", "24 måneder", "24 months"),
        ("1y", "1 år", "1 year"),
        ("0..1y", "0–1 år", "0–1 years"),
        ("1y..2y", "1–2 år", "1–2 years"),
        ("19..30", "19–30", "19–30"),
        ("0", "0", "0"),
        ("ytelse", "ytelse", "ytelse"),
        ("6m..2y", "6m..2y", "6m..2y"),
    ],
)
def test_durations_and_ranges_of_the_spec_are_spelt_out(text, nb, en):
    assert (NB.spelt(text), Language("en").spelt(text)) == (nb, en)


def test_a_duration_inside_a_reason_is_spelt_out_too():
    said = NB.phrase("less than 24m after participants began to be identified in the county")
    assert "24 måneder" in said
    assert "19–30 år" in NB.phrase("not aged 19..30 at time zero, or not known to be")


def test_a_covariate_with_brackets_in_its_name_is_a_name():
    said = NB.phrase("covariate 'måneder tiltak: trening (AFT)' is constant; look at the moved date, or move it less")
    assert said.startswith("variabelen «måneder tiltak: trening (AFT)» har bare én verdi; se på")
