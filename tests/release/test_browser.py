"""A real browser opens every report: nothing is fetched, nothing fails, no text is cut or stands on other text."""

import json
import re
from pathlib import Path

import pytest
from browser import probe, run
from rich_examples import CASES

from effekt.release.package import package

PAPER = 672
"""Pixels between the margins of A4: 178 mm at 96 per inch."""


FIRST = ("county_study", "long_names", "register_synthetic")
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


@pytest.mark.parametrize("name", ["county_study"])
def test_nothing_is_fetched_and_nothing_fails(made, name, tmp_path):
    log, console = tmp_path / "net.json", tmp_path / "console"
    console.mkdir()
    done = run(
        made[name] / "report.html",
        f"--log-net-log={log}",
        "--enable-logging=stderr",
        "--v=0",
        "--virtual-time-budget=3000",
        "--dump-dom",
    )
    assert not [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    text = log.read_text(encoding="utf-8")
    urls = {u for u in re.findall(r'"url":\s*"([^"]+)"', text) if not u.startswith(("file:", "chrome"))}
    assert not urls


def test_the_page_is_whole_without_scripts(made):
    done = run(made["county_study"] / "report.html", "--blink-settings=scriptEnabled=false", "--dump-dom")
    assert "Hva tallene kan si" in done.stdout
    assert "aria-sort" not in done.stdout.split("<script>")[0].split("</style>")[1]


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
