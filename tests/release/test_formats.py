"""Word, Excel, LaTeX and print say what the page says, to the last digit, and are the same bytes every time."""

import io
import re
import zipfile
from collections import Counter
from dataclasses import replace
from html import unescape
from itertools import pairwise

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from release_examples import experiment
from rich_examples import county_study, hostile, register_study
from test_package import article, text_of

from effekt.errors import MissingPackage, SpecError
from effekt.release.figures.gallery import gallery
from effekt.release.files import tables_csv
from effekt.release.formats import printed as printing
from effekt.release.formats.asked import FORMATS, asked
from effekt.release.formats.blocks import Grid, Illustration, blocks
from effekt.release.formats.latex import latex_file
from effekt.release.formats.latex_text import escaped
from effekt.release.formats.making import formatted
from effekt.release.formats.sheets import number_of, sheets, workbook
from effekt.release.formats.word import column_widths, word_file
from effekt.release.language import LANGUAGES, Language
from effekt.release.package import package
from effekt.release.report import render_report
from effekt.release.rules import OPEN, TERSKEL10

NB, EN = map(Language, LANGUAGES)


@pytest.fixture(scope="module")
def release():
    """A study of individuals with every slot filled: its content, some of its figures, its page."""
    return rendered(register_study())


def rendered(content):
    """The content with the language it is read in, the figures that are quickly drawn, and the page."""
    content = replace(content, languages=content.languages[:1])
    (code,) = content.languages
    drawn = {code: gallery(content, Language(code), lambda plan: plan.kind in {"answer", "flow", "forest"})}
    return content, drawn, render_report(content, drawn)


@pytest.fixture(scope="module")
def word(release):
    content, drawn, html = release
    return docx.Document(io.BytesIO(word_file(content, blocks(html, drawn["nb"], "nb"), "nb")))


def numbers(text: str) -> Counter[str]:
    """How often every number stands in a text."""
    return Counter(re.findall(r"\d+(?:[.,:]\d+)*", text))


# -- which formats -------------------------------------------------------------------------------------------


def test_formats_are_taken_once_and_in_one_order():
    assert asked("tex, html,TEX") == ("html", "tex")


@pytest.mark.parametrize(
    ("text", "column", "says"), [("docs", 1, "`docx`"), ("html, exel", 7, "xlsx"), ("", 1, "html")]
)
def test_an_unknown_format_is_located_and_the_nearest_is_named(text: str, column: int, says: str):
    with pytest.raises(SpecError) as caught:
        asked(text)
    (problem,) = caught.value.problems
    assert problem.code == "E208" and problem.place is not None and problem.place.col == column
    assert says in f"{problem.help} {problem.note}"


def test_only_what_is_asked_for_is_made(release):
    content, drawn, _ = release
    made = dict(formatted(content, drawn, ("xlsx", "tex")))
    assert set(made) == {"tables.xlsx", "tables.tex"}


def test_the_manifest_lists_every_format():
    files = package(experiment(flow=None, findings=(), languages=("nb", "en")), ("docx", "tex"))
    listed = files["manifest.json"].decode()
    assert all(f'"{name}"' in listed for name in files if name != "manifest.json")
    assert "report.html" not in files and "report.en.docx" in files


def test_every_released_table_is_a_csv_and_a_sheet(release):
    content, _, _ = release
    assert len(list(sheets(content, NB))) == len(dict(tables_csv(content))) + 1, "one more for the checks"


# -- Word ----------------------------------------------------------------------------------------------------


def word_text(document) -> str:
    cells = (c.text for t in document.tables for row in t.rows for c in row.cells)
    return " ".join([*(p.text for p in document.paragraphs), *cells])


def test_word_holds_every_number_of_the_page_as_often_as_the_page(release, word):
    _, _, html = release
    page = article({"report.html": html}, "nb").decode()
    for tag in ("nav", "summary", "math"):
        page = re.sub(rf"<{tag}\b.*?</{tag}>", " ", page, flags=re.DOTALL)
    page = re.sub(r'<div class="formula">.*?</div>|<span class="sheet-number">.*?</span>', " ", page, flags=re.DOTALL)
    wanted = numbers(unescape(text_of(page.encode())))
    missing = wanted - numbers(word_text(word))
    assert not missing, sorted(missing)[:10]


def test_word_captions_are_numbered_as_on_the_page_and_figures_have_words_for_the_blind(release, word):
    _, drawn, _ = release
    captions = [p.text for p in word.paragraphs if p.style.name == "Caption"]
    for kind in ("Figur", "Tabell"):
        found = [int(m[1]) for c in captions if (m := re.match(rf"{kind} (\d+)\.", c))]
        assert sorted(found) == list(range(1, len(found) + 1)) and found
    shapes = [shape._inline.docPr.get("descr") for shape in word.inline_shapes]
    assert len(shapes) == len(drawn["nb"]) and all(shapes)


def test_word_has_headings_in_order_and_heads_that_repeat(word):
    levels = [int(p.style.name[-1]) for p in word.paragraphs if p.style.name.startswith("Heading")]
    assert levels[0] == 1 and set(levels) == {1, 2, 3}
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all("w:tblHeader" in t.rows[0]._tr.xml for t in word.tables)


@pytest.mark.parametrize("make", [county_study, hostile], ids=lambda f: f.__name__)
def test_every_figure_and_table_of_the_page_is_a_block(make):
    content, drawn, html = rendered(make())
    (code,) = content.languages
    found = blocks(html, drawn[code], code)
    page = article({"report.html": html}, code).decode()
    assert sum(isinstance(b, Grid) for b in found) == page.count("<table")
    assert sum(isinstance(b, Illustration) for b in found) == page.count("<figure")
    assert all(len(row) == len(b.heads) for b in found if isinstance(b, Grid) for row in b.rows)
    assert word_file(content, found, code)


# -- Excel ---------------------------------------------------------------------------------------------------


def excel_shows(number: float, pattern: str, language: Language) -> str:
    """What a spreadsheet shows of a number, in the language's signs."""
    decimals = len(pattern.partition(".")[2])
    text = f"{abs(number):,.{decimals}f}" if "," in pattern else f"{abs(number):.{decimals}f}"
    if language.code == "nb":
        text = text.replace(",", "\u202f").replace(".", ",")
    return f"\N{MINUS SIGN}{text}" if number < 0 else text


@given(st.floats(-1e9, 1e9), st.integers(0, 6), st.sampled_from(LANGUAGES))
def test_a_cell_shows_the_digits_of_the_page(value: float, decimals: int, code: str):
    text = Language(code).number(value, decimals)
    cell = number_of(text, Language(code))
    assert cell.number is not None and excel_shows(cell.number, cell.pattern, Language(code)) == text


@pytest.mark.parametrize("text", [":", "–", "< 0,001", "[1,0; 2,0]", "12 %", "", "1,2,3x"])
def test_what_is_no_number_stays_text(text: str):
    assert number_of(text, NB).number is None


def test_sheets_hold_the_numbers_that_the_page_prints(release):
    content, _, html = release
    page = text_of(article({"report.html": html}, NB.code))
    of_estimates = next(iter(sheets(content, NB)))
    for name in ("value", "std_error", "ci_low", "ci_high"):
        at = of_estimates.heads.index(NB.text(f"column_{name}"))
        assert all(row[at].text in page for row in of_estimates.rows)


def test_a_workbook_opens_with_its_contents_frozen_heads_and_no_formulas():
    content = experiment(title="=1+1", labels={"earnings": "=HYPERLINK(1)", "employed": "@x"})
    with zipfile.ZipFile(io.BytesIO(workbook(content, NB))) as book:
        pages = [book.read(n).decode() for n in book.namelist() if n.startswith("xl/worksheets/sheet")]
        shared = book.read("xl/sharedStrings.xml").decode()
        names = book.read("xl/workbook.xml").decode()
    assert "=HYPERLINK(1)" in shared and not any("<f>" in page for page in pages)
    assert all('state="frozen"' in page for page in pages[1:])
    assert NB.text("about_numbers") in names


def test_suppressed_cells_are_marked_and_never_zero():
    content = experiment(TERSKEL10)
    hidden = [
        cell
        for sheet in sheets(content, NB)
        for row in sheet.rows
        for cell in row
        if cell.text == NB.text("suppressed_mark")
    ]
    assert hidden and all(cell.number is None for cell in hidden)


def test_public_data_show_the_same_digits_as_the_page_though_their_files_hold_more():
    content = experiment(OPEN)
    row = next(iter(sheets(content, EN))).rows[0]
    assert 1794 in [cell.number for cell in row] and content.estimates.data["value"][0] == 1794.3423818501024


# -- LaTeX ---------------------------------------------------------------------------------------------------

ENVIRONMENT = re.compile(r"\\(begin|end)\{(\w+)\}")


def structure(tex: str) -> None:
    """Raise unless braces and environments close, and every row of a table has the cells its columns ask for."""
    plain = re.sub(r"\\[\\{}&%$#_]", "  ", tex)
    depth = 0
    for c in plain:
        depth += (c == "{") - (c == "}")
        assert depth >= 0
    assert depth == 0 and plain.count("$") % 2 == 0
    opened: list[str] = []
    for verb, name in ENVIRONMENT.findall(tex):
        if verb == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert not opened
    for table in re.findall(r"\\begin\{longtable\}.*?\\end\{longtable\}", tex, re.DOTALL):
        head = re.search(r"\{@\{\}(.*)@\{\}\}", table)
        assert head
        columns = len(re.sub(r"(?:>\{[^}]*\})?p\{[^}]*\}", "p", head[1]))
        rows = [line for line in table.splitlines() if re.search(r"(?<!\\)&", line)]
        assert rows and all(len(re.findall(r"(?<!\\)&", row)) == columns - 1 for row in rows)
        assert table.count("\\toprule") == 2 and table.count("\\bottomrule") == 1


@pytest.mark.parametrize("make", [experiment, register_study, county_study, hostile], ids=lambda f: f.__name__)
@pytest.mark.parametrize("language", [NB, EN], ids=LANGUAGES)
def test_latex_is_ascii_and_well_formed(make, language: Language):
    structure(latex_file(make(), language).decode("ascii"))


@given(st.text(max_size=60))
def test_any_text_is_escaped(text: str):
    tex = escaped(text)
    assert tex.isascii() and "--" not in tex
    structure(tex)
    assert not re.search(r"(?<!\\)[&%#_]", tex)


def test_words_survive_latex():
    assert escaped("Østfold & 5 % _x_") == r"\O{}stfold \& 5 \% \_x\_"
    assert escaped("é–ŧ") == r"\'{e}\textendash{}{[}U+0167{]}"


def test_regression_tables_hold_every_estimate_of_the_page(release):
    content, _, _ = release
    tex = latex_file(content, NB).decode()
    for sheet in sheets(content, NB):
        if sheet.name == "estimates":
            at = sheet.heads.index(NB.text("column_value"))
            cells = Counter(re.findall(r"(?<=& )[^&\\\[(]+?(?= &| \\\\)", tex))
            wanted = Counter(escaped(row[at].text) for row in sheet.rows)
            assert not wanted - cells


# -- print ---------------------------------------------------------------------------------------------------


def test_without_a_browser_print_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(printing, "_candidates", lambda: iter(()))
    with pytest.raises(MissingPackage) as caught:
        printing.browser()
    assert caught.value.problems[0].code == "E716" and "install" in str(caught.value.problems[0].help)


@pytest.mark.browser
def test_the_page_is_printed_the_same_twice_without_dates():
    content = experiment(languages=("en",))
    drawn = {"en": gallery(content, EN)}
    first, second = (dict(formatted(content, drawn, ("pdf",)))["report.pdf"] for _ in range(2))
    assert first.startswith(b"%PDF") and first == second
    assert set(re.findall(rb"/CreationDate \(D:(\d{14})", first)) == {b"19800101000000"}


# -- bytes ---------------------------------------------------------------------------------------------------


def test_archives_carry_no_true_time(release):
    content, drawn, html = release
    said = blocks(html, drawn["nb"], "nb")
    made, again = ({"docx": word_file(content, said, "nb"), "xlsx": workbook(content, NB)} for _ in range(2))
    assert made == again
    for archive in made.values():
        with zipfile.ZipFile(io.BytesIO(archive)) as file:
            assert {m.date_time for m in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            core = file.read("docProps/core.xml").decode()
        assert set(re.findall(r"\b(\d{4})-\d\d-\d\dT", core)) == {"1980"}


def test_formats_are_closed():
    with pytest.raises(ValueError, match="no formats"):
        dict(formatted(experiment(), {}, ("odt",)))
    assert FORMATS[0] == "html"


def test_columns_of_word_fill_the_page_and_take_their_longest_word():
    grid = Grid(
        caption="",
        heads=("Hva", "Anslag"),
        rows=(("en lang tekst " * 9, "−1234,5"), ("kort", "1,0")),
        right=(False, True),
        kinds=(("", ""),) * 2,
    )
    text, number = column_widths(grid)
    assert text + number == pytest.approx(17.0) and text > number > 7 * 0.15


def test_a_picture_taller_than_the_page_is_made_to_fit():
    from matplotlib.figure import Figure

    buffer = io.BytesIO()
    Figure(figsize=(1, 4)).savefig(buffer, format="png", dpi=20)
    tall = Illustration("Figur 1.", buffer.getvalue(), "høy")
    document = docx.Document(io.BytesIO(word_file(experiment(), [tall], "nb")))
    (shape,) = document.inline_shapes
    assert shape.height.cm == pytest.approx(23.0) and shape.width.cm == pytest.approx(23.0 / 4, rel=0.01)


def test_what_must_be_seen_first_stands_apart_by_its_name():
    _, drawn, html = rendered(experiment(exploratory="all_stages"))
    flags = [b for b in blocks(html, drawn["nb"], "nb") if getattr(b, "kind", "") == "flag"]
    assert [f.name for f in flags] == [NB.text("exploratory")] and all(f.text for f in flags)
