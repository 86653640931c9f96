"""What a turn read from the cache is compared with what the turn before sent, and what it missed has a reason."""

from __future__ import annotations

from typing import Any

import pytest

from probe.analysis.cache import CacheUse
from probe.record.exchange import Exchange
from probe.report.cache_reasons import cache_reason
from tests.analysis.runs import TOOL, ask, found_in, ran, said
from tests.replay.replays import post

ONE, TWO, THREE = said("First thing"), said("Second thing"), said("Third thing")
IDS = {"session": ["header s"]}
OTHER_TOOL = {**TOOL, "name": "other"}


def usage(read: int | None = 0, total: int = 5000) -> dict[str, Any]:
    """Make the usage of an answer as the Responses API reports it."""
    details = {} if read is None else {"input_tokens_details": {"cached_tokens": read}}
    return {"input_tokens": total, "output_tokens": 10, "total_tokens": total + 10, **details}


def second(*calls: Exchange) -> CacheUse | None:
    """Return how the last of some calls used the cache."""
    for call in calls:
        call.request.headers["s"] = "1"
    uses = found_in(calls, IDS).cache
    return uses.get(len(calls) - 1)


def with_tool(tool: dict[str, Any], call: Exchange) -> Exchange:
    """Return a call that offers another tool."""
    call.request.body["tools"] = [tool]
    return call


FIRST = ask(1, ONE, TWO, usage=usage(), instructions="Be short.")
CASES: dict[str, tuple[Exchange, tuple[str | None, tuple[str, int, bool] | None]]] = {
    "all that was sent is read": (
        ask(2, ONE, TWO, THREE, usage=usage(4864), instructions="Be short."),
        (None, None),
    ),
    "what no API caches is not missed": (
        ask(2, ONE, TWO, THREE, usage=usage(4100), instructions="Be short."),
        (None, None),
    ),
    "another model": (
        ask(2, ONE, TWO, THREE, model="big-2", usage=usage(), instructions="Be short."),
        ("model", None),
    ),
    "another tool": (
        with_tool(OTHER_TOOL, ask(2, ONE, TWO, THREE, usage=usage(), instructions="Be short.")),
        ("tools", ("tool", 0, False)),
    ),
    "other instructions": (
        ask(2, ONE, TWO, THREE, usage=usage(), instructions="Be long."),
        ("instructions", ("instructions", 0, False)),
    ),
    "a message in the middle": (
        ask(2, ONE, said("Changed"), THREE, usage=usage(), instructions="Be short."),
        ("messages", ("message", 1, False)),
    ),
    "a message is gone": (
        ask(2, ONE, usage=usage(), instructions="Be short."),
        ("messages", ("message", 1, True)),
    ),
    "a long time": (
        ask(400, ONE, TWO, THREE, usage=usage(), instructions="Be short."),
        ("time", None),
    ),
    "a setting": (
        ask(2, ONE, TWO, THREE, usage=usage(), instructions="Be short.", prompt_cache_key="k"),
        ("settings", None),
    ),
    "nothing that is known": (
        ask(2, ONE, TWO, THREE, usage=usage(), instructions="Be short."),
        ("unknown", None),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("call", "expected"), CASES.values(), ids=CASES.keys())
def test_what_was_missed_has_a_cause(call: Exchange, expected: tuple[Any, Any]) -> None:
    use = second(FIRST, call)
    assert use is not None
    cause, difference = expected
    assert (use.before, use.expected, use.cause) == (0, 5000, cause)
    found = use.difference
    assert (found and (found.kind.value, found.among, found.dropped)) == difference
    assert (cache_reason(use, 1) is None) == (cause is None)


READ_ANEW = "and all that follows is read anew"
TOOLS = {
    "one more": ([TOOL, OTHER_TOOL], f"tool other was added, {READ_ANEW}"),
    "one less": ([], f"tool shell of turn 1 is gone, {READ_ANEW}"),
    "another definition": (
        [{**TOOL, "description": "Runs it."}],
        f"the definition of tool shell is not that of turn 1, {READ_ANEW}",
    ),
    "another first one": ([OTHER_TOOL, TOOL], f"tool other was added, {READ_ANEW}"),
}


@pytest.mark.parametrize(("tools", "reason"), TOOLS.values(), ids=TOOLS.keys())
def test_the_tool_that_made_the_cache_miss_is_named(tools: list[dict[str, Any]], reason: str) -> None:
    later = ask(2, ONE, TWO, THREE, usage=usage(), instructions="Be short.")
    later.request.body["tools"] = tools
    use = second(FIRST, later)
    assert use is not None
    assert cache_reason(use, 1) == reason


def test_the_place_of_a_difference_is_that_among_all_items() -> None:
    use = second(FIRST, CASES["a message in the middle"][0])
    assert use is not None
    assert use.difference is not None
    # model, instructions, the first message.
    assert use.difference.place == 3


def test_a_turn_is_compared_with_the_last_one_of_its_thread_that_was_answered() -> None:
    failed = ask(2, ONE, TWO, *ran("a"), instructions="Be short.")
    later = ask(3, ONE, TWO, *ran("a"), THREE, usage=usage(4900), instructions="Be short.")
    use = second(FIRST, failed, later)
    assert use is not None
    assert (use.before, use.read, use.missed) == (0, 4900, 100)


@pytest.mark.parametrize("calls", [(FIRST,), (FIRST, ask(2, ONE, TWO, THREE, usage=usage(None)))])
def test_without_a_turn_before_or_a_report_of_the_api_nothing_is_said(calls: tuple[Exchange, ...]) -> None:
    assert second(*calls) is None


def test_an_api_that_was_not_asked_to_cache_missed_nothing_of_its_own() -> None:
    def call(at: float, *texts: str) -> Exchange:
        counts = {"input_tokens": 5000, "output_tokens": 1, "cache_read_input_tokens": 0,
                  "cache_creation_input_tokens": 0}  # fmt: skip
        body = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "Yes."}], "usage": counts}
        messages = [{"role": "user", "content": text} for text in texts]
        request = {"model": "m", "max_tokens": 100, "messages": messages}
        return post(at, body, request=request, headers={}, url="https://api.test/v1/messages")

    use = second(call(1, "One."), call(2, "One.", "Two."))
    assert use is not None
    assert (use.cause, cache_reason(use, 1)) == ("not cached", "turn 1 neither read from the cache nor wrote to it")
