"""Digests are the same in every process and on every machine."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from effekt.provenance import digests
from effekt.provenance.digests import canonical_json, digest, file_digest, versions

STORED = "aa001f9861cdc394fe0fe63676ce4f65e0f1d5bc76f8f85ca25b48a92adfe057"


def test_canonical_json_sorts_keys_at_every_depth_and_has_no_spaces():
    assert canonical_json({"b": [1, {"d": 2, "c": None}], "a": True}) == b'{"a":true,"b":[1,{"c":null,"d":2}]}'


def test_canonical_json_keeps_norwegian_letters_as_utf8():
    assert canonical_json("blåbær") == '"blåbær"'.encode()


def test_canonical_json_keeps_every_digit_of_a_float():
    assert canonical_json([0.1, 1e-300, 1794.3423818501024]) == b"[0.1,1e-300,1794.3423818501024]"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_a_finite_number_has_no_digest(number: float):
    with pytest.raises(ValueError, match="Out of range"):
        digest({"value": [1.0, number]})


def test_the_digest_of_a_value_is_the_one_stored_here():
    value = {"study": "blåbær", "n": 3, "values": [1.5, -0.25, None], "open": False}
    assert digest(value) == STORED


def test_order_of_keys_does_not_matter_and_order_of_a_list_does():
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest([1, 2]) != digest([2, 1])


@pytest.mark.parametrize("other", ["1", 1.5, [1], {"1": None}, None, True])
def test_values_that_differ_have_digests_that_differ(other: object):
    assert digest(other) != digest(1)


def test_another_process_with_another_hash_seed_gives_the_same_digest():
    code = "from effekt.provenance.digests import digest; print(digest({c: c for c in 'abcdefgh'}))"
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(digests.__file__).parents[2])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "7")
    }
    assert found == {digest({c: c for c in "abcdefgh"}) + "\n"}


@pytest.mark.parametrize("size", [0, 1, digests._BLOCK - 1, digests._BLOCK, digests._BLOCK + 1])
def test_a_file_is_digested_whole_whatever_its_size(tmp_path: Path, size: int):
    content = b"\x00\xff\n" * (size // 3) + b"x" * (size % 3)
    path = tmp_path / "table"
    path.write_bytes(content)
    assert file_digest(path) == hashlib.sha256(content).hexdigest()


def test_versions_name_python_and_the_packages_a_number_may_depend_on():
    found = versions()
    assert found["numpy"] == version("numpy")
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))
    assert {"effekt", "scipy", "pandas", "pyarrow", "statsmodels", "pydantic"} <= found.keys()


def test_a_package_that_is_not_installed_has_no_version(monkeypatch: pytest.MonkeyPatch):
    def lacking(name: str) -> str:
        if name == "pyhdfe":
            raise PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(digests, "version", lacking)
    found = versions()
    assert "pyhdfe" not in found
    assert found["numpy"] == "1.0"
