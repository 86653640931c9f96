"""A word of a path is a parameter where it looks like an id, names a model, or is one of many that lead to the same."""

from __future__ import annotations

import pytest

from probe.protocol.endpoint_statistics import Address, BodyStatistics, EndpointStatistics, path_of
from probe.protocol.late_parameters import with_late_parameters
from probe.protocol.observing import Observer
from probe.slots.slots import Slots

PATHS = {
    "/v1/responses": "/v1/responses",
    "/v1/responses/resp_0a1b2c3d4e5f60718293a4b5": "/v1/responses/{response_id}",
    "/v1/threads/5f2b9c1e-6a7d-4e8f-9b0a-1c2d3e4f5a6b/runs/12": "/v1/threads/{thread_id}/runs/{run_id}",
    "/v1beta/models/gemini-3-pro:streamGenerateContent": "/v1beta/models/{model}:streamGenerateContent",
    "/model/anthropic.claude-v4/invoke": "/model/{model}/invoke",
    "/v1/models": "/v1/models",
    "/": "/",
}


@pytest.mark.parametrize(("path", "template"), PATHS.items())
def test_ids_and_models_are_parameters_at_once(path: str, template: str) -> None:
    found = path_of(path, Slots().text)
    assert "/".join(found.words) == template
    assert all(value in path for value in found.values.values())


def _endpoints(words: str, members: list[str]) -> dict[Address, EndpointStatistics]:
    """Return endpoints that differ in a word, with answers that have one member in common, and one of their own."""
    found = {}
    for word, own in zip(words, members, strict=True):
        endpoint = found[Address("model", ("", "v1", "tasks", word), "GET", "http")] = EndpointStatistics()
        endpoint.count = 1
        body = endpoint.requests["application/json"] = BodyStatistics()
        Observer(lambda text, at: text, lambda number, at: None).add(body.values, {"id": 1, "state": 2, own: 3})
    return found


def test_four_words_that_lead_to_the_same_are_values_of_a_parameter() -> None:
    found = with_late_parameters(_endpoints("abcd", ["x"] * 4))
    ((address, endpoint),) = found.items()
    assert "/".join(address.path) == "/v1/tasks/{task_name}"
    assert endpoint.count == 4
    texts = endpoint.parameters["task_name"].texts
    assert texts
    assert texts.values == {*"abcd"}


def test_three_words_or_bodies_of_another_form_are_none() -> None:
    assert len(with_late_parameters(_endpoints("abc", ["x"] * 3))) == 3
    assert len(with_late_parameters(_endpoints("abcd", ["w", "x", "y", "z"]))) == 4
