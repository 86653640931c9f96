"""Real agents run by targets that `new-target` wrote: a newcomer named a settings file, and keys in it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.conftest import require_agent
from tests.support import agents
from tests.support.agents import Agent
from tests.support.loops import PROMPT, assert_shows_loop, plant
from tests.support.provider import provider_running
from tests.support.running import Running

pytestmark = [pytest.mark.agents, pytest.mark.timeout(300)]

URL = "{model.url}/v1"
STORE = "data/settings/providers.json"
PROVIDER = f"{STORE}:providers.openai-compatible"
NEWCOMERS: dict[str, tuple[Agent, str, list[str]]] = {
    "no file, but variables": (
        agents.GROK,
        "openai_chat_completions",
        [
            *("--command", "grok -p {prompt}", "--upstream", "https://api.x.ai"),
            *("--base-url", "GROK_BASE_URL/v1", "--key", "GROK_API_KEY"),
        ],
    ),
    "JSON": (
        agents.PI,
        "openai_responses",
        [
            *("--command", "pi -p {prompt}", "--api", "openai", "--env", "PI_CODING_AGENT_DIR={files}"),
            *("--setting", f"models.json:providers.openai.baseUrl={URL}"),
        ],
    ),
    "JSON in a folder, with the key and the model": (
        agents.CLINE,
        "openai_chat_completions",
        [
            *("--command", "cline --config {files} --data-dir {files}/data {prompt}", "--api", "openai"),
            *("--setting", f"{STORE}:version=1", "--setting", f"{STORE}:lastUsedProvider=openai-compatible"),
            *("--setting", f"{PROVIDER}.settings.baseUrl={URL}", "--setting", f"{PROVIDER}.settings.apiKey={{key}}"),
            *("--setting", f"{PROVIDER}.settings.model=gpt-4.1", "--setting", f"{PROVIDER}.tokenSource=manual"),
            *("--setting", f"{PROVIDER}.settings.provider=openai-compatible"),
            *("--setting", f"{PROVIDER}.updatedAt=2026-01-01T00:00:00.000Z"),
        ],
    ),
    "YAML with a list": (
        agents.CONTINUE,
        "openai_chat_completions",
        [
            *("--command", "cn --config {files}/config.yaml --auto -p {prompt}", "--api", "openai"),
            *("--file", "config.yaml=name: mine\nversion: 1.0.0\nschema: v1"),
            *("--setting", "config.yaml:models[0].name=gpt-4.1", "--setting", "config.yaml:models[0].model=gpt-4.1"),
            *("--setting", "config.yaml:models[0].provider=openai", "--setting", "config.yaml:models[0].apiKey={key}"),
            *("--setting", f"config.yaml:models[0].apiBase={URL}"),
        ],
    ),
    "TOML": (
        agents.CODEX,
        "openai_responses",
        [
            *(
                "--command",
                "codex exec --skip-git-repo-check {prompt}",
                "--api",
                "openai",
                "--env",
                "CODEX_HOME={files}",
            ),
            *("--key", "CODEX_API_KEY", "--setting", f"config.toml:openai_base_url={URL}"),
            *("--setting", "config.toml:analytics.enabled=false", "--setting", "config.toml:features.plugins=false"),
        ],
    ),
}


@pytest.mark.parametrize(("agent", "api", "words"), NEWCOMERS.values(), ids=NEWCOMERS.keys())
def test_a_new_targets_settings_lead_the_real_agent_to_the_listener(
    tmp_path: Path, agent: Agent, api: str, words: list[str]
) -> None:
    program = require_agent(agent)
    env = {"PATH": f"{program.parent}:{os.environ['PATH']}", "PROBE_TARGETS": str(tmp_path / "targets")}
    written = [sys.executable, "-m", "probe.new_target", "mine", *words]
    (tmp_path / "writing").mkdir()
    with Running(tmp_path / "writing", env=env, command=written) as writing:
        assert writing.wait() == 0, writing.stderr
    key = dict.fromkeys(("CODEX_API_KEY", "GROK_API_KEY", "OPENAI_API_KEY"), "sk-planted-0123456789")
    with provider_running() as provider:
        options = [f"--upstream=model={provider.url}", f"--cwd={plant(tmp_path / 'work')}", "--prompt", PROMPT]
        with Running(tmp_path, "probe.pipeline", "--target=mine", *options, env=env | key) as run:
            assert run.wait() == 0, run.stdout + run.stderr
            report = (run.run_folder() / "report.md").read_text()
    assert "FAIL" not in run.stderr
    assert_shows_loop(report, api)
