"""A release is a set of files: self-contained, traceable to the study, and the same bytes every time."""

import csv
import dataclasses
import hashlib
import io
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from release_examples import PROVENANCE, counties, delta_table, estimate, experiment, finding, released

from effekt.release.contents import Primary, ReportInput, SideTable
from effekt.release.disclosure import protect
from effekt.release.files import to_json
from effekt.release.findings import protect_findings
from effekt.release.package import package
from effekt.release.report import render_report
from effekt.release.rules import OPEN, TERSKEL3, TERSKEL10
from effekt.results import ESTIMATE_FIELDS, Column, Table, Verdict

GOLDEN = Path(__file__).parent / "golden"
REGENERATE = "EFFEKT_REGENERATE_GOLDEN"
ATTACK = '<script>alert("x")</script><img src=http://evil.example/x>'


@pytest.fixture(scope="module")
def nsw() -> dict[str, bytes]:
    return package(experiment())


@pytest.fixture(scope="module")
def fylker() -> dict[str, bytes]:
    return package(counties())


class Page(HTMLParser):
    """Collects what a browser would fetch, what it would run, and the ids of a page."""

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.feed(html.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in {"src", "href", "xlink:href", "action", "data", "srcset"}:
                self.fetched.append(str(value))
            if name == "id":
                self.ids.append(str(value))
            assert not name.startswith("on"), "no scripts in attributes"


def text_of(html: bytes) -> str:
    """The words of a page, without tags and spaces of its layout."""
    return re.sub(r"\s+", " ", re.sub(r"<wbr>", "", re.sub(r"<(?!wbr)[^>]+>", " ", html.decode())))


def norwegian(files: dict[str, bytes]) -> str:
    """The words of the Norwegian pages."""
    return text_of(article(files, "nb"))


def english(files: dict[str, bytes]) -> str:
    """The words of the English pages."""
    return text_of(article(files, "en"))


def article(files: dict[str, bytes], code: str) -> bytes:
    """One language's pages, without the drawings."""
    found = re.search(rf'<article id="report-{code}".*?</article>', files["report.html"].decode(), re.DOTALL)
    return re.sub(r"<svg.*?</svg>", "", found.group(), flags=re.DOTALL).encode()


def rendered(content: ReportInput) -> dict[str, bytes]:
    """The report without its figures, which take most of the time."""
    return {"report.html": render_report(content, dict.fromkeys(content.languages, ()))}


# --- the report -----------------------------------------------------------------------------------------


def test_the_report_needs_nothing_from_outside(nsw, fylker):
    for files in (nsw, fylker):
        page = Page(files["report.html"])
        assert not {"iframe", "object", "embed", "link", "img", "base", "form"} & set(page.tags)
        assert page.tags.count("script") == 1, "the one of ours, which sorts tables"
        assert all(v.startswith("#") and v[1:] in page.ids for v in page.fetched), "every link leads somewhere here"
        assert not re.search(rb"url\((?!#)|@import|javascript:|https?://(?!www\.w3\.org)", files["report.html"])
        assert b"default-src 'none'" in files["report.html"]
        assert len(set(page.ids)) == len(page.ids), "an id stands twice"


def test_every_language_has_its_pages_and_its_words(nsw):
    assert "Hva tallene kan si" in norwegian(nsw) and "What the numbers can say" not in norwegian(nsw)
    assert "What the numbers can say" in english(nsw) and "Hva tallene kan si" not in english(nsw)
    one = rendered(experiment(languages=("en",)))["report.html"]
    assert b"report-nb" not in one and b'name="language"' not in one


def test_whatever_comes_from_the_study_is_escaped():
    hostile = Table(
        name=ATTACK,
        title=ATTACK,
        columns=(Column(name=ATTACK, kind="label"), Column(name="persons", kind="count")),
        data={ATTACK: (ATTACK, "b"), "persons": (20, 30)},
    )
    found = finding(ATTACK, ATTACK, 0.1, Verdict.WARN, advice=ATTACK, details={ATTACK: hostile}, analysis=ATTACK)
    row = estimate(
        analysis=ATTACK, variant=ATTACK, method=ATTACK, outcome=ATTACK, unit=ATTACK, arm=ATTACK, subgroup=ATTACK
    )
    content = experiment(
        title=ATTACK,
        question=ATTACK,
        estimates=released([row], TERSKEL10),
        findings=protect_findings([found], TERSKEL10),
        tables=(SideTable(analysis=ATTACK, table=protect(hostile, TERSKEL10)),),
        overrides={ATTACK: ATTACK},
        labels={ATTACK: ATTACK},
        places={ATTACK: ATTACK},
        manuals={ATTACK: ATTACK},
        provenance={ATTACK: [ATTACK]},
        primary=Primary(outcome=ATTACK),
    )
    files = package(content)
    page = Page(files["report.html"])
    assert "img" not in page.tags and page.tags.count("script") == 1
    assert all(v.startswith("#") for v in page.fetched)
    assert all(re.fullmatch(r"[\w./-]+", name) for name in files), "no name leaves the folder"


def test_every_table_and_figure_carries_the_reference(nsw, fylker):
    for files, reference in ((nsw, "nsw-experiment/4f2a91c0"), (fylker, "fylke-veiledning-jobb/0badcafe")):
        html = files["report.html"].decode()
        captions = re.findall(r"<(?:caption|figcaption)>.*?</(?:caption|figcaption)>", html)
        assert len(captions) >= 16
        assert all(reference in c for c in captions)
        for name, content in files.items():
            if name.endswith(".csv"):
                assert all(r["reference"] == reference for r in csv.DictReader(io.StringIO(content.decode())))


def test_every_estimate_leads_back_to_its_line_in_the_spec(nsw):
    rows = re.findall(r"<tr>.*?</tr>", article(nsw, "nb").decode())
    rows = [r for r in rows if "HC2" in r]
    assert len(rows) == 3
    assert [re.search(r"nsw\.yaml:\d+", r).group() for r in rows] == ["nsw.yaml:14", "nsw.yaml:15", "nsw.yaml:14"]
    variant = experiment(
        places={"experiment/plain": "nsw.yaml:20"}, estimates=released([estimate(variant="plain")], OPEN), **OPEN_PARTS
    )
    assert "nsw.yaml:20" in norwegian(rendered(variant))


OPEN_PARTS = {"rules": OPEN, "flow": None, "findings": ()}


def test_the_folder_of_the_spec_is_not_told():
    for place in ("/home/me/specs/nsw.yaml:14", "C:\\specs\\nsw.yaml:14"):
        html = rendered(experiment(places={"experiment": place}))["report.html"].decode()
        assert ">nsw.yaml:14<" in html
        assert "specs" not in html


def test_variants_are_named_where_there_are_several():
    one, two = (
        package(experiment(estimates=released([estimate(variant=v) for v in names], TERSKEL10)))
        for names in (["base"], ["base", "no_caliper"])
    )
    assert "experiment, difference" in norwegian(one)
    assert "experiment, base, difference" in norwegian(two)
    assert one["figures/estimates-earnings.svg"] != two["figures/estimates-earnings.svg"]


def test_checks_that_agree_over_analyses_stand_once():
    same = [finding("overlap", "x", 0.25, Verdict.PASS, analysis=a, persons=99) for a in ("one", "two")]
    other = finding("balance", "y", 0.5, Verdict.WARN, analysis="two", persons=99)
    content = experiment(findings=protect_findings([*same, other], TERSKEL10))
    files = package(content)
    words = english(files)
    assert words.count("overlap x 0.250 0.100 Passed") == 1
    assert "balance (two) y 0.500" in words
    assert len(json.loads(files["findings.json"])) == 3


def test_page_one_says_what_limits_the_report(fylker):
    html = article(fylker, "nb").decode()
    question = html.index("<h1")
    assert 0 < html.index("Utforskende resultater") < html.index("Kontroller som er satt til side") < question
    words = norwegian(fylker)
    assert "Utformingen ble endret etter at utfallene var lest." in words
    assert "pre_trends: Trenden er ett kvartal med &lt;streik&gt; i Rogaland." in words
    assert words.count("Utforskende resultater") == 3, "on page one, and beside every claim"
    walked = rendered(experiment(exploratory="all_stages"))
    assert "All stages were run in one go" in english(walked)


def test_the_report_says_whose_rules_and_what_they_did(nsw):
    words = norwegian(nsw)
    assert "Regelsett valgt av prosjektet; vilkårene i vedtaket om datautlevering gjelder ( terskel10 )" in words
    assert "avrundet til nærmeste 5; summer kan avvike" in words
    assert "færre enn 10 personer" in words
    in_english = english(rendered(experiment(OPEN)))
    assert "The data are public or synthetic" in in_english


def test_verdicts_are_words_and_a_suppressed_value_a_sign(nsw, fylker):
    words = norwegian(nsw)
    assert "effective comparisons : 20 Advarsel add some" in words
    assert "Ikke vurdert" in words
    assert "Ikke informativ" in norwegian(fylker)
    assert "Not informative" in english(fylker)


def test_a_suppressed_estimate_is_a_sign_in_every_column():
    few = released([estimate()], TERSKEL10, support=9)
    words = english(rendered(experiment(estimates=few)))
    assert "Earnings 1978 (USD) : : : : HC2 + Satterthwaite 185 / 260" in words


def test_a_side_table_without_a_figure_is_printed_with_its_own_title():
    columns = (Column(name="donor", kind="label"), Column(name="persons", kind="count"))
    donors = Table(name="donors", title="Donor weights", columns=columns, data={"donor": ("a",), "persons": (50,)})
    side = SideTable(analysis="", table=protect(donors, TERSKEL10))
    files = package(experiment(tables=(side, side)))
    assert "Donor weights" in english(files)
    assert {"tables/donors.csv", "tables/donors-2.csv"} <= set(files)


def test_a_report_without_its_primary_outcome_says_so():
    words = english(rendered(experiment(primary=Primary(outcome="health"))))
    assert "There is no estimate for the primary outcome." in words


def test_a_bare_release_is_complete():
    row = estimate(analysis="", unit="")
    files = package(
        ReportInput(
            study="s",
            title="T",
            question="Q",
            reference="s/00000000",
            rules=OPEN,
            randomised=False,
            primary=Primary(outcome="earnings"),
            estimates=released([row], OPEN),
        )
    )
    assert set(files) == {
        "report.html",
        "figures/answer.png",
        "figures/answer.svg",
        "figures/estimates-earnings.png",
        "figures/estimates-earnings.svg",
        "estimates.json",
        "findings.json",
        "tables/estimates.csv",
        "manifest.json",
    }


# --- the files ------------------------------------------------------------------------------------------


def test_estimates_have_exactly_the_fields_of_an_estimate_in_order(nsw, fylker):
    for files in (nsw, fylker):
        rows = json.loads(files["estimates.json"])
        assert all(tuple(row) == ESTIMATE_FIELDS for row in rows)
    assert json.loads(nsw["estimates.json"])[0]["value"] == 1794.0
    assert json.loads(package(experiment(OPEN))["estimates.json"])[0]["value"] == 1794.3423818501024


def test_findings_say_what_was_suppressed(nsw):
    found = json.loads(nsw["findings.json"])
    assert [(f["check"], f["value"], f["suppressed"]) for f in found][1:3] == [
        ("overlap", 0.0, False),
        ("overlap", None, True),
    ]
    assert found[-1]["verdict"] == "NOT_EVALUATED"
    assert "persons" not in found[0]


def test_the_manifest_holds_the_checksum_of_every_other_file(nsw):
    manifest = json.loads(nsw["manifest.json"])
    assert set(manifest["files"]) == set(nsw) - {"manifest.json"}
    assert all(hashlib.sha256(nsw[n]).hexdigest() == digest for n, digest in manifest["files"].items())
    assert manifest["reference"] == "nsw-experiment/4f2a91c0"
    assert manifest["provenance"] == json.loads(json.dumps(PROVENANCE))


def test_every_text_file_is_utf8_and_ends_with_a_newline(fylker):
    for name, content in ((n, c) for n, c in fylker.items() if not n.endswith(".png")):
        assert content.decode().endswith("\n"), name
    assert "Møre og Romsdal" in fylker["tables/deltas_i_jobb-collapsed_did.csv"].decode()


def test_json_refuses_what_is_not_a_number():
    with pytest.raises(ValueError, match="JSON"):
        to_json(float("nan"))


SAME = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from release_examples import counties
from effekt.release.package import package
from effekt.release.report import render_report
for name, content in sorted(package(counties()).items()):
    print(name, hashlib.sha256(content).hexdigest())
"""


@pytest.mark.slow
def test_the_same_content_gives_the_same_bytes_in_another_process(fylker, tmp_path):
    command = [sys.executable, "-c", SAME, str(Path(__file__).parent)]
    env = {
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "PYTHONHASHSEED": "11",
        "MPLCONFIGDIR": str(tmp_path),
        "LC_ALL": "C",
        "TZ": "America/Lima",
    }
    there = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True).stdout
    here = [f"{name} {hashlib.sha256(content).hexdigest()}" for name, content in sorted(fylker.items())]
    assert there.splitlines() == here


@pytest.mark.parametrize("rules", [TERSKEL10, TERSKEL3, OPEN], ids=lambda r: r.name)
@pytest.mark.parametrize("build", [experiment, counties])
def test_released_tables_are_those_last_looked_at(build, rules):
    """Set EFFEKT_REGENERATE_GOLDEN=1 to store what is made now; then look at the difference."""
    files = {n: c for n, c in package(build(rules)).items() if n.endswith((".csv", ".json")) and n != "manifest.json"}
    folder = GOLDEN / f"{build.__name__}-{rules.name}"
    if os.environ.get(REGENERATE):
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
    stored = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert {n: c.decode() for n, c in files.items()} == {n: c.decode() for n, c in stored.items()}


# --- the input ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"flow": protect(delta_table(), OPEN)}, ValueError, "not protected under terskel10"),
        ({"estimates": protect(delta_table(), TERSKEL10)}, ValueError, "exactly the fields"),
        ({"estimates": delta_table()}, TypeError, "not a released table"),
        ({"findings": (finding("a", "b", 1.0, Verdict.PASS),)}, TypeError, "protect_findings"),
        ({"reference": "nsw"}, ValueError, "reference"),
        ({"languages": ("nn",)}, ValueError, "nb, en"),
        ({"languages": ()}, ValueError, "nb, en"),
    ],
)
def test_what_cannot_be_released_cannot_be_put_together(changes, error, words):
    with pytest.raises(error, match=words):
        experiment(**changes)


def test_the_input_cannot_be_changed_afterwards():
    content = experiment()
    with pytest.raises(dataclasses.FrozenInstanceError):
        content.title = "x"  # type: ignore[misc]
    with pytest.raises(TypeError):
        content.overrides["balance"] = "x"  # type: ignore[index]
