"""The real agents, each with its target, behind the real mitmproxy: offline, in an empty home, in a fresh folder."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from probe.places import PROJECT
from probe.renderers.blocks import Usage
from probe.targets.finding import load_target
from tests.conftest import require_agent
from tests.support import agents
from tests.support.agents import Agent
from tests.support.answers import FOUND, TEXT, USAGE
from tests.support.forward_proxy import ForwardProxy, proxy_running
from tests.support.loops import (
    NONCE,
    PROMPT,
    assert_shows_loop,
    assert_usage,
    crossed,
    outside,
    plant,
    purpose_of,
    seconds_spent,
    section,
    turns_of,
    work_of,
)
from tests.support.proof import received
from tests.support.provider import Provider, provider_running
from tests.support.running import Running

pytestmark = [pytest.mark.agents, pytest.mark.timeout(300)]

OWN_TARGETS = PROJECT / "tests" / "fixtures" / "targets"
"""Where a user's own targets would lie: no file of the project knows the agent of this one."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """An agent, the target that runs it, and the API that it speaks then."""

    target: str
    agent: Agent
    api: str
    listener: str = "model"
    command: tuple[str, ...] = ()
    """What the user starts; empty for the target's own command for a prompt."""
    side: frozenset[str] = frozenset()
    """What it asks the model for beside its work."""
    around: str = ""
    """Hosts (a regular expression) that it asks around the listeners, and that no switch of it stops."""
    shuffles_headers: bool = False
    """Whether the order of its headers is by chance."""

    @property
    def words(self) -> list[str]:
        """Return the words that say what the agent does."""
        return ["--", *self.command] if self.command else ["--prompt", PROMPT]


TITLE = frozenset({"title"})
REGISTRY = r"registry\.[\w.]+:443"
CASES = {
    "claude-code": Case(target="claude-code", agent=agents.CLAUDE_CODE, api="anthropic_messages"),
    "claude-code on Bedrock": Case(
        target="claude-code-bedrock", agent=agents.CLAUDE_CODE, api="bedrock", side=frozenset({"warm-up"})
    ),
    "gemini-cli": Case(
        target="gemini-cli", agent=agents.GEMINI_CLI, api="gemini_generate_content", side=frozenset({"routing"})
    ),
    "opencode with OpenAI": Case(
        target="opencode", agent=agents.OPENCODE, api="openai_responses", listener="openai", side=TITLE, around=REGISTRY
    ),
    "opencode with Anthropic": Case(
        target="opencode",
        agent=agents.OPENCODE,
        api="anthropic_messages",
        listener="anthropic",
        side=TITLE,
        around=REGISTRY,
    ),
    "qwen-code": Case(target="qwen-code", agent=agents.QWEN_CODE, api="openai_chat_completions"),
    "pi with OpenAI": Case(target="pi", agent=agents.PI, api="openai_responses", listener="openai"),
    "pi with Anthropic": Case(target="pi", agent=agents.PI, api="anthropic_messages", listener="anthropic"),
    "copilot": Case(target="copilot", agent=agents.COPILOT, api="openai_responses", shuffles_headers=True),
    "continue": Case(target="continue", agent=agents.CONTINUE, api="openai_chat_completions"),
    "cline": Case(target="cline", agent=agents.CLINE, api="openai_chat_completions", around=r"data\.cline\.bot:443"),
    "mini-swe-agent": Case(target="mini-swe-agent", agent=agents.MINI_SWE_AGENT, api="openai_chat_completions"),
    "droid": Case(target="droid", agent=agents.DROID, api="openai_chat_completions"),
    "any agent that speaks OpenAI's API": Case(
        target="openai-compatible",
        agent=agents.QWEN_CODE,
        api="openai_chat_completions",
        command=("qwen", "--auth-type", "openai", "--yolo", "-p", PROMPT),
        around=r"[\w.-]+\.aliyuncs\.com:443",
    ),
    "any agent that speaks Anthropic's API": Case(
        target="anthropic-compatible",
        agent=agents.CLAUDE_CODE,
        api="anthropic_messages",
        command=("claude", "-p", PROMPT),
        around=r"api\.anthropic\.com:443",
    ),
    "an agent that a YAML file alone has added": Case(target="grok", agent=agents.GROK, api="openai_chat_completions"),
}
each_agent = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


@pytest.fixture(autouse=True)
def own_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the user's own folder of targets read here too."""
    monkeypatch.setenv("PROBE_TARGETS", str(OWN_TARGETS))


def keys_of(target: str, *listeners: str) -> dict[str, str]:
    """Return a key of its own for each vendor of a target, or for some of them."""
    keys = load_target(target)[0].keys
    groups = keys if isinstance(keys, dict) else {"model": keys}
    return {names[0]: f"sk-planted-{name}-0123456789" for name, names in groups.items() if name in listeners}


def running(folder: Path, script: str, case: Case, *options: str, env: Mapping[str, str]) -> Running:
    """Start a script for an agent; it finds the agent, the targets, and nothing else."""
    program = require_agent(case.agent)
    path = {"PATH": f"{program.parent}:{os.environ['PATH']}", "PROBE_TARGETS": str(OWN_TARGETS)}
    return Running(folder, script, f"--target={case.target}", *options, env={**path, **env})


def recorded(folder: Path, script: str, case: Case, provider: Provider, *options: str, work: str = "work") -> Running:
    """Start a recording of an agent in a folder of its own, with the one key that it needs."""
    names = load_target(case.target)[0].listeners
    # The listeners of other vendors lead nowhere.
    urls = [f"--upstream={name}={provider.url if name == case.listener else 'http://127.0.0.1:9'}" for name in names]
    where = f"--cwd={plant(folder / work)}"
    return running(folder, script, case, *urls, where, *options, *case.words, env=keys_of(case.target, case.listener))


@each_agent
def test_an_agents_tool_loop_is_recorded_and_shown(tmp_path: Path, case: Case) -> None:
    with provider_running() as provider, proxy_running() as forward:
        watched = [f"--upstream-proxy={forward.url}", "--coverage"]
        with recorded(tmp_path, "probe.pipeline", case, provider, *watched) as run:
            assert run.wait() == 0, run.stdout + run.stderr
            run.until_nothing_runs()
            manifest, records = run.manifest(), run.records()
            report = (run.run_folder() / "report.md").read_text()
    assert "FAIL" not in run.stderr
    assert_shows_loop(report, case.api)
    assert {purpose_of(row) for row in turns_of(report)} == {"turn", *case.side}
    # All of its time is somebody's: from its start, long before it asks the model, to its end.
    started, ended = (datetime.fromisoformat(manifest[f"agent_{moment}"]) for moment in ("started", "ended"))
    assert abs(seconds_spent(report)["total"] - (ended - started).total_seconds()) < 0.2
    assert manifest["counts"]["cut_short"] == 0
    if load_target(case.target)[0].agent:
        assert (case.agent.shown_version or case.agent.version) in manifest["versions"]["agent"]
    assert {record["listener"] for record in records} == {case.listener}
    assert_executed(provider)
    assert_stays(forward, case)


def assert_executed(provider: Provider) -> None:
    """Check that the tool was really run: what only its output tells was sent back to the model."""
    back = [str(NONCE).encode() in one.body for one in provider.log.requests]
    assert (back[0], any(back)) == (False, True)


def assert_stays(forward: ForwardProxy, case: Case) -> None:
    """Check that nothing went to other hosts but what no switch stops; the proxy here refuses it."""
    strange = {host for host in outside(forward.seen) if not re.fullmatch(case.around, host)}
    assert strange == set()


@each_agent
def test_a_recorded_agent_runs_again_from_its_record(tmp_path: Path, case: Case) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    first.mkdir()
    again.mkdir()
    with provider_running() as provider, recorded(first, "probe.capture", case, provider) as run:
        assert run.wait() == 0, run.stderr
        recording, first_records = run.run_folder(), run.records()
    options = [f"--replay={recording}", "--strict", f"--cwd={plant(again / 'work')}", *case.words]
    with running(again, "probe.capture", case, *options, env={}) as run:
        assert run.wait() == 0, run.stderr
        # Each recorded call was made once more, and it was the same.
        assert (run.manifest()["problems"], run.manifest()["notes"]) == ([], [])
        assert FOUND in " ".join(run.stdout.split())  # Some break it into lines.
        assert received(run.records()) == received(first_records)


@each_agent
def test_calls_that_an_agent_tries_again_are_one_turn(tmp_path: Path, case: Case) -> None:
    soon = {"retry-after-ms": "1"}
    with (
        provider_running(status=503, failures=2, answer_headers=soon) as provider,
        recorded(tmp_path, "probe.pipeline", case, provider) as run,
    ):
        assert run.wait() == 0, run.stdout + run.stderr
        report = (run.run_folder() / "report.md").read_text()
    assert len(work_of(report)) == 2
    # Where a side request runs beside the work, it may meet both failures, and give up.
    assert sum("failed tr" in row["what it did"] for row in turns_of(report)) in ((0, 1, 2) if case.side else (1, 2))
    problems = report.splitlines()[2]
    assert "2 calls of the model failed (503: " in problems
    assert FOUND in section(report, "Final answer")


EDITED = "written by the agent\n"
EDIT = f"I write it down.\n\nnotes.txt\n```\n<<<<<<< SEARCH\n=======\n{EDITED}>>>>>>> REPLACE\n```\n"
"""What aider takes for an edit; it knows no other tools."""
AIDERS = {
    # It does not ask OpenAI's API to tell the usage of a streamed answer.
    "OpenAI": (Case(target="aider", agent=agents.AIDER, api="openai_chat_completions", listener="openai"), None),
    "Anthropic": (
        Case(target="aider", agent=agents.AIDER, api="anthropic_messages", listener="anthropic"),
        USAGE["anthropic_messages"][TEXT],
    ),
}


@pytest.mark.parametrize(("case", "usage"), AIDERS.values(), ids=AIDERS.keys())
def test_aiders_edit_is_made_and_goes_back_to_the_model_and_can_be_replayed(
    tmp_path: Path, case: Case, usage: Usage | None
) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    first.mkdir()
    again.mkdir()
    with provider_running(text=EDIT) as provider, proxy_running() as forward:
        watched = [f"--upstream-proxy={forward.url}", "--coverage"]
        with recorded(first, "probe.pipeline", case, provider, *watched) as run:
            assert run.wait() == 0, run.stdout + run.stderr
            report, recording = (run.run_folder() / "report.md").read_text(), run.run_folder()
    assert (first / "work" / "notes.txt").read_text() == EDITED
    # A commit message is asked for: with what git says of the edit.
    assert [f"+{EDITED.strip()}" in one.body.decode() for one in provider.log.requests] == [False, True]
    assert [purpose_of(row) for row in turns_of(report)] == ["turn", "commit message"]
    assert_usage(turns_of(report)[0], usage)
    assert EDITED in report
    # Its list of models' prices: no switch of it stops that.
    assert outside(forward.seen) <= {"raw.githubusercontent.com:443"}
    options = [f"--replay={recording}", f"--cwd={plant(again / 'work')}", *case.words]
    with running(again, "probe.capture", case, *options, env={}) as run:
        assert run.wait() == 0, run.stderr
        assert run.manifest()["problems"] == []
    assert (again / "work" / "notes.txt").read_text() == EDITED


def test_an_agent_is_added_by_a_short_file() -> None:
    (added,) = OWN_TARGETS.glob("*.yaml")
    assert len(added.read_text().splitlines()) <= 25
    assert not (PROJECT / "targets" / added.name).exists()


WATCHED = {name: case for name, case in CASES.items() if case.target != "grok" and load_target(case.target)[0].coverage}
"""Those whose target says that nothing else changes by it."""


@pytest.mark.parametrize("case", WATCHED.values(), ids=WATCHED.keys())
def test_watching_what_goes_around_changes_nothing_for_an_agent(tmp_path: Path, case: Case) -> None:
    found = []
    for switch in ("--coverage", "--no-coverage"):
        folder = tmp_path / switch
        folder.mkdir()
        with provider_running() as provider, recorded(folder, "probe.capture", case, provider, switch) as run:
            code = run.wait()
            # Titles are asked for beside the turns, sooner or later.
            same = crossed(run.records(), in_order=not case.shuffles_headers)
            found.append((code, sorted(same, key=str)))
    assert found[0] == found[1]
    assert found[0][0] == 0


VENDORS = {
    "opencode, a model of OpenAI": ("opencode", "openai", agents.OPENCODE, ["run", "-m", "openai/gpt-5.2", PROMPT]),
    "opencode, a model of Anthropic": (
        "opencode",
        "anthropic",
        agents.OPENCODE,
        ["run", "-m", "anthropic/claude-sonnet-4-5", PROMPT],
    ),
    "pi, a model of OpenAI": ("pi", "openai", agents.PI, ["--model", "openai/gpt-5.2", "-p", PROMPT]),
    "pi, a model of Anthropic": (
        "pi",
        "anthropic",
        agents.PI,
        ["--model", "anthropic/claude-sonnet-4-5", "-p", PROMPT],
    ),
    "aider, a model of OpenAI": (
        "aider",
        "openai",
        agents.AIDER,
        ["--model", "openai/gpt-4.1", "--yes-always", "--message", PROMPT],
    ),
    "aider, a model of Anthropic": (
        "aider",
        "anthropic",
        agents.AIDER,
        ["--model", "anthropic/claude-sonnet-4-5", "--yes-always", "--message", PROMPT],
    ),
}


@pytest.mark.parametrize(("target", "vendor", "agent", "words"), VENDORS.values(), ids=VENDORS.keys())
def test_a_key_goes_to_its_own_vendor_alone(
    tmp_path: Path, target: str, vendor: str, agent: Agent, words: list[str]
) -> None:
    case = Case(target=target, agent=agent, api="", listener=vendor, command=(agent.program, *words))
    names = ("openai", "anthropic")
    keys = keys_of(target, *names)
    with ExitStack() as stack:
        providers = {name: stack.enter_context(provider_running()) for name in names}
        urls = [f"--upstream={name}={provider.url}" for name, provider in providers.items()]
        with running(
            tmp_path, "probe.capture", case, *urls, f"--cwd={plant(tmp_path / 'work')}", *case.words, env=keys
        ) as run:
            assert run.wait() == 0, run.stderr
            assert {record["listener"] for record in run.records()} == {vendor}
        for name, provider in providers.items():
            sent = "".join(f"{one.path}{one.headers}{one.body!r}" for one in provider.log.requests)
            there = [key for key in keys.values() if key in sent]
            assert there == ([keys[f"{vendor.upper()}_API_KEY"]] if name == vendor else [])
