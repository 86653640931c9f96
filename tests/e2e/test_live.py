"""A run that real proxies record is followed from outside of them, from its first byte to its end."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
from contextlib import closing

import aiohttp

from tests.live.recording import event
from tests.live.test_server import Client, turns
from tests.support.captures import Machine, ending
from tests.support.client import begin, connect
from tests.support.planted import Mint
from tests.support.upstream import STEP_SECONDS, Handler, upstream_running

SECONDS = 40.0
KEY = Mint(9).tokens()["OpenAI, of a project"]


def test_an_answer_is_seen_while_it_streams_and_its_turn_when_it_has_ended(machine: Machine) -> None:
    seen = threading.Event()

    def answer(handler: Handler) -> None:
        handler.rfile.read(int(handler.headers["content-length"]))
        handler.stream()
        for piece in ("The key is ", KEY[:10], f"{KEY[10:]} and ", "more is to come "):
            handler.chunk(event(piece))
        assert seen.wait(STEP_SECONDS)
        done = {"type": "response.completed", "response": {"id": "r", "model": "a-model", "output": []}}
        handler.chunk(b"data: " + json.dumps(done).encode() + b"\n\n")
        handler.chunk(b"")

    async def watch(address: str) -> None:
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        async with aiohttp.ClientSession(timeout=timeout, read_bufsize=1 << 24) as session:
            client = Client(session, address)
            offset, found = await client.until(lambda update: "to come" in json.dumps(update["now"]))
            assert "and more is to come" in found[-1]["now"][0]["texts"][0]["text"]
            assert KEY[:10] not in json.dumps(found)
            assert found[-1]["now"][0]["model"] == "a-model"
            seen.set()
            await client.until(lambda update: turns(update) == 1, offset)
            await client.until(lambda update: update["open"] == [])
            ended = asyncio.create_task(client.until(lambda update: update["ended"]))
            await asyncio.to_thread(live.end)
            await ended

    with (
        upstream_running({"/v1/responses": answer}) as upstream,
        machine.listening("--upstream", f"model={upstream.url}") as live,
        closing(connect(live.url)) as connection,
        ending(machine.start("view", f"--data-dir={machine.data}", "--run", str(machine.run_folder), "--live")) as view,
    ):
        assert view.stdout
        address = view.stdout.readline().strip()
        body = json.dumps({"model": "a-model", "input": "go", "stream": True}).encode()
        sent = {"Content-Type": "application/json", "Authorization": "Bearer placeholder-of-a-test"}
        begin(connection, f"{live.url}/v1/responses", body, headers=sent)
        asyncio.run(asyncio.wait_for(watch(address), SECONDS))
        view.send_signal(signal.SIGINT)
        assert view.wait(SECONDS) == 130
