"""In every figure all words are inside it and none stands on another, whatever the study calls its things."""

from collections.abc import Iterator
from itertools import combinations

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from release_examples import experiment
from rich_examples import CASES, LONG, register_study

from effekt.release.contents import ReportInput
from effekt.release.figures import style
from effekt.release.figures.gallery import gallery
from effekt.release.language import Language
from effekt.release.rules import OPEN


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[tuple[str, Bbox]], Bbox]]:
    """The words of each figure drawn, with the boxes they take; no files are made."""
    found: list[tuple[str, list[tuple[str, Bbox]], Bbox]] = []

    def measure(figure: Figure, title: str) -> bytes:
        FigureCanvasAgg(figure)
        figure.draw_without_rendering()
        found.append((title, list(words_of(figure)), figure.bbox))
        return b"<svg></svg>"

    monkeypatch.setattr(style, "_svg", measure)
    monkeypatch.setattr(style, "_png", lambda _: b"")
    return found


def words_of(figure: Figure) -> Iterator[tuple[str, Bbox]]:
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    undrawn = set(_undrawn_ticks(figure))
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip() and id(text) not in undrawn:
            # The words themselves, without the arrow of an annotation.
            yield text.get_text(), Text.get_window_extent(text, renderer)


def _undrawn_ticks(figure: Figure) -> Iterator[int]:
    """Labels of ticks beyond the ends of their axis, or of an axis that is switched off."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.majorTicks:
                if not axes.axison or not low - 1e-9 <= tick.get_loc() <= high + 1e-9:
                    yield id(tick.label1)
                yield id(tick.label2)


def standing_on_each_other(words: list[tuple[str, Bbox]]) -> list[str]:
    """Pairs of words whose boxes meet by more than a hair."""
    pairs = []
    for (a, box), (b, other) in combinations(words, 2):
        across = min(box.x1, other.x1) - max(box.x0, other.x0)
        down = min(box.y1, other.y1) - max(box.y0, other.y0)
        if across > 1 and down > 1.5:
            pairs.append(f"{a!r} on {b!r}")
    return pairs


SHOWN = ("county_study", "long_names", "many_analyses", "register_synthetic", "nothing_significant", "one_treated")


def strange() -> ReportInput:
    """Long names of arms, subgroups and windows."""
    content = register_study(OPEN, synthetic=True)
    return register_study(OPEN, synthetic=True, labels=dict.fromkeys(content.labels, LONG))


@pytest.mark.parametrize("name", [*SHOWN, "strange"])
@pytest.mark.parametrize("code", ["nb", "en"])
def test_no_words_are_cut_or_stand_on_each_other(drawn, name, code):
    gallery(strange() if name == "strange" else CASES[name](), Language(code))
    assert drawn
    for title, words, page in drawn:
        assert standing_on_each_other(words) == [], title
        outside = [w for w, b in words if b.x0 < -1 or b.y0 < -1 or b.x1 > page.x1 + 1 or b.y1 > page.y1 + 1]
        assert outside == [], title


def test_the_test_sees_words_that_meet(drawn):
    gallery(experiment(), Language("nb"))
    title, words, _ = drawn[0]
    assert standing_on_each_other([*words, words[0]]), title


def luminance(colour: str) -> float:
    """CIELAB L* of a colour in sRGB."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    y = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 116 * y ** (1 / 3) - 16


def test_a_grey_print_keeps_the_groups_apart_and_every_word_readable():
    assert luminance(style.COMPARISON) - luminance(style.TREATED) > 20
    assert all(luminance(c) < 50 for c in (style.INK, style.SOFT, style.TREATED, style.COMPARISON))
