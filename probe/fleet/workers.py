"""Where jobs run: in this process, or on workers of Dask."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from uuid import uuid4

from probe.errors import UserError
from probe.fleet.jobs import Report

if TYPE_CHECKING:
    from distributed import Client, Future

_ASK_SECONDS = 2.0
"""How old the number of workers may be."""


class WorkerKilledError(Exception):
    """Several workers died while they had a job."""


class Ended(NamedTuple):
    """A job that has come to its end."""

    tag: Any
    error: BaseException | None
    """None where all went well; WorkerKilledError, or what the job raised."""


class Workers(Protocol):
    """What runs jobs."""

    def submit(self, tag: Any, function: Callable[..., None], job: Any) -> None:
        """Run a function with a job, now or later."""

    def ended(self, seconds: float) -> list[Ended]:
        """Return the jobs that have ended; wait at most so long for the first one."""

    @property
    def number(self) -> int:
        """Return how many jobs run at the same time."""


class OneProcess:
    """Runs jobs in this process, one after the other."""

    number = 1

    def __init__(self, report: Report) -> None:
        self._report = report
        self._jobs: deque[tuple[Any, Callable[..., None], Any]] = deque()

    def submit(self, tag: Any, function: Callable[..., None], job: Any) -> None:
        """Remember a job."""
        self._jobs.append((tag, function, job))

    def ended(self, seconds: float) -> list[Ended]:
        """Run the next job, however long it takes."""
        if not self._jobs:
            return []
        tag, function, job = self._jobs.popleft()
        try:
            function(job, self._report)
        except Exception as error:
            return [Ended(tag, error)]
        return [Ended(tag, None)]


class DaskWorkers:
    """Runs jobs on the workers of a Dask scheduler."""

    def __init__(self, client: Client, report: Report) -> None:
        self._client = client
        self._futures: dict[Any, Future[None]] = {}
        self._ended: Queue[Any] = Queue()
        self.topic = f"probe-fleet-{uuid4().hex}"
        client.subscribe_topic(self.topic, lambda event: report(event[1]["run"], event[1]["bytes"]))
        self._number, self._asked = 0, -_ASK_SECONDS

    @property
    def number(self) -> int:
        """Return how many jobs run at the same time, as of a few seconds ago. Raises UserError."""
        if time.monotonic() - self._asked >= _ASK_SECONDS:
            try:
                self._number = sum(self._client.nthreads().values())
            except OSError as error:
                raise _lost() from error
            self._asked = time.monotonic()
        return self._number

    @property
    def dashboard(self) -> str:
        """Return the address of Dask's pages about its work."""
        return str(self._client.dashboard_link)

    def submit(self, tag: Any, function: Callable[..., None], job: Any) -> None:
        """Send a job to the scheduler; the number of workers that it may cost is a setting of that."""
        # Another key for each: a job that ended badly is known by its key, and so are those of other clients.
        key = f"{function.__name__}-{uuid4().hex}"
        future = self._client.submit(function, job, key=key, pure=False)
        self._futures[tag] = future
        future.add_done_callback(lambda _: self._ended.put(tag))

    def ended(self, seconds: float) -> list[Ended]:
        """Return the jobs that have ended; wait at most so long for the first one. Raises UserError."""
        found = []
        try:
            found.append(self._ended.get(timeout=seconds))
            while True:
                found.append(self._ended.get_nowait())
        except Empty:
            return [Ended(tag, self._error(self._futures.pop(tag))) for tag in found]

    def _error(self, future: Future[None]) -> BaseException | None:
        from distributed import KilledWorker

        if future.status == "finished":
            return None
        if future.status != "error":
            raise _lost()
        error: BaseException = future.exception()
        return WorkerKilledError() if isinstance(error, KilledWorker) else error


def _lost() -> UserError:
    return UserError(
        "the connection to the scheduler of Dask was lost",
        "see why it ended; then call the same command again, which goes on where this one stopped",
        code=1,
    )
