"""Threads that run side by side get the answers of their own conversations, and of no other."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest
from aiohttp import ClientSession

from probe.record.exchange import Exchange
from tests.replay.replays import Replay, replaying
from tests.replay.test_matching import answer_of, call, request, result, user

THREADS, TURNS = 16, 4


def recorded(thread: int, prompt: str) -> list[Exchange]:
    """Make a conversation; the threads' calls are mixed in time, as they were made side by side."""
    items: list[Any] = [user(prompt)]
    made = []
    for turn in range(TURNS):
        name = f"{thread}-{turn}"
        made.append(call(turn + thread / 100, name, *items))
        items += [answer_of(name), result(f"the same in each thread, turn {turn}")]
    return made


async def conversation(session: ClientSession, url: str, prompt: str, order: random.Random) -> list[str]:
    """Run one thread of an agent; return the names of its answers up to the first refusal."""
    items: list[Any] = [user(prompt)]
    names = []
    for turn in range(TURNS):
        await asyncio.sleep(order.random() / 500)
        async with session.post(url, data=json.dumps(request(*items))) as got:
            body = await got.text()
        if got.status != 200:
            break
        names.append(json.loads(body.split("data: ")[1].split("\n")[0])["response"]["id"])
        items += [answer_of(names[-1]), result(f"the same in each thread, turn {turn}")]
    return names


def talk(replay: Replay, prompts: list[str], seed: int) -> list[list[str]]:
    """Run all threads side by side."""

    async def run() -> list[list[str]]:
        order, url = random.Random(seed), f"{replay.url}/v1/responses"
        async with ClientSession() as session:
            return await asyncio.gather(*(conversation(session, url, one, order) for one in prompts))

    return asyncio.run(asyncio.wait_for(run(), 60))


PROMPTS = {
    "prompts of their own": [f"Do part {number}" for number in range(THREADS)],
    "the same prompt": ["Do it"] * THREADS,
}


def check(prompts: list[str], seed: int) -> None:
    """Record threads, replay them side by side, and check that each stayed in its conversation."""
    exchanges = [one for number, prompt in enumerate(prompts) for one in recorded(number, prompt)]
    with replaying(exchanges, strict=True) as replay:
        got = talk(replay, prompts, seed)
    threads = [{name.partition("-")[0] for name in names} for names in got]
    assert [len(one) for one in threads] == [1] * THREADS
    assert len(set.union(*threads)) == THREADS
    assert [[name.partition("-")[2] for name in names] for names in got] == [[str(n) for n in range(TURNS)]] * THREADS
    if len(set(prompts)) == THREADS:
        assert [names[0] for names in got] == [f"{number}-0" for number in range(THREADS)]
    assert (replay.server.problems, replay.server.notes) == ([], [])


@pytest.mark.parametrize("prompts", PROMPTS.values(), ids=PROMPTS.keys())
def test_threads_never_cross(prompts: list[str]) -> None:
    check(prompts, seed=0)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("prompts", PROMPTS.values(), ids=PROMPTS.keys())
def test_threads_never_cross_in_two_hundred_runs(prompts: list[str]) -> None:
    for seed in range(200):
        check(prompts, seed)


def test_a_thread_with_another_prompt_takes_no_answer_that_another_thread_needs() -> None:
    prompts = PROMPTS["prompts of their own"]
    exchanges = [one for number, prompt in enumerate(prompts) for one in recorded(number, prompt)]
    changed = [*prompts[:-1], "Do something else"]
    for seed in range(5):
        with replaying(exchanges) as replay:
            got = talk(replay, changed, seed)
        assert got[:-1] == [[f"{number}-{turn}" for turn in range(TURNS)] for number in range(THREADS - 1)]
