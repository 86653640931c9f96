"""A recording that is served by this process while a test runs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from probe.replay.faults import parse_faults
from probe.replay.playback import Conditions
from probe.replay.server import HOST, ReplayServer
from probe.settings.replaying import speed_of
from probe.testing.recordings import find_recording

_T = TypeVar("_T")
_SECONDS = 20.0
"""Time for the server to start or stop."""


class AskedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request that the client sent, or a WebSocket message."""

    method: str
    """MESSAGE for a WebSocket message."""
    path: str
    body: bytes
    """Content-encoding undone."""

    @property
    def json(self) -> Any:
        """Return the body as JSON."""
        return msgspec.json.decode(self.body)


class RecordedRun:
    """A recording under way."""

    def __init__(self, url: str, server: ReplayServer, requests: list[AskedRequest]) -> None:
        self.url = url
        """Address of the server, without a path."""
        self.requests = requests
        """What the client has asked so far."""
        self._server = server

    @property
    def recorded(self) -> list[Any]:
        """Return the recorded requests to the model, as JSON: what a test can send again."""
        return self._server.recorded

    @property
    def problems(self) -> list[str]:
        """Return how many calls got no answer, and why the first one did not; empty where each got one."""
        return self._server.problems

    @property
    def differences(self) -> list[str]:
        """Return where calls that got an answer differ from the recorded ones; with `strict` there are none."""
        return self._server.differing

    @property
    def notes(self) -> list[str]:
        """Return what else differs: faults and the calls that they hit, answers that nobody asked for."""
        return self._server.notes


@contextmanager
def served(source: str | Path, *, speed: str, strict: bool, faults: str | Sequence[str]) -> Iterator[RecordedRun]:
    """Serve a recording; fail at the end if no call was made, a fault hit none or, with `strict`, one differs."""
    recording = find_recording(source)
    requests: list[AskedRequest] = []
    conditions = Conditions(
        speed=speed_of(speed, "speed"),
        strict=strict,
        strict_by="strict=True",
        faults=parse_faults([faults] if isinstance(faults, str) else faults, "fault"),
        asker="the client",
        recorded=recording.environment,
        rules=recording.rules,
        on_request=lambda method, path, body: requests.append(AskedRequest(method=method, path=path, body=body)),
    )
    server = ReplayServer(recording.exchanges, recording.renderer, conditions)
    with _loop() as loop:
        port = _in(loop, server.start())
        run = RecordedRun(f"http://{HOST}:{port}", server, requests)
        try:
            yield run
        except BaseException as error:
            # What the client met is often only a 400: the reason is here.
            for text in [*_uncalled(run, server), *run.problems, *run.differences]:
                error.add_note(f"recorded run: {text}")
            raise
        finally:
            _in(loop, server.stop())
    if strict and (found := [*run.problems, *run.differences]):
        raise AssertionError("the client asked for what the recording does not have:\n" + "\n".join(found))
    if uncalled := _uncalled(run, server):
        raise AssertionError("\n".join(uncalled))
    if server.faults_missed:
        raise AssertionError("\n".join(server.faults_missed))


def _uncalled(run: RecordedRun, server: ReplayServer) -> list[str]:
    """Return that no call of the model was made, and what was asked instead; empty where one was made."""
    if server.calls or not run.recorded:
        return []
    asked = ", ".join(dict.fromkeys(f"{one.method} {one.path}" for one in run.requests)) or "nothing"
    return [f"the client made no call of the model (it asked for {asked}): is {run.url} its base URL?"]


@contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Run an event loop in another thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="recorded run", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        _in(loop, _cancel_rest())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_SECONDS)
        loop.close()


def _in(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, _T]) -> _T:
    return asyncio.run_coroutine_threadsafe(work, loop).result(_SECONDS)


async def _cancel_rest() -> None:
    """End what still waits: the server does not wait for handlers whose client has gone."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
