"""`recorded_run`, as somebody's test uses it: a plain client against a recording, in process."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from shutil import copy

import aiohttp
import pytest

from probe.errors import UserError
from probe.places import PROJECT
from probe.testing import recorded_run as recorded
from probe.testing.served_run import RecordedRun
from tests.support.client import ask, connect

TRAFFIC = PROJECT / "data" / "codex" / "tool-loop" / "traffic.jsonl"
Serve = Callable[..., AbstractContextManager[RecordedRun]]


def post(run: RecordedRun, number: int) -> tuple[int, bytes]:
    """Send a recorded call of the model again."""
    answer = ask(f"{run.url}/v1/responses", json.dumps(run.recorded[number]).encode())
    return answer.status, answer.body


def test_a_client_gets_the_recorded_answers(recorded_run: Serve) -> None:
    with recorded_run("codex/tool-loop") as run:
        answers = [post(run, number) for number in range(len(run.recorded))]
    assert [status for status, _ in answers] == [200, 200]
    assert all(b"response.completed" in body for _, body in answers)
    assert [(one.method, one.path) for one in run.requests] == [("POST", "/v1/responses")] * 2
    assert run.requests[1].json == run.recorded[1]
    assert run.problems == run.differences == run.notes == []


def test_a_run_a_folder_and_a_file_are_all_recordings(tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    copy(TRAFFIC, bare / "traffic.jsonl")
    copy(TRAFFIC, tmp_path / "mine.jsonl")
    for source in ("codex/tool-loop", str(TRAFFIC.parent), TRAFFIC.parent, bare, tmp_path / "mine.jsonl"):
        with recorded(source) as run:
            assert post(run, 0)[0] == 200


def test_a_run_is_found_in_the_users_own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "codex" / "mine"
    own.mkdir(parents=True)
    copy(TRAFFIC, own)
    (own / "manifest.json").write_text(json.dumps({"target": "codex", "started": "2026-01-01T00:00:00Z"}))
    monkeypatch.setenv("PROBE_DATA_DIR", str(tmp_path))
    replay = tmp_path / "codex" / "replay"
    replay.mkdir()
    (replay / "traffic.jsonl").touch()
    (replay / "manifest.json").write_text(
        json.dumps({"target": "codex", "replay_of": "codex/mine", "started": "2999-01-01T00:00:00Z"})
    )
    for source in ("codex/mine", "latest", "codex/tool-loop"):
        with recorded(source) as run:
            assert post(run, 0)[0] == 200


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nosuch"), recorded("nosuch"):
        pass
    (tmp_path / "damaged.jsonl").write_text("{\n")
    with pytest.raises(UserError, match=re.escape("damaged.jsonl cannot be read whole: line 1")):
        recorded(tmp_path / "damaged.jsonl").__enter__()
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(UserError, match=re.escape("empty.jsonl holds no exchange")):
        recorded(tmp_path / "empty.jsonl").__enter__()
    for missing in ("mine.jsonl", "recordings/mine", tmp_path / "none"):
        with pytest.raises(UserError, match=re.escape(f"no such file or folder: {missing} (looked in {Path.cwd()})")):
            recorded(missing).__enter__()
    with pytest.raises(UserError, match="no such fault"):
        recorded("codex/tool-loop", faults=["nosuch"]).__enter__()
    with pytest.raises(UserError, match="no speed"):
        recorded("codex/tool-loop", speed="fast").__enter__()


def changed(run: RecordedRun) -> bytes:
    """Return a recorded call with another model."""
    return json.dumps({**run.recorded[0], "model": "another"}).encode()


def test_a_request_that_differs_is_refused_and_the_end_says_where() -> None:
    problem = r"does not have:\n.*recorded \(strict=True\): call 1 differs at model"
    with pytest.raises(AssertionError, match=problem), recorded(TRAFFIC) as run:  # noqa: PT012
        answer = ask(f"{run.url}/v1/responses", changed(run))
        assert answer.status == 400
        assert b"probe replay: call 1 differs at model" in answer.body


def test_an_error_of_the_test_itself_carries_what_differed() -> None:
    with pytest.raises(ZeroDivisionError) as raised, recorded(TRAFFIC) as run:  # noqa: PT012
        ask(f"{run.url}/v1/responses", changed(run))
        raise ZeroDivisionError
    assert [note[:50] for note in raised.value.__notes__[:1]] == ["recorded run: a call got no answer, since it is no"]


def test_without_strict_the_nearest_answer_is_served_and_the_differences_are_listed() -> None:
    with recorded(TRAFFIC, strict=False) as run:
        assert ask(f"{run.url}/v1/responses", changed(run)).status == 200
    assert len(run.differences) == 1
    assert "model" in run.differences[0]


def test_a_call_too_many_fails_at_the_end() -> None:
    with pytest.raises(AssertionError, match="used up"), recorded(TRAFFIC) as run:
        assert [post(run, number)[0] for number in (0, 1, 1)] == [200, 200, 400]


def test_a_fault_hits_the_call_that_it_names_and_is_no_difference() -> None:
    with recorded(TRAFFIC, faults=["429 once"]) as run:
        assert [post(run, number)[0] for number in (0, 0, 1)] == [429, 200, 200]
    assert run.notes == ["fault 429 retry after 1s: call 1"]
    assert len(run.requests) == 3


def test_a_call_recorded_over_a_websocket_can_be_sent_over_http() -> None:
    with recorded(TRAFFIC.parent.with_name("tool-loop-websocket"), strict=False) as run:
        assert "type" not in run.recorded[0]
        assert post(run, 0)[0] == 200


def test_one_fault_may_be_given_alone() -> None:
    with recorded(TRAFFIC, strict=False, faults="429 once") as run:
        assert post(run, 0)[0] == 429


def test_a_fault_that_hit_no_call_fails_at_the_end() -> None:
    missed = r"fault 429 retry after 1s on call 3: hit no call; the client made 2"
    with pytest.raises(AssertionError, match=missed), recorded(TRAFFIC, faults="429 on call 3") as run:
        assert [post(run, number)[0] for number in (0, 1)] == [200, 200]


def test_a_call_without_an_answer_counts_among_those_that_a_fault_did_not_hit() -> None:
    with pytest.raises(AssertionError, match="differs at model"), recorded(TRAFFIC, faults="429 once") as run:  # noqa: PT012
        ask(f"{run.url}/v1/responses", changed(run))
        assert "fault 429 retry after 1s once: hit no call; the client made 1" in run.notes


def test_answers_come_at_the_recorded_times_where_that_is_asked_for() -> None:
    first, took = json.loads(TRAFFIC.read_text().splitlines()[0]), []
    for speed in ("max", 1):
        with recorded(TRAFFIC, speed=speed, strict=False) as run:
            began = time.monotonic()
            post(run, 0)
            took.append(time.monotonic() - began)
    recorded_seconds = first["response"]["ended"] - first["request"]["ended"]
    assert took[0] < recorded_seconds <= took[1] + 0.005


def test_runs_are_served_side_by_side_and_leave_nothing_behind() -> None:
    before = threading.active_count()
    with recorded(TRAFFIC) as one, recorded(TRAFFIC) as other:
        assert one.url != other.url
        assert post(one, 0) == post(other, 0)
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        ask(one.url)


def test_a_test_with_an_event_loop_of_its_own_is_served_too() -> None:
    async def use(run: RecordedRun) -> int:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{run.url}/v1/responses", json=run.recorded[0]) as answer,
        ):
            await answer.read()
            return answer.status

    async def test() -> int:
        with recorded(TRAFFIC) as run:
            return await use(run)

    assert asyncio.run(test()) == 200


def test_a_client_that_still_waits_does_not_hold_the_end_up() -> None:
    with recorded(TRAFFIC, faults=["no answer"]) as run:
        waiting = connect(run.url)
        waiting.request("POST", "/v1/responses", json.dumps(run.recorded[0]).encode())
        while not run.requests:
            time.sleep(0.01)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    waiting.close()


def test_a_client_that_makes_no_call_of_the_model_fails_at_the_end() -> None:
    for strict in (True, False):
        problem = r"no call of the model \(it asked for nothing\): is http"
        with pytest.raises(AssertionError, match=problem), recorded(TRAFFIC, strict=strict):
            pass
    problem = r"no call of the model \(it asked for GET /v2/models\): is http"
    with pytest.raises(AssertionError, match=problem), recorded(TRAFFIC) as run:
        ask(f"{run.url}/v2/models", method="GET")
