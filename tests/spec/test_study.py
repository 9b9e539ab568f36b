"""What a study knows about itself: places, origins, digest, variants, what it cannot run yet."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from effekt.analysis import Analysis
from effekt.errors import Problem, SpecError
from effekt.literals import Month
from effekt.located.document import read
from effekt.located.render import render_json, render_text
from effekt.registers.schema import tables
from effekt.spec.kinds import schema
from effekt.spec.load import check, load
from effekt.spec.logic_registers import observation_problems
from effekt.spec.prepared import PreparedStudy
from effekt.spec.registered import CovariateGroup, RegisterStudy
from effekt.spec.standard import STANDARD

SPECS = Path(__file__).parents[2] / "specs"
EXAMPLES = sorted(SPECS.glob("*.yaml")) + sorted((SPECS / "published").glob("*.yaml"))
NSW = SPECS / "published" / "nsw_experiment.yaml"

PANEL = """\
effekt: 1
study: reform
question: What did it do?
assigned_at: county
prepared:
  unit: pid
  time: year
  first_treated: g
  never: [0]
  cluster: fylke
  covariates: [0301, NO]
  outcomes:
    job: {column: "84.10", kind: share}
primary: {outcome: job}
analyses: [twfe, {main: {adjust: none, estimate: {method: event_study, before: 3}}}]
checks: {balance: {max_smd: 0.05}}
variants:
  short: {analyses.main.estimate.before: 2}
  wide: {analyses.main.estimate.before: none, prepared.covariates: [NO]}
  other: {analyses.twfe: {estimate: {method: twfe, vcov: CR2}}, prepared.assigned: random}
"""


def write(folder: Path, text: str, name: str = "study.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def panel(tmp_path: Path) -> PreparedStudy:
    spec = load(write(tmp_path, PANEL))
    assert isinstance(spec, PreparedStudy)
    return spec


def test_yaml_validates_into_the_objects_that_run(panel: PreparedStudy) -> None:
    assert all(isinstance(analysis, Analysis) for analysis in panel.analyses.values())
    assert list(panel.analyses) == ["twfe", "main"]
    assert panel.analyses["main"].adjust.method == "none"
    assert panel.checks.balance.max_smd == 0.05


def test_columns_stay_what_was_typed(panel: PreparedStudy) -> None:
    assert panel.prepared.covariates == ("0301", "NO")
    assert panel.prepared.never == ("0",)
    assert panel.prepared.outcomes["job"].columns == ("84.10",)
    assert panel.prepared.columns == ("pid", "year", "g", "fylke", "0301", "NO", "84.10")


@pytest.mark.parametrize(("level", "named"), [("county", "county"), ("office", "office"), ("person", "cluster")])
def test_a_bare_cluster_is_the_level_of_assignment(tmp_path: Path, level: str, named: str) -> None:
    spec = load(write(tmp_path, PANEL.replace("assigned_at: county", f"assigned_at: {level}")))
    assert isinstance(spec, PreparedStudy)
    assert dict(spec.prepared.cluster) == {named: "fylke"}


def test_every_path_has_a_place_and_defaults_have_their_parents(panel: PreparedStudy) -> None:
    def line(*path: str | int) -> int:
        place = panel.where(path)
        assert place is not None
        return place.line

    assert line("prepared", "outcomes", "job", "column") == 13
    assert line("prepared", "covariates", 1) == 11
    assert line("prepared", "missing") == 5
    assert line("analyses", "twfe", "estimate", "vcov") == 15
    assert line("prepared", "cluster", "county") == 10
    assert line("report", "languages") == 1
    located = panel.located(Problem(code="E801", sentence="`NO` is constant", path=("prepared", "covariates", 1)))
    assert render_text([located]).splitlines()[1] == " 11 |   covariates: [0301, NO]"


def test_a_study_without_a_file_has_no_places() -> None:
    spec = PreparedStudy.model_validate(read(NSW).plain())
    problem = Problem(code="E801", sentence="x", path=("prepared",))
    assert spec.where(("prepared",)) is None
    assert spec.located(problem) == problem
    assert spec.digest == load(NSW).digest
    assert "earnings" in spec.resolved_yaml()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.stem)
def test_what_show_resolved_prints_is_the_same_study(example: Path) -> None:
    spec = load(example)
    copy = example.with_name(f".{example.stem}_resolved.yaml")
    copy.write_text(spec.resolved_yaml(), encoding="utf-8")
    try:
        assert load(copy).digest == spec.digest
    finally:
        copy.unlink()


def test_show_resolved_names_the_origin_of_every_value(tmp_path: Path) -> None:
    (tmp_path / "common").mkdir()
    write(tmp_path / "common", "disclosure: open\nreport: {languages: [en]}\n", "open.yaml")
    spec = load(write(tmp_path, "include: [common/open.yaml]\n" + PANEL))
    lines = spec.resolved_yaml().splitlines()
    assert "disclosure: open  # common/open.yaml:1" in lines
    assert "  covariates: [0301, NO]  # study.yaml:12" in lines
    assert "  missing: error  # default: what is done with rows that lack a value" in lines
    assert "    county: fylke  # study.yaml:11" in lines
    assert "      method: twfe  # study.yaml:16" in lines
    assert "      vcov: CR1S  # default: cluster-robust variance" in lines
    assert all("  # " in line or line.rstrip().endswith(":") for line in lines)


@pytest.mark.parametrize("example", sorted(SPECS.glob("*.yaml")), ids=lambda p: p.stem)
def test_every_default_of_a_study_on_registers_is_explained(example: Path) -> None:
    lines = load(example).resolved_yaml().splitlines()
    bare = [line for line in lines if re.search(r"# (default|preset \w+)$", line)]
    assert [line for line in bare if not line.strip().startswith("method: ")] == []


def test_a_preset_names_itself_where_it_sets_a_value_and_its_method_where_it_does_not() -> None:
    lines = load(SPECS / "veiledning_mini.yaml").resolved_yaml().splitlines()
    assert "      method: nearest  # preset matching" in lines
    assert "      ratio: 10  # preset matching: comparisons per treated" in lines
    assert "      distance: propensity  # default: what nearness means" in lines
    assert "      cluster: auto  # default: level of inference; auto = level of assignment" in lines
    assert "    # required checks: balance, overlap, placebo, clusters, mde" in lines


def test_words_that_stand_for_more_are_spelt_out() -> None:
    lines = load(SPECS / "veiledning_mini.yaml").resolved_yaml().splitlines()
    standard = lines.index("covariates: [standard]  # veiledning_mini.yaml:14")
    assert lines[standard + 1].startswith("  # standard stands for")
    assert "  #   kjoenn: sex (person)" in lines[standard:]
    lines = load(SPECS / "karriereveiledning.yaml").resolved_yaml().splitlines()
    education = lines.index('    - not_completed: "shipped:nus2000.csv#upper_secondary"  # karriereveiledning.yaml:18')
    assert lines[education + 1].strip() == "# = 4, 5, 6, 7, 8"


def test_standard_covers_every_group_a_hidden_confounder_is_measured_against() -> None:
    assert {row.group for row in STANDARD} == set(get_args(CovariateGroup))
    assert {row.table for row in STANDARD} <= set(tables())


def test_the_digest_sees_what_counts_and_nothing_else(tmp_path: Path) -> None:
    plain = load(write(tmp_path, PANEL)).digest
    other = tmp_path / "elsewhere"
    other.mkdir()
    spelt_out = PANEL.replace("checks:", "# a comment\nchecks:").replace("unit: pid", "missing: error\n  unit: 'pid'")
    assert load(write(other, spelt_out, "renamed.yaml")).digest == plain
    assert load(write(tmp_path, PANEL.replace("0.05", "0.06"))).digest != plain
    assert load(write(tmp_path, PANEL.replace("before: 3", "before: 4"))).digest != plain


def test_the_digest_follows_the_content_of_code_lists(tmp_path: Path) -> None:
    (tmp_path / "codes").mkdir()
    for name in ("nus2000.csv", "innsatsgruppe.csv"):
        (tmp_path / "codes" / name).write_bytes((SPECS / "codes" / name).read_bytes())
    study = (SPECS / "karriereveiledning.yaml").read_text(encoding="utf-8").replace("include: [common/nav.yaml]\n", "")
    path = write(tmp_path, study)
    before = load(path)
    codes = tmp_path / "codes" / "innsatsgruppe.csv"
    text = codes.read_text(encoding="utf-8")
    assert before.code_lists["codes/innsatsgruppe.csv#behov_for_bistand"].codes == (
        "JOBBE_DELVIS",
        "TRENGER_VEILEDNING",
        "TRENGER_VEILEDNING_NEDSATT_ARBEIDSEVNE",
    )
    codes.write_text(text.replace("Jobbe delvis", "Kan jobbe delvis"), encoding="utf-8")
    assert load(path).digest == before.digest
    codes.write_text("\n".join(line for line in text.splitlines() if "JOBBE" not in line), encoding="utf-8")
    assert load(path).digest != before.digest
    codes.rename(tmp_path / "codes" / "renamed.csv")
    (tmp_path / "codes" / "renamed.csv").write_text(text, encoding="utf-8")
    path.write_text(study.replace("innsatsgruppe.csv", "renamed.csv"), encoding="utf-8")
    assert load(path).digest == before.digest


@pytest.mark.parametrize(
    ("content", "code"), [("code,label\n1,x\n", "E103"), ("", "E108"), ("code,label,set,valid_from\n", "E103")]
)
def test_a_code_list_that_is_none_is_refused_where_it_is_named(tmp_path: Path, content: str, code: str) -> None:
    (tmp_path / "codes").mkdir()
    (tmp_path / "codes" / "innsatsgruppe.csv").write_text(content, encoding="utf-8")
    (tmp_path / "codes" / "nus2000.csv").write_bytes((SPECS / "codes" / "nus2000.csv").read_bytes())
    study = (SPECS / "karriereveiledning.yaml").read_text(encoding="utf-8").replace("include: [common/nav.yaml]\n", "")
    found = [problem for problem in check(write(tmp_path, study)) if problem.code != "E204"]
    assert [(p.code, p.place.line if p.place else 0) for p in found] == [(code, 15)]


def test_variants_are_whole_studies_of_their_own(panel: PreparedStudy) -> None:
    assert panel.variant("short").analyses["main"].model_dump()["estimate"]["before"] == 2
    wide = panel.variant("wide")
    assert wide.analyses["main"].model_dump()["estimate"]["before"] is None
    assert wide.prepared.covariates == ("NO",)
    other = panel.variant("other")
    assert other.analyses["twfe"].model_dump()["estimate"]["vcov"] == "CR2"
    assert other.prepared.assigned == "random"
    assert len({panel.digest, *(panel.variant(name).digest for name in panel.variants)}) == 4
    place = wide.where(("prepared", "covariates", 0))
    assert place is not None
    assert place.line == 19
    with pytest.raises(KeyError):
        panel.variant("none")


@pytest.mark.parametrize(
    ("override", "code"),
    [
        ("prepared.covariats: [NO]", "E209"),
        ("study: other", "E209"),
        ("prepared.missing: dorp", "E208"),
        ("prepared.cluster: {office: kontor}", "E401"),
        ("prepared.outcomes: {jobb: {column: y}}", "E207"),
        ("analyses.main: {estimate: {method: aipw}}", "E204"),
    ],
)
def test_a_bad_override_is_reported_at_its_place(tmp_path: Path, override: str, code: str) -> None:
    text = PANEL[: PANEL.index("  short:")] + f"  bad:\n    {override}\n"
    found = check(write(tmp_path, text))
    assert {problem.code for problem in found} == {code}
    lines = {problem.place.line for problem in found if problem.place}
    assert lines <= {19, 14}
    assert lines == {19} or code == "E207"


def test_an_unknown_key_does_not_hide_what_is_wrong_elsewhere(tmp_path: Path) -> None:
    text = PANEL.replace("checks: {balance: {max_smd: 0.05}}", "checks: {balance: {max_sdm: 0.05}}")
    found = check(write(tmp_path, text.replace("outcome: job", "outcome: jobb")))
    assert [problem.code for problem in found] == ["E207", "E203"]


def test_the_keys_of_a_panel_need_time(tmp_path: Path) -> None:
    found = check(write(tmp_path, PANEL.replace("  time: year\n", "")))
    assert [(problem.code, problem.path) for problem in found] == [("E104", ("prepared", "first_treated"))]


def person_number() -> str:
    """An 11-digit number built at run time; month 13 belongs to no family of person numbers."""
    return "31" + "13" + "99" + "0" * 5


@pytest.mark.parametrize("where", ["study: reform", "question: What", "unit: pid", "outcome: job"])
def test_a_person_number_anywhere_is_refused_and_masked(tmp_path: Path, where: str) -> None:
    number = person_number()
    found = check(write(tmp_path, PANEL.replace(where, f"{where} {number}")))
    assert "E501" in {problem.code for problem in found}
    assert number not in render_text(found) + render_json(found) + repr(found)


def test_a_person_number_in_a_code_list_is_refused(tmp_path: Path) -> None:
    (tmp_path / "codes").mkdir()
    text = (SPECS / "codes" / "innsatsgruppe.csv").read_text(encoding="utf-8")
    write(tmp_path / "codes", text.replace("Jobbe delvis", person_number()), "innsatsgruppe.csv")
    (tmp_path / "codes" / "nus2000.csv").write_bytes((SPECS / "codes" / "nus2000.csv").read_bytes())
    study = (SPECS / "karriereveiledning.yaml").read_text(encoding="utf-8").replace("include: [common/nav.yaml]\n", "")
    with pytest.raises(SpecError) as caught:
        load(write(tmp_path, study))
    assert {problem.code for problem in caught.value.problems} == {"E501"}
    assert person_number() not in render_text(caught.value.problems)


def test_a_horizon_after_the_end_of_coverage_cannot_be_observed() -> None:
    spec = load(SPECS / "karriereveiledning.yaml")
    assert isinstance(spec, RegisterStudy)
    assert list(observation_problems(spec, {"arbeidsforhold": Month(2029, 12)})) == []
    found = list(observation_problems(spec, {"arbeidsforhold": Month(2029, 6), "utdanningsforloep": Month(2026, 12)}))
    assert [(problem.code, problem.path) for problem in found] == [
        ("E301", ("outcomes", "startet_vgo", "window", 0)),
        ("E301", ("outcomes", "fullfoert_vgo", "window", 0)),
        ("E301", ("outcomes", "i_jobb", "at", 2)),
        ("E301", ("outcomes", "loenn", "window", 1)),
    ]
    assert found[2].help == "use `at: [1y, 2y]`, or end `accrual` at 2026-06, or write `follow_up: available`"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.stem)
def test_the_json_schema_accepts_every_example_as_editors_read_it(example: Path) -> None:
    data = yaml.safe_load(example.read_text(encoding="utf-8"))
    data.pop("include", None)
    jsonschema.Draft202012Validator(schema()).validate(data)


def test_the_json_schema_refuses_a_misspelt_key() -> None:
    data = yaml.safe_load(NSW.read_text(encoding="utf-8"))
    data["prepared"]["tretaed"] = data["prepared"].pop("treated")
    assert not jsonschema.Draft202012Validator(schema()).is_valid(data)
    assert json.dumps(schema())


def test_checking_a_study_loads_no_heavy_library() -> None:
    code = (
        "import sys; from effekt.spec.load import check; "
        f"assert not check({str(NSW)!r}); check({str(SPECS / 'karriereveiledning.yaml')!r}); "
        "heavy = ('pandas', 'ibis', 'scipy', 'statsmodels', 'matplotlib', 'pyarrow', 'linearmodels', 'duckdb');"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


words = st.sampled_from(["", "none", "-1", "1e9", "x", "a#b", "a.csv#b", "0..1y", "{}", "*", "age", "2024-05", "nan"])
junk = st.recursive(
    words, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=5
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=120, deadline=None)
@given(st.sampled_from(EXAMPLES), st.randoms(use_true_random=False), junk)
def test_junk_anywhere_in_a_study_gives_located_errors_never_a_stack_trace(
    tmp_path: Path, example: Path, random: object, value: object
) -> None:
    data = read(example).plain()
    node, key = data, random.choice(list(data))  # type: ignore[attr-defined]
    while isinstance(node[key], dict | list) and node[key] and random.random() < 0.8:  # type: ignore[attr-defined]
        node = node[key]
        key = random.choice(list(node) if isinstance(node, dict) else range(len(node)))  # type: ignore[attr-defined]
    node[key] = value
    found = check(write(tmp_path, json.dumps(data, ensure_ascii=False)))
    assert all(problem.place is not None for problem in found)
    assert render_text(found) is not None


def test_the_smallest_relevant_difference_is_the_limit_of_the_mde_unless_another_is_set(tmp_path: Path) -> None:
    text = (SPECS / "veiledning_mini.yaml").read_text(encoding="utf-8")
    question = "question: Kommer flere Nav-brukere i jobb med veiledning nå enn senere?"
    assert question in text
    asked = text.replace(question, "question: {text: Virker det, smallest_relevant: 2pp}")
    assert load(write(tmp_path, text)).checks.mde.detectable is None
    assert str(load(write(tmp_path, asked)).checks.mde.detectable) == "2pp"
    assert str(load(write(tmp_path, f"{asked}\nchecks: {{mde: {{detectable: 5pp}}}}\n")).checks.mde.detectable) == "5pp"
    in_sd = asked.replace("2pp", "0.1 sd")
    assert load(write(tmp_path, in_sd)).checks.mde.detectable is None
