"""A second process changes when work is done, never what comes of it."""

from __future__ import annotations

import os
import signal
from types import MappingProxyType

import pytest

from effekt import beside
from effekt.beside import Beside


def square(value: int) -> tuple[int, int]:
    return value * value, os.getpid()


def doubled(view: MappingProxyType[str, int]) -> MappingProxyType[str, int]:
    return MappingProxyType({name: 2 * value for name, value in view.items()})


def dies_beside(here: int) -> str:
    if os.getpid() != here:
        os.kill(os.getpid(), signal.SIGKILL)
    return "done here"


def test_work_is_done_in_the_second_process(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(beside, "_cores", lambda: 2)
    with Beside() as second:
        wait = second.begin(square, 3)
        seen = second.begin(doubled, MappingProxyType({"a": 1}))
        value, process = wait()
        assert value == 9 and process != os.getpid()
        assert seen() == {"a": 2}, "read-only views travel"


def test_one_core_works_when_the_result_is_asked_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(beside, "_cores", lambda: 1)
    with Beside() as second:
        assert second.begin(square, 3)() == (9, os.getpid())


def test_a_second_process_that_dies_costs_time_and_no_result(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(beside, "_cores", lambda: 2)
    with Beside() as second:
        first, later = second.begin(dies_beside, os.getpid()), second.begin(square, 4)
        assert first() == "done here"
        assert later()[0] == 16
        assert second.begin(square, 5)() == (25, os.getpid()), "nothing is begun in a process that is gone"


def test_a_failure_is_told_where_the_result_is_asked_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(beside, "_cores", lambda: 2)
    with Beside() as second:
        wait = second.begin(int, "four")
        with pytest.raises(ValueError, match="four"):
            wait()
