"""Method manuals become readable pages, and formulas text."""

import pytest
from markupsafe import Markup

from effekt.release.formulas import readable
from effekt.release.manual import readable_manual


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (r"\hat\tau", "τ\u0302"),
        (r"\hat{\tau}_e", "τ\u0302<sub>e</sub>"),
        (r"\bar x_1 - \bar x_0", "x\u0304<sub>1</sub> − x\u0304<sub>0</sub>"),
        (r"x^{2}_ i", "x<sup>2</sup><sub>i</sub>"),
        (r"\sqrt{s/n}", "√(s/n)"),
        (r"\sum_{e \ne r} a", "∑<sub>e ≠ r</sub> a"),
        (r"\left( a~b \right)", "( a b )"),
        (r"\mathrm{MDE} \{a\} \, b", "MDE {a}   b"),
        (r"a & b \\ c", "a  b <br> c"),
        (r"\overline{ab}", '<span class="over">ab</span>'),
        (r"\unknowncommand", "unknowncommand"),
        ("a < b", "a &lt; b"),
        (r"a_", "a<sub></sub>"),
        (r"{a", "a"),
        (r"a}b", "ab"),
    ],
)
def test_formulas_become_text(formula: str, text: str):
    assert readable(formula) == text


def test_a_fraction_reads_as_one_without_style_sheet():
    assert Markup(readable(r"\frac{a}{b}")).striptags() == "a/b"


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
        '<p class="formula">y = x</p>\n'
        '<p>With <span class="formula">a<sub>i</sub></span>.</p>\n'
        "<ul><li>one\n</li><li>two</li></ul>"
    )


def test_what_a_manual_holds_is_escaped():
    html = readable_manual("<script>alert(1)</script> ``<b>`` :math:`<i>` *<u>*")
    assert "<script" not in html
    assert "<b>" not in html
    assert "<i>" not in html
    assert "<u>" not in html
