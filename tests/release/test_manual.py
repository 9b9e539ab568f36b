"""Method manuals become readable pages, and formulas text."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import effekt
from effekt.release.formulas import _NAMES, readable
from effekt.release.manual import readable_manual


def inside(formula: str) -> str:
    """What stands in the row of a formula."""
    return str(readable(formula)).removeprefix("<math><mrow>").removesuffix("</mrow></math>")


@pytest.mark.parametrize(
    ("formula", "mathml"),
    [
        (r"\hat\tau", '<mover accent="true"><mi>τ</mi><mo>^</mo></mover>'),
        (
            r"\bar x_1 - 2.5",
            '<msub><mover accent="true"><mi>x</mi><mo>\u00af</mo></mover><mn>1</mn></msub><mo>−</mo><mn>2.5</mn>',
        ),
        (r"x^{2}_ i", "<msubsup><mi>x</mi><mi>i</mi><mrow><mn>2</mn></mrow></msubsup>"),
        (r"\sqrt{s}", "<msqrt><mrow><mi>s</mi></mrow></msqrt>"),
        (r"\frac{a}{b}", "<mfrac><mrow><mi>a</mi></mrow><mrow><mi>b</mi></mrow></mfrac>"),
        (r"\sum_{i}^n", "<munderover><mo>∑</mo><mrow><mi>i</mi></mrow><mi>n</mi></munderover>"),
        (r"\left( a~b \right)", '<mo>(</mo><mi>a</mi><mspace width=".25em"></mspace><mi>b</mi><mo>)</mo>'),
        ("(a)", '<mo stretchy="false">(</mo><mi>a</mi><mo stretchy="false">)</mo>'),
        (r"\mathrm{max effect} \{a\}", "<mtext>max effect</mtext><mo>{</mo><mi>a</mi><mo>}</mo>"),
        (r"\text a\log b", "<mtext>a</mtext><mi>log</mi><mi>b</mi>"),
        (r"\unknowncommand", "<mi>unknowncommand</mi>"),
        ("a < b", "<mi>a</mi><mo>&lt;</mo><mi>b</mi>"),
        (r"a_", "<msub><mi>a</mi><mrow></mrow></msub>"),
        (r"_a", "<msub><mrow></mrow><mi>a</mi></msub>"),
        (r"{a", "<mrow><mi>a</mi></mrow>"),
        (r"a}b", "<mi>a</mi><mi>b</mi>"),
        (r"\text", "<mtext></mtext>"),
        (r"\text{a{b}c", "<mtext>abc</mtext>"),
    ],
)
def test_formulas_become_mathml(formula: str, mathml: str):
    assert inside(formula) == mathml
    ET.fromstring(str(readable(formula)))


def test_lines_are_aligned_and_a_block_is_set_large():
    html = str(readable(r"a &= b \\ c &= d", block=True))
    assert html.startswith('<math display="block"><mtable class="aligned">')
    assert html.count("<mtr>") == 2 and html.count("<mtd>") == 4


def test_every_command_of_every_manual_is_known():
    """A command that is not known would print its name in the middle of a formula."""
    folder = Path(effekt.__file__).parent
    texts = [p.read_text(encoding="utf-8") for room in MANUALS for p in (folder / room).rglob("*.py")]
    formulas = [f for t in texts for f in re.findall(r":math:`([^`]+)`|\.\. math::((?:.|\n)*?)\n\n", t)]
    commands = {c for pair in formulas for f in pair for c in re.findall(r"\\([A-Za-z]+)", f)}
    assert commands
    assert not {c for c in commands if f"<mi>{c}</mi>" in str(readable(f"\\{c}")) and c not in _NAMES}


MANUALS = ("adjust", "checks", "estimators")


def test_a_manual_keeps_its_paragraphs_lists_and_code():
    html = readable_manual(
        """First *line*,
        ``more
        code`` and `name`, 2 * 3 * 4.

        .. math:: y = x

        With :math:`a_i`.

        - one
        - two
        """.replace("        ", "")
    )
    assert html == (
        "<p>First <em>line</em>,\n<code>more\ncode</code> and <code>name</code>, 2 * 3 * 4.</p>\n"
        '<div class="formula"><math display="block"><mrow><mi>y</mi><mo>=</mo><mi>x</mi></mrow></math></div>\n'
        "<p>With <math><mrow><msub><mi>a</mi><mi>i</mi></msub></mrow></math>.</p>\n"
        "<ul><li>one\n</li><li>two</li></ul>"
    )


def test_what_a_manual_holds_is_escaped():
    html = readable_manual("<script>alert(1)</script> ``<b>`` :math:`<i>` *<u>*")
    assert "<script" not in html
    assert "<b>" not in html
    assert "<i>" not in html
    assert "<u>" not in html
