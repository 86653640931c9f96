"""Two recordings of a real agent with the same prompt, in different folders, differ in slots alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from probe.record.manifest import Manifest
from probe.record.reader import read_exchanges
from probe.slots.differences import differences
from probe.slots.environment import environment_of
from probe.slots.sent import read_sent
from probe.slots.slots import Slots
from probe.targets.finding import load_target, slot_rules
from tests.compare.comparing import compare
from tests.e2e.test_agents import CASES, OWN_TARGETS, Case, recorded, running
from tests.support import agents
from tests.support.loops import plant
from tests.support.provider import Provider, provider_running

pytestmark = [pytest.mark.agents, pytest.mark.timeout(300)]

CODEX = {
    str(agent): Case(target="codex", agent=agent, api="openai_responses") for agent in (agents.CODEX, agents.CODEX_OLD)
}


each_agent = pytest.mark.parametrize("case", [*CASES.values(), *CODEX.values()], ids=[*CASES, *CODEX])


@pytest.fixture(autouse=True)
def own_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the user's own folder of targets read here too."""
    monkeypatch.setenv("PROBE_TARGETS", str(OWN_TARGETS))


def sent(run: Path) -> list[Any]:
    """Return what an agent sent, normalised, in an order of its own: side requests may come sooner or later.

    Whether a HEAD, by which some look for the server, is sent before an agent ends is chance.
    """
    slots = slots_of(run)
    found = [one for one in read_sent(run / "traffic.jsonl") if not one.endpoint.startswith("HEAD ")]
    normal = [[one.endpoint, slots.headers(one.headers), slots.value(one.body)] for one in found]
    return sorted(normal, key=str)


def received(run: Path) -> list[Any]:
    """Return the heads of answers, normalised."""
    slots, exchanges = slots_of(run), read_exchanges(run / "traffic.jsonl", lambda number, reason: None)
    answers = [one.response for one in exchanges if one.response and one.request.method != "HEAD"]
    return sorted(([one.status_code, slots.headers(one.headers)] for one in answers), key=str)


def slots_of(run: Path) -> Slots:
    """Return what normalises a run."""
    manifest = Manifest.read(run)
    return Slots(environment_of(manifest), slot_rules(load_target(manifest.facts.target or "")[0]))


def recording(folder: Path, case: Case, provider: Provider) -> Path:
    """Record an agent that works in a folder of a name of its own; return the run."""
    folder.mkdir()
    with recorded(folder, "probe.capture", case, provider, work=f"in-{folder.name}") as run:
        assert run.wait() == 0, run.stderr
        return run.run_folder()


@each_agent
def test_two_recordings_of_one_prompt_differ_in_slots_alone(tmp_path: Path, case: Case) -> None:
    # One provider: it counts its ids on, while another would begin with the same.
    with provider_running() as provider:
        one, other = (recording(tmp_path / name, case, provider) for name in ("once", "another_time"))
    assert [str(one) for one in differences(sent(one), sent(other))] == []
    assert [str(one) for one in differences(received(one), received(other))] == []
    shown = str([sent(one), received(one)])
    assert [text for text in (str(tmp_path), re.sub(r"[^A-Za-z0-9]", "-", str(tmp_path))) if text in shown] == []
    assert [finding.line for finding in compare(one, other, tmp_path / "comparison.json").findings] == []


@each_agent
def test_an_agent_that_runs_from_its_record_sends_the_same_but_for_slots(tmp_path: Path, case: Case) -> None:
    again = tmp_path / "again"
    again.mkdir()
    with provider_running() as provider:
        one = recording(tmp_path / "once", case, provider)
    options = [f"--replay={one}", f"--cwd={plant(again / 'elsewhere')}", *case.words]
    with running(again, "probe.capture", case, *options, env={}) as run:
        assert run.wait() == 0, run.stderr
        other = run.run_folder()
    assert [str(one) for one in differences(sent(one), sent(other))] == []
