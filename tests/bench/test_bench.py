"""The benchmark is run whole, only with little to do; how fast anything was is no matter of a test."""

from __future__ import annotations

import hashlib
import json
import secrets
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bench.contenders import CLAUDE_TAP, DIRECT, FLOOR, NATIVE, OURS, Contender, ContenderError, running
from bench.figures import Results, paired, targets
from bench.kept import kept
from bench.load import WrongAnswerError, checked, conversation, lags, unchunked
from bench.tables import tables
from bench.upstream import EVENTS, encoded
from bench.workloads import FIRST_A_ROUND, PACED_A_ROUND, PORTIONS, Bench
from probe.wire.ports import free_ports
from tests.support.running import Running
from tests.support.upstream import Script, upstream_running

pytestmark = pytest.mark.slow

LITTLE = 16
PROXIES = [FLOOR, NATIVE, OURS]


def bench(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Running:
    """Start the benchmark with a temporary folder of its own."""
    (folder / "tmp").mkdir()
    return Running(folder, "bench.__main__", *arguments, env={"TMPDIR": str(folder / "tmp"), **(env or {})})


def nothing_is_left(running: Running) -> None:
    running.until_nothing_runs()
    assert list((running.folder / "tmp").iterdir()) == []
    assert not running.data.exists()


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Run all workloads but the one of hundreds of megabytes, without what would have to be installed."""
    only = [f"--only={name}" for name in ("stream", "latency", "request", "memory", "capture")]
    options = ["--rounds=2", f"--exchanges={LITTLE}", "--without=claude-tap", "--json", *only]
    with bench(tmp_path_factory.mktemp("bench"), *options) as process:
        # Each contender, the record's reading and the agent's runs take their seconds.
        assert process.process.wait(110) == 0, process.stderr
        nothing_is_left(process)
        found: Results = json.loads(process.stdout)
        return found


def test_every_contender_is_measured_in_every_round(results: Results) -> None:
    workloads = results["workloads"]
    for workload, figures, contenders in (
        ("stream", ["cpu", "whole"], PROXIES),
        ("request", ["cpu", "whole"], PROXIES),
        ("latency", ["first", "first_new", "p50", "p99"], [DIRECT, *PROXIES]),
    ):
        assert sorted(workloads[workload]) == figures
        for by_name in workloads[workload].values():
            assert sorted(by_name) == sorted(contenders)
            for one in by_name.values():
                assert len(one["rounds"]) == 2
                assert one["low"] <= one["median"] <= one["high"]
    assert workloads["stream"]["cpu"][FLOOR]["of_floor"] == 1
    assert {name: len(one["all"]) for name, one in workloads["memory"].items()} == {
        FLOOR: PORTIONS + 1,
        OURS: PORTIONS + 1,
    }
    assert {name: len(one["rounds"]) for name, one in workloads["capture"].items()} == dict.fromkeys(
        ("alone", "captured", "added"), 2
    )


def test_ours_kept_all_that_was_sent(results: Results) -> None:
    streams = {"side-by-side": LITTLE + 2 * LITTLE + 2 * (PACED_A_ROUND + FIRST_A_ROUND), "memory": 2 * LITTLE}
    uploads = {"side-by-side": 2 * LITTLE, "memory": 0}
    for phase, one in results["kept"].items():
        if OURS not in one:
            continue
        wanted = {
            "exchanges": streams[phase] + uploads[phase],
            "streams": streams[phase],
            "texts": streams[phase],
            "events": EVENTS * streams[phase],
            "exact_streams": streams[phase],
            "exact_uploads": uploads[phase],
        }
        assert one[OURS]["sent"] == wanted
        assert {name: one[OURS][name] for name in wanted} == wanted
        assert one[OURS]["verified"] is True


def test_the_floor_keeps_nothing(results: Results) -> None:
    floor = results["kept"]["side-by-side"][FLOOR]
    assert (floor["exchanges"], floor["events"]) == (0, 0)
    assert floor["sent"] == results["kept"]["side-by-side"][OURS]["sent"]


def test_the_results_say_with_what_and_how_they_came_about(results: Results) -> None:
    assert results["problems"] == []
    assert results["settings"]["rounds"] == 2
    assert results["settings"]["exchanges"] == LITTLE
    assert {"agent-probe", "mitmproxy", "python"} <= results["versions"].keys()
    assert results["machine"]["cores"] >= 1
    promised = {target["name"] for target in results["targets"]}
    assert {"CPU of a 20 KB stream, compared with mitmdump", "what capture adds to an agent's run"} <= promised


def test_the_results_are_laid_out_for_people(results: Results) -> None:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(tables(results))
    shown = capture.get()
    for text in (*PROXIES, "CPU time", "How long events take directly", "What each kept", "Memory", "Targets"):
        assert text in shown


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_it_and_all_that_it_started(tmp_path: Path, number: signal.Signals, code: int) -> None:
    with bench(tmp_path, "--without=claude-tap", "--only=latency") as process:
        process.until_said("round 1 of")
        process.send(number)
        assert process.wait() == code
        nothing_is_left(process)


def test_what_cannot_be_installed_is_left_out_with_the_reason(tmp_path: Path) -> None:
    offline = {"UV_OFFLINE": "1", "PIP_NO_INDEX": "1", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with bench(tmp_path, "--only=stream", "--rounds=1", "--exchanges=1", "--json", env=offline) as process:
        assert process.wait() == 0, process.stderr
        found = json.loads(process.stdout)
        assert found["left_out"]["claude-tap"].startswith("cannot be installed: ")
        assert sorted(found["workloads"]["stream"]["cpu"]) == PROXIES


MISTAKES = {
    "a workload that there is not": (["--only=memry"], "did you mean 'memory'?"),
    "no rounds": (["--rounds=0"], "--rounds 0: not a number from 1 on"),
    "a number in words": (["--exchanges=many"], "--exchanges many: not a number"),
    "the floor left out": (["--without=mitmdump"], "cannot be left out"),
    "a command": (["--", "codex"], "unexpected arguments: codex"),
}


@pytest.mark.parametrize(("arguments", "told"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_before_anything_starts(tmp_path: Path, arguments: list[str], told: str) -> None:
    with bench(tmp_path, *arguments) as process:
        assert process.wait() == 2
        assert told in process.stderr


# -- its parts ------------------------------------------------------------------------------------------------


def quiet(rounds: int = 1) -> Bench:
    """Return a benchmark that says nothing."""
    return Bench(rounds=rounds, exchanges=LITTLE, marker=secrets.token_hex(8), say=lambda _text: None)


def test_very_large_bodies_come_through_the_proxies_whole(tmp_path: Path) -> None:
    small = 20_000_000
    with running(tmp_path, (FLOOR, OURS), secrets.token_hex(8), None) as contenders:
        peaks = quiet().large(contenders, download=small, upload=small)
    assert {kind: sorted(by_name) for kind, by_name in peaks.items()} == {
        "download": sorted([FLOOR, OURS]),
        "upload": sorted([FLOOR, OURS]),
    }


def test_a_contender_that_fails_is_told_and_left_out(tmp_path: Path) -> None:
    nobody = Contender(name=NATIVE, port=free_ports(1)[0], pid=0, folder=tmp_path)
    with running(tmp_path, (DIRECT,), secrets.token_hex(8), None) as (direct,):
        measuring = quiet(rounds=2)

        def measure(contender: Contender) -> dict[str, float]:
            return {"streams": len(measuring.load(contender, measuring.streams(contender, 2)).streams)}

        assert measuring.paired("streams", [nobody, direct], measure) == {"streams": {DIRECT: [2, 2]}}
        assert len(measuring.problems) == 1
        assert measuring.problems[0].startswith("streams: mitmdump -w: ")


WRONG = {
    "an error": lambda handler: handler.head(502, ("Content-Length", "0")),
    "no stream": lambda handler: handler.whole(b"hello"),
    "nothing": lambda handler: handler.reset(),
}


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG.keys())
def test_an_answer_that_is_none_is_a_failure(tmp_path: Path, answer: Script) -> None:
    with upstream_running({"/v1/responses": answer}) as server:
        contender = Contender(name=FLOOR, port=server.server_address[1], pid=0, folder=tmp_path)
        measuring = quiet()
        with pytest.raises(ContenderError, match="mitmdump: 1 of 1 exchanges failed, the first by "):
            measuring.load(contender, measuring.streams(contender, 1))


def stream(name: str = "s") -> bytes:
    return b"".join(encoded(name))


def test_a_stream_has_the_size_and_the_events_that_the_table_says() -> None:
    events = [*encoded("s")]
    assert len(events) == EVENTS
    assert 18_000 < sum(map(len, events)) < 24_000


CHANGED = {
    "a byte is another": lambda body: body.replace(b"some words", b"same words", 1),
    "an event is missing": lambda body: body.replace(body[: body.index(b"\n\n") + 2], b""),
    "it is another stream's": lambda _body: stream("other"),
    "the last event is missing": lambda body: body[: body.rindex(b"event: ")],
}


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED.keys())
def test_a_stream_that_was_changed_on_the_way_is_noticed(change: Any) -> None:
    body = stream()
    assert checked(body, "s") == hashlib.sha256(body).hexdigest()
    with pytest.raises((WrongAnswerError, KeyError)):
        checked(change(body), "s")


def test_an_event_has_arrived_when_its_last_byte_has() -> None:
    def event(sent: int) -> bytes:
        return b'event: x\ndata: {"sent": %d}\n\n' % sent

    first, second = event(1_000_000), event(2_000_000)
    body = first + second
    # Both in one chunk, which came in two pieces; the second piece begins in the second event.
    wire = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    begin = wire.index(b"event")
    arrivals = [(5_000_000, begin + len(first) + 3), (9_000_000, len(wire))]
    text, ends = unchunked(wire)
    assert text == body
    assert [*lags(text, ends, arrivals)] == [4.0, 7.0]


@pytest.mark.parametrize("size", [200, 50_000, 2_000_000, 2_000_001])
def test_a_large_request_is_compact_json_of_the_size_asked_for(size: int) -> None:
    body = b"".join(conversation(size))
    assert len(body) == size
    assert json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")).encode() == body


def test_ratios_are_taken_within_rounds() -> None:
    # The machine was twice as slow in the second round.
    figures = paired({FLOOR: [1.0, 2.0, 1.0], OURS: [1.5, 3.0, 1.5], DIRECT: [0.5, 1.0, 0.5]})
    assert figures[OURS]["median"] == 1.5
    assert figures[OURS]["of_floor"] == 1.5
    assert figures[OURS]["over_direct"] == 1.0


def test_a_target_is_missed_by_what_is_more_than_its_limit() -> None:
    figures = paired({FLOOR: [1.0], OURS: [1.01]})
    results: Results = {"workloads": {"stream": {"cpu": figures}}, "kept": {}}
    (judged,) = targets(results)
    assert (judged["measured"], judged["limit"], judged["met"]) == (1.01, 1.0, False)


def test_what_is_on_the_disk_is_counted_and_nothing_else(tmp_path: Path) -> None:
    whole, torn = stream("a"), stream("b")
    run = tmp_path / "data" / "codex" / "run"
    run.mkdir(parents=True)
    records = [
        {
            "request": {"url": "http://h/v1/responses?answer=stream&id=a", "body": {}},
            "response": {"body": whole.decode()},
        },
        {
            "request": {"url": "http://h/v1/responses?answer=stream&id=b", "body": {}},
            "response": {"body": torn.decode().replace(" data", "data", 1)[:9000]},
        },
        {"request": {"url": "http://h/v1/responses?answer=hash", "body": {"a": 1}}, "response": None},
        {"request": {"url": "http://h/v1/responses?answer=hash", "body": {"a": 2}}, "response": None},
    ]
    (run / "traffic.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    hashes = {hashlib.sha256(data).hexdigest() for data in (whole, torn, b'{"a":1}')}
    found = kept(OURS, tmp_path, hashes)
    assert (found.exchanges, found.streams, found.texts) == (4, 2, 1)
    assert EVENTS < found.events < 2 * EVENTS
    assert (found.exact_streams, found.exact_uploads) == (1, 1)


def test_a_contender_that_does_not_start_says_why(tmp_path: Path) -> None:
    python_without_it = Path(sys.executable)
    with (
        pytest.raises(ContenderError, match=r"claude-tap does not start: .*No module named claude_tap"),
        running(tmp_path, (CLAUDE_TAP,), secrets.token_hex(8), python_without_it),
    ):
        pass
