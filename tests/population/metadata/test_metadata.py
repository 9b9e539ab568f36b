"""What is known of a delivery without its cells: a scan, a drafted catalogue, and a study held against both."""

from __future__ import annotations

import csv
import os
from datetime import date
from pathlib import Path

import pytest
from person_numbers import numbers

from effekt.__main__ import run
from effekt.errors import PrivacyError, SpecError
from effekt.population.catalogue.loading import load_catalogue
from effekt.population.metadata.checking import metadata_problems
from effekt.population.metadata.drafting import draft
from effekt.population.metadata.scanning import as_csv, read_scan, scan
from effekt.spec.load import load
from effekt.spec.registered import CountyStudy, RegisterStudy
from effekt.spec.shipped import shipped_spec

GOLDEN = Path(__file__).parent / "drafted.yaml"

JOBS = "lopenr_person;lopenr_virk;arb_arbeidstid;lonn_kontant;arb_yrke;virk_nace1_sn07"
HEADS = {
    "demografi/person.csv": "w99_0000_lopenr_person;foedsels_aar_mnd;pers_kjoenn;invkat",
    "demografi/bosted.csv": "lopenr_person;start;slutt;kommnr;status",
    "BEFOLKNING_INVKAT.csv": "",
    "ARBSOEK2001FDT_HOVED.csv": "",
    "inntekt/inntekt_nodub2019.csv": "lopenr_person;wlonn;wyrkinnt;overfoeringer;deflator",
    "inntekt/inntekt_nodub2020.csv": "lopenr_person;wlonn;wyrkinnt;overfoeringer;deflator",
    "atid/ameld_statdata_2019_m11.csv": JOBS,
    "atid/ameld_statdata_2019_m12.csv": JOBS,
    "annet/ukjent.csv": "a;b",
}
ROW = "QUUX1;73913;QUUX;QUUX;QUUX"


@pytest.fixture
def delivery(tmp_path: Path) -> Path:
    for name, head in HEADS.items():
        path = tmp_path / "d" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        row = ";".join(ROW.split(";")[n % 5] for n in range(head.count(";") + 1))
        path.write_text(f"{head}\n{row}\n" if head else "QUUX1;A;2020-01-01;;\n", encoding="utf-8")
    return tmp_path / "d"


def test_a_scan_names_files_and_columns_and_shows_no_cell(
    delivery: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["scan", str(delivery)]) == 0
    shown = capsys.readouterr().out
    assert "QUUX" not in shown
    assert "73913" not in shown
    rows = list(csv.DictReader(shown.splitlines()))
    assert {"file": "demografi/bosted.csv", "kind": "csv", "rows": "1", "column": "kommnr", "type": "text"} in rows
    # A file without names of columns could show somebody's cells.
    assert [row["type"][:9] for row in rows if row["file"] == "BEFOLKNING_INVKAT.csv"] == ["not read:"]
    path = tmp_path / "scan.csv"
    path.write_text(shown, encoding="utf-8")
    assert as_csv(read_scan(path)).splitlines()[3:] == shown.splitlines()[3:]


def test_a_person_number_in_a_name_stops_the_scan(delivery: Path) -> None:
    one = numbers("birth number", 1)[0]
    (delivery / f"uttrekk_{one}.csv").write_text("a;b\n1;2\n", encoding="utf-8")
    with pytest.raises(PrivacyError) as caught:
        list(scan(delivery))
    assert one not in str(caught.value)


def test_a_catalogue_is_drafted_from_names_and_the_rest_says_todo(delivery: Path) -> None:
    found = draft(list(scan(delivery)), "w99_0000")
    if os.environ.get("EFFEKT_REWRITE_GOLDEN") == "yes":
        GOLDEN.write_text(found, encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8")


def test_a_draft_is_not_read_before_somebody_has_finished_it(delivery: Path) -> None:
    assert run(["catalogue", "init", str(delivery)]) == 0
    with pytest.raises(SpecError) as caught:
        load_catalogue(delivery / "catalogue.yaml", today=date(2026, 1, 1))
    assert {problem.code for problem in caught.value.problems} == {"E104"}
    assert "`catalogue.approval` is still to be written" in str(caught.value)
    # What somebody has written since is never written over.
    assert run(["catalogue", "init", str(delivery)]) == 2


COLUMNS = {
    "person": "foedselsaar;kjoenn;innvkat",
    "bosted": "start;slutt;kommunenr;status",
    "utdanningsnivaa": "start;slutt;nus2000;nivaa",
    "utdanningsforloep": "start;slutt;kurs_id;nus2000;utfall;heltid",
    "arbeidssoeker": "start;slutt;hovedstatus;nav_kontor",
    "vedtak14a": "start;slutt;innsatsgruppe;hovedmaal;nav_kontor",
    "tiltak": "start;slutt;tiltakskode;gruppe;deltakelsesprosent",
    "ytelse": "start;slutt;ytelse;grad",
    "deltakelse": "dato;form;kanal;i_samarbeid_med_nav;fylkesnr;senter_id;nav_kontor;antall_samtaler;kilde",
    "inntekt_aar": "aar;wlonn;wyrkinnt;overfoeringer;deflator",
    "arbeidsforhold": "maaned;jobb_id;virksomhet_id;arbeidstid;stillingsprosent;kontantlonn;yrke;yrke_versjon;"
    "naering;naering_versjon;hovedjobb;arbeidskommunenr",
}


def promised(folder: Path, *, until: str = "2029-12", **changed: str) -> list[str]:
    """Write a scan and a catalogue that promise what a study needs; return the options that name them."""
    lines = ["file,kind,rows,column,type"]
    entries = []
    for name, columns in {**COLUMNS, **changed}.items():
        if not columns:
            continue
        lines += [f"{name}.csv,csv,1,{column},text" for column in ["person_id", *columns.split(";")]]
        time = {"inntekt_aar": ", columns: {aar: aar}", "arbeidsforhold": ", columns: {maaned: maaned}"}.get(name, "")
        entries.append(f"  {name}: {{files: {name}.csv, coverage: [2015-01, {until}]{time}}}")
    (folder / "scan.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "catalogue.yaml").write_text(
        "catalogue: {delivery: d1, person_key: person_id, synthetic: true}\ntables:\n" + "\n".join(entries) + "\n",
        encoding="utf-8",
    )
    return ["--metadata", str(folder / "scan.csv"), "--catalogue", str(folder / "catalogue.yaml")]


def checked(options: list[str], capsys: pytest.CaptureFixture[str], spec: str = "demo.yaml") -> tuple[int, str]:
    capsys.readouterr()
    code = run(["check", str(shipped_spec(spec)), *options])
    shown = capsys.readouterr()
    return code, shown.out + shown.err


@pytest.mark.parametrize("spec", ["demo.yaml", "karriereveiledning_alle.yaml"])
def test_a_study_that_a_delivery_can_answer_passes(tmp_path: Path, spec: str) -> None:
    _, scanned, _, catalogue = promised(tmp_path)
    study = load(shipped_spec(spec))
    assert isinstance(study, RegisterStudy | CountyStudy)
    located = load_catalogue(catalogue, today=date(2026, 1, 1))
    assert metadata_problems(study, located, read_scan(Path(scanned))) == []


def test_a_register_that_is_not_delivered_is_named_at_the_line_that_asks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = checked(promised(tmp_path, deltakelse=""), capsys)
    assert code == 2
    assert "demo.yaml:" in said
    assert "the catalogue has no register `deltakelse`" in said


def test_a_column_that_is_not_delivered_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = checked(promised(tmp_path, bosted="start;slutt;status"), capsys)
    assert code == 2
    assert "`bosted.csv` has no column `kommunenr`" in said


def test_an_outcome_beyond_the_coverage_is_refused_before_data_are_bought(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = checked(promised(tmp_path, until="2026-01"), capsys)
    assert code == 2
    assert "E301" in said or "E309" in said


def test_a_file_that_is_not_delivered_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = promised(tmp_path)
    scanned = (tmp_path / "scan.csv").read_text(encoding="utf-8").replace("bosted.csv", "annet.csv")
    (tmp_path / "scan.csv").write_text(scanned, encoding="utf-8")
    code, said = checked(options, capsys)
    assert (code, "there is no file `bosted.csv`" in said) == (2, True), said


def test_metadata_without_a_catalogue_says_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(promised(tmp_path)[:2], capsys)[0] == 2
    assert checked(promised(tmp_path)[2:], capsys)[0] == 2
