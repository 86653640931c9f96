"""The official client reads what a replay serves, and puts its streams together as we do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probe.record.exchange import Exchange
from probe.record.reader import read_exchanges
from probe.renderers import anthropic_messages, bedrock, load_renderer
from tests.completeness import sdk
from tests.conftest import GOLDEN
from tests.replay.replays import replaying

anthropic = sdk.load("anthropic")

# Others differ in the order of fields, in how a time is spelled, or in hints that the client drops.
CASES = ("streamed-tool-loop", "citations", "compaction-and-fallback", "refusal")
ASKED: dict[str, Any] = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "Hi."}]}


def recorded(case: str) -> Exchange:
    """Give the first exchange of a golden case."""
    return next(read_exchanges(GOLDEN / f"{case}.jsonl", lambda _number, _reason: None))


def put_together(client: Any) -> Any:
    """Let the client ask, read the stream to its end, and give the message as JSON."""
    with client.messages.stream(**ASKED) as stream:
        return json.loads(stream.get_final_message().to_json())


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize("case", CASES)
def test_a_stream_of_the_api(case: str) -> None:
    exchange = recorded(f"anthropic_messages/{case}")
    assert exchange.response
    with replaying([exchange], anthropic_messages) as replay:
        client = anthropic.Anthropic(api_key="k", base_url=replay.url, max_retries=0)
        told = list(anthropic_messages.response_blocks(put_together(client.beta), 200))
    assert told == list(anthropic_messages.response_blocks(exchange.response.body, 200))[1:]


def test_a_stream_of_bedrock() -> None:
    exchange = recorded("bedrock/streamed-tool-call")
    with replaying([exchange], load_renderer("auto")) as replay:
        client = anthropic.AnthropicBedrock(api_key="k", base_url=replay.url, aws_region="eu-west-1", max_retries=0)
        message = put_together(client)
    (turn,) = bedrock.turns(exchange)
    streamed = list(anthropic_messages.response_blocks(turn.response, 200))
    # The client drops what Bedrock tells of its own times, which stands among the settings.
    assert list(anthropic_messages.response_blocks(message, 200))[1:] == streamed[2:]
