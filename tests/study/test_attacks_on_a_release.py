"""An attacker holds everything a protected study wrote to ``--out`` and the code of effekt, and wants a count."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import product
from math import floor, log10, sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student
from studies import person_study

from effekt.sample import Weights
from effekt.spec.manuals import manuals

ARMS = ("treated", "comparison")

# No multiples of five, so that an exact size cannot pass for a rounded one.
SIZES = [(33, 37), (61, 113), (197, 416), (998, 1003)]


def drawn(n_treated: int, n_comparison: int) -> pd.DataFrame:
    """Persons of whom seven have a rare trait and about a third work."""
    n = n_treated + n_comparison
    rng = np.random.default_rng(n)
    d = rng.permutation(np.arange(n) < n_treated).astype(int)
    return pd.DataFrame(
        {
            "id": [f"p{i}x" for i in range(n)],
            "d": d,
            "age": rng.normal(25, 3, n).round(1),
            "rare": (rng.permutation(n) < 7).astype(int),
            "work": (rng.random(n) < 0.3 + 0.2 * d).astype(int),
        }
    )


def release(folder: Path, data: pd.DataFrame, disclosure: str) -> Path:
    study = person_study(folder, data=data, disclosure=disclosure)
    study.design()
    study.freeze()
    return study.release(folder / "out")


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: f"{size[0]} and {size[1]}")
def released(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    data = drawn(*request.param)
    return release(tmp_path_factory.mktemp("release"), data, "terskel10"), data


class Words(HTMLParser):
    """The text a reader of a page sees, and of an SVG what is drawn as text."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"style", "script"}

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"style", "script"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.seen.append(data)


def whole_numbers(text: str) -> set[int]:
    """Whole numbers of a text that are no part of a decimal, a digest, a name, a version or a place."""
    text = re.sub(r"[0-9a-f]{8,}|\w+\.yaml:\d+|\d+\.\d+\.\d+", " ", text)
    return {int(found) for found in re.findall(r"(?<![\w.,-])\d+(?![\w,]|\.\d)", text)}


def words_in(png: bytes) -> str:
    """Return what a picture says beside its pixels, which are those of the SVG of the same name."""
    at, words = 8, []
    while at < len(png):
        length, kind = int.from_bytes(png[at : at + 4], "big"), png[at + 4 : at + 8]
        if kind not in {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"pHYs", b"tRNS"}:
            words.append(png[at + 8 : at + 8 + length].decode("latin-1"))
        at += length + 12
    return " ".join(words)


def texts(out: Path) -> Iterator[tuple[str, str]]:
    """Yield every released file with what can be read in it."""
    for path in sorted(out.rglob("*")):
        if path.suffix in {".html", ".svg"}:
            words = Words()
            words.feed(path.read_text(encoding="utf-8"))
            yield path.name, " ".join(words.seen)
        elif path.suffix == ".png":
            yield path.name, words_in(path.read_bytes())
        elif path.is_file():
            yield path.name, path.read_text(encoding="utf-8")


def exact_counts(data: pd.DataFrame) -> set[int]:
    """Every number of persons the data hold, by arm, outcome and rare trait, where rounding would move it."""
    groups = [data, data[data["d"] == 1], data[data["d"] == 0]]
    traits = [int((g[c] == v).sum()) for g in groups for c in ("work", "rare") for v in (0, 1)]
    return {n for n in (*map(len, groups), *traits) if n > 30 and n % 5}


def rows_of(table: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))


def test_no_exact_number_of_persons_stands_in_any_file(released: tuple[Path, pd.DataFrame]):
    out, data = released
    # Manuals are printed in the report, and hold years, pages and section numbers.
    of_manuals = set().union(*map(whole_numbers, manuals().values()))
    exact = exact_counts(data) - of_manuals
    assert {len(data), int(data["d"].sum())} & exact
    for name, text in texts(out):
        given_away = {n: re.findall(rf".{{,30}}\b{n}\b.{{,30}}", text) for n in whole_numbers(text) & exact}
        assert not given_away, name


def test_the_same_search_finds_every_exact_number_where_nothing_is_protected(tmp_path: Path):
    data = drawn(61, 113)
    found = set().union(*(whole_numbers(text) for _, text in texts(release(tmp_path, data, "open"))))
    assert {61, 113, 174} <= found


def estimates_of(out: Path) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads((out / "estimates.json").read_text(encoding="utf-8"))
    return rows


def test_every_count_of_persons_is_rounded_and_at_least_the_threshold(released: tuple[Path, pd.DataFrame]):
    out, _ = released
    rows = [*estimates_of(out), *rows_of(out / "tables" / "flow.csv")]
    counted = ("n_treated", "n_comparison", "n_persons_treated", "n_persons_comparison", "n_clusters", "persons")
    counts = [int(str(row[name])) for row in rows for name in counted if row.get(name) not in {None, ""}]
    assert counts
    assert all(count >= 10 and count % 5 == 0 for count in counts)


def test_a_trait_of_seven_persons_has_no_mean_and_no_difference(released: tuple[Path, pd.DataFrame]):
    out, _ = released
    tables = list((out / "tables").glob("balance*.csv"))
    assert tables
    for path in tables:
        (rare,) = [row for row in rows_of(path) if row["covariate"] == "rare"]
        assert {rare[name] for name in ("mean_treated", "mean_comparison", "smd_before", "smd_after")} == {""}
    for finding in json.loads((out / "findings.json").read_text(encoding="utf-8")):
        assert finding["subject"] != "rare" or finding["value"] is None


def test_no_digest_is_that_of_weights_anyone_can_guess(released: tuple[Path, pd.DataFrame]):
    out, data = released
    written = "".join(text for _, text in texts(out))
    for n, estimand, method in product(range(len(data) - 5, len(data) + 6), ("ATE", "ATT"), ("none", "")):
        guess = Weights(w=np.ones(n), group=None, estimand=estimand, conditioned=frozenset(), method=method)
        assert guess.digest not in written, f"{n} persons"


def test_no_id_and_no_row_of_a_person_is_in_any_file(released: tuple[Path, pd.DataFrame]):
    out, data = released
    written = "".join(text for _, text in texts(out))
    assert not [i for i in data["id"] if i in written]


def three_digits(value: float) -> float:
    return value if value == 0 else round(value, 2 - floor(log10(abs(value))))


def welch_df(a: int, b: int) -> float:
    """Satterthwaite degrees of freedom of a difference in means under equal variances."""
    return (1 / a + 1 / b) ** 2 / (1 / (a * a * (a - 1)) + 1 / (b * b * (b - 1)))


def detectable(a: int, b: int) -> float:
    return sqrt(1 / a + 1 / b) * float(student.ppf(0.975, a + b - 2) + student.ppf(0.8, a + b - 2))


def test_degrees_of_freedom_and_detectable_effects_do_not_give_the_counts_back(tmp_path: Path):
    """The attacker knows that the detectable effect is that of the rounded counts: all that round alike fit it."""
    out = release(tmp_path, drawn(61, 113), "terskel10")
    row = next(row for row in estimates_of(out) if row["analysis"] == "main")
    findings = json.loads((out / "findings.json").read_text(encoding="utf-8"))
    mde = next(f["value"] for f in findings if f["check"] == "mde")
    around = [range(int(str(row[f"n_persons_{arm}"])) - 2, int(str(row[f"n_persons_{arm}"])) + 3) for arm in ARMS]
    fits = [
        (a, b)
        for a, b in product(*around)
        if row["df"] in {None, three_digits(welch_df(a, b))}
        and mde in {None, three_digits(detectable(rounded(a), rounded(b)))}
    ]
    assert len({a for a, _ in fits}) > 2
    assert len({b for _, b in fits}) > 2


def test_the_share_of_a_trait_does_not_give_the_counts_back(tmp_path: Path):
    """The attacker knows that a share is one of two rounded counts: every count that rounds alike fits it."""
    data = drawn(33, 37)
    data["rare"] = (np.arange(len(data)) % 2 == 0).astype(int)
    out = release(tmp_path, data, "terskel10")
    (trait,) = [row for row in rows_of(next((out / "tables").glob("balance*.csv"))) if row["covariate"] == "rare"]
    for arm, near in (("treated", range(33, 38)), ("comparison", range(33, 38))):
        share = trait[f"mean_{arm}"]
        fits = {n for n in near for k in range(n + 1) if round(rounded(k) / rounded(n), 3) == float(share)}
        assert fits == set(near), f"{arm}: {share} can only be of {fits}"
        assert float(share) in {round(k / 35, 3) for k in range(0, 36, 5)}, "and of nothing else"


def rounded(count: int) -> int:
    return (count + 2) // 5 * 5


def test_two_tables_whose_counts_round_alike_have_the_same_yes_no_numbers(tmp_path: Path):
    """One person more in each arm, none of them rare, none in work."""
    one = drawn(61, 111)
    more = one.loc[(one["work"] == 0) & (one["rare"] == 0)].groupby("d").head(1).assign(id=["more1", "more2"])
    numbers = []
    for name, data in (("one", one), ("two", pd.concat([one, more], ignore_index=True))):
        (tmp_path / name).mkdir()
        out = release(tmp_path / name, data.assign(age=1 + data["work"] * 0 + (data.index % 2)), "terskel10")
        rows = [row for row in estimates_of(out) if row["analysis"] == "main"]
        findings = json.loads((out / "findings.json").read_text(encoding="utf-8"))
        numbers.append((rows, [f for f in findings if f["check"] == "mde"]))
    assert numbers[0] == numbers[1]
