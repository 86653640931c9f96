"""Settings come from the command line, the environment, the target's files, in this order."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

import certifi
import pytest

from probe.cli.parsing import parse
from probe.errors import UserError
from probe.settings.resolve import resolve
from probe.settings.settings import Settings, data_dir
from probe.settings.sources import pairs
from probe.settings.upstream_proxy import without_credentials

CA = certifi.where()


def settings(*argv: str, environ: dict[str, str] | None = None, target: str = "codex") -> Settings:
    arguments: Namespace = parse("capture", ["--target", target, *argv])[0]
    return resolve(arguments, environ or {})


def described(*argv: str, environ: dict[str, str] | None = None) -> dict[str, tuple[Any, str]]:
    return {name: (one["value"], one["source"]) for name, one in settings(*argv, environ=environ).described().items()}


def test_the_command_line_outranks_the_environment_which_outranks_the_file() -> None:
    environ = {"PROBE_UPSTREAM": "model=https://env.test backend=https://env2.test"}
    found = described("--upstream", "model=https://line.test", environ=environ)
    assert found["upstream.model"] == ("https://line.test", "command line")
    assert found["upstream.backend"] == ("https://env2.test", "environment PROBE_UPSTREAM")
    assert described()["upstream.model"] == ("https://api.openai.com", "targets/codex.yaml")


PROXY = "upstream_proxy.model"
INHERITED = {"HTTPS_PROXY": "http://p:1"}
OURS = {"PROBE_UPSTREAM_PROXY": "http://q:1"}
SOURCES = {
    "an upstream proxy": (["--upstream-proxy", "http://p:1"], {}, PROXY, "http://p:1", "command line"),
    "an inherited proxy": ([], INHERITED, PROXY, "http://p:1", "environment HTTPS_PROXY"),
    "a proxy switched off": (["--upstream-proxy", ""], INHERITED, PROXY, None, "command line"),
    "a proxy of ours": ([], OURS | INHERITED, PROXY, "http://q:1", "environment PROBE_UPSTREAM_PROXY"),
    "a speed": (["--replay", "x", "--speed", "10"], {}, "speed", 10.0, "command line"),
    "no speed": (["--replay", "x"], {}, "speed", "max", "default"),
    "a record's size, by default": ([], {}, "compress_over", 256, "default"),
    "a record's size in the environment": (
        [],
        {"PROBE_COMPRESS_OVER": "10"},
        "compress_over",
        10,
        "environment PROBE_COMPRESS_OVER",
    ),
    "a record's size, never": (
        ["--compress-over=never"],
        {"PROBE_COMPRESS_OVER": "10"},
        "compress_over",
        None,
        "command line",
    ),
    "a replay": (["--replay", "x"], INHERITED, PROXY, None, "off in a replay"),
    "a proxy's password": (["--upstream-proxy", "http://me:pw@p:1"], {}, PROXY, "http://…@p:1", "command line"),
    "a port": (["--port", "model=9999"], {}, "port.model", 9999, "command line"),
    "a CA": (["--upstream-ca", CA], {}, "upstream_ca", CA, "command line"),
    "kept secrets": ([], {"PROBE_KEEP_SECRETS": "1"}, "keep_secrets", True, "environment PROBE_KEEP_SECRETS"),
    "coverage by the target's file": ([], {}, "coverage", True, "targets/codex.yaml"),
    "coverage switched off": (["--no-coverage"], {"PROBE_COVERAGE": "1"}, "coverage", False, "command line"),
    "coverage in the environment": ([], {"PROBE_COVERAGE": "0"}, "coverage", False, "environment PROBE_COVERAGE"),
    "coverage asked for": (["--coverage"], {"PROBE_COVERAGE": "no"}, "coverage", True, "command line"),
    "coverage in a replay": (["--replay", "x"], {"PROBE_COVERAGE": "1"}, "coverage", False, "off in a replay"),
    "coverage before a SOCKS proxy": (
        ["--coverage"],
        {"ALL_PROXY": "socks5://p:1"},
        "coverage",
        False,
        "off: ALL_PROXY is not an HTTP proxy",
    ),
}


@pytest.mark.parametrize(("argv", "environ", "name", "value", "source"), SOURCES.values(), ids=SOURCES.keys())
def test_each_setting_says_where_it_is_from(
    argv: list[str], environ: dict[str, str], name: str, value: object, source: str
) -> None:
    assert described(*argv, environ=environ)[name] == (value, source)


def test_an_upstream_on_the_command_line_goes_before_the_targets_recording() -> None:
    assert settings(target="demo").replay == "demo/sample"
    asked = settings("--upstream", "model=http://127.0.0.1:9", target="demo")
    assert (asked.replay, asked.sources["replay"]) == (None, "off: --upstream is given")
    assert asked.routes["model"].upstream == "http://127.0.0.1:9"
    assert asked.notes == ("note: the recording demo/sample does not answer: --upstream is given",)


REPEATED = {
    "nothing chosen": ([], {}, "--target codex"),
    "an upstream": (["-u", "model=http://a.test/v1"], {}, "--target codex --upstream model=http://a.test/v1"),
    "one in the environment, which stays": ([], {"PROBE_UPSTREAM": "model=http://a.test"}, "--target codex"),
    "a proxy with a password": (["-x", "http://me:pw@p:1"], {}, "--target codex --upstream-proxy 'http://…@p:1'"),
    "a proxy switched off": (["-x", ""], INHERITED, "--target codex --upstream-proxy ''"),
}


@pytest.mark.parametrize(("argv", "environ", "words"), REPEATED.values(), ids=REPEATED.keys())
def test_another_task_is_led_to_the_same_upstreams(argv: list[str], environ: dict[str, str], words: str) -> None:
    assert settings(*argv, environ=environ).repeated_options() == words


@pytest.mark.parametrize(
    ("argv", "target", "told"),
    [
        (["--replay", "x", "--upstream", "model=http://127.0.0.1:9"], "codex", "exclude each other"),
        (["--replay", "x", "--coverage"], "codex", "nothing may bypass"),
        (["--coverage"], "demo", "nothing may bypass"),
        (["--speed", "1"], "codex", "only a replay has one"),
        (["--strict"], "codex", "only a replay has one"),
        (["--replay", "x", "--speed", "0"], "codex", "no speed"),
        (["--replay", "x", "--speed", "fast"], "codex", "no speed"),
        (["--replay", "x", "--speed", "nan"], "codex", "no speed"),
    ],
)
def test_what_a_replay_would_ignore_is_refused(argv: list[str], target: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        settings(*argv, target=target)


def test_an_upstreams_password_is_not_printed() -> None:
    with pytest.raises(UserError) as caught:
        settings("--upstream", "model=http://bob:correct-horse@127.0.0.1:9")
    assert "correct-horse" not in str(caught.value)


def test_an_inherited_proxy_leaves_out_what_no_proxy_names_and_loopback() -> None:
    environ = {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "chatgpt.com"}
    routes = settings("--upstream", "model=http://127.0.0.1:9", environ=environ).routes
    assert [route.upstream_proxy for route in routes.values()] == [None, None]
    routes = settings(environ={"HTTPS_PROXY": "http://p:1"}).routes
    assert [route.upstream_proxy for route in routes.values()] == ["http://p:1"] * 2


def test_a_proxy_that_was_asked_for_is_used_for_loopback_too() -> None:
    routes = settings("--upstream", "model=http://127.0.0.1:9", "--upstream-proxy", "http://p:1").routes
    assert routes["model"].upstream_proxy == "http://p:1"


ONWARD: dict[str, tuple[list[str], dict[str, str], str | None]] = {
    "nothing said": ([], {}, None),
    "an upstream proxy": (["--upstream-proxy", "http://p:1"], {}, "http://p:1"),
    "an inherited one, whatever the upstreams": (["--upstream", "model=http://127.0.0.1:9"], INHERITED, "http://p:1"),
    "one for everything": ([], {"ALL_PROXY": "http://a:1"}, "http://a:1"),
    "one for everything beside one for https": ([], INHERITED | {"all_proxy": "http://a:1"}, "http://p:1"),
    "one that was switched off": (["--upstream-proxy", ""], {"ALL_PROXY": "http://a:1"}, None),
    "no coverage": (["--no-coverage"], INHERITED, None),
}


@pytest.mark.parametrize(("argv", "environ", "proxy"), ONWARD.values(), ids=ONWARD.keys())
def test_what_goes_around_goes_on_through_the_proxy_that_the_agent_would_use(
    argv: list[str], environ: dict[str, str], proxy: str | None
) -> None:
    assert settings(*argv, environ=environ).coverage_upstream_proxy == proxy


def test_a_word_for_coverage_that_is_neither_yes_nor_no_is_told() -> None:
    with pytest.raises(UserError, match="PROBE_COVERAGE=maybe: neither yes nor no"):
        settings(environ={"PROBE_COVERAGE": "maybe"})


MISTAKES = {
    "an unknown listener": (["--upstream", "modle=https://x"], "did you mean 'model'?"),
    "no URL": (["--upstream", "model"], "not NAME=VALUE"),
    "an upstream of another kind": (["--upstream", "model=ftp://x"], "must begin with"),
    "a port that is none": (["--port", "model=0"], "not a port"),
    "a SOCKS proxy": (["--upstream-proxy", "socks5://x:1"], "only HTTP proxies are supported"),
    "a CA without a certificate": (["--upstream-ca", __file__], "no certificates in it"),
    "two listeners on one port": (["--port", "model=8081"], "port 8081 is both 'model' and 'backend'"),
    "coverage on and off": (["--coverage", "--no-coverage"], "give one of them"),
    "a CA that is not there": (["--upstream-ca", "/no/such/file"], "no such file"),
    "our own listener as its upstream": (["--upstream", "model=http://localhost:8081"], "is the listener 'backend'"),
}


@pytest.mark.parametrize(("argv", "part"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_setting_that_does_not_fit_is_told(argv: list[str], part: str) -> None:
    with pytest.raises(UserError) as raised:
        settings(*argv)
    assert part in str(raised.value)


def test_no_target_is_told() -> None:
    with pytest.raises(UserError, match="no target given"):
        resolve(parse("capture", [])[0], {})


def test_the_data_folder_can_be_moved(tmp_path: Path) -> None:
    assert data_dir(str(tmp_path), {"PROBE_DATA_DIR": "/x"}) == tmp_path
    assert data_dir(None, {"PROBE_DATA_DIR": str(tmp_path)}) == tmp_path
    assert data_dir(None, {}).name == "data"


def test_pairs_keep_what_stands_behind_the_first_equals_sign() -> None:
    assert pairs("env", ["A=b=c", "D="]) == {"A": "b=c", "D": ""}
    with pytest.raises(UserError, match="not K=V"):
        pairs("env", ["NAME"])


@pytest.mark.parametrize(("url", "shown"), [(None, None), ("http://p:1", "http://p:1"), ("u:p@h:1", "http://…@h:1")])
def test_a_proxy_is_shown_without_its_credentials(url: str | None, shown: str | None) -> None:
    assert without_credentials(url) == shown
