"""A text among the user's messages is a human's, the harness's, or the model's."""

from __future__ import annotations

from typing import Any

import pytest

from probe.analysis.origins import HUMAN, INJECTED, MODEL, SYSTEM, UNMARKED
from probe.record.exchange import Exchange
from probe.trace.context import ContextKind
from tests.analysis.runs import ask, found_in, said

TASK = "Find the callers of total()."
REMINDER = "<system-reminder>\nKeep to the rules.\n</system-reminder>"
DELEGATE = {"type": "function_call", "name": "delegate", "call_id": "c", "arguments": f'{{"prompt": "{TASK}"}}'}


def by_order(*calls: Exchange, prompt: str | None = None) -> list[str]:
    """Return the origins of all texts in the order in which they appeared."""
    found = found_in(calls, prompt=prompt)
    return [one for _, of in sorted(found.origins.of_items.items()) for one in of]


def parts(*texts: str) -> dict[str, Any]:
    """Make a message of several texts."""
    return {**said(""), "content": [{"type": "input_text", "text": text} for text in texts]}


def title(at: float, *items: Any) -> Exchange:
    """Make a request for a title."""
    return ask(at, *items, tools=False, model="small-1", instructions="Write a title.")


CASES: dict[str, tuple[list[Exchange], str | None, list[str]]] = {
    "what a user types": ([ask(1, said("Hi."))], None, [HUMAN]),
    "a reminder": ([ask(1, said(REMINDER), said("Hi."))], None, [INJECTED, HUMAN]),
    "a reminder in the same message": ([ask(1, parts(REMINDER, "Hi."))], None, [INJECTED, HUMAN]),
    "a prompt that looks like a reminder": ([ask(1, said(REMINDER))], REMINDER, [HUMAN]),
    "what only a side request says": (
        [title(1, said("A title for: Hi.")), ask(2, said("Hi."))],
        None,
        [INJECTED, HUMAN],
    ),
    "what a side request says as well": ([title(1, said("Hi.")), ask(2, said("Hi."))], None, [HUMAN]),
    "what an agent says in the user's name": ([ask(1, said("Go."), said("No edits."))], "Go.", [HUMAN, INJECTED]),
    "a prompt within other words": ([ask(1, said("The task: Go."), said("Hm."))], "Go.", [HUMAN, HUMAN]),
    "a sub-agent's task": (
        [ask(1, said("Go."), answer=[DELEGATE]), ask(2, said(TASK), said(REMINDER))],
        None,
        [HUMAN, MODEL, INJECTED],
    ),
}


@pytest.mark.parametrize(("run", "prompt", "expected"), CASES.values(), ids=CASES.keys())
def test_each_text_has_an_origin(run: list[Exchange], prompt: str | None, expected: list[str]) -> None:
    assert by_order(*run, prompt=prompt) == expected


def test_the_words_of_a_side_request_are_no_humans_part_of_its_context() -> None:
    found = found_in([title(1, said("A title for: Hi.")), ask(2, said("Hi."))])
    side, work = (found.contexts[index].sizes for index in (0, 1))
    assert (ContextKind.USER in side, ContextKind.INJECTED in side) == (False, True)
    assert (ContextKind.USER in work, ContextKind.INJECTED in work) == (True, False)
    assert list(found.injected) == [UNMARKED]


def test_a_message_of_the_system_behind_the_users_words_is_injected_and_no_instruction() -> None:
    rules, reminder = said("Be short.", "developer"), said("The folder is /tmp.", "developer")
    found = found_in([ask(1, rules, said("Hi."), reminder)])
    sizes = found.contexts[0].sizes
    assert sizes[ContextKind.INJECTED] > sizes[ContextKind.INSTRUCTIONS] > 0
    assert (list(found.injected), found.injected[SYSTEM].count) == ([SYSTEM], 1)


def test_a_sub_agents_task_is_no_humans_part_of_its_context() -> None:
    found = found_in([ask(1, said("Go."), answer=[DELEGATE]), ask(2, said(TASK))])
    assert ContextKind.TASK in found.contexts[1].sizes
    assert ContextKind.USER not in found.contexts[1].sizes
    task = found.threads[1].task
    assert task is not None
    assert (task.turn, task.call.argument) == (0, TASK)


def test_what_is_injected_is_counted_once_however_often_it_is_sent() -> None:
    other = REMINDER.replace("Keep", "Hold")
    found = found_in([ask(1, said(REMINDER)), ask(2, said(REMINDER), said("Hi."), said(other))])
    texts = found.injected["system-reminder"]
    assert (texts.count, texts.size, texts.first) == (2, len(REMINDER) + len(other), 0)
