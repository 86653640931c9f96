"""Places with the same id are found, with how often."""

from __future__ import annotations

import json
import uuid
from typing import Any

from probe.slots.relations import Relations


def _id() -> str:
    return str(uuid.uuid4())


def _request(session: str, turn: str, **more: Any) -> tuple[dict[str, str | list[str]], dict[str, Any]]:
    headers: dict[str, str | list[str]] = {
        "Session-Id": session,
        "X-Client-Request-Id": turn,
        "X-Meta": json.dumps({"turn_id": turn}),
    }
    return headers, {"prompt_cache_key": session, "model": "gpt-5.2", **more}


def test_places_with_one_id_have_the_best_known_ones_name() -> None:
    relations, session = Relations(), _id()
    for _ in range(3):
        relations.request(*_request(session, _id()))
    assert [str(one) for one in relations.found()] == [
        "`headers.x-client-request-id` is `headers.x-meta.turn_id` (in 3 of 3)",
        "`prompt_cache_key` is `headers.session-id` (in 3 of 3)",
    ]


def test_an_answers_id_is_followed_into_later_requests() -> None:
    relations, answered = Relations(), "resp_2b1401ce68e2ca7f377c4fd4"
    relations.request(*_request(_id(), _id()))
    relations.answer({"type": "response.created", "response": {"id": answered}})
    relations.request(*_request(_id(), _id(), previous_response_id=answered, input=[{"call_id": "call_1"}]))
    carried = [one for one in relations.found() if one.answer]
    assert [str(one) for one in carried] == ["`previous_response_id` is an earlier answer's `response.id` (in 1 of 1)"]


def test_counts_of_two_runs_add_up_and_chance_is_left_out() -> None:
    both = Relations()
    for same in (True, False, False):
        one = Relations()
        session = _id()
        one.request(*_request(session, session if same else _id()))
        both.merge(one)
    found = {(relation.place, relation.same_as): (relation.count, relation.total) for relation in both.found()}
    assert found["prompt_cache_key", "headers.session-id"] == (3, 3)
    assert ("headers.x-client-request-id", "headers.session-id") not in found
