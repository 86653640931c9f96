"""What all tests share: which of them run, golden files, and the real agents."""

from __future__ import annotations

import os
import re
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from hypothesis import settings

from tests.support import agents
from tests.support.s3_server import BUCKET, S3Server, s3_server

# No test is judged by a clock.
settings.register_profile("probe", deadline=None)
settings.load_profile("probe")

# The developer's own targets are none of the project's; tests look for targets when they are collected.
os.environ.pop("PROBE_TARGETS", None)
# Nor does it matter how the tests were started: `uv run` changes how hints spell commands.
os.environ.pop("UV_RUN_RECURSION_DEPTH", None)

# A shell's background job ignores Ctrl-C, and so would every process that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

GOLDEN = Path(__file__).parent / "golden"
_GENERATED = re.compile(r"(?m)(?<=; generated at )[-0-9: ]+ UTC$")


LEFT_OUT = {
    "agents": "tests of real agents, which are downloaded on first use (npm and uv, 5 GB): pytest --agents",
    "browsers": "tests in real browsers (Debian's chromium and firefox-esr, and npm): pytest --browsers",
    "slow": "slow tests: pytest --slow",
}
"""Markers of the tests that run only when asked for, with what the summary says of them."""
_counts: dict[str, int] = {}
FLEET = ("fleet", "remote", "store", "watch")
"""Folders of the tests that need the group `fleet`."""
_without_fleet = find_spec("distributed") is None or find_spec("moto") is None
if _without_fleet and os.environ.get("PROBE_REQUIRE_FLEET"):
    raise RuntimeError("the group fleet is not installed: uv run --group fleet pytest")
collect_ignore = list(FLEET) if _without_fleet else []


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--update-golden`, and an option for each kind of test that the plain line leaves out."""
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files; read the diff")
    for marker, what in LEFT_OUT.items():
        parser.addoption(f"--{marker}", action="store_true", help=f"also run the {what.partition(':')[0]}")
    parser.addoption("--all", action="store_true", help="run every test")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Return one worker more than there are processors for the plain line, whose tests wait much of their time."""
    if any(config.getoption(f"--{marker}") for marker in ("all", *LEFT_OUT)):
        return None
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that were not asked for, and count them for the summary."""
    wanted = {marker for marker in LEFT_OUT if config.getoption("--all") or config.getoption(f"--{marker}")}
    kinds = [next(filter(item.get_closest_marker, LEFT_OUT), None) for item in items]
    left_out = [item for item, kind in zip(items, kinds, strict=True) if kind and kind not in wanted]
    _counts.update(Counter(kind for kind in kinds if kind and kind not in wanted))
    items[:] = [item for item, kind in zip(items, kinds, strict=True) if kind is None or kind in wanted]
    config.hook.pytest_deselected(items=left_out)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the counts of a worker on to the process that writes the summary."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = dict(_counts)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over the counts of a worker; all workers have the same."""
    _counts.update(getattr(node, "workeroutput", {}).get("left_out", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write which tests were left out, and how to run them."""
    for marker, what in LEFT_OUT.items():
        if _counts.get(marker):
            terminalreporter.write_line(f"left out: {_counts[marker]} {what} (or --all)")
    if _without_fleet:
        terminalreporter.write_line(
            "left out: tests of buckets and fleets: uv run --group fleet pytest --all tests/fleet"
        )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare a text with a golden file, or rewrite the file."""
    update = request.config.getoption("--update-golden")

    def check(file: Path, text: str, form: Callable[[str], str] = str) -> None:
        if update:
            file.write_text(normalised(text), encoding="utf-8", newline="\n")
        expected = normalised(file.read_bytes().decode()) if file.exists() else ""
        assert form(normalised(text)) == form(expected), f"{file} differs: pytest --update-golden, then read the diff"

    return check


def normalised(text: str) -> str:
    """Take out what differs from run to run."""
    return _GENERATED.sub("(time)", text)


@pytest.fixture(scope="session")
def _s3_server() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture
def s3(_s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """Return a server of S3 with an empty data folder of this test's own; this process and its children use it."""
    for name, value in _s3_server.environment.items():
        monkeypatch.setenv(name, value)
    return _s3_server._replace(url=f"s3://{BUCKET}/{token_hex(6)}")


@pytest.fixture(params=(agents.CODEX_OLD, agents.CODEX), ids=str)
def codex_binary(request: pytest.FixtureRequest) -> Path:
    """Return a real codex, one version after the other."""
    return require_agent(request.param)


def require_agent(agent: agents.Agent) -> Path:
    """Return a real agent's program; skip the test, with the reason, only where its installer is missing."""
    if reason := agents.missing(agent):
        if os.environ.get(agents.REQUIRED):
            pytest.fail(reason)
        pytest.skip(reason)
    return agents.program(agent)
