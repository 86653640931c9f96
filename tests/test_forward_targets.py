"""What a target in forward mode must say, and what its settings are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from probe.cli.parsing import parse
from probe.errors import UserError
from probe.settings.resolve import resolve
from probe.settings.settings import Settings
from probe.targets.finding import load_target
from probe.wire.environment import no_proxy

GOOD = """\
description: An agent
mode: forward
agent: thing
prompt_command: [thing, "{prompt}"]
listeners:
  model: {port: 8080, host: api.example.test}
  other: {port: 8080, host: "*.other.test", upstream: "https://gateway.test/x"}
ca_env: [SSL_CERT_FILE]
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of the user's own targets."""
    monkeypatch.setenv("PROBE_TARGETS", str(tmp_path))
    return tmp_path


def write(folder: Path, text: str) -> None:
    (folder / "thing.yaml").write_text(text)


def settings(*argv: str, environ: dict[str, str] | None = None) -> Settings:
    return resolve(parse("capture", ["--target", "thing", *argv])[0], environ or {})


MISTAKES = {
    "no agent": (GOOD.replace("agent: thing\n", ""), [":2:", "forward mode needs an agent"]),
    "no CA variable": (GOOD.replace("ca_env: [SSL_CERT_FILE]\n", ""), [":2:", "forward mode needs ca_env"]),
    "no host": (GOOD.replace("host: api.example.test", 'upstream: "https://a.test"'), [":6:", "'model' names no host"]),
    "a URL for a host": (GOOD.replace("api.example.test", '"https://api.test/v1"'), [":6:", "'model' names no host"]),
    "an upstream that is none": (GOOD.replace("https://gateway", "gateway"), [":7:", "must begin with http://"]),
    "two ports": (GOOD.replace('8080, host: "*', '8081, host: "*'), [":7:", "share one port; the first has 8080"]),
    "a URL of a listener": (GOOD + 'env: {BASE_URL: "{model.url}"}\n', [":9:", "unknown placeholder {model.url}"]),
    "coverage": (GOOD + "coverage: true\n", [":9:", "are seen anyway"]),
    "another mode": (GOOD.replace("mode: forward", "mode: sideways"), [":2:", "mode"]),
    "a CA variable in reverse mode": (
        'description: x\nlisteners: {model: {port: 8080, upstream: "https://a.test"}}\nca_env: [SSL_CERT_FILE]\n',
        [":3:", "ca_env does nothing in reverse mode"],
    ),
    "a host in reverse mode": (
        GOOD.replace("mode: forward\n", "")
        .replace("8080, host: api", '8081, upstream: "https://a.test", host: api')
        .replace("ca_env: [SSL_CERT_FILE]\n", ""),
        [":5:", "host does nothing in reverse mode"],
    ),
    "no upstream in reverse mode": (
        "description: x\nlisteners: {model: {port: 8080}}\n",
        [":2:", "listener 'model' has no upstream"],
    ),
}


@pytest.mark.parametrize(("text", "told"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_with_its_place(own: Path, text: str, told: list[str]) -> None:
    write(own, text)
    with pytest.raises(UserError) as error:
        load_target("thing")
    assert [part for part in told if part not in str(error.value)] == []


def test_a_good_one_loads_and_its_listeners_share_a_port(own: Path) -> None:
    write(own, GOOD)
    routes = settings().routes
    assert [(one.port, one.chosen, one.host, one.upstream, one.as_asked) for one in routes.values()] == [
        (8080, False, "api.example.test", "https://api.example.test", True),
        (8080, False, "*.other.test", "https://gateway.test/x", False),
    ]


SETTINGS: dict[str, tuple[list[str], dict[str, str], dict[str, tuple[Any, str]]]] = {
    "none": ([], {}, {"coverage": (True, "forward mode"), "upstream.model": ("https://api.example.test", "the file")}),
    "no coverage in the environment": ([], {"PROBE_COVERAGE": "0"}, {"coverage": (True, "forward mode")}),
    "a replay": (["--replay", "x"], {"HTTPS_PROXY": "http://p:1"}, {"upstream_proxy.model": (None, "off in a replay")}),
    "one port": (["--port", "other=9"], {}, {"port.model": (9, "command line"), "port.other": (9, "command line")}),
    "a way elsewhere": (
        ["--upstream", "model=https://line.test/y"],
        {},
        {"upstream.model": ("https://line.test/y", "command line")},
    ),
    "ALL_PROXY": ([], {"ALL_PROXY": "p:1"}, {"upstream_proxy.other": ("http://p:1", "environment ALL_PROXY")}),
    "a host that goes past the proxy": (
        [],
        {"HTTPS_PROXY": "p:1", "NO_PROXY": ".example.test"},
        {
            "upstream_proxy.model": (None, "environment HTTPS_PROXY"),
            "upstream_proxy.other": ("http://p:1", "environment HTTPS_PROXY"),
        },
    ),
}


@pytest.mark.parametrize(("argv", "environ", "expected"), SETTINGS.values(), ids=SETTINGS.keys())
def test_a_setting_is_what_was_asked_for(
    own: Path, argv: list[str], environ: dict[str, str], expected: dict[str, tuple[Any, str]]
) -> None:
    write(own, GOOD)
    described = settings(*argv, environ=environ).described()
    found = {name: (described[name]["value"], described[name]["source"]) for name in expected}
    for name, (value, source) in expected.items():
        assert found[name][0] == value
        assert found[name][1].endswith("thing.yaml" if source == "the file" else source)


REFUSED = {
    "no coverage": (["--no-coverage"], {}, "--no-coverage: in forward mode"),
    "two ports": (["--port", "model=9", "--port", "other=10"], {}, "all listeners share one port"),
    "a SOCKS proxy": ([], {"ALL_PROXY": "socks5://p:1"}, "is not http://host:port"),
    "a loop": (["--upstream", "model=http://127.0.0.1:8080"], {}, "is the listener"),
}


@pytest.mark.parametrize(("argv", "environ", "told"), REFUSED.values(), ids=REFUSED.keys())
def test_what_means_nothing_is_refused(own: Path, argv: list[str], environ: dict[str, str], told: str) -> None:
    write(own, GOOD)
    with pytest.raises(UserError, match=told):
        settings(*argv, environ=environ)


UNPROXIED = {
    "": "127.0.0.1,localhost,::1",
    "corp.test": "corp.test,127.0.0.1,localhost,::1",
    "corp.test,api.example.test": "corp.test,127.0.0.1,localhost,::1",
    ".example.test , a.corp.test": "a.corp.test,127.0.0.1,localhost,::1",
    "other.test": "127.0.0.1,localhost,::1",
    "*": "127.0.0.1,localhost,::1",
    "localhost": "localhost,127.0.0.1,::1",
}


@pytest.mark.parametrize(("own_setting", "expected"), UNPROXIED.items())
def test_no_proxy_names_no_host_that_is_to_be_recorded(own: Path, own_setting: str, expected: str) -> None:
    write(own, GOOD)
    assert no_proxy(settings(), own_setting) == expected
