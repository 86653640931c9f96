"""The official client reads what a replay serves, and puts its streams together as the renderer does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probe.record.exchange import Exchange
from probe.record.reader import read_exchanges
from probe.renderers.anthropic_messages import API
from probe.renderers.bedrock_invoke import API as BEDROCK
from probe.renderers.json_reader import decoded_base64
from probe.renderers.loader import load_renderer
from tests.completeness import sdk
from tests.conftest import GOLDEN
from tests.renderers.reading import read_blocks
from tests.replay.replays import replaying

anthropic = sdk.load("anthropic")

# Others differ in the order of fields, in how a time is spelled, or in hints that the client drops.
CASES = ("streamed-tool-loop", "citations", "compaction-and-fallback", "refusal")


def recorded(case: str) -> Exchange:
    """Return the first exchange of a golden case."""
    return next(read_exchanges(GOLDEN / f"{case}.jsonl", lambda _number, _reason: None))


def put_together(client: Any, asked: dict[str, Any]) -> Any:
    """Return the message that the client makes of the stream that answers a recorded request, as JSON."""
    known = {"model": "m", "max_tokens": 1, "messages": [], **asked}
    own = {name: known.pop(name) for name in known.keys() - {"model", "max_tokens", "messages"}}
    with client.messages.stream(**known, extra_body=own) as stream:
        return json.loads(stream.get_final_message().to_json())


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize("case", CASES)
def test_a_stream_of_the_api(case: str) -> None:
    exchange = recorded(f"anthropic_messages/{case}")
    assert exchange.response
    with replaying([exchange], load_renderer("auto")) as replay:
        client = anthropic.Anthropic(api_key="k", base_url=replay.url, max_retries=0)
        message = put_together(client.beta, exchange.request.body)
    assert read_blocks(API, message) == read_blocks(API, exchange.response.body)


def test_a_stream_of_bedrock() -> None:
    exchange = recorded("bedrock_invoke/streamed-tool-call")
    with replaying([exchange], load_renderer("auto")) as replay:
        client = anthropic.AnthropicBedrock(api_key="k", base_url=replay.url, aws_region="eu-west-1", max_retries=0)
        message = put_together(client, exchange.request.body)
    assert exchange.response
    frames = decoded_base64(exchange.response.body)
    # The client drops the times that Bedrock reports, which are among the settings.
    assert read_blocks(API, message)[1:] == read_blocks(BEDROCK, frames)[1:]
