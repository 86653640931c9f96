"""Real runs compared: the demo agent twice, and the real agents twice, the second time replayed."""

from __future__ import annotations

from pathlib import Path

import pytest

from probe.compare.comparison import Comparison
from tests.compare.comparing import compare
from tests.e2e.test_agents import CASES, OWN_TARGETS, Case, recorded, running
from tests.support.forward_proxy import proxy_running
from tests.support.loops import plant
from tests.support.provider import provider_running
from tests.support.running import Running


@pytest.fixture(autouse=True)
def own_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the user's own folder of targets read here too."""
    monkeypatch.setenv("PROBE_TARGETS", str(OWN_TARGETS))


ASKS_AROUND_PROXIES = "anthropic-compatible"
"""Run so, Claude Code checks its connection (HEAD /api/hello), but not where HTTPS_PROXY or HTTP_PROXY is set. A replay
sets both, to stay offline; of recordings, one with `--coverage` sets HTTPS_PROXY, so that both have the same."""


def demo(folder: Path, prompt: str) -> Path:
    """Record the demo agent; return the folder of the run."""
    folder.mkdir()
    with Running(folder, "probe.capture", "--target=demo", f"--prompt={prompt}") as run:
        assert run.wait() == 0, run.stderr
        return run.run_folder()


def found(before: Path, after: Path, folder: Path) -> Comparison:
    return compare(before, after, folder / "comparison.json")


@pytest.mark.slow
def test_two_runs_of_the_demo_agent_differ_in_slots_alone(tmp_path: Path) -> None:
    prompt = "Write a prime checker"
    first, second = (demo(tmp_path / name, prompt) for name in ("first", "second"))
    assert found(first, second, tmp_path).findings == ()


@pytest.mark.slow
def test_another_prompt_of_the_demo_agent_is_one_line_at_its_place(tmp_path: Path) -> None:
    one, other = demo(tmp_path / "one", "Write a prime checker"), demo(tmp_path / "other", "Check primes, please")
    (finding,) = found(one, other, tmp_path).findings
    assert (finding.kind, finding.place) == ("prompt-changed", "input[]")
    assert (finding.before, finding.after) == ("Write a prime checker", "Check primes, please")


@pytest.mark.agents
@pytest.mark.timeout(300)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_replayed_agent_differs_from_its_record_in_slots_alone(tmp_path: Path, case: Case) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    first.mkdir()
    again.mkdir()
    with provider_running() as provider, proxy_running() as forward:
        watched = [f"--upstream-proxy={forward.url}", "--coverage"] if case.target == ASKS_AROUND_PROXIES else []
        with recorded(first, "probe.capture", case, provider, *watched) as run:
            assert run.wait() == 0, run.stderr
            recording = run.run_folder()
    options = [f"--replay={recording}", f"--cwd={plant(again / 'work')}", *case.words]
    with running(again, "probe.capture", case, *options, env={}) as run:
        assert run.wait() == 0, run.stderr
        replayed = run.run_folder()
    assert [one.line for one in found(recording, replayed, tmp_path).findings] == []
