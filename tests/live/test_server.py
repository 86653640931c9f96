"""The live server sends a page what it does not have, to nobody but that page, and nothing unredacted."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from probe.live.serving import served
from probe.record.exchange import Exchange, Request, Response
from tests.live.recording import Flow, Recording
from tests.replay.replays import URL
from tests.support.planted import Mint
from tests.trace.tracing import lines

SECONDS = 20.0
KEY = Mint(3).tokens()["Anthropic"]


def exchange(number: int, text: str = "done") -> Exchange:
    answer = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
    body = {"id": f"r{number}", "model": "a-model", "output": [answer]}
    asked = {"model": "a-model", "input": [{"type": "message", "role": "user", "content": f"prompt {number}"}]}
    return Exchange(
        timestamp=1000.0 + number,
        id=f"x{number}",
        request=Request(method="POST", url=URL, body=asked, body_kind="json"),
        response=Response(status_code=200, body=body, body_kind="json", started=1001.0 + number, ended=1002.0 + number),
    )


class Client:
    """A page, as far as the server sees it."""

    def __init__(self, session: aiohttp.ClientSession, address: str) -> None:
        self.session, self.address = session, address

    async def status(self, path: str = "", method: str = "GET", **headers: str) -> int:
        async with self.session.request(method, self.address + path, headers=headers) as answer:
            return answer.status

    async def updates(self, have: str = "") -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Yield the offset of each update, and the update."""
        offset = ""
        async with self.session.get(f"{self.address}updates", params={"have": have}) as answer:
            assert answer.content_type == "text/event-stream"
            async for line in answer.content:
                if line.startswith(b"id: "):
                    offset = line[4:].decode().strip()
                elif line.startswith(b"data: "):
                    yield offset, json.loads(line[6:])

    async def until(
        self, holds: Callable[[dict[str, Any]], object], have: str = ""
    ) -> tuple[str, list[dict[str, Any]]]:
        """Return the updates up to the first for which something holds."""
        found = []
        async for offset, update in self.updates(have):
            found.append(update)
            if holds(update):
                return offset, found
        raise AssertionError("the server ended")


@asynccontextmanager
async def serving(recording: Recording) -> AsyncIterator[Client]:
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    async with (
        served(recording.live, "A run") as (address, _),
        aiohttp.ClientSession(timeout=timeout, read_bufsize=1 << 24) as session,
    ):
        yield Client(session, address)


def run(recording: Recording, work: Callable[[Client], Awaitable[None]]) -> None:
    async def main() -> None:
        async with serving(recording) as client:
            await work(client)

    asyncio.run(asyncio.wait_for(main(), SECONDS))


def turns(update: dict[str, Any]) -> int:
    found = update["lists"].get("summary.turns")
    return found["length"] if found else -1


def test_only_this_page_is_answered(tmp_path: Path) -> None:
    async def check(client: Client) -> None:
        host = urlsplit(client.address).netloc
        assert await client.status() == 200
        assert await client.status(Host=host.replace("127.0.0.1", "localhost")) == 200
        assert await client.status(Origin=f"http://{host}") == 200
        for name in ("evil.example", "127.0.0.1", f"127.0.0.1.evil.example:{host[-5:]}", ""):
            assert await client.status(Host=name) == 421
        for origin in ("http://evil.example", "null", f"https://{host}", "http://127.0.0.1:1"):
            for path in ("", "updates", "pieces/0-0"):
                assert await client.status(path, Origin=origin) == 403
        assert await client.status(method="POST") == 405
        for path in (
            "x",
            "pieces/",
            "pieces/1",
            "pieces/-1-2",
            "pieces/0-99999",
            "pieces/9999999999-9999999999",
            "pieces/0-0/1",
        ):
            assert await client.status(path) == 404
        client.address = f"http://{host}/{'0' * 32}/"
        assert await client.status() == 404
        assert await client.status("updates") == 404

    run(Recording(tmp_path), check)


def test_the_page_runs_its_own_script_alone_and_asks_its_own_server_alone(tmp_path: Path) -> None:
    async def check(client: Client) -> None:
        async with client.session.get(client.address) as answer:
            rules = answer.headers["Content-Security-Policy"].split("; ")
            assert {"default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'"} <= set(rules)
            assert not any("unsafe" in rule for rule in rules)
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Cache-Control"] == "no-store"

    run(Recording(tmp_path), check)


def test_a_page_gets_all_and_then_what_is_new_and_goes_on_where_it_was(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.write(exchange(1), exchange(2))

    async def check(client: Client) -> None:
        offset, (first,) = await client.until(lambda update: turns(update) == 2)
        assert first["whole"]
        assert sorted(first["lists"]["summary.turns"]["values"]) == ["0", "1"]
        recording.write(exchange(3))
        # Again as after a lost connection: only what is new.
        later, found = await client.until(lambda update: turns(update) == 3, offset)
        assert not any(update["whole"] for update in found)
        assert list(found[-1]["lists"]["summary.turns"]["values"]) == ["2"]
        assert len(found[-1]["lists"]["index.items"]["values"]) == 1
        assert found[-1]["head"]["summary.counts"]["turns"] == 3
        for unknown in ("", "00000000-1", f"{later}9", "?", later.replace("-", "-x")):
            _, (update,) = await client.until(lambda update: True, unknown)
            assert update["whole"]
            assert turns(update) == 3

    run(recording, check)


def test_a_server_that_is_started_again_has_the_same_address_path_and_sends_all(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.write(exchange(1))
    paths, offsets = [], [""]

    async def check(client: Client) -> None:
        paths.append(urlsplit(client.address).path)
        offset, (update,) = await client.until(lambda update: True, offsets[-1])
        assert update["whole"]
        assert turns(update) == 1
        offsets.append(offset)

    run(recording, check)
    run(recording, check)
    assert len(set(paths)) == 1
    assert len(set(offsets)) == 3
    assert paths[0] != urlsplit(f"http://h{_path_of_another(tmp_path / 'other')}").path


def _path_of_another(data: Path) -> str:
    found = []

    async def look(client: Client) -> None:
        found.append(urlsplit(client.address).path)

    run(Recording(data), look)
    return found[0]


def test_half_a_line_waits_for_its_end(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.write(exchange(1))
    torn = lines([exchange(2)])

    async def check(client: Client) -> None:
        with recording.traffic.open("ab") as file:
            file.write(torn[:100])
        offset, found = await client.until(lambda update: turns(update) == 1)
        assert found[-1]["head"]["summary.counts"]["malformed_lines"] == 0
        with recording.traffic.open("ab") as file:
            file.write(torn[100:])
        _, found = await client.until(lambda update: turns(update) == 2, offset)
        assert found[-1]["head"]["summary.counts"]["malformed_lines"] == 0

    run(recording, check)


def test_the_index_leads_to_the_content_of_each_exchange(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.write(exchange(1, "the answer"))

    async def check(client: Client) -> None:
        _, (update,) = await client.until(lambda update: turns(update) == 1)
        (place,) = update["head"]["index.details"]
        async with client.session.get(f"{client.address}pieces/{place}-{place}") as answer:
            assert answer.content_type == "application/octet-stream"
            assert (await answer.json(content_type=None))["request"]["url"] == URL
        content = update["lists"]["index.turns"]["values"]["0"]
        async with client.session.get(
            f"{client.address}pieces/{content['answer']}-{content['answer']},{place}-{place}"
        ) as answer:
            text = await answer.text()
            assert 0 < text.index("the answer") < text.index('{"line":1')

    run(recording, check)


def test_nothing_of_a_secret_that_arrives_in_pieces_is_sent(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    flow = Flow(recording, "one", ("x-api-key", KEY))

    async def check(client: Client) -> None:
        flow.respond()
        sent: list[str] = []

        async def collect() -> None:
            async for _, update in client.updates():
                sent.append(json.dumps(update))
                if "the end" in sent[-1]:
                    return

        collecting = asyncio.create_task(collect())
        for piece in (f"Use {KEY[:12]}", KEY[12:30], KEY[30:70], f"{KEY[70:]} for it; ", "this is the end. "):
            flow.say(piece)
            await asyncio.sleep(0.12)
        await collecting
        assert len(sent) > 3
        parts = {KEY[start : start + 6] for start in range(len(KEY) - 6)} - {KEY[:6], KEY[1:7], KEY[2:8]}
        assert not [part for part in parts if any(part in one for one in sent)]
        assert "[REDACTED:" in sent[-1]

    run(recording, check)


@pytest.mark.slow
def test_many_events_are_gathered_to_ten_updates_a_second(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    flow = Flow(recording)

    async def check(client: Client) -> None:
        flow.respond()
        begin, count = time.monotonic(), 0

        async def write() -> None:
            for number in range(150):
                flow.say(f"word{number} ")
                await asyncio.sleep(0.01)

        writing = asyncio.create_task(write())
        async for _, update in client.updates():
            count += 1
            texts = update["now"][0]["texts"] if update["now"] else []
            if texts and "word149" in texts[0]["text"]:
                break
        await writing
        assert count <= (time.monotonic() - begin) * 10 + 2

    run(recording, check)


def test_an_exchange_under_way_becomes_a_turn_and_the_end_of_the_run_is_announced(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    flow = Flow(recording, "x1")

    async def check(client: Client) -> None:
        flow.respond()
        offset, found = await client.until(lambda update: update["now"] and update["now"][0]["status"] == 200)
        assert found[-1]["open"] == ["x1"]
        assert not found[-1]["ended"]
        recording.write(exchange(1))
        flow.end()
        offset, found = await client.until(lambda update: update["open"] == [] or turns(update) == 1, offset)
        recording.end()
        offset, found = await client.until(lambda update: update["ended"], offset)
        assert found[-1]["head"]["summary.run"]["live"] is False
        _, (again,) = await client.until(lambda update: True)
        assert turns(again) == 1

    run(recording, check)


@pytest.mark.parametrize("wrong", ["a link", "gone"])
def test_a_record_that_is_replaced_is_not_followed_and_the_page_goes_on(tmp_path: Path, wrong: str) -> None:
    recording = Recording(tmp_path)
    recording.write(exchange(1), exchange(2))

    async def check(client: Client) -> None:
        offset, _ = await client.until(lambda update: turns(update) == 2)
        recording.traffic.rename(tmp_path / "moved")
        if wrong == "a link":
            recording.traffic.symlink_to(tmp_path / "moved")
            await asyncio.sleep(0.2)
            recording.traffic.unlink()
        recording.write(exchange(7))
        await client.until(lambda update: turns(update) == 1, offset)

    run(recording, check)
