"""YAML with positions: what was typed stays typed, and everything wrong is reported at its place, in one go."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from effekt.errors import SpecError
from effekt.literals import Duration, Refusal
from effekt.located.binding import load
from effekt.located.document import read
from effekt.located.render import render_json, render_text


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Circle(Strict):
    method: Literal["circle"]
    radius: float = Field(gt=0)


class Square(Strict):
    method: Literal["square"]
    side: float


class Item(Strict):
    code: str
    colour: Literal["red", "blue"] = "red"
    lasts: Duration | None = None


class Shop(Strict):
    examples: ClassVar[Mapping[str, str]] = {"name": "corner"}
    refused_keys: ClassVar[Mapping[str, Refusal]] = {
        "tax": Refusal("E204", "`tax` is not in this version", help="remove it")
    }
    name: str
    open: bool = True
    count: int = 0
    codes: tuple[str, ...] = ()
    items: Mapping[str, Item] = {}
    shape: Annotated[Circle | Square, Field(discriminator="method")] | None = None
    nested: Mapping[str, Mapping[str, int]] = {}


def write(folder: Path, text: str, name: str = "shop.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path) -> list[tuple[str, int, int]]:
    with pytest.raises(SpecError) as caught:
        load(Shop, path)
    return [(p.code, p.place.line, p.place.col) for p in caught.value.problems if p.place]


def rendered(path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(path.parent)
    with pytest.raises(SpecError) as caught:
        load(Shop, path.name)
    return render_text(caught.value.problems)


def test_every_scalar_stays_what_was_typed(tmp_path: Path) -> None:
    path = write(
        tmp_path, "name: 0301\ncodes: [NO, 84.10, 22:15, ~, null, 1e3, 2024-05-01, 0x1F]\ncount: 7\nopen: no\n"
    )
    shop = load(Shop, path)
    assert shop.name == "0301"
    assert shop.codes == ("NO", "84.10", "22:15", "~", "null", "1e3", "2024-05-01", "0x1F")
    assert (shop.count, shop.open) == (7, False)


def test_all_problems_come_in_one_run_sorted_by_position(tmp_path: Path) -> None:
    text = """\
nmae: corner
count: many
items:
  a: {code: "1", colour: rde, lasts: 3 weeks}
  b: {colour: blue}
shape: {method: cirle, radius: 1}
tax: 3
count: 4
"""
    assert problems(write(tmp_path, text)) == [
        ("E203", 1, 1),
        ("E103", 2, 8),
        ("E208", 4, 26),
        ("E105", 4, 38),
        ("E104", 5, 3),
        ("E205", 6, 17),
        ("E204", 7, 1),
        ("E102", 8, 1),
    ]


def test_the_format_is_the_stated_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "name: a\nitems:\n  a: {code: '1', colour: rde}\nname: b\n")
    assert rendered(path, monkeypatch) == (
        "E208 shop.yaml:3:26: unknown value `rde` for `items.a.colour`\n"
        " 3 |   a: {code: '1', colour: rde}\n"
        "   |                          ^^^\n"
        "   = help: did you mean `red`?\n"
        "   = note: valid: blue, red\n"
        "\n"
        "E102 shop.yaml:4:1: key `name` is set twice\n"
        " 4 | name: b\n"
        "   | ^^^^\n"
        "   = see: shop.yaml:1:1\n"
        " 1 | name: a\n"
        "   | ^^^^\n"
        "   = help: keep one of the two"
    )


def test_json_carries_the_same_facts(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        load(Shop, write(tmp_path, "nam: a\n"))
    (problem,) = json.loads(render_json(caught.value.problems))
    assert problem["code"] == "E203"
    assert problem["help"] == "did you mean `name`?"
    assert problem["place"]["line"] == 1
    assert problem["path"] == ["nam"]


def test_a_misspelt_key_is_reported_once_and_a_missing_key_says_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        load(Shop, write(tmp_path, "count: 3\n"))
    (problem,) = caught.value.problems
    assert (problem.code, problem.help) == ("E104", "write `name: corner`")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("name: one: two\n", 1, 'put the text in quotes: `name: "one: two"`'),
        ("items:\n  a: {code: x: y}\n", 2, "put the text in quotes"),
        ("name: [a\ncount: 3\n", 1, "close the bracket"),
        ("items:\n\ta: 1\n", 2, "indent with spaces"),
        ("name: 'a\n", 1, "closing quote"),
        ("name: @a\n", 1, "put the text in quotes"),
        ("name: a\n b\n c: 3\n", 3, "quotes"),
        ("name: &x a\n", 1, "include"),
        ("name: !!python/name:os.system x\n", 1, "remove the tag"),
        ("name: a\n---\nname: b\n", 2, "remove the `---`"),
        ("name: a\n- b\n", 2, "indentation"),
    ],
)
def test_syntax_errors_say_what_to_write(tmp_path: Path, text: str, line: int, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        load(Shop, write(tmp_path, text))
    (problem,) = caught.value.problems
    assert problem.code == "E101"
    assert problem.place is not None
    assert problem.place.line == line
    assert words in str(problem.help)


def test_nesting_beyond_reason_is_refused(tmp_path: Path) -> None:
    assert problems(write(tmp_path, "name: " + "[" * 5000)) == [("E101", 1, 67)]


def test_file_problems_are_located_errors(tmp_path: Path) -> None:
    write(tmp_path, "", "empty.yaml")
    write(tmp_path, "# only this\n", "comment.yaml")
    (tmp_path / "latin.yaml").write_bytes("name: blåbær\n".encode("latin-1"))
    (tmp_path / "folder.yaml").mkdir()
    for name in ("empty", "comment", "latin", "folder", "missing", "nul\0byte"):
        assert problems(tmp_path / f"{name}.yaml")[0][0] == "E108"
    assert problems(write(tmp_path, "- a\n", "list.yaml"))[0][0] == "E103"
    assert problems(write(tmp_path, "name: a\x07\n", "bell.yaml")) == [("E101", 1, 1)]


def person_number() -> str:
    """An 11-digit number built at run time: month 13 belongs to no family of person numbers."""
    return "31" + "13" + "99" + "0" * 5


@pytest.mark.parametrize(
    "text", ["name: {}\n", "name: a  # {}\n", "{}: 3\nname: a\n", "name: a\nitems: {{x: {{code: '{}'}}}}\n"]
)
def test_a_person_number_is_refused_and_never_shown(tmp_path: Path, text: str) -> None:
    number = person_number()
    for written in (number, f"{number[:6]} {number[6:]}", f"{number[:6]}-{number[6:]}"):
        with pytest.raises(SpecError) as caught:
            load(Shop, write(tmp_path, text.format(written)))
        found = caught.value.problems
        assert "E501" in {p.code for p in found}
        shown = render_text(found) + render_json(found) + str(caught.value) + repr(found)
        assert written not in shown
        assert "x" * len(written) in shown or "xxxxxx" in shown


def test_includes_merge_maps_replace_lists_and_edit_them(tmp_path: Path) -> None:
    write(tmp_path, "count: 1\ncodes: [a, b]\nnested: {x: {one: 1, two: 2}}\n", "common/base.yaml")
    write(tmp_path, "open: no\n", "common/more.yaml")
    path = write(
        tmp_path,
        "include: [common/base.yaml, common/more.yaml]\nname: n\ncodes: {add: [c], drop: [a]}\nnested: {x: {two: 3}}\n",
    )
    shop = load(Shop, path)
    assert (shop.count, shop.open, shop.codes) == (1, False, ("b", "c"))
    assert shop.nested == {"x": {"one": 1, "two": 3}}
    document = read(path)
    assert document.origin(("count",)) == "common/base.yaml:1"
    assert document.origin(("nested", "x", "one")) == "common/base.yaml:3"
    assert document.origin(("nested", "x", "two")) == "shop.yaml:4"
    assert document.origin(("codes", 0)) == "common/base.yaml:2"
    assert document.origin(("codes", 1)) == "shop.yaml:3"
    assert document.origin(("items",)) == "default"
    assert document.place(("items", "a")).line == document.root.place.line


def test_a_list_in_the_study_replaces_the_included_list(tmp_path: Path) -> None:
    write(tmp_path, "codes: [a, b]\n", "base.yaml")
    assert load(Shop, write(tmp_path, "include: [base.yaml]\nname: n\ncodes: [z]\n")).codes == ("z",)


def test_two_includes_that_differ_name_both_places_unless_the_study_settles_it(tmp_path: Path) -> None:
    write(tmp_path, "count: 1\nnested: {x: {one: 1}}\n", "a.yaml")
    write(tmp_path, "count: 2\nnested: {x: {one: 2, two: 2}}\n", "b.yaml")
    path = write(tmp_path, "include: [a.yaml, b.yaml]\nname: n\ncount: 5\n")
    with pytest.raises(SpecError) as caught:
        load(Shop, path)
    (problem,) = caught.value.problems
    assert problem.code == "E107"
    assert problem.sentence == "two includes set `nested.x.one` differently"
    assert problem.place is not None
    assert problem.related is not None
    assert problem.place.file.endswith("b.yaml")
    assert problem.related.file.endswith("a.yaml")
    write(tmp_path, "include: [a.yaml, b.yaml]\nname: n\ncount: 5\nnested: {x: {one: 9}}\n")
    assert load(Shop, path).nested == {"x": {"one": 9, "two": 2}}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("include: [shop.yaml]\nname: n\n", "E106"),
        ("include: [b.yaml]\nname: n\n", "E106"),
        ("include: [gone.yaml]\nname: n\n", "E108"),
        ("include: base.yaml\nname: n\n", "E103"),
        ("include: [[base.yaml]]\nname: n\n", "E103"),
        ("include: [base.yaml]\nname: n\ncodes: {drop: [bb]}\n", "E208"),
        ("include: [base.yaml]\nname: n\ncodes: {add: bb}\n", "E103"),
        ("include: [bad.yaml]\nname: n\n", "E203"),
    ],
)
def test_bad_includes_are_located_errors(tmp_path: Path, text: str, code: str) -> None:
    write(tmp_path, "include: [shop.yaml]\n", "b.yaml")
    write(tmp_path, "codes: [aa]\n", "base.yaml")
    write(tmp_path, "cuont: 3\n", "bad.yaml")
    found = problems(write(tmp_path, text))
    assert [c for c, _, _ in found] == [code]


def test_a_file_is_printed_as_the_user_wrote_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "cuont: 3\n", "common/bad.yaml")
    write(tmp_path, "include: [common/bad.yaml]\nname: n\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError) as caught:
        load(Shop, "shop.yaml")
    assert render_text(caught.value.problems).startswith("E203 common/bad.yaml:1:1: unknown key `cuont`")


def test_an_empty_value_is_a_missing_value(tmp_path: Path) -> None:
    assert problems(write(tmp_path, "name:\nshape:\n")) == [("E104", 1, 1)]


words = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)
trees = st.recursive(
    words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(st.text(max_size=80) | st.text(alphabet="ab:{}[],-'\"# \n&*!|>?%@`", max_size=60))
def test_arbitrary_text_is_a_model_or_a_located_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "any.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        load(Shop, path)
    except SpecError as error:
        assert all(problem.place for problem in error.problems)
        assert render_text(error.problems)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from([*Shop.model_fields, "tax", "include"]), trees, max_size=5))
def test_arbitrary_trees_are_a_model_or_a_located_error(tmp_path: Path, tree: dict[str, object]) -> None:
    path = tmp_path / "tree.yaml"
    path.write_text(json.dumps(tree, ensure_ascii=True), encoding="utf-8")
    try:
        load(Shop, path)
    except SpecError as error:
        assert all(problem.place for problem in error.problems)
        lines = [problem.place.line for problem in error.problems if problem.place]
        assert lines == sorted(lines)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
@given(st.dictionaries(words, words, min_size=1, max_size=4))
def test_quoted_text_comes_back_as_typed(tmp_path: Path, data: dict[str, str]) -> None:
    path = tmp_path / "round.yaml"
    path.write_text(json.dumps(data, ensure_ascii=True), encoding="utf-8")
    document = read(path)
    if not document.problems and "include" not in data:
        assert document.plain() == data
