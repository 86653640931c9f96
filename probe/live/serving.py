"""Follow a run and serve its page until Ctrl-C."""

from __future__ import annotations

import asyncio
import hmac
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from probe.addon.redaction.salt import NAME as SALT
from probe.addon.redaction.salt import make_salt
from probe.cli.edge import one_line, say
from probe.errors import UserError
from probe.live.live_run import LiveRecording, LiveRun
from probe.live.open_exchanges import OpenExchanges
from probe.live.server import LiveServer
from probe.live.updates import Updates

_POLL_SECONDS = 0.02


async def serve(recording: LiveRecording, title: str, port: int, opened: Callable[[str], None]) -> int:
    """Serve the page of a run; `opened` gets its address. Raises OSError when the port is taken."""
    received: asyncio.Queue[int] = asyncio.Queue()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, received.put_nowait, number)
    async with served(recording, title, port) as (address, following):
        opened(address)
        ending = asyncio.create_task(received.get())
        done, _ = await asyncio.wait([*following, ending], return_when=asyncio.FIRST_COMPLETED)
        for failed in done - {ending}:
            failed.result()  # raises what ended it
        return 128 + ending.result()


@asynccontextmanager
async def served(
    recording: LiveRecording, title: str, port: int = 0
) -> AsyncIterator[tuple[str, list[asyncio.Task[None]]]]:
    """Follow a run and serve its page as long as the block lasts; yield the address, and what follows the run."""
    updates, live = Updates(), LiveRun(recording)
    journals = OpenExchanges(recording.run.folder, recording.data_dir)
    server = LiveServer(title, page_token(recording.data_dir, recording.run.folder), updates)
    address = await server.start(port)

    async def look_at_record() -> None:
        snapshot = await asyncio.to_thread(live.poll)
        server.pieces = live.pieces
        if snapshot is not None:
            await updates.add_snapshot(snapshot)

    async def look_at_journals() -> None:
        if await asyncio.to_thread(journals.poll):
            await updates.add_in_flight(journals.shown())

    # Each in a thread of its own: a long record must delay neither an answer nor what is under way.
    following = [asyncio.create_task(_again_and_again(look)) for look in (look_at_record, look_at_journals)]
    try:
        yield address, following
    finally:
        for task in following:
            task.cancel()
        await server.stop()
        await asyncio.wait(following)
        live.close()
        journals.close()


async def _again_and_again(look: Callable[[], Awaitable[None]]) -> None:
    said: set[str] = set()
    while True:
        try:
            await look()
        except (OSError, UserError) as error:
            if str(error) not in said:
                said.add(str(error))
                say(f"WARNING: {one_line(str(error))}")
        await asyncio.sleep(_POLL_SECONDS)


def page_token(data_dir: Path, folder: Path) -> str:
    """Return the secret part of a page's address: the same for a server that is started again, so that pages go on."""
    salt = make_salt(data_dir / SALT)
    return hmac.digest(salt, b"live page " + bytes(folder.absolute()), "sha256").hex()[:32]
