"""A side request gets its recorded answer at once, however many were recorded."""

from __future__ import annotations

import json

import pytest

from probe.replay.side_requests import SideRequests
from probe.slots.slots import Slots
from tests.replay.replays import post
from tests.trace.tracing import unread

MANY = 2000


@pytest.mark.timeout(20)
def test_each_of_many_bodies_is_found() -> None:
    bodies = [{"events": [{"name": f"event {number}", "at": "2026-01-01T00:00:00Z"}]} for number in range(MANY)]
    sides = [post(float(at), {"n": at}, request=body, url="https://h/v1/events") for at, body in enumerate(bodies)]
    slots = Slots()
    found = SideRequests(unread(sides), lambda: slots)
    for number, body in enumerate(bodies):
        one = found.find("POST", "/v1/events", json.dumps(body).encode())
        assert one is not None
        assert one.timestamp == number
