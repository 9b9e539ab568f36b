"""What each error code can say, read from the places in the sources that raise it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from pages.markdown import ROOT

SAYS = frozenset(("Problem", "Refusal"))


@dataclass(frozen=True, slots=True, order=True)
class Message:
    """sentence, help : as printed, … for what depends on the study; help is empty where a run decides it."""

    sentence: str
    help: str


@cache
def messages() -> Mapping[str, tuple[Message, ...]]:
    """Return code -> what it can say, sorted."""
    found: dict[str, set[Message]] = {}
    for path in sorted((ROOT / "src" / "effekt").rglob("*.py")):
        for number, message in _in_module(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(number, set()).add(message)
    return {number: tuple(sorted(said)) for number, said in found.items()}


def _in_module(tree: ast.Module) -> Iterator[tuple[str, Message]]:
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)):
        # A sentence too long for its call stands in a variable just above it.
        texts: dict[str, str] = {}
        for node in function.body if isinstance(function, ast.ClassDef) else ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                texts[node.targets[0].id] = _text(node.value, {})
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            yield from _of_call(call, texts)


def _of_call(call: ast.Call, texts: Mapping[str, str]) -> Iterator[tuple[str, Message]]:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    given = dict(zip(("code", "sentence"), call.args, strict=False)) | {k.arg: k.value for k in call.keywords if k.arg}
    number, sentence = given.get("code"), given.get("sentence")
    if name in SAYS and isinstance(number, ast.Constant) and sentence is not None:
        said = _text(sentence, texts)
        if said.strip("… "):
            yield str(number.value), Message(said, _text(given["help"], texts).strip("… ") if "help" in given else "")


def _text(node: ast.expr, texts: Mapping[str, str]) -> str:
    """Return the text an expression makes, … for what only a run knows."""
    if isinstance(node, ast.Constant):
        return str(node.value) if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part, texts) for part in node.values)
    if isinstance(node, ast.BinOp):
        return _text(node.left, texts) + _text(node.right, texts)
    if isinstance(node, ast.BoolOp):
        return _text(node.values[-1], texts)
    if isinstance(node, ast.Name):
        return texts.get(node.id, "…")
    return "…"
