"""A real browser opens every report: nothing is fetched, nothing fails, no text is cut or stands on other text."""

import json
import re
from pathlib import Path

import pytest
from browser import probe, run
from rich_examples import CASES

from effekt.release.package import package

pytestmark = pytest.mark.browser

PAPER = 672
"""Pixels between the margins of A4: 178 mm at 96 per inch."""


FIRST = ("broken_template", "county_study", "long_names", "register_synthetic", "untranslated")
"""The examples with most in them; the others are opened in the slow tier."""


class Made(dict[str, Path]):
    """Every example as a folder, made when it is first asked for."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root

    def __missing__(self, name: str) -> Path:
        for path, content in package(CASES[name]()).items():
            target = self.root / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        self[name] = self.root / name
        return self[name]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("reports"))


@pytest.mark.parametrize("name", [n if n in FIRST else pytest.param(n, marks=pytest.mark.slow) for n in CASES])
@pytest.mark.parametrize(("width", "paper"), [(1280, False), (390, False), (PAPER, True)])
def test_no_text_is_cut_or_stands_on_other_text(made, name, width, paper, tmp_path):
    found = probe((made[name] / "report.html").read_bytes(), tmp_path, width=width, paper=paper)
    assert found["lines"] > 50
    assert found["overlaps"] == []
    assert found["cut"] == []
    assert found["wide"] <= width, "the page itself never scrolls sideways"


FETCHED = """<script>window.addEventListener("load", function () {
  var pre = document.createElement("pre"); pre.id = "probe";
  pre.textContent = JSON.stringify(performance.getEntriesByType("resource").map(function (e) { return e.name; }));
  document.body.appendChild(pre);
});</script></body>"""


def fetched(text: str, folder: Path) -> tuple[list[str], list[str]]:
    """What a page asks for besides itself, and what the console complains about."""
    page = folder / "fetched.html"
    page.write_text(text.replace("</body>", FETCHED), encoding="utf-8")
    done = run(page, "--enable-logging=stderr", "--v=0", "--virtual-time-budget=3000", "--dump-dom")
    asked = json.loads(re.search(r'<pre id="probe">(.*?)</pre>', done.stdout).group(1))
    return asked, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def test_nothing_is_fetched_and_nothing_fails(made, tmp_path):
    text = (made["county_study"] / "report.html").read_text(encoding="utf-8")
    assert fetched(text, tmp_path) == ([], [])
    # The test sees what it looks for: a picture from elsewhere is refused by the page's own policy, and said so.
    asked, console = fetched(text.replace("</main>", '<img src="http://localhost:9/x.png"></main>', 1), tmp_path)
    assert asked or console


def test_the_page_is_whole_without_scripts_and_the_language_can_be_chosen(made, tmp_path):
    text = (made["county_study"] / "report.html").read_text(encoding="utf-8")
    bare = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    english = bare.replace(' value="nb" checked>', ' value="nb">').replace(' value="en">', ' value="en" checked>')
    assert english != bare
    for page, shown in ((bare, "nb"), (english, "en")):
        found = probe(page.encode(), tmp_path, width=1280)
        assert found["languages"] == [shown]
        assert found["lines"] > 50


def test_a_click_sorts_a_table_and_the_address_chooses_the_language(made, tmp_path):
    text = (made["county_study"] / "report.html").read_text(encoding="utf-8")
    act = """<script>
      var heads = document.querySelectorAll("#report-nb table.sortable th");
      var head = Array.prototype.find.call(heads, function (h) { return h.textContent === "Endring"; });
      head.click();
      var rows = head.closest("table").tBodies[0].rows;
      var values = Array.prototype.map.call(rows, function (r) { return r.cells[head.cellIndex].textContent; });
      document.getElementById("show-en").click();
      var out = { values: values, lang: document.documentElement.lang, sort: head.getAttribute("aria-sort") };
      out.shown = getComputedStyle(document.getElementById("report-en")).display;
      out.hidden = getComputedStyle(document.getElementById("report-nb")).display;
      var pre = document.createElement("pre"); pre.id = "probe"; pre.textContent = JSON.stringify(out);
      document.body.appendChild(pre);
    </script></body>"""
    page = tmp_path / "acted.html"
    page.write_text(text.replace("</body>", act), encoding="utf-8")
    dom = run(page, "--virtual-time-budget=3000", "--dump-dom").stdout
    found = json.loads(re.search(r'<pre id="probe">(.*?)</pre>', dom).group(1))
    numbers = [float(v.replace("−", "-").replace(",", ".")) for v in found["values"]]
    assert numbers == sorted(numbers) and len(set(numbers)) > 5
    assert (found["lang"], found["sort"], found["shown"], found["hidden"]) == ("en", "ascending", "block", "none")


def test_it_prints_to_pages_of_a4(made, tmp_path):
    target = tmp_path / "report.pdf"
    run(made["county_study"] / "report.html", "--no-pdf-header-footer", f"--print-to-pdf={target}")
    pdf = target.read_bytes()
    assert pdf.startswith(b"%PDF")
    boxes = {tuple(round(float(v)) for v in b.split()) for b in re.findall(rb"/MediaBox\s*\[([^\]]+)\]", pdf)}
    assert boxes == {(0, 0, 595, 842)}
    assert 4 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 16
