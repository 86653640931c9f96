"""The doctor asks each upstream once, without a key, and tells what is between with the way out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from probe.wire.ports import free_ports
from tests.support import raw
from tests.support.certificates import Authority
from tests.support.forward_proxy import proxy_running
from tests.support.running import Running
from tests.support.upstream import Handler, upstream_running

pytestmark = pytest.mark.slow

KEY = "sk-planted-of-the-doctor-0123"
TARGET = """\
description: A thing
agent: thing
install: "pip install thing"
listeners:
  model: {{port: {port}, upstream: "{upstream}"}}
env: {{THING_BASE_URL: "{{model.url}}/v1", THING_HOME: "{{files}}"}}
files: {{settings.json: {{theme: dark}}}}
keys: [THING_API_KEY]
"""


class Clinic:
    """A target of the user's own whose agent is there, and a doctor for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.target = folder / "targets" / "thing.yaml"
        agent = folder / "bin" / "thing"
        for path in (self.target, agent):
            path.parent.mkdir()
        agent.write_text(f"#!{sys.executable}\nimport os, sys\nprint('thing 1.2', os.environ.get('THING_API_KEY'))\n")
        agent.chmod(0o755)
        self.write("https://api.example.test")

    def write(self, upstream: str, more: str = "", text: str = TARGET) -> None:
        """Write the target's file."""
        (port,) = free_ports(1)
        self.target.write_text(text.format(port=port, upstream=upstream) + more)

    def ask(self, *options: str, env: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Return the doctor's exit code and all that it says."""
        own = {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "PROBE_TARGETS": str(self.target.parent)}
        own |= {"THING_API_KEY": KEY, **(env or {})}
        with Running(self.folder, "probe.doctor", "--target", "thing", *options, env=own) as running:
            code = running.wait()
            running.until_nothing_runs()
            assert running.stderr == ""
            # Nothing of it stays: no run, no authority, no salt.
            assert not list(running.data.glob("*"))
            return code, running.stdout


@pytest.fixture
def clinic(tmp_path: Path) -> Clinic:
    return Clinic(tmp_path)


def failures(said: str) -> list[str]:
    """Return the lines of what is not as it should be, each with its fix."""
    lines = said.splitlines()
    return [f"{line}\n{lines[number + 1]}" for number, line in enumerate(lines) if line.startswith("FAIL")]


@pytest.mark.parametrize("status", [200, 307, 401, 404, 502])
def test_any_answer_is_an_answer(clinic: Clinic, status: int) -> None:
    def answer(handler: Handler) -> None:
        handler.head(status, ("Content-Length", "0"), ("Location", "http://nosuch.invalid/"))

    with upstream_running({"/v1/models": answer}) as upstream:
        clinic.write(upstream.url)
        code, said = clinic.ask()
        assert (code, failures(said)) == (0, [])
        assert f"OK   listener model -> {upstream.url}: it answers (status {status}, asked without a key)" in said
        assert "(thing 1.2 None)" in said
        assert "OK   files can be written: settings.json" in said
        assert KEY not in said
    ((method, path, headers),) = upstream.seen
    assert (method, path) == ("GET", "/v1/models")
    assert KEY not in str(headers)


def test_settings_come_first_and_a_summary_last_and_a_warning_is_no_version(clinic: Clinic) -> None:
    agent = clinic.folder / "bin" / "thing"
    agent.write_text("#!/bin/sh\necho 'Warning: this is old' >&2\necho 'thing 1.2'\n")
    with upstream_running({"/v1/models": lambda handler: handler.whole(b"{}")}) as upstream:
        clinic.write(upstream.url)
        assert clinic.ask()[1].endswith("\nall is well\n")
        code, said = clinic.ask(env={"THING_API_KEY": ""})
    assert code == 1
    assert "(thing 1.2)" in said
    first, *_, empty, last = said.splitlines()
    assert first.split() == ["setting", "value", "from"]
    assert (empty, last.partition(" of ")[0]) == ("", "1")
    assert last.endswith(" checks failed: key THING_API_KEY is not set")


def test_the_users_own_gateway_is_asked_and_told(clinic: Clinic) -> None:
    with upstream_running({"/thing/models": lambda handler: handler.whole(b"{}")}) as upstream:
        code, said = clinic.ask(env={"THING_BASE_URL": f"{upstream.url}/thing"})
    assert (code, failures(said)) == (0, [])
    assert f"OK   model -> {upstream.url}/thing (from THING_BASE_URL)" in said
    assert "environment THING_BASE_URL" in said
    assert [path for _, path, _ in upstream.seen] == ["/thing/models"]


def test_a_request_goes_through_the_upstream_proxy(clinic: Clinic) -> None:
    with upstream_running({"/v1/models": lambda handler: handler.whole(b"{}")}) as upstream:
        clinic.write("http://api.example.test")
        hosts = {"api.example.test": upstream.server_address[1]}
        with proxy_running(hosts=hosts, credentials="me:pw") as forward:
            code, said = clinic.ask("--upstream-proxy", f"http://me:pw@127.0.0.1:{forward.port}")
            assert (code, failures(said)) == (0, []), said
            code, said = clinic.ask("--upstream-proxy", f"http://me:wrong@127.0.0.1:{forward.port}")
    assert code == 1
    (failure,) = failures(said)
    assert "407" in failure
    assert "fix: the upstream proxy refuses it" in failure
    assert len(upstream.seen) == 1


def refused() -> Iterator[str]:
    (port,) = free_ports(1)
    yield f"http://127.0.0.1:{port}"


def unknown() -> Iterator[str]:
    yield "https://nosuch.invalid"


def untrusted() -> Iterator[str]:
    with raw.serving(lambda wire: wire.drain(), context=Authority().server_context()) as server:
        yield server.url


def speechless() -> Iterator[str]:
    with raw.serving(lambda wire: wire.close()) as server:
        yield server.url


def plain() -> Iterator[str]:
    with raw.serving(lambda wire: wire.send(raw.answer())) as server:
        yield server.url.replace("http:", "https:")


def silent() -> Iterator[str]:
    with raw.serving(lambda wire: wire.drain()) as server:
        yield server.url


FAULTS = {
    "nobody is there": (refused, "connection refused", "is it running, and on this port?"),
    "nobody knows the host": (unknown, "nosuch.invalid:443: ", "is the host's name right?"),
    "a certificate that nobody trusts": (untrusted, "ertificate verify failed", "--upstream-ca company-ca.pem"),
    "a server that hangs up": (speechless, "server closed connection", "name another with --upstream model=URL"),
    "a server without TLS": (plain, "TLS", "is this a port for https?"),
    "a server that says nothing": (silent, "no answer within 10 seconds", "is a firewall between?"),
}


@pytest.mark.parametrize(("fault", "told", "fix"), FAULTS.values(), ids=FAULTS.keys())
def test_what_is_wrong_with_an_upstream_is_told_with_its_fix(
    clinic: Clinic, fault: object, told: str, fix: str
) -> None:
    assert callable(fault)
    for url in fault():
        clinic.write(url)
        code, said = clinic.ask()
        assert code == 1
        (failure,) = failures(said)
        assert failure.startswith(f"FAIL listener model -> {url}: ")
        assert told in failure
        assert fix in failure.partition("fix: ")[2]


def test_a_certificate_for_another_host_is_told_and_the_right_one_is_fine(clinic: Clinic) -> None:
    authority = Authority()
    ca = clinic.folder / "ca.pem"
    ca.write_bytes(authority.pem)

    def serve(wire: raw.Wire) -> None:
        raw.head(wire)
        wire.send(raw.answer())

    for host, code in (("other.example.test", 1), ("127.0.0.1", 0)):
        with raw.serving(serve, context=authority.server_context(host)) as server:
            clinic.write(server.url)
            assert clinic.ask("--upstream-ca", str(ca))[0] == code


def test_forward_mode_is_asked_as_the_agent_would_be(clinic: Clinic) -> None:
    authority = Authority()
    ca = clinic.folder / "ca.pem"
    ca.write_bytes(authority.pem)
    text = TARGET.replace("port: {port},", "port: {port}, host: api.example.test,").split("env:")[0]
    more = "mode: forward\nca_env: [SSL_CERT_FILE]\nkeys: [THING_API_KEY]\n"

    def serve(wire: raw.Wire) -> None:
        raw.head(wire)
        wire.send(raw.answer(status="401 Unauthorized"))

    with raw.serving(serve, context=authority.server_context()) as server:
        clinic.write(server.url, more, text)
        code, said = clinic.ask("--upstream-ca", str(ca))
        assert f"OK   listener model -> {server.url}: it answers (status 401, asked without a key)" in said
    assert (code, failures(said)) == (0, [])
    assert "OK   certificate authority of forward mode: " in said


def test_an_agent_that_is_missing_or_fails_is_told(clinic: Clinic) -> None:
    with upstream_running({"/v1/models": lambda handler: handler.whole(b"{}")}) as upstream:
        clinic.write(upstream.url)
        (clinic.folder / "bin" / "thing").write_text("#!/bin/sh\necho oops\nexit 3\n")
        code, said = clinic.ask()
        assert (code, "(oops)\n       fix: install it again: pip install thing" in said) == (1, True)
        (clinic.folder / "bin" / "thing").unlink()
        code, said = clinic.ask()
        assert (code, "FAIL 'thing' is not installed\n       fix: install it: pip install thing" in said) == (1, True)


def test_a_listener_of_ours_as_an_upstream_is_told(clinic: Clinic) -> None:
    port = clinic.target.read_text().partition("port: ")[2].partition(",")[0]
    code, said = clinic.ask(env={"THING_BASE_URL": f"http://localhost:{port}/v1"})
    assert code == 1
    assert "nobody listens there; it looks like the address that `invoke proxies` printed" in said
    assert "fix: unset THING_BASE_URL" in said


def test_another_vendors_key_does_not_pass_for_the_agents(clinic: Clinic) -> None:
    clinic.target.write_text(clinic.target.read_text().replace("THING_API_KEY", "ANTHROPIC_API_KEY"))
    _, said = clinic.ask(env={"THING_API_KEY": "", "OPENAI_API_KEY": KEY})
    assert "FAIL key ANTHROPIC_API_KEY is not set" in said
    _, said = clinic.ask(env={"THING_API_KEY": "", "ANTHROPIC_AUTH_TOKEN": KEY})
    assert "OK   key ANTHROPIC_AUTH_TOKEN is set" in said
