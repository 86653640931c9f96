"""The agent's environment follows from the user's, the target and the settings."""

from __future__ import annotations

import pytest

from probe.cli.own_environment import PARENT
from probe.cli.parsing import parse
from probe.settings.resolve import resolve
from probe.settings.settings import Settings
from probe.wire.environment import (
    PLACEHOLDER_KEY,
    PROXY_VARIABLES,
    agent_environment,
    is_key,
    keys_set,
    led,
    no_proxy,
    with_loopback,
)

LISTENER = "http://127.0.0.1:1"
REPLAY = "http://127.0.0.1:2"
WATCHER = "http://127.0.0.1:3"
LOOPBACK = "127.0.0.1,localhost,::1"


def settings(target: str = "codex", *argv: str) -> Settings:
    return resolve(parse("capture", ["--target", target, *argv])[0], {})


def given(own: dict[str, str], overrides: dict[str, str] | None = None, *, replay: str | None = None) -> dict[str, str]:
    """Return the environment of codex for a user's own."""
    chosen = settings("codex", *(["--replay", "x"] if replay else []))
    placeholders = {"model.url": LISTENER, "backend.url": LISTENER}
    return agent_environment(own, chosen, placeholders, overrides or {}, "marker", replay)


KEYS: dict[str, tuple[dict[str, str], str | None, str | None]] = {
    "the agent's own": ({"CODEX_API_KEY": "a"}, None, "a"),
    "another name of it": ({"OPENAI_API_KEY": "b"}, None, "b"),
    "the first of both": ({"CODEX_API_KEY": "a", "OPENAI_API_KEY": "b"}, None, "a"),
    "an empty one": ({"CODEX_API_KEY": "", "OPENAI_API_KEY": "b"}, None, "b"),
    "none": ({}, None, None),
    "none, in a replay": ({}, REPLAY, PLACEHOLDER_KEY),
    "a real one, in a replay": ({"CODEX_API_KEY": "a"}, REPLAY, PLACEHOLDER_KEY),
}


@pytest.mark.parametrize(("own", "replay", "key"), KEYS.values(), ids=KEYS.keys())
def test_the_agent_reads_its_key_under_its_own_name(own: dict[str, str], replay: str | None, key: str | None) -> None:
    assert given(own, replay=replay).get("CODEX_API_KEY") == key


def test_a_replay_leaves_no_other_key_and_leads_all_to_its_server() -> None:
    env = given({"ANTHROPIC_API_KEY": "a", "OPENAI_API_KEY": "b", "HTTPS_PROXY": "http://p:1"}, replay=REPLAY)
    assert {"ANTHROPIC_API_KEY", "OPENAI_API_KEY"} & env.keys() == set()
    assert {env[name] for name in PROXY_VARIABLES} == {REPLAY}


def test_what_the_user_asks_for_outranks_the_target() -> None:
    assert given({"CODEX_API_KEY": "a"}, {"CODEX_API_KEY": "mine", "NO_PROXY": "x"})["CODEX_API_KEY"] == "mine"


def test_what_is_for_our_own_processes_is_not_handed_on() -> None:
    assert PARENT not in given({PARENT: "1"})


LED = {
    "codex": {"HTTPS_PROXY", "https_proxy"},
    "codex-forward": {"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"},
}


@pytest.mark.parametrize(("target", "names"), LED.items())
def test_the_mode_decides_which_variables_lead_to_the_listener(target: str, names: set[str]) -> None:
    assert led(settings(target), WATCHER) == dict.fromkeys(names, WATCHER)
    assert led(settings(target), None) == {}


NO_PROXY = {
    "": LOOPBACK,
    "a.test": f"a.test,{LOOPBACK}",
    " a.test , b.test ": f"a.test,b.test,{LOOPBACK}",
    "localhost,::1,127.0.0.1": "localhost,::1,127.0.0.1",
    "localhost": "localhost,127.0.0.1,::1",
}


@pytest.mark.parametrize(("own", "written"), NO_PROXY.items())
def test_this_machine_is_never_looked_for_through_a_proxy(own: str, written: str) -> None:
    assert with_loopback(own) == written


def test_forward_mode_takes_the_hosts_that_it_opens_off_no_proxy() -> None:
    assert no_proxy(settings("codex-forward"), "a.test,api.openai.com,.openai.com") == f"a.test,{LOOPBACK}"


NAMES = {"CODEX_API_KEY": True, "OPENAI_API_KEY": True, "ANTHROPIC_AUTH_TOKEN": True, "HOME": False, "MY_KEY": False}


@pytest.mark.parametrize(("name", "key"), NAMES.items())
def test_keys_are_known_by_target_or_vendor(name: str, key: bool) -> None:
    assert is_key(name, settings()) is key


def test_keys_that_are_set_come_with_the_targets_own_first() -> None:
    found = keys_set(settings(), {"OPENAI_API_KEY": "b", "HOME": "/", "CODEX_API_KEY": "a", "ANTHROPIC_API_KEY": "c"})
    assert list(dict.fromkeys(found)) == ["CODEX_API_KEY", "OPENAI_API_KEY"]
