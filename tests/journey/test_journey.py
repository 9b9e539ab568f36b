"""A study on registers from spec to report, one command at a time, on a small draw of the tiny world."""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from journeys import ROOT, SPEC, changed_extract, files, shuffled, write_world

from effekt.__main__ import INTERRUPTED, run
from effekt.population.engine.connection import Engine
from effekt.study import Study

GOLDEN = Path(__file__).parent / "golden"
REWRITE = os.environ.get("EFFEKT_REWRITE_GOLDEN") == "yes"


def golden(name: str, text: str) -> str:
    """What is kept under a name. To accept what changed: EFFEKT_REWRITE_GOLDEN=yes pytest, and read the diff."""
    path = GOLDEN / name
    if REWRITE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return path.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Walk:
    """A study that was walked to its report. said : command -> what it printed."""

    folder: Path
    said: dict[str, str]
    left_in_temp: tuple[str, ...]

    @property
    def spec(self) -> str:
        return str(self.folder / "reise.yaml")

    @property
    def out(self) -> Path:
        return self.folder / "out"


def say(arguments: list[str], *, code: int = 0) -> str:
    """Run a command, hold its exit code against what is expected, and return what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        got = run(arguments)
    assert got == code, printed.getvalue()
    return printed.getvalue()


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """Drawn, designed, frozen, run and released once for all tests here."""
    folder = tmp_path_factory.mktemp("journey")
    (folder / "reise.yaml").write_text(SPEC, encoding="utf-8")
    (folder / "temp").mkdir()
    spec, registers, work = (str(folder / name) for name in ("reise.yaml", "registers", "work"))
    options = ["--registers", registers, "--work", work]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tempfile, "tempdir", str(folder / "temp"))
        said = {"synth": say(["synth", str(write_world(folder / "world.yaml")), "--out", registers])}
        said["sealed"] = say(["run", spec, *options], code=2)
        said["describe"] = say(["describe", spec, *options, "--out", str(folder / "table1.csv")])
        for stage in ("design", "freeze", "run"):
            said[stage] = say([stage, spec, *options])
            said[f"status after {stage}"] = say(["status", spec, "--work", work])
        said["release"] = say(["release", spec, *options, "--out", str(folder / "out")])
        said["status"] = say(["status", spec, "--work", work])
        gc.collect()
        left = tuple(p.name for p in (folder / "temp").iterdir())
    return Walk(folder, said, left)


@pytest.fixture
def copy(walk: Walk, tmp_path: Path) -> list[str]:
    """Options of a copy of the frozen work folder, for tests that break something."""
    shutil.copytree(walk.folder / "work", tmp_path / "work")
    return ["--work", str(tmp_path / "work")]


@pytest.fixture
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "temp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    return tmp_path / "temp"


def test_every_command_names_the_next_one_with_the_registers_it_was_given(walk: Walk):
    assert "Next: effekt design SPEC --registers" in walk.said["synth"]
    for stage, following in (("design", "freeze"), ("freeze", "run"), ("run", "release")):
        assert f"Next: effekt {following} {walk.spec} --registers {walk.folder / 'registers'}" in walk.said[stage]
        # `status` was not told the registers: it says those of the last command.
        told = walk.said[f"status after {stage}"].splitlines()[-1]
        assert told == walk.said[stage].splitlines()[-1]
    assert "The study is at its end" in walk.said["status"]


def test_the_log_tells_every_stage_and_no_cell_of_the_registers(walk: Walk):
    lines = [json.loads(line) for line in (walk.folder / "work" / "effekt.log").read_text("utf-8").splitlines()]
    assert [(line["stage"], line["ended"]) for line in lines] == [
        ("run", "refused"),
        ("describe", "done"),
        *((stage, "done") for stage in ("design", "freeze", "run", "release")),
    ]
    # Times and digests have digits of their own, and are checked to be nothing else.
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]{12}\+00:00", line.pop("at")) for line in lines)
    assert all(isinstance(line.pop("seconds"), float) and line.pop("versions") for line in lines)
    digests = [line.pop(name) for line in lines for name in ("spec", "data", "sample", "freeze") if line.get(name)]
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests)
    told = set(re.findall(r"[\w.-]+", json.dumps([{**line, "checks": []} for line in lines])))
    told |= {str(check[part]) for line in lines for check in line.get("checks", []) for part in ("check", "verdict")}
    for path in (walk.folder / "registers").glob("*.parquet"):
        for column in pq.read_table(path).itercolumns():
            assert not told & {str(value) for value in column.unique().to_pylist() if value is not None}, path.name


def test_outcomes_are_sealed_before_the_freeze(walk: Walk):
    assert walk.said["sealed"].startswith("E604: outcomes are sealed")


def test_nothing_is_left_in_the_temporary_folder(walk: Walk):
    assert walk.left_in_temp == ()


def test_rows_in_another_order_and_all_stages_at_once_give_the_same_bytes(walk: Walk, tmp_path: Path):
    other = changed_extract(walk.folder / "registers", tmp_path / "registers", shuffled)
    options = ["--registers", str(other), "--work", str(tmp_path / "work"), "--out", str(tmp_path / "out")]
    say(["run", walk.spec, "--all-stages", *options])
    again, before = files(tmp_path / "out"), files(walk.out)
    assert list(again) == list(before)
    assert [name for name in before if again[name] != before[name]] == []


def test_a_number_of_the_report_is_followed_to_the_line_that_asked_for_it(walk: Walk):
    rows = json.loads((walk.out / "estimates.json").read_text(encoding="utf-8"))
    row = next(row for row in rows if row["outcome"] == "i_jobb")
    place = next(n for n, line in enumerate(SPEC.splitlines(), 1) if line.startswith(f"  {row['analysis']}:"))
    report = (walk.out / "report.html").read_text(encoding="utf-8")
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", report))
    assert f"reise.yaml:{place}" in text
    assert f"{100 * row['value']:.1f}".replace(".", ",").replace("-", "−") + " prosentpoeng" in text
    manifest = json.loads((walk.out / "manifest.json").read_text(encoding="utf-8"))
    resolved = say(["show", walk.spec, "--resolved"])
    assert f"# digest {manifest['provenance']['spec_digest']}" in resolved
    assert manifest["reference"] == f"liten-reise/{manifest['provenance']['freeze'][:8]}"
    assert manifest["reference"] in report


def test_registers_that_change_after_the_freeze_are_refused(walk: Walk, copy: list[str], tmp_path: Path):
    def without_a_row(name: str, table: pa.Table) -> pa.Table:
        return table.slice(1) if name == "ytelse" else table

    other = changed_extract(walk.folder / "registers", tmp_path / "registers", without_a_row)
    text = say(["run", walk.spec, "--registers", str(other), *copy], code=2)
    assert text.startswith("E602: the registers changed after the freeze")


def test_a_register_that_is_not_the_one_of_the_manifest_is_refused(walk: Walk, copy: list[str], tmp_path: Path):
    shutil.copytree(walk.folder / "registers", tmp_path / "registers")
    path = tmp_path / "registers" / "ytelse.parquet"
    pq.write_table(shuffled("ytelse", pq.read_table(path)), path)
    text = say(["run", walk.spec, "--registers", str(tmp_path / "registers"), *copy], code=2)
    assert "ytelse" in text and "manifest" in text


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "E108 {spec}:5:1: this study needs registers"),
        (["--table", "rows.csv"], "E109 {spec}:5:1: `--table` does not fit"),
        (["--world", "tiny", "--registers", "DIR"], "E109 {spec}:5:1: `--registers` and `--world` name two"),
        (["--world", "tinny"], "E108: there is no world `tinny`\n   = help: did you mean `tiny`?"),
        (["--registers", "nowhere"], "E701 {spec}:5:1: the folder of the registers does not exist"),
    ],
    ids=["none", "table", "both", "unknown-world", "no-folder"],
)
def test_data_of_the_wrong_kind_are_refused(options: list[str], says: str, walk: Walk, tmp_path: Path):
    text = say(["design", walk.spec, *options, "--work", str(tmp_path / "work")], code=2)
    assert text.startswith(says.format(spec=walk.spec)), text


def test_registers_do_not_fit_an_analysis_ready_study(tmp_path: Path):
    spec = str(ROOT / "specs" / "published" / "nsw_experiment.yaml")
    text = say(["design", spec, "--world", "tiny", "--work", str(tmp_path / "work")], code=2)
    assert text.startswith("E109") and "runs on its table" in text


def test_a_fault_in_a_world_is_told_with_its_line(walk: Walk, tmp_path: Path):
    world = write_world(tmp_path / "world.yaml")
    text = world.read_text(encoding="utf-8").replace("find: 5%", "finds: 5%")
    world.write_text(text, encoding="utf-8")
    line = text[: text.index("finds:")].count("\n") + 1
    options = ["--world", str(world), "--work", str(tmp_path / "work")]
    for command in (["design", walk.spec, *options], ["synth", str(world), "--out", str(tmp_path / "out")]):
        told = say(command, code=2)
        assert told.startswith(f"E203 {world}:{line}:9: unknown key `finds`"), told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError()], ids=["interrupt", "bug"])
def test_a_break_in_the_middle_leaves_nothing_behind(
    error: BaseException, walk: Walk, tmp_path: Path, temp: Path, monkeypatch: pytest.MonkeyPatch
):
    step = Engine.step

    def breaks(engine: Engine, name: str, expr: object) -> object:
        if len(engine.steps) >= 2:
            assert list(temp.iterdir()), "the engine has a folder of its own while it works"
            raise error
        return step(engine, name, expr)

    monkeypatch.setattr(Engine, "step", breaks)
    options = ["--registers", str(walk.folder / "registers"), "--work", str(tmp_path / "work")]
    say(["design", walk.spec, *options], code=INTERRUPTED if isinstance(error, KeyboardInterrupt) else 70)
    error.__traceback__ = None
    gc.collect()
    assert list(temp.iterdir()) == []


def test_show_sql_prints_every_step_that_chooses_persons(walk: Walk):
    text = say(["show", walk.spec, "--sql", "--registers", str(walk.folder / "registers")])
    assert text == golden("sql.txt", text)
    for register in ("vedtak14a", "deltakelse", "arbeidsforhold", "ytelse", "bosted"):
        assert re.search(f'"(delivered_)?{register}"', text), f"{register} is read without a word about it"
    assert str(walk.folder) not in text


def test_the_design_is_what_it_was(walk: Walk):
    """Resolved spec, flow of the treated and of the comparisons, the sample's digest."""
    study = Study.open(walk.spec, registers=walk.folder / "registers", work=walk.folder / "look")
    cohort = study.source.cohort(study.spec)
    counted = {name: [[s.reason, s.units, s.persons] for s in flow.steps] for name, flow in cohort.flow.items()}
    told = {"flow": counted, "sample": study.sample.digest}
    text = json.dumps(told, indent=1, ensure_ascii=False) + "\n"
    assert text == golden("design.json", text)
    resolved = say(["show", walk.spec, "--resolved"]).replace(f"{walk.folder}/", "")
    assert resolved == golden("resolved.yaml", resolved)


def test_the_released_tables_are_what_they_were(walk: Walk):
    for path in sorted((walk.out / "tables").iterdir()):
        text = path.read_text(encoding="utf-8")
        assert text == golden(f"tables/{path.name}", text)
    kept = {p.name for p in (GOLDEN / "tables").iterdir()}
    assert kept == {p.name for p in (walk.out / "tables").iterdir()}


def test_the_golden_files_were_not_rewritten():
    assert not REWRITE, "the golden files were rewritten: read the diff, then run again without the switch"


def test_table_1_is_the_protected_balance_table_and_reads_no_outcome(walk: Walk):
    released = (walk.out / "tables" / "balance-hoved.csv").read_text(encoding="utf-8").splitlines()
    described = (walk.folder / "table1.csv").read_text(encoding="utf-8").splitlines()
    assert [line.rsplit(",", 1)[0] for line in described] == [line.rsplit(",", 1)[0] for line in released]
    printed = re.search(r"ytelse months_active.*", walk.said["describe"])
    assert printed is not None
    assert re.findall(r"-?[\d.]+(?= )", printed[0].split("before", 1)[1]) == described[2].split(",")[1:-1]
    ledger = (walk.folder / "work" / "ledger.jsonl").read_text(encoding="utf-8").splitlines()
    events = [json.loads(line)["event"] for line in ledger]
    assert events[:2] == ["describe", "design"]
    assert walk.said["sealed"].startswith("E604"), "described before the seal was broken"
