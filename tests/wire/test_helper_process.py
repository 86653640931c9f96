"""A helper process is asked over pipes, and whatever it does instead of answering is known in time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from probe.wire import helper_process
from probe.wire.helper_process import Child, ChildError

READY = "import sys, json; sys.stdin.readline(); print(json.dumps({'event': 'ready', 'port': 1}), flush=True)\n"
ANSWER = "print(json.dumps({'event': 'stopped', 'got': line.strip()}), flush=True)"
ANSWERING = f"{READY}for line in sys.stdin: {ANSWER}"


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Child]:
    """Return what starts a process with some code."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(helper_process, "START_SECONDS", 20.0)

    def start(code: str) -> Child:
        (tmp_path / "a_helper_of_a_test.py").write_text(code)
        return Child("a_helper_of_a_test", {"a": 1})

    return start


def test_it_gets_its_settings_and_says_when_it_is_ready(helper: Callable[[str], Child]) -> None:
    child = helper("import json; print(json.dumps({'event': 'ready', 'got': json.loads(input())}))")
    assert child.wait_ready() == {"event": "ready", "got": {"a": 1}}
    child.stop()


def test_it_answers_and_stops_when_it_is_told_to(helper: Callable[[str], Child]) -> None:
    child = helper(ANSWERING)
    child.wait_ready()
    assert child.alive
    assert child.ask({"b": 2}, 20) == {"event": "stopped", "got": '{"b": 2}'}
    assert child.stop() == {"event": "stopped", "got": "stop"}
    assert not child.alive
    assert child.stop() is None


FAILURES = {
    "it ends at once": ("", "ended with exit code 0", {}),
    "it raises": ("raise ValueError('no such thing')", "no such thing", {}),
    "it says why": ('print(\'{"event": "failed", "why": 1}\')', "failed", {"event": "failed", "why": 1}),
    "it says what is no JSON": ("print('hello')", "hello", {"event": "output", "text": "hello"}),
    "it says JSON that is no message": ("print('[1]')", "ended with exit code", {}),
}


@pytest.mark.parametrize(("code", "text", "message"), FAILURES.values(), ids=FAILURES.keys())
def test_one_that_does_not_become_ready_is_an_error_with_what_it_said(
    helper: Callable[[str], Child], code: str, text: str, message: dict[str, object]
) -> None:
    with pytest.raises(ChildError, match=text) as caught:
        helper(code).wait_ready()
    assert caught.value.message == message


def test_one_that_dies_says_nothing_when_it_is_stopped(helper: Callable[[str], Child]) -> None:
    child = helper(READY)
    child.wait_ready()
    assert child.ask({}, 20) is None
    assert child.stop() is None


def test_one_that_does_not_answer_is_not_waited_for_beyond_its_time(
    helper: Callable[[str], Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(helper_process, "STOP_SECONDS", 0.05)
    child = helper(READY + "sys.stdin.read()")
    child.wait_ready()
    assert child.ask({}, 0.05) is None
    assert child.stop() is None
    assert not child.alive
