"""Formulas and manuals as a terminal shows them: no LaTeX is left, and every sign is one."""

import pytest

from effekt.release.written_formulas import written, written_manual
from effekt.spec.manuals import manuals


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (r"Y_{it} = \alpha_i + \tau D_{it}", "Y_{it} = α_i+τD_{it}"),
        (r"d = \frac{\bar x_1 - \bar x_0}{s}", "d = (x̄_1−x̄_0)/s"),
        (r"\frac{G}{G-1}", "G/(G−1)"),
        (r"\sqrt{1/n}", "√(1/n)"),
        (r"\hat\tau \pm \delta", "τ̂ ± δ"),
    ],
)
def test_a_formula_is_one_line_of_plain_text(formula, text):
    assert written(formula) == text


@pytest.mark.parametrize("name", manuals())
def test_no_manual_shows_latex_on_a_terminal(name):
    text = written_manual(manuals()[name])
    assert ".. math" not in text
    assert ":math:" not in text
    assert "\\" not in text
