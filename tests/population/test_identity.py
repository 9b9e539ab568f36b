"""The identity guard: what must be refused, what must pass, and that a message never shows a value."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from person_numbers import FAMILIES, health_numbers, numbers

from effekt.errors import PrivacyError
from effekt.population.files.tables import open_file
from effekt.population.identity.guard import Scan, guard
from effekt.population.identity.numbers import Tally, examine, name_says_so, refusal
from effekt.population.identity.spelling import _tally_odd, _tally_words, hits_in_text, tally_cells
from effekt.spec.prepared import Csv


def column(values: object, kind: pa.DataType | None = None) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values, type=kind)])


def spellings(found: list[str]) -> dict[str, pa.ChunkedArray]:
    as_int = [int(v) for v in found]
    return {
        "text": column(found),
        "large text": column(found, pa.large_string()),
        "integer": column(as_int),
        "unsigned": column(as_int, pa.uint64()),
        "float": column([float(v) for v in as_int]),
        "decimal": column([pa.scalar(v, pa.decimal128(12, 0)).as_py() for v in as_int], pa.decimal128(12, 0)),
        "categorical": column(found).dictionary_encode(),
        "bytes": column([v.encode() for v in found]),
        "spaced": column([f"{v[:6]} {v[6:]}" for v in found]),
        "hyphen": column([f"{v[:6]}-{v[6:]}" for v in found]),
        "dotted zero": column([f"{v}.0" for v in found]),
        "comma zero": column([f" {v},00 " for v in found]),
        "lost zero": column([str(v) for v in as_int]),
        "lost zero, dotted zero": column([f"{v}.0" for v in as_int]),
        "prefixed": column([f"P{v}" for v in found]),
        "named": column([f"fnr:{v}" for v in found]),
        "dashed": column([f"{v[:6]}\u2013{v[6:]}" for v in found]),
        "wide digits": column(["".join(chr(0xFF10 + int(c)) for c in v) for v in found]),
        "wide digits, lost zero": column(["".join(chr(0xFF10 + int(c)) for c in str(v)) for v in as_int]),
        "marked year": column([f"{v[:4]}.{v[4:6]} {v[6:]}" for v in found]),
        "first of two": column([f"{v},{w}" for v, w in zip(found, found[::-1], strict=True)]),
        "first of two, spaced": column([f"{v}, {w}" for v, w in zip(found, found[::-1], strict=True)]),
        "listed": column([[v] for v in found]),
        "with gaps": column([v for pair in zip(found, [None] * len(found), strict=True) for v in pair]),
        "marked date": column([f"{v[:2]}.{v[2:4]}.{v[4:6]}-{v[6:]}" for v in found]),
    }


@pytest.mark.parametrize("family", FAMILIES)
def test_every_number_of_every_family_is_a_hit_in_every_spelling(family: str) -> None:
    found = numbers(family, 2000)
    for spelling, cells in spellings(found).items():
        tally = tally_cells(cells)
        assert tally.hits == 2000, spelling
        assert refusal("x", tally) is not None, spelling


def test_numbers_of_every_residue_are_hits() -> None:
    for residue in range(4):
        assert tally_cells(column(numbers("birth number", 500, residues=(residue,)))).bare_hits == 500


def test_a_number_of_residue_four_is_no_hit() -> None:
    assert tally_cells(column(numbers("birth number", 500, residues=(4,)))).bare_hits == 0


def test_a_column_of_auxiliary_health_numbers_is_refused() -> None:
    assert refusal("x", tally_cells(column(health_numbers(2000)))) is not None


def test_the_tables_agree_with_the_sums_digit_by_digit() -> None:
    rng = np.random.default_rng(3)
    values = rng.integers(10**9, 10**11, 20_000)
    digits = np.array([[int(c) for c in f"{v:011d}"] for v in values])
    first = digits[:, :10] @ np.array([3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) % 11
    second = digits @ np.array([5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11
    day, month = digits[:, 0] * 10 + digits[:, 1], digits[:, 2] * 10 + digits[:, 3]
    longest = {1: 31, 2: 29, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}
    dated = np.array(
        [
            any(1 <= m - o <= 12 and 1 <= d - p <= longest[m - o] for o in (0, 20, 40, 60, 65, 80) for p in (0, 40))
            for d, m in zip(day.tolist(), month.tolist(), strict=True)
        ]
    )
    assert np.array_equal(examine(values).dated, dated & (first <= 3) & (second == 0))


def harmless(kind: str, n: int, rng: np.random.Generator) -> pa.ChunkedArray:
    made = {
        "eleven digits": lambda: rng.integers(10**10, 10**11, n),
        "eleven digits as text": lambda: [f"{v:011d}" for v in rng.integers(0, 10**11, n)],
        "ten digits": lambda: rng.integers(10**9, 10**10, n),
        "organisation numbers": lambda: rng.integers(8 * 10**8, 10**9, n),
        "Unix seconds of a year": lambda: rng.integers(1_700_000_000, 1_731_000_000, n),
        "Unix milliseconds": lambda: rng.integers(1_700_000_000_000, 1_731_000_000_000, n),
        "year to second": lambda: rng.integers(20_240_101_000_000, 20_241_231_235_959, n),
        "year to hour": lambda: 2024 * 10**6 + rng.integers(1, 13, n) * 10**4 + rng.integers(1, 29, n) * 100 + 7,
        "phone numbers": lambda: rng.integers(40_000_000, 99_999_999, n),
        "phone numbers with country": lambda: [f"+47 {v}" for v in rng.integers(40_000_000, 99_999_999, n)],
        "sixteen digits": lambda: rng.integers(10**15, 9 * 10**15, n),
        "prefixed keys": lambda: [f"w99_{v}" for v in rng.integers(10**10, 10**11, n)],
        "money": lambda: np.round(rng.lognormal(12, 1, n), 2),
        "long fractions as text": lambda: [repr(v) for v in rng.normal(size=n)],
        "small fractions as text": lambda: [repr(v) for v in rng.normal(size=n) * 1e-9],
        "hexadecimal": lambda: [f"{v:032x}" for v in rng.integers(0, 2**62, n)],
    }
    return column(made[kind]())


HARMLESS = (
    *("eleven digits", "eleven digits as text", "ten digits", "organisation numbers", "Unix seconds of a year"),
    *("Unix milliseconds", "year to second", "phone numbers", "phone numbers with country", "sixteen digits"),
    *("prefixed keys", "money", "long fractions as text", "small fractions as text", "hexadecimal"),
)


@pytest.mark.parametrize("kind", HARMLESS)
def test_random_keys_are_not_refused(kind: str) -> None:
    rng = np.random.default_rng(11)
    for _ in range(5):
        assert refusal("key", tally_cells(harmless(kind, 2000, rng))) is None


@pytest.mark.slow
@pytest.mark.parametrize("kind", ("eleven digits", "ten digits", "Unix seconds of a year", "organisation numbers"))
def test_fewer_than_one_random_column_in_ten_thousand_is_refused(kind: str) -> None:
    rng = np.random.default_rng(12)
    refused = sum(refusal("key", tally_cells(harmless(kind, 10_000, rng))) is not None for _ in range(10_000))
    assert refused <= 1


def test_a_few_percent_of_person_numbers_among_random_ones_are_found() -> None:
    rng = np.random.default_rng(13)
    mixed = [f"{v}" for v in rng.integers(10**10, 10**11, 9_700)] + numbers("birth number", 300)
    assert refusal("key", tally_cells(column(mixed))) == "more numbers fit than chance allows"


def test_one_hit_refuses_a_column_whose_name_says_so() -> None:
    one = tally_cells(column(numbers("birth number", 1) + [str(v) for v in range(10**10, 10**10 + 200)]))
    assert refusal("ident", one) == "its name says so, and at least one cell fits"
    assert refusal("key", one) is None


@pytest.mark.parametrize(
    "name",
    ["fnr", "FNR", "barn_fnr", "fnr_mor", "fodselsnummer", "fødselsnr", "foedselsnummer", "personnummer", "personnr"],
)
def test_names_of_person_numbers_are_known(name: str) -> None:
    assert name_says_so(name)


@pytest.mark.parametrize("name", ["pnr", "snr", "w99_snr", "ident", "norskident", "ident_nr", "dnr", "ssn", "dnummer"])
def test_short_names_of_person_numbers_are_known(name: str) -> None:
    assert name_says_so(name)


@pytest.mark.parametrize("name", ["person_id", "lopenr_person", "age", "busnr", "orgnr", "kommunenr", "re78"])
def test_ordinary_names_are_not_taken_for_them(name: str) -> None:
    assert not name_says_so(name)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.text(alphabet="0123456789aZ_:# .-/,", min_size=10, max_size=30), min_size=1, max_size=6),
    st.integers(0, 9),
)
def test_keys_are_tallied_at_once_as_they_are_one_by_one(texts: list[str], place: int) -> None:
    """The fast path for keys finds what the slow one finds, numbers put into them included."""
    one = numbers("birth number", 1)[0]
    cells = pa.array([*texts, f"w99_{one}", f"{texts[0][:place]}{one}{texts[0][place:]}"], pa.large_string())
    rows = np.arange(len(cells))
    fast, slow = _tally_odd(cells, rows), _tally_words(cells, rows)
    assert replace(fast, rows=tuple(sorted(fast.rows)), chance=0) == replace(
        slow, rows=tuple(sorted(slow.rows)), chance=0
    )
    assert fast.chance == pytest.approx(slow.chance)


def test_one_number_in_free_text_refuses_the_column() -> None:
    (one,) = numbers("birth number", 1)
    for sentence in (f"ring {one} i morgen", f"født {one[:6]} {one[6:]} i Oslo", f"(se {one[:6]}-{one[6:]}) takk"):
        assert refusal("note", tally_cells(column(["ingen merknad"] * 5000 + [sentence]))) is not None, sentence


def test_the_decimals_of_a_fraction_are_no_number() -> None:
    (one,) = numbers("birth number", 1)
    assert hits_in_text(f"{{'p': 0.{one}}}") == 0
    assert hits_in_text(f"nr.{one}") == 1


def test_words_without_a_number_are_free() -> None:
    assert tally_cells(column(["Æ" * 30, "sak 123 av 2024-05-06 til 2025", None, ""])) == Tally(cells=3 - 1 + 0)


def test_tallies_of_stretches_add_up_to_the_tally_of_the_whole() -> None:
    found = numbers("birth number", 40)
    chunks = pa.chunked_array([pa.array(found[:15]), pa.array(found[15:])])
    assert tally_cells(chunks) == tally_cells(column(found))
    assert tally_cells(chunks).rows == (0, 1, 2, 3, 4)
    later = pa.chunked_array([pa.array(["x"] * 15), pa.array(found)])
    assert tally_cells(later).rows == (15, 16, 17, 18, 19)


def test_rows_of_a_long_column_are_told_by_their_place_in_the_file() -> None:
    values = [1.0] * 300_000 + [float(v) for v in numbers("birth number", 2)]
    assert tally_cells(column(values)).rows == (300_000, 300_001)


def write(folder: Path, name: str = "table.parquet", **columns: object) -> Path:
    path = folder / name
    pq.write_table(pa.table(columns), path)
    return path


def scan(path: Path, key: str = "id") -> Scan:
    return guard(open_file(path, wanted=[key], csv=Csv()), key_column=key)


def test_every_refused_column_is_named_in_one_go_and_no_value_is_shown(tmp_path: Path) -> None:
    found = numbers("birth number", 30)
    path = write(tmp_path, id=list(range(30)), key=found, note=[f"om {v} her" for v in found], age=[40] * 30)
    with pytest.raises(PrivacyError) as refused:
        scan(path)
    assert [p.code for p in refused.value.problems] == ["E501", "E501"]
    assert refused.value.problems[0].sentence == (
        "column `key` looks like Norwegian person numbers: at least one number in five fits "
        "(30 cells; first rows: 1, 2, 3, 4, 5)"
    )
    assert not any(v in str(refused.value) or str(int(v)) in str(refused.value) for v in found)


def test_a_column_name_and_a_file_name_are_scanned_and_not_repeated(tmp_path: Path) -> None:
    (one,) = numbers("birth number", 1)
    path = write(tmp_path, f"uttrekk_{one}.parquet", **{"id": [1, 2], one: numbers("D number", 2)})
    with pytest.raises(PrivacyError) as refused:
        scan(path)
    sentences = [p.sentence for p in refused.value.problems]
    assert sentences[0].startswith("the name of the file")
    assert sentences[1].startswith("the name of column 2")
    assert sentences[2].startswith("a column looks like")
    assert one not in str(refused.value)


@pytest.mark.parametrize("order", ["ddmmyy", "yymmdd", "ddmmyyyy", "yyyymmdd", "iso", "dotted", "date", "midnight"])
def test_a_birth_date_beside_the_five_other_digits_is_refused(tmp_path: Path, order: str) -> None:
    found = numbers("birth number", 300)
    parts = [(v[:2], v[2:4], v[4:6]) for v in found]
    dates = {
        "ddmmyy": [int(d + m + y) for d, m, y in parts],
        "yymmdd": [y + m + d for d, m, y in parts],
        "ddmmyyyy": [d + m + "18" + y for d, m, y in parts],
        "yyyymmdd": [float("18" + y + m + d) for d, m, y in parts],
        "iso": [f"18{y}-{m}-{d}" for d, m, y in parts],
        "dotted": [f"{d}.{m}.18{y}" for d, m, y in parts],
        "date": pd.to_datetime([f"18{y}-{m}-{d}" for d, m, y in parts]).date,
        "midnight": [f"18{y}-{m}-{d} 00:00:00" for d, m, y in parts],
    }[order]
    path = write(tmp_path, id=[f"u{i}" for i in range(300)], a=dates, b=[int(v[6:]) for v in found])
    with pytest.raises(PrivacyError, match="column `a` beside column `b`"):
        scan(path)


def test_a_birth_date_beside_a_number_named_so_is_refused_whatever_fits(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    dates = [f"{d:02d}0199" for d in rng.integers(1, 29, 50)]
    path = write(tmp_path, id=list(range(50)), foedselsdato=dates, personnr=rng.integers(10_000, 99_999, 50))
    with pytest.raises(PrivacyError, match="`foedselsdato` beside column `personnr`"):
        scan(path)


def test_a_date_beside_a_postal_code_passes(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    day, five = rng.integers(1, 29, 5000), rng.integers(0, 99_999, 5000)
    assert scan(write(tmp_path, id=range(5000), day=day * 10_000 + 199, five=five, flag=five > 5)).n_rows == 5000


def test_many_residents_of_one_place_since_one_day_are_one_pair_and_not_many_hits(tmp_path: Path) -> None:
    (one,) = numbers("birth number", 1)
    days = [one[:6]] * 500 + [f"{d:02d}0199" for d in range(1, 29)]
    places = [one[6:]] * 500 + [f"{1100 + d}" for d in range(1, 29)]
    assert scan(write(tmp_path, id=range(528), start=days, kommunenr=places)).n_rows == 528


def test_a_key_that_looks_like_an_unsalted_hash_is_noted(tmp_path: Path) -> None:
    path = write(tmp_path, id=[f"{v:032x}" for v in range(20)], x=list(range(20)))
    assert scan(path).notes == ("column `id` looks like an unsalted hash: whoever can list the originals can undo it",)
    assert scan(path, key="x").notes == ()


def test_the_repository_holds_no_person_number() -> None:
    root = Path(__file__).resolve().parents[2]
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    bad = []
    for name in filter(None, listed.stdout.decode().split("\0")):
        path = root / name
        if hits_in_text(name) or (path.is_file() and hits_in_text(path.read_bytes().decode("utf-8", "ignore"))):
            bad.append(name)
    assert bad == []
