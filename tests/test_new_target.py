"""A new target is written from a few answers, loads, works, and writes over nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

from probe.errors import UserError
from probe.new_target import main
from probe.places import PROJECT, TARGETS
from probe.targets.finding import load_target, local_file
from probe.targets.target import Target, explains, set_by
from tests.e2e.test_terminal import Terminal
from tests.support.running import Running
from tests.support.upstream import upstream_running


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder for targets that is not there yet, before another that is."""
    folder, second = tmp_path / "mine" / "targets", tmp_path / "second"
    second.mkdir()
    monkeypatch.setenv("PROBE_TARGETS", f"{folder}:{second}")
    return folder


def written(*options: str, name: str = "thing") -> Target:
    assert main([name, *options]) == 0
    return load_target(name)[0]


RUN = ["--command", "my-agent run {prompt}"]
WRITTEN: dict[str, tuple[list[str], dict[str, object]]] = {
    "an API that we know": (
        [*RUN, "--api", "openai"],
        {
            "agent": "my-agent",
            "description": "my-agent",
            "install": None,
            "prompt_command": ["my-agent", "run", "{prompt}"],
            "interactive_command": ["my-agent"],
            "env": {"OPENAI_BASE_URL": "{model.url}/v1"},
            "keys": ["OPENAI_API_KEY"],
            "upstream": "https://api.openai.com",
            "renderer": "auto",
        },
    ),
    "another": (
        [*RUN, "--api", "anthropic", "--install", "npm i -g my-agent"],
        {
            "env": {"ANTHROPIC_BASE_URL": "{model.url}"},
            "keys": ["ANTHROPIC_API_KEY"],
            "upstream": "https://api.anthropic.com",
            "install": "npm i -g my-agent",
        },
    ),
    "Gemini": (
        [*RUN, "--api", "gemini"],
        {
            "env": {"GOOGLE_GEMINI_BASE_URL": "{model.url}"},
            "keys": ["GEMINI_API_KEY"],
            "upstream": "https://generativelanguage.googleapis.com",
        },
    ),
    "a gateway that speaks an API that we know": (
        [*RUN, "--api", "openai", "--upstream", "https://gw.example/openai"],
        {"env": {"OPENAI_BASE_URL": "{model.url}/v1"}, "upstream": "https://gw.example/openai"},
    ),
    "all of its own": (
        [
            *RUN,
            "--upstream",
            "http://localhost:11434",
            "--base-url",
            "MY_HOST/api/",
            "--key",
            "MY_KEY",
            "--agent",
            "me",
        ],
        {
            "agent": "me",
            "env": {"MY_HOST": "{model.url}/api"},
            "keys": ["MY_KEY"],
            "upstream": "http://localhost:11434",
            "interactive_command": ["me"],
        },
    ),
    "no key and no variable, but a flag": (
        ["--command", "my-agent --url {model.url}/v1 -p {prompt}", "--upstream", "http://127.0.0.1:9", "--key", "-"],
        {
            "env": {},
            "keys": [],
            "prompt_command": ["my-agent", "--url", "{model.url}/v1", "-p", "{prompt}"],
            "interactive_command": ["my-agent", "--url", "{model.url}/v1", "-p"],
            "manual_steps": ["Start it with: my-agent --url {model.url}/v1 -p"],
        },
    ),
    "a settings file that leads to the listener": (
        [
            *("--command", "my-agent --config {files} -p {prompt}", "--upstream", "https://gw.example/v1"),
            *("--key", "MY_KEY", "--file", 'a/providers.json={"openai": {"url": "{model.url}/v1", "apiKey": "{key}"}}'),
            *("--file", "rules.md=Be brief: # always", "--env", "MY_HOME={files}/home", "--env", "MY_MODE=plain"),
        ],
        {
            "prompt_command": ["my-agent", "--config", "{files}", "-p", "{prompt}"],
            "files": {
                "a/providers.json": {"openai": {"url": "{model.url}/v1", "apiKey": "{key}"}},
                "rules.md": "Be brief: # always",
            },
            "env": {"MY_HOME": "{files}/home", "MY_MODE": "plain"},
            "interactive_command": ["my-agent", "--config", "{files}", "-p"],
        },
    ),
    "keys of settings files": (
        [
            *("--command", "my-agent --config {files}/config.json {prompt}", "--api", "openai"),
            *("--setting", "config.json:providers.openai.baseUrl={model.url}/v1"),
            *("--setting", "config.json:providers.openai.apiKey={key}"),
            *("--setting", 'config.json:models[0]."my.name"=gpt-4.1', "--setting", "config.json:models[0].limit=4096"),
            *("--setting", 'config.json:models[1]={"name": "NaN", "limit": null}', "--setting", "config.json:v=1.0.0"),
            *("--setting", "more/a.yaml:url={model.url}", "--setting", 'more/a.yaml:version="1"'),
            *("--setting", "b.toml:model.fast=true", "--setting", "b.toml:model.name=a=b: c"),
        ],
        {
            "files": {
                "config.json": {
                    "providers": {"openai": {"baseUrl": "{model.url}/v1", "apiKey": "{key}"}},
                    "models": [{"my.name": "gpt-4.1", "limit": 4096}, {"name": "NaN", "limit": None}],
                    "v": "1.0.0",
                },
                "more/a.yaml": {"url": "{model.url}", "version": "1"},
                "b.toml": {"model": {"fast": True, "name": "a=b: c"}},
            },
            "env": {},
            "keys": ["OPENAI_API_KEY"],
        },
    ),
    "keys in files that are given": (
        [
            *("--command", "my-agent -c {files} {prompt}", "--api", "openai"),
            *("--file", 'a.json={"keep": [1], "url": "there"}', "--setting", "a.json:url={model.url}"),
            *("--file", "b.yml=keep: {x: yes}\nurl: there", "--setting", "b.yml:keep.y=2"),
            *("--file", "c.toml=[keep]\nx = 1.5", "--setting", "c.toml:keep.y=[]"),
        ],
        {
            "files": {
                "a.json": {"keep": [1], "url": "{model.url}"},
                "b.yml": {"keep": {"x": True, "y": 2}, "url": "there"},
                "c.toml": {"keep": {"x": 1.5, "y": []}},
            }
        },
    ),
    "words that YAML and shells take amiss": (
        [
            "--command",
            """'my agent' "it's: \\"{prompt}\\"" '#' '- [x]' 'é'""",
            "--api",
            "openai",
            "--install",
            "a: b # c",
        ],
        {"prompt_command": ["my agent", 'it\'s: "{prompt}"', "#", "- [x]", "é"], "install": "a: b # c"},
    ),
}


@pytest.mark.parametrize(("options", "expected"), WRITTEN.values(), ids=WRITTEN.keys())
def test_what_is_written_loads_and_says_what_was_given(
    own: Path, capsys: pytest.CaptureFixture[str], options: list[str], expected: dict[str, object]
) -> None:
    target = written(*options)
    found = {name: getattr(target, name) for name in expected if name != "upstream"}
    assert found | ({"upstream": target.listeners["model"].upstream} if "upstream" in expected else {}) == expected
    said = capsys.readouterr()
    assert said.out == f"{own / 'thing.yaml'}\n"
    assert "next: invoke doctor --target thing\n" in said.err
    text = (own / "thing.yaml").read_text()
    named = text.splitlines()[0].split()[-1].rstrip(".")
    assert "## Keys" in (PROJECT / named).read_text()
    assert len(text.splitlines()) <= (25 if not target.files else 30)
    assert text.count("#") >= 4
    words = [*(target.prompt_command or ()), *(target.interactive_command or ())]
    assert [
        name for name in (*set_by(words), *target.env) if not any(explains(one, name) for one in target.changes)
    ] == []


def local_of(name: str) -> Path:
    """Return the file that changes a shipped target."""
    return local_file(TARGETS / f"{name}.yaml")


def test_nothing_is_written_over(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(*RUN, "--api", "openai")
    before = (own / "thing.yaml").read_text()
    for name, hint in (("thing", "change that file"), ("codex", f"put what is to differ into {local_of('codex')}")):
        with pytest.raises(UserError, match=f"there is a target '{name}' already: ") as error:
            main([name, *RUN, "--api", "gemini"])
        assert error.value.hint == f"{hint}, or choose another name"
    assert (own / "thing.yaml").read_text() == before
    assert not (own / "codex.yaml").exists()


FILES = ["--command", "x --config {files} {prompt}", "--api", "openai", "--base-url", "A_URL"]
MISTAKES: dict[str, tuple[list[str], list[str]]] = {
    "files that nobody is told of": (
        ["thing", *RUN, "--api", "openai", "--file", "a.json={}"],
        ["{files} and --file or --setting go together", "--env VARIABLE={files}"],
    ),
    "a folder of files without any": (
        ["thing", "--command", "x --config {files} {prompt}", "--api", "openai"],
        ["{files} and --file or --setting go together"],
    ),
    "a file that is not there": (
        ["thing", *RUN, "--api", "openai", "--file", "a.json=@/nowhere"],
        ["--file a.json=@/nowhere: cannot be read"],
    ),
    "a setting without a file": (
        ["thing", *FILES, "--setting", "baseUrl={model.url}"],
        ["--setting baseUrl names no file and no key in it: FILE:KEY=VALUE", "for example --setting config.json:"],
    ),
    "a setting without a value": (["thing", *FILES, "--setting", "a.json:b"], ["--setting a.json:b names no file"]),
    "a setting with a key that is none": (
        ["thing", *FILES, "--setting", "a.json:b..c=secret-value"],
        ["--setting a.json:b..c names no file and no key"],
    ),
    "a setting of a file without a known format": (
        ["thing", *FILES, "--setting", "a.ini:b=1"],
        ["--setting a.ini:b: the file's format is unknown", ".json, .yaml, .yml, .toml", "--file NAME=TEXT"],
    ),
    "a setting twice": (
        ["thing", *FILES, "--setting", "a.json:b=1", "--setting", 'a.json:"b"=2'],
        ['--setting a.json:"b" is given twice'],
    ),
    "a setting within a text": (
        ["thing", *FILES, "--setting", "a.json:b=1", "--setting", "a.json:b.c=secret-value"],
        ["--setting a.json:b.c: a mapping is needed for 'c', and there is something else"],
    ),
    "a setting of an element too far": (
        ["thing", *FILES, "--setting", "a.json:b[1]=1"],
        ["--setting a.json:b[1]: the list has 0 elements", "set [0] first"],
    ),
    "a setting in a file that is not what its name says": (
        ["thing", *FILES, "--file", "a.json={", "--setting", "a.json:b=1"],
        ["--file a.json: no key can be set in it: Expecting"],
    ),
    "a setting that TOML does not have": (
        ["thing", *FILES, "--setting", "a.toml:b.c=null"],
        ["--setting a.toml:b.c: the file cannot be written: TOML has no null"],
    ),
    "a setting with a placeholder that nobody knows": (
        ["thing", *FILES, "--setting", "a.json:b={modle.url}"],
        ["error: --setting a.json:b: unknown placeholder {modle.url}"],
    ),
    "a key that it does not have": (
        ["thing", "--command", "x -c {files} {prompt}", "--api", "openai", "--key", "-", "--file", "a={key}"],
        ["error: --file a: unknown placeholder {key}"],
    ),
    "a variable with a placeholder that nobody knows": (
        ["thing", *RUN, "--api", "openai", "--env", "KEY=sk-planted {listener}"],
        ["error: --env KEY: unknown placeholder {listener}"],
    ),
    "nothing at all": (["thing"], ["new-target needs --command, --api\n", "probe.new_target mine"]),
    "no API": (["thing", *RUN], ["needs --api\n"]),
    "an address alone": (["thing", *RUN, "--upstream", "http://x.test"], ["needs --base-url\n"]),
    "an API that nobody knows": (["thing", *RUN, "--api", "opnai"], ["unknown API 'opnai'", "did you mean 'openai'?"]),
    "an address without a scheme": (["thing", *RUN, "--upstream", "x.test"], ["must begin with http"]),
    "a command without a prompt": (["thing", "--command", "a b", "--api", "openai"], ["has no {prompt}"]),
    "a command that is only the prompt": (["thing", "--command", "{prompt}", "--api", "openai"], ["has no {prompt}"]),
    "a command with an open quote": (
        ["thing", "--command", "a '{prompt}", "--api", "openai"],
        ["No closing quotation"],
    ),
    "a placeholder that nobody knows": (
        ["thing", "--command", "a {prompt} {modle.url}", "--api", "openai"],
        ["unknown {modle.url}", "{model.url}"],
    ),
    "a variable that is none": (
        ["thing", *RUN, "--api", "openai", "--base-url", "A B"],
        ["not a variable with a path"],
    ),
    "nothing that leads here": (
        ["thing", *RUN, "--api", "openai", "--base-url", "-"],
        ["nothing leads the agent to the listener", "--base-url VARIABLE"],
    ),
    "the key itself": (
        ["thing", *RUN, "--api", "openai", "--key", "sk-planted-0123456789"],
        ["not the name of a variable"],
    ),
    "a name with a folder": (["../thing", *RUN, "--api", "openai"], ["cannot be a target's name"]),
    "a name of a local file": (["thing.local", *RUN, "--api", "openai"], ["cannot be a target's name"]),
    "too much": (["thing", "--", "x"], ["unexpected arguments: x"]),
}


@pytest.mark.parametrize(("words", "told"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_and_nothing_is_written(tmp_path: Path, words: list[str], told: list[str]) -> None:
    with Running(tmp_path, "probe.new_target", *words, env={"PROBE_TARGETS": str(tmp_path / "targets")}) as running:
        assert running.wait() == 2
        for part in told:
            assert part in running.stderr
        assert "thing.yaml:" not in running.stderr
        assert "sk-planted" not in running.stderr
        assert running.stdout == ""
    assert not list(tmp_path.glob("targets/*"))


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "targets").write_text("no folder")
    words = ["thing", *RUN, "--api", "openai"]
    with Running(tmp_path, "probe.new_target", *words, env={"PROBE_TARGETS": str(tmp_path / "targets")}) as running:
        assert running.wait() == 2
        assert "export PROBE_TARGETS=~/targets" in running.stderr


ASKS = [sys.executable, "-m", "invoke", "--search-root", str(PROJECT), "new-target"]
WITH = "import os, sys; os.environ['PROBE_TARGETS'] = sys.argv[1]; os.execv(sys.argv[2], sys.argv[2:])"


def asking(folder: Path, *words: str) -> Terminal:
    """Run it on a terminal, with a folder for targets."""
    return Terminal(folder, sys.executable, "-c", WITH, str(folder / "targets"), *ASKS, *words)


def test_on_a_terminal_it_asks(tmp_path: Path) -> None:
    with asking(tmp_path, "thing") as terminal:
        terminal.until("How is it given a prompt?")
        terminal.type("my-agent run\n")
        terminal.until("has no {prompt}")
        terminal.until("How is it given a prompt?", times=2)
        terminal.type("my-agent run --yes {prompt}\n")
        terminal.until("Which API does it speak?")
        terminal.type("anthropc\n")
        terminal.until("did you mean 'anthropic'?")
        terminal.type("anthropic\n")
        terminal.until("[ANTHROPIC_BASE_URL]")
        terminal.type("\n")
        terminal.until("[ANTHROPIC_API_KEY]")
        terminal.type("MY_KEY\n")
        terminal.until("How is it installed?")
        terminal.type("\n")
        terminal.until(" doctor --target thing")
        assert terminal.wait() == 0
    found = yaml.safe_load((tmp_path / "targets" / "thing.yaml").read_text())
    assert found["env"] == {"ANTHROPIC_BASE_URL": "{model.url}"}
    assert (found["keys"], found["prompt_command"]) == (["MY_KEY"], ["my-agent", "run", "--yes", "{prompt}"])
    assert "install" not in found


def test_what_is_given_is_not_asked(tmp_path: Path) -> None:
    with asking(tmp_path, "thing", *RUN, "--base-url", "MY_URL/v1", "--key", "-", "--install", "make") as terminal:
        terminal.until("Which API does it speak?")
        terminal.type("http://localhost:11434\n")
        terminal.until(" doctor --target thing")
        assert terminal.wait() == 0
        assert "Which variable" not in terminal.text
    found = yaml.safe_load((tmp_path / "targets" / "thing.yaml").read_text())
    assert found["listeners"]["model"]["upstream"] == "http://localhost:11434"


@pytest.mark.parametrize(("typed", "code"), [("\x04", 2), ("\x03", 130)], ids=["end of input", "Ctrl-C"])
def test_breaking_off_writes_nothing(tmp_path: Path, typed: str, code: int) -> None:
    with asking(tmp_path, "thing", *RUN) as terminal:
        terminal.until("Which API does it speak?")
        terminal.type(typed)
        assert terminal.wait() == code
        assert "Traceback" not in terminal.text
    assert not (tmp_path / "targets").exists()


AGENT = """#!{python}
import os, sys, urllib.request
if sys.argv[1:] == ["--version"]:
    print("my-agent 1.0")
    sys.exit()
body = b'{{"model": "m", "messages": [{{"role": "user", "content": "%s"}}]}}' % sys.argv[-1].encode()
headers = {{"content-type": "application/json", "authorization": "Bearer " + os.environ["MY_KEY"]}}
url = os.environ["MY_BASE"] + "/chat/completions"
print(urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=20).read().decode())
"""
ANSWER = b"""{"id": "1", "object": "chat.completion", "model": "m", "choices": [{"index": 0, "finish_reason": "stop",
"message": {"role": "assistant", "content": "Prime numbers it is."}}], "usage": {"prompt_tokens": 5,
"completion_tokens": 4, "total_tokens": 9}}"""


@pytest.mark.slow
def test_an_agent_that_nobody_knew_is_recorded_by_its_new_file_alone(tmp_path: Path) -> None:
    agent = tmp_path / "bin" / "my-agent"
    agent.parent.mkdir()
    agent.write_text(AGENT.format(python=sys.executable))
    agent.chmod(0o755)
    env = {"PROBE_TARGETS": str(tmp_path / "targets"), "MY_KEY": "sk-planted-of-mine-0123"}
    env |= {"PATH": f"{agent.parent}:/usr/bin:/bin"}

    def answer(handler: object) -> None:
        handler.whole(ANSWER, ("Content-Type", "application/json"))  # type: ignore[attr-defined]

    with upstream_running({"/v1/chat/completions": answer, "/v1/models": answer}) as upstream:
        words = [*RUN, "--upstream", upstream.url, "--base-url", "MY_BASE/v1", "--key", "MY_KEY"]
        with Running(tmp_path, "probe.new_target", "mine", *words, env=env) as running:
            assert running.wait() == 0, running.stderr
        with Running(tmp_path, "probe.doctor", "--target", "mine", env=env) as running:
            assert running.wait() == 0, running.stdout
        with Running(tmp_path, "probe.pipeline", "--target", "mine", "--prompt", "Hi", env=env) as running:
            assert running.wait() == 0, running.stderr
            report = (running.run_folder() / "report.md").read_text()
    assert "Prime numbers it is." in report
    assert "mine Traffic Analysis Report" in report
