"""What stands in a protected release: no exact number of persons, no small group, in any file."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from studies import person_study, persons

COUNT = re.compile(r"(?<![\w.,#%-])\d{1,3}(?:[\u00a0\u202f]?\d{3})*(?![\w%])(?![.,]\d)")
COUNT_FIELDS = ("n_treated", "n_comparison", "n_persons_treated", "n_persons_comparison", "n_clusters")


def data() -> pd.DataFrame:
    """613 persons, 197 treated, 6 of them rare; every total and part is no multiple of five."""
    return persons()


def exact() -> set[int]:
    """Every number of persons the data hold, by arm, by outcome and by the rare covariate."""
    frame = data()
    found = {len(frame)}
    for columns in (["d"], ["work"], ["rare"], ["d", "work"], ["d", "rare"], ["rare", "work"]):
        found |= set(frame.groupby(columns).size().tolist())
    return {n for n in found if n % 5}


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("released")
    study = person_study(folder, data=data(), disclosure="terskel10")
    study.freeze()
    out = study.release(folder / "out")
    return {
        p.relative_to(out).as_posix(): p.read_text(encoding="utf-8")
        for p in out.rglob("*")
        if p.is_file() and p.suffix != ".png"
    }


def shown(name: str, text: str) -> str:
    """What a reader sees of a file: without mark-up, styles, paths, digests and the manuals of the methods."""
    if name.endswith((".html", ".svg")):
        text = re.sub(r"<(style|script|head|title)\b.*?</\1>", " ", text, flags=re.S)
        text = re.sub(r'<section[^>]*id="(methods|manuals|provenance)".*?</section>', " ", text, flags=re.S)
        text = html.unescape(re.sub(r"<[^>]*>", " ", text))
    else:
        text = text.replace(",", " ; ")
    return re.sub(r"\b[0-9a-f]{8,64}\b", " ", text)


def counts_in(text: str) -> set[int]:
    return {int(re.sub(r"\D", "", match)) for match in COUNT.findall(text)}


def test_the_numbers_searched_for_would_show_if_they_were_rounded_to_five():
    assert {613, 197, 416} <= exact()
    assert all(round(n / 5) * 5 != n for n in exact())
    assert any(n < 10 for n in exact())


def test_an_open_release_of_the_same_persons_does_show_them(tmp_path: Path):
    study = person_study(tmp_path, data=data(), disclosure="open")
    study.freeze()
    out = study.release(tmp_path / "out")
    for name in ("estimates.json", "report.html", "tables/flow.csv"):
        assert counts_in(shown(name, (out / name).read_text(encoding="utf-8"))) & exact(), name


def test_no_exact_number_of_persons_stands_in_any_file(released: dict[str, str]):
    large = {n for n in exact() if n >= 10}
    for name, text in released.items():
        assert not counts_in(shown(name, text)) & large, name


def test_no_exact_number_hides_in_an_attribute_or_a_comment(released: dict[str, str]):
    for name, text in released.items():
        if not name.endswith((".html", ".svg")):
            continue
        hidden = re.findall(r"<!--.*?-->", text, flags=re.S)
        hidden += re.findall(r'(?:data-[\w-]+|title|alt|aria-label|content)="([^"]*)"', text)
        assert not counts_in(" ".join(hidden)) & exact(), name


def count_cells(files: dict[str, str]) -> Iterator[tuple[str, str, object]]:
    """Every cell that counts persons, with its file and name."""
    for row in json.loads(files["estimates.json"]):
        yield from (("estimates.json", field, row[field]) for field in COUNT_FIELDS)
    for row in json.loads(files["findings.json"]):
        if row["unit"] in {"persons", "units"}:
            yield "findings.json", row["subject"], row["value"]
    for name in (n for n in files if n.endswith(".csv")):
        header, *lines = (line.split(",") for line in files[name].splitlines())
        for line in lines:
            cells = dict(zip(header, line, strict=True))
            for field in ("units", "persons", *COUNT_FIELDS):
                if cells.get(field):
                    yield name, field, int(cells[field])


def test_every_count_is_a_multiple_of_five_and_none_is_below_ten(released: dict[str, str]):
    cells = list(count_cells(released))
    assert {file for file, _, _ in cells} >= {"estimates.json", "findings.json", "tables/flow.csv"}
    for file, field, value in cells:
        assert value is None or (value >= 10 and value % 5 == 0), f"{file}: {field} = {value}"


def test_a_group_of_six_is_not_told_about_anywhere(released: dict[str, str]):
    for name in (n for n in released if n.startswith("tables/balance")):
        (row,) = [line for line in released[name].splitlines() if line.startswith("rare,")]
        assert not re.search(r"\d", row.split(",persons/", maxsplit=1)[0]), name
    rare = [row for row in json.loads(released["findings.json"]) if row["subject"] == "rare"]
    assert all(row["value"] is None and row["suppressed"] for row in rare)


def test_no_identifier_of_a_person_stands_in_any_file(released: dict[str, str]):
    ids = set(map(str, data()["id"]))
    for name, text in released.items():
        assert not ids & set(re.findall(r"(?<![\w.#-])\d{5}(?![\w.])", shown(name, text))), name


def test_one_person_more_moves_no_released_count(tmp_path: Path, released: dict[str, str]):
    frame = data()
    more = frame[(frame["d"] == 0) & (frame["rare"] == 0)].tail(1).assign(id=99_999)
    study = person_study(tmp_path, data=pd.concat([frame, more]), disclosure="terskel10")
    study.freeze()
    rows = json.loads((study.release(tmp_path / "out") / "estimates.json").read_text(encoding="utf-8"))
    before = json.loads(released["estimates.json"])
    for field in COUNT_FIELDS:
        assert [row[field] for row in rows] == [row[field] for row in before], field


def with_comparisons_in_work(n: int) -> pd.DataFrame:
    frame = data()
    others = frame.index[frame["d"] == 0]
    return frame.assign(work=frame["work"].where(frame["d"] == 1, 0).where(~frame.index.isin(others[:n]), 1))


def comparisons_in_work(folder: Path, n: int) -> list[dict[str, object]]:
    study = person_study(folder, data=with_comparisons_in_work(n), disclosure="terskel10")
    study.freeze()
    return json.loads((study.release(folder / "out") / "estimates.json").read_text(encoding="utf-8"))


def test_three_in_work_among_the_comparisons_leave_no_mean_and_no_estimate(tmp_path: Path):
    for row in comparisons_in_work(tmp_path, 3):
        assert (row["value"], row["std_error"], row["comparison_mean"]) == (None, None, None)


def test_the_mean_of_the_comparisons_tells_no_more_than_its_rounded_counts(tmp_path: Path):
    row = comparisons_in_work(tmp_path, 142)[0]
    shown, n = row["comparison_mean"], int(str(row["n_persons_comparison"]))
    assert shown == round(140 / 415, 3)
    # Whoever reads the release knows the number of comparisons within two, and how a share is made of two counts.
    possible = {k for k in range(n) for m in range(n - 2, n + 3) if round(rounded(k) / rounded(m), 3) == shown}
    assert len(possible) >= 5


def rounded(count: int) -> int:
    return (count + 2) // 5 * 5
