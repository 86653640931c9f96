"""While a run is recorded, the terminal shows a line for each finished turn, where that disturbs no agent."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from probe.live.turn_line import Totals, heading, turn_line
from probe.places import PROJECT
from probe.record.exchange import Exchange, Request, Response
from probe.trace.trace import Trace
from probe.wire.ports import free_ports
from tests.e2e.test_terminal import SCRIPTS, Terminal
from tests.replay.replays import URL
from tests.support.running import Running
from tests.trace.tracing import trace_of

DEMO = [sys.executable, "-m", "probe.demo.agent", "Write a prime checker"]
HEADING = "status  model                      first      in     out  so far  what it did"
LAST = "total: 3 calls of the model, 1,148 tokens in, 265 out"


def turn(text: str = "done", status: int = 200, model: str = "a-model", error: str | None = None) -> Trace:
    answer = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
    body = {"id": "r", "model": model, "output": [answer], "usage": {"input_tokens": 12_345, "output_tokens": 99}}
    if status >= 400:
        body = {"error": {"message": text}}
    request = Request(method="POST", url=URL, body={"model": model, "input": "go"}, body_kind="json")
    response = Response(status_code=status, body=body, body_kind="json") if status else None
    return trace_of([Exchange(timestamp=1.0, request=request, response=response, error=error)])


def line_of(trace: Trace, columns: int | None = None) -> str:
    totals = Totals()
    totals.add(trace.turns[0])
    return turn_line(trace.turns[0], trace.exchanges[0], totals, columns)


def test_a_line_has_status_model_first_token_tokens_the_running_total_and_what_the_turn_did() -> None:
    assert heading(None) == HEADING
    assert line_of(turn()) == "200     a-model                        -   12.3k      99   12.4k  done"


FAILED = [
    (turn("slow down", status=429), "429 ", "slow down"),
    (turn(status=0, error="cannot connect"), "none", "cannot connect"),
]


@pytest.mark.parametrize(("trace", "status", "why"), FAILED, ids=["refused", "unanswered"])
def test_a_failed_turn_has_its_reason(trace: Trace, status: str, why: str) -> None:
    assert line_of(trace) == f"{status}    a-model                        -       ?       ?       0  {why}"


@pytest.mark.parametrize("columns", [40, 80, 120, 200])
@pytest.mark.parametrize("text", ["a word " * 50, "日本語の長い文章です" * 20], ids=["narrow", "wide"])
def test_a_line_fits_the_terminal(columns: int, text: str) -> None:
    line = line_of(turn(text), columns)
    assert cell_len(line) < max(columns, 85)
    assert line.endswith("…")


def test_hostile_text_stays_in_its_line_and_moves_no_cursor() -> None:
    line = line_of(turn("\x1b[2J\nerror: fake\u202e", model="m\x1b[31m\r\nx"))
    assert line.isprintable()
    assert "\n" not in line


def agent(port: int, folder: Path) -> None:
    env = {
        "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1",
        "OPENAI_API_KEY": "placeholder",
        "PYTHONPATH": str(PROJECT),
    }
    subprocess.run(DEMO, env=env, cwd=folder, check=True, timeout=60, capture_output=True)


def test_proxies_print_a_line_for_each_turn_as_it_ends_and_the_totals(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    (tmp_path / "work").mkdir()
    with Running(tmp_path, "probe.proxies", "--target", "demo", "--port", f"model={port}") as running:
        running.until_said("Ctrl-C ends it.")
        agent(port, tmp_path / "work")
        running.until_said("I wrote `prime.py`")  # while it still records
        running.send(signal.SIGINT)
        assert running.wait() == 130
        shown = running.stderr.splitlines()
        begin = shown.index(HEADING)
        assert [line.split()[:2] for line in shown[begin + 1 : begin + 4]] == [["200", "demo-1"]] * 3
        assert "write_file: prime.py" in shown[begin + 1]
        assert "shell: python3 prime.py" in shown[begin + 2]
        assert shown[begin + 4] == LAST
        # Results are on stdout, and this is progress.
        assert HEADING not in running.stdout


@pytest.mark.slow
def test_a_capture_whose_output_is_kept_prints_the_lines(tmp_path: Path) -> None:
    with Running(tmp_path, "probe.capture", "--target", "demo", "--prompt", "Write a prime checker") as running:
        assert running.wait() == 0, running.stderr
        shown = running.stderr.splitlines()
        assert shown.index(LAST) - shown.index(HEADING) > 3
        assert HEADING not in running.stdout


@pytest.mark.slow
def test_a_capture_on_a_terminal_leaves_it_to_the_agent(tmp_path: Path) -> None:
    words = [*SCRIPTS["the script"], "--target", "demo", "--prompt", "Write a prime checker"]
    with Terminal(tmp_path, *words) as terminal:
        assert terminal.wait() == 0
        assert "captured 3 exchanges" in terminal.text
        assert "what it did" not in terminal.text
