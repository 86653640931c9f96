"""What the observer changed in forward mode follows from the settings."""

from __future__ import annotations

import pytest

from probe.cli.parsing import parse
from probe.settings.resolve import resolve
from probe.wire.observer_changes import by_environment, by_listeners

URL = "http://127.0.0.1:1"
URLS = {"model": URL, "backend": URL}

LISTENERS: dict[str, tuple[list[str], list[str], list[str]]] = {
    "hosts as they are": (
        [],
        [
            f"TLS for api.openai.com ends at {URL}, with a certificate of agent-probe (listener model)",
            "HTTP/1.1 replaces HTTP/2",
            "their TLS is mitmproxy's",
        ],
        ["Host header", "in plain http"],
    ),
    "one elsewhere": (
        ["--upstream", "model=https://gw.test/llm"],
        [
            f"TLS for api.openai.com ends at {URL}, with a certificate of agent-probe, and on to https://gw.test/llm",
            "/llm is put before every path (listener model)",
            "The Host header names the upstream; the agent sent api.openai.com (listener model)",
        ],
        ["the agent sent chatgpt.com"],
    ),
    "a replay": (["--replay", "x"], ["TLS for chatgpt.com ends at"], ["Host header", "mitmproxy's", "Expect"]),
}


@pytest.mark.parametrize(("argv", "told", "untold"), LISTENERS.values(), ids=LISTENERS.keys())
def test_what_lies_between_agent_and_host_is_told(argv: list[str], told: list[str], untold: list[str]) -> None:
    settings = resolve(parse("capture", ["--target", "codex-forward", *argv])[0], {})
    found = "\n".join(f"{change.what} — {change.why}" for change in by_listeners(settings, URLS))
    assert [part for part in told if part not in found] == []
    assert [part for part in untold if part in found] == []


@pytest.mark.parametrize("argv", [[], ["--replay", "x"]])
def test_every_variable_of_forward_mode_has_its_reason(argv: list[str]) -> None:
    settings = resolve(parse("capture", ["--target", "codex-forward", *argv])[0], {})
    given = dict.fromkeys(["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"], URL)
    given |= {"SSL_CERT_FILE": "/x.pem", "NO_PROXY": "localhost"}
    found = {change.what: change.why for change in by_environment(settings, {}, given, {})}
    assert found["SSL_CERT_FILE: set"].startswith("it trusts agent-probe's certificate authority")
    for name in ("HTTPS_PROXY, https_proxy", "HTTP_PROXY, http_proxy"):
        assert found[f"{name}: {URL}"].startswith(
            "all its connections go to the listener, which decrypts those to api."
        )
    assert found["NO_PROXY: localhost"].endswith("no other name may bypass the proxy for the target's hosts")
