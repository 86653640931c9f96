"""What the observer changed follows from the settings."""

from __future__ import annotations

import certifi
import pytest

from probe.cli.parsing import parse
from probe.settings.resolve import resolve
from probe.settings.settings import Settings
from probe.targets.target import Change, ListenerSpec, Target
from probe.wire.observer_changes import by_environment, by_launch, by_listeners, by_target, by_transport

URLS = {"model": "http://127.0.0.1:1", "backend": "http://127.0.0.1:2"}


def settings(*argv: str, environ: dict[str, str] | None = None) -> Settings:
    return resolve(parse("capture", ["--target", "codex", *argv])[0], environ or {})


def texts(changes: object) -> str:
    assert isinstance(changes, list)
    return "\n".join(f"{change.what} — {change.why}" for change in changes)


LISTENERS: dict[str, tuple[list[str], list[str], list[str]]] = {
    "an https upstream": (
        [],
        [
            "Requests for https://api.openai.com go to http://127.0.0.1:1, in plain http (listener model)",
            "Requests for https://chatgpt.com go to http://127.0.0.1:2",
            "Host header",
            "TLS is mitmproxy's",
        ],
        ["is put before every path", "Certificates", "reached through"],
    ),
    "upstreams without TLS": (
        ["--upstream", "model=http://a.test", "--upstream", "backend=http://b.test"],
        ["Upstreams are called over HTTP/1.1 —"],
        ["TLS"],
    ),
    "a gateway's prefix": (
        ["--upstream", "model=https://gw.test/llm/"],
        ["/llm is put before every path (listener model)"],
        ["listener backend) — the upstream has this path"],
    ),
    "an upstream proxy": (
        ["--upstream-proxy", "http://me:pass-word@p.test:1"],
        ["Upstreams are reached through http://…@p.test:1 — set by: command line"],
        ["pass-word"],
    ),
    "a CA": (
        ["--upstream-ca", certifi.where()],
        [f"Certificates of upstreams are checked against {certifi.where()}", "(command line)"],
        [],
    ),
    "a replay": (
        ["--replay", "x"],
        ["Requests for https://api.openai.com go to http://127.0.0.1:1"],
        ["Host header", "HTTP/1.1", "Expect"],
    ),
}


@pytest.mark.parametrize(("argv", "told", "untold"), LISTENERS.values(), ids=LISTENERS.keys())
def test_what_lies_between_agent_and_upstream_is_told(argv: list[str], told: list[str], untold: list[str]) -> None:
    found = texts(list(by_listeners(settings(*argv), URLS)))
    assert [part for part in told if part not in found] == []
    assert [part for part in untold if part in found] == []


REPLAY = ["--replay", "x"]
WATCHED = {"HTTPS_PROXY": "http://127.0.0.1:3", "https_proxy": "http://127.0.0.1:3"}
ENVIRONMENT: dict[str, tuple[list[str], dict[str, str], dict[str, str], dict[str, str], str]] = {
    "nothing": ([], {"A": "1"}, {"A": "1"}, {}, ""),
    "what the target's file sets": ([], {}, {"OPENAI_BASE_URL": "x"}, {}, ""),
    "what the user sets, though the target does too": (
        [],
        {},
        {"OPENAI_BASE_URL": "x"},
        {"OPENAI_BASE_URL": "x"},
        "OPENAI_BASE_URL: set — you asked for it (--env)",
    ),
    "a key under another name": (
        [],
        {"OPENAI_API_KEY": "sk-1"},
        {"OPENAI_API_KEY": "sk-1", "CODEX_API_KEY": "sk-1"},
        {},
        "CODEX_API_KEY: set — the agent reads the key under this name",
    ),
    "no key in a replay": (
        REPLAY,
        {"OPENAI_API_KEY": "sk-1"},
        {"CODEX_API_KEY": "placeholder-key-of-a-replay"},
        {},
        "CODEX_API_KEY: a placeholder — a replay needs no key, and the real one must not be at risk\n"
        "OPENAI_API_KEY: removed — a replay needs no key, and the real one must not be at risk",
    ),
    "proxies in a replay": (
        REPLAY,
        {},
        WATCHED,
        {},
        "HTTPS_PROXY, https_proxy: http://127.0.0.1:3 — "
        "nothing leaves this machine in a replay: connections that bypass the listeners are refused",
    ),
    "coverage": (
        [],
        {"https_proxy": "http://p.test:1"},
        WATCHED,
        {},
        "HTTPS_PROXY, https_proxy: http://127.0.0.1:3 — connections that bypass the listeners pass through one more, "
        "undecrypted; host and bytes are noted (targets/codex.yaml)",
    ),
    "coverage, and the user's own proxy behind it": (
        ["--upstream-proxy", "http://me:pass-word@p.test:1", "--coverage"],
        {},
        WATCHED,
        {},
        "HTTPS_PROXY, https_proxy: http://127.0.0.1:3 — connections that bypass the listeners pass through one more, "
        "on to http://…@p.test:1, undecrypted; host and bytes are noted (command line)",
    ),
    "this machine left out of proxies": (
        [],
        {"NO_PROXY": "a.test"},
        {"NO_PROXY": "a.test,127.0.0.1"},
        {},
        "NO_PROXY: a.test,127.0.0.1 — the listeners are on this machine and must not be reached through a proxy",
    ),
    "an empty folder": (
        REPLAY,
        {},
        {"CODEX_HOME": "/run/x"},
        {},
        "CODEX_HOME: set — an empty folder: settings of your own could send the agent elsewhere",
    ),
    "what belongs to our own scripts": ([], {"PROBE_PARENT": "1"}, {}, {}, ""),
}


@pytest.mark.parametrize(("argv", "own", "given", "asked", "told"), ENVIRONMENT.values(), ids=ENVIRONMENT.keys())
def test_each_variable_that_differs_is_told_with_its_reason(
    argv: list[str], own: dict[str, str], given: dict[str, str], asked: dict[str, str], told: str
) -> None:
    assert texts(list(by_environment(settings(*argv), own, given, asked))) == told


TARGET = Target(
    description="An agent",
    agent="thing",
    args=["--base", "{model.url}", "-c", "quiet=true"],
    interactive_command=["thing", "--ui"],
    env={"BASE_URL": "{model.url}"},
    listeners={"model": ListenerSpec(port=8080, upstream="https://api.example.test")},
    renderer="probe.renderers.generic",
    changes=[
        Change(what="--base, BASE_URL = {model.url}", why="so it finds us"),
        Change(what="--ui is given", why="it has two faces"),
    ],
)


def test_what_a_target_sets_is_told_and_what_it_does_not_explain_too() -> None:
    found = list(by_target(TARGET, ["/bin/thing", *TARGET.args, "run", "what is a=b --other"]))
    assert [change.what for change in found] == ["--base, BASE_URL = {model.url}", "quiet is set"]
    assert found[1].why == "the target's file sets it without a reason"


def test_what_is_told_is_what_was_really_run() -> None:
    # Another program, which does not get the target's args.
    assert [change.what for change in by_target(TARGET, ["wrapper"])] == ["--base, BASE_URL = {model.url}"]
    assert "--ui is given" in [change.what for change in by_target(TARGET, ["thing", *TARGET.args, "--ui"])]


def test_how_it_is_launched_is_told() -> None:
    plain = texts(list(by_launch(settings(), fresh_folder=False, asks_version=False)))
    assert plain.startswith("Processes that the agent left in the background are ended")
    replay = texts(list(by_launch(settings(*REPLAY), fresh_folder=True, asks_version=True)))
    for part in ("Every answer comes from a recorded run", "(426)", "fresh folder", "--version"):
        assert part in replay


def test_a_websocket_is_told_only_where_there_was_one() -> None:
    assert list(by_transport(0)) == []
    assert "kept" in texts(list(by_transport(3)))
