"""Real agents that start sub-agents, come twice in one run, or take up a session again: reports say who did what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest

from probe.report.summary import Summary
from tests.e2e.test_agents import AIDERS, CASES, Case, recorded
from tests.support import agents
from tests.support.answers import FOUND
from tests.support.loops import NONCE, purpose_of, section, table
from tests.support.provider import provider_running
from tests.support.running import Running

pytestmark = [pytest.mark.agents, pytest.mark.timeout(300)]

CODEX = Case(target="codex", agent=agents.CODEX, api="openai_responses")
SAID = FOUND[:40]
FIRST, SECOND = "First thing", "Second thing"


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A thread as the report shows it."""

    heading: str
    """Empty for the only one."""
    id: str | None
    turns: list[tuple[str, str]]
    """Number of the prompt, empty where it is the only one, and what the turn did; its work alone."""


def threads(report: str) -> Iterator[Shown]:
    """Yield the threads of a report."""
    actions = section(report, "What the agent did")
    for part in re.split(r"\n### (?=.*\n)", actions) if "\n### " in actions else [f"\n{actions}"]:
        heading, _, rest = part.partition("\n")
        if "\n| " not in rest:
            continue
        found = re.search(r"(?m)^(?:Id|Session) `(.+)`$", rest)
        rows = [row for row in table(rest) if purpose_of(row) == "turn"]
        did = [(row.get("prompt", ""), row["what it did"].strip("`")) for row in rows]
        yield Shown(heading=heading, id=found and found[1], turns=did)


def shown(folder: Path, case: Case, *, sub_agent: bool = False) -> tuple[str, list[Shown]]:
    """Record an agent; return the report and its threads."""
    with provider_running(sub_agent=sub_agent) as provider, recorded(folder, "probe.pipeline", case, provider) as run:
        assert run.wait() == 0, run.stdout + run.stderr
        assert "FAIL" not in run.stderr
        report = (run.run_folder() / "report.md").read_text()
        summary = msgspec.json.decode((run.run_folder() / "summary.json").read_bytes(), type=Summary)
    with Running(folder, "probe.verify", "--run", "latest") as verified:
        assert verified.wait() == 0, verified.stdout
    assert report.splitlines()[2] == "No problems were found."
    found = list(threads(report))
    assert [thread.is_sub_agent for thread in summary.threads] == ["sub-agent" in thread.heading for thread in found]
    # Each result of a tool was found in a later request, and all context is of a known kind.
    assert all(call.result_turn for turn in summary.turns for call in turn.tool_calls)
    assert all("other" not in turn.context for turn in summary.turns)
    return report, found


def does(turns: list[tuple[str, str]], *expected: str) -> bool:
    """Check whether turns did this: names of tools, or the beginning of a text."""
    return len(turns) == len(expected) and all(
        did.startswith(what) for (_, did), what in zip(turns, expected, strict=True)
    )


SUB_AGENTS = {
    "claude-code": (CASES["claude-code"], ["Agent"], ["Bash"], r"sub-agent `\w+` of thread 1"),
    "opencode with OpenAI": (CASES["opencode with OpenAI"], ["task"], ["bash"], "sub-agent of thread 1"),
    "opencode with Anthropic": (CASES["opencode with Anthropic"], ["task"], ["bash"], "sub-agent of thread 1"),
    # Both have a WebSocket of their own.
    "codex": (
        CODEX,
        ["collaboration.spawn_agent", "collaboration.wait_agent"],
        ["exec"],
        r"sub-agent `[\w/]+/look_around` of thread 1",
    ),
}


@pytest.mark.parametrize(("case", "hands", "works", "name"), SUB_AGENTS.values(), ids=SUB_AGENTS.keys())
def test_a_sub_agent_has_a_thread_of_its_own(
    tmp_path: Path, case: Case, hands: list[str], works: list[str], name: str
) -> None:
    report, (main, sub) = shown(tmp_path, case, sub_agent=True)
    assert "in 1 session, 2 threads (1 sub-agent)" in report
    assert (main.heading, re.fullmatch(f"Thread 2 · {name}", sub.heading) is not None) == ("Thread 1", True)
    assert does(main.turns, *hands, SAID), main
    assert does(sub.turns, *works, SAID), sub
    assert main.id
    assert main.id != sub.id
    # The sub-agent's tool was really run.
    assert str(NONCE) in report


CODEX_EXEC = 'codex -c openai_base_url="$OPENAI_BASE_URL" exec --skip-git-repo-check'
CLAUDE, OPENCODE, QWEN, PI = "claude -p", "opencode run", "qwen --auth-type openai --yolo -p", "pi -p"


def scripted(case: Case, *commands: str) -> Case:
    """Return a case of several commands in one run."""
    return replace(case, command=("sh", "-c", " && ".join(commands)))


TWICE = {
    "claude-code": (CASES["claude-code"], CLAUDE),
    "opencode": (CASES["opencode with OpenAI"], OPENCODE),
    "codex": (CODEX, CODEX_EXEC),
    "pi": (CASES["pi with OpenAI"], PI),
}


@pytest.mark.parametrize(("case", "command"), TWICE.values(), ids=TWICE.keys())
def test_an_agent_that_runs_twice_has_two_sessions(tmp_path: Path, case: Case, command: str) -> None:
    report, found = shown(tmp_path, scripted(case, f"{command} '{FIRST}'", f"{command} '{SECOND}'"))
    assert "in 2 sessions, 2 threads" in report
    assert [one.heading for one in found] == ["Session 1 · Thread 1", "Session 2 · Thread 2"]
    assert [len(one.turns) for one in found] == [2, 2]
    assert len({one.id for one in found}) == 2


RESUMED = {
    "claude-code": (CASES["claude-code"], CLAUDE, "claude --continue -p"),
    "opencode": (CASES["opencode with OpenAI"], OPENCODE, "opencode run --continue"),
    "codex": (CODEX, CODEX_EXEC, f"{CODEX_EXEC} resume --last"),
    "pi": (CASES["pi with OpenAI"], PI, "pi --continue -p"),
}


@pytest.mark.parametrize(("case", "command", "again"), RESUMED.values(), ids=RESUMED.keys())
def test_a_session_that_is_taken_up_again_goes_on_with_the_next_prompt(
    tmp_path: Path, case: Case, command: str, again: str
) -> None:
    _, (thread,) = shown(tmp_path, scripted(case, f"{command} '{FIRST}'", f"{again} '{SECOND}'"))
    assert [prompt for prompt, _ in thread.turns] == ["1", "1", "2", "2"]
    assert thread.id


WITHOUT_IDS = {
    "qwen-code": (CASES["qwen-code"], QWEN, 2),
    "aider": (AIDERS["OpenAI"][0], "aider --yes-always --message", 1),
}


@pytest.mark.parametrize(("case", "command", "turns"), WITHOUT_IDS.values(), ids=WITHOUT_IDS.keys())
def test_without_ids_two_prompts_in_two_processes_are_two_threads(
    tmp_path: Path, case: Case, command: str, turns: int
) -> None:
    report, found = shown(tmp_path, scripted(case, f"{command} '{FIRST}'", f"{command} '{SECOND}'"))
    assert re.search(rf"{2 * turns} turns( with `[^`]+`)? in 2 threads", report)
    assert [one.heading for one in found] == ["Thread 1", "Thread 2"]
    assert [len(one.turns) for one in found] == [turns, turns]
    assert [one.id for one in found] == [None, None]


def test_without_ids_a_conversation_that_is_taken_up_again_is_one_thread(tmp_path: Path) -> None:
    again = QWEN.replace(" -p", " --continue -p")
    _, (thread,) = shown(tmp_path, scripted(CASES["qwen-code"], f"{QWEN} '{FIRST}'", f"{again} '{SECOND}'"))
    assert [prompt for prompt, _ in thread.turns] == ["1", "1", "2", "2"]
