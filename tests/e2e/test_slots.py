"""Two recordings of a real agent with the same prompt, in different folders, differ in slots alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from probe.record.manifest import Manifest
from probe.record.reader import read_exchanges
from probe.slots.differences import differences
from probe.slots.environment import environment_of
from probe.slots.rules import BUILT_IN
from probe.slots.sent import read_sent
from probe.slots.slots import Slots
from probe.targets.finding import load_target
from tests.e2e.test_agents import CASES, OWN_TARGETS, Case, recorded
from tests.support import agents
from tests.support.provider import provider_running

pytestmark = [pytest.mark.agents, pytest.mark.timeout(300)]

CODEX = {
    str(agent): Case(target="codex", agent=agent, api="openai_responses") for agent in (agents.CODEX, agents.CODEX_OLD)
}


def sent_and_received(run: Path) -> list[Any]:
    """Return what crossed in a run, normalised, in an order of its own: side requests may come sooner or later."""
    manifest = Manifest.read(run)
    target = load_target(manifest.facts.target or "")[0]
    slots = Slots(environment_of(manifest), [*BUILT_IN, *target.slots])
    sent = [
        [one.endpoint, slots.headers(one.headers), slots.value(one.body)] for one in read_sent(run / "traffic.jsonl")
    ]
    answers = [
        one.response for one in read_exchanges(run / "traffic.jsonl", lambda number, reason: None) if one.response
    ]
    received = [[one.status_code, slots.headers(one.headers)] for one in answers]
    return sorted(sent, key=str) + sorted(received, key=str)


@pytest.mark.parametrize("case", [*CASES.values(), *CODEX.values()], ids=[*CASES, *CODEX])
def test_two_recordings_of_one_prompt_differ_in_slots_alone(
    tmp_path: Path, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROBE_TARGETS", str(OWN_TARGETS))
    runs = []
    for name in ("one", "another-time"):
        folder = tmp_path / name
        folder.mkdir()
        with provider_running() as provider, recorded(folder, "probe.capture", case, provider) as run:
            assert run.wait() == 0, run.stderr
            runs.append(run.run_folder())
    before, after = map(sent_and_received, runs)
    assert [str(one) for one in differences(before, after)] == []
    assert str(tmp_path) not in str(before) + str(after)
    assert os.path.realpath(tmp_path).replace("/", "-") not in str(before) + str(after)
