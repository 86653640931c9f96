"""The official clients against recordings: recorded through the real proxies, then served in process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest

from probe.testing import recorded_run
from tests.completeness import sdk
from tests.completeness.clients import CLIENTS, asked
from tests.support.provider import provider_running
from tests.support.running import Running
from tests.testing.test_examples import COMMANDS, EXAMPLES, STEPS

pytestmark = pytest.mark.timeout(120)

TARGETS = {
    "openai_responses": ("openai", "openai-compatible", "OPENAI_BASE_URL"),
    "openai_chat_completions": ("openai", "openai-compatible", "OPENAI_BASE_URL"),
    "anthropic_messages": ("anthropic", "anthropic-compatible", "ANTHROPIC_BASE_URL"),
    "gemini_generate_content": ("google.genai", "gemini-cli", "GOOGLE_GEMINI_BASE_URL"),
}
"""The SDK of each client, the target that records it, and the variable that has the listener's address."""


@pytest.fixture(scope="module", params=CLIENTS)
def api(request: pytest.FixtureRequest) -> str:
    sdk.load(TARGETS[request.param][0])
    return str(request.param)


@pytest.fixture(scope="module")
def recording(api: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Return a recording of a client that asked both ways, and what it got: whole, then streamed."""
    _, target, variable = TARGETS[api]
    folder = tmp_path_factory.mktemp(api)
    program = f'exec {sys.executable} -m tests.completeness.clients {api} "${variable}"'
    with (
        provider_running() as provider,
        Running(
            folder, "probe.capture", f"--target={target}", f"--upstream=model={provider.url}", "--", "sh", "-c", program
        ) as run,
    ):
        assert run.wait() == 0, run.stdout + run.stderr
        answers = [json.loads(line) for line in run.stdout.splitlines() if line.startswith('"')]
        assert len(answers) == 2
        return run.run_folder(), answers


@pytest.mark.parametrize("as_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_client_gets_from_the_recording_what_it_got_then(
    api: str, recording: tuple[Path, list[str]], *, streamed: bool, as_async: bool
) -> None:
    folder, answers = recording
    with recorded_run(folder) as run:
        assert asked(api, run.url, streamed=streamed, as_async=as_async) == answers[streamed]
    assert len(run.requests) == 1


@pytest.mark.parametrize("fault", ["429", "500"])
def test_a_client_tries_again_after_a_fault(api: str, recording: tuple[Path, list[str]], fault: str) -> None:
    folder, answers = recording
    with recorded_run(folder, faults=[fault]) as run:
        assert asked(api, run.url, streamed=False, as_async=False) == answers[0]
    assert len(run.requests) == 2


def test_a_client_that_asks_something_else_fails(
    api: str, recording: tuple[Path, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.completeness.clients.ASK", "Something else")
    with pytest.raises(Exception, match=r".") as raised, recorded_run(recording[0]) as run:
        asked(api, run.url, streamed=False, as_async=False)
    assert "Something else" in "".join([str(raised.value), *getattr(raised.value, "__notes__", [])])


@pytest.mark.parametrize("name", ["codex/tool-loop", "codex/tool-loop-websocket"])
def test_calls_of_an_agent_can_be_sent_again_by_the_sdk(name: str) -> None:
    client = sdk.load("openai").OpenAI
    with recorded_run(name) as run:
        responses = client(base_url=f"{run.url}/v1", api_key="any").responses
        for body in run.recorded:
            *_, last = responses.create(stream=True, extra_body=body)
            assert last.type == "response.completed"
    assert run.notes == []


def test_the_workflow_of_the_guide_runs(tmp_path: Path) -> None:
    sdk.load("openai")
    copytree(EXAMPLES, tmp_path / "here")
    *_, (python, *command) = COMMANDS
    assert python == "python"
    env = {**os.environ, **STEPS[-1]["env"]}
    ran = subprocess.run(
        [sys.executable, *command], cwd=tmp_path / "here", env=env, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "2 passed" in ran.stdout
