"""Run an asynchronous server in a thread of its own, for tests that are not asynchronous."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import TypeVar

T = TypeVar("T")
START_SECONDS = 20.0


@contextmanager
def in_thread(manager: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """Enter an asynchronous context manager on an event loop in another thread, and leave it there."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        value = asyncio.run_coroutine_threadsafe(_enter(manager), loop).result(START_SECONDS)
        try:
            yield value
        finally:
            asyncio.run_coroutine_threadsafe(_leave(manager), loop).result(START_SECONDS)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(START_SECONDS)
        loop.close()


async def _enter(manager: AbstractAsyncContextManager[T]) -> T:
    """Enter, as a coroutine that can be handed to another thread."""
    return await manager.__aenter__()


async def _leave(manager: AbstractAsyncContextManager[T]) -> None:
    """Leave, and end what the server left behind; what was raised inside stays in the test's own thread."""
    await manager.__aexit__(None, None, None)
    # aiohttp does not wait for a handler whose client has gone.
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
