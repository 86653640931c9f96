"""A replay sends binary frames as they were recorded."""

from __future__ import annotations

import base64
import json

from probe.record.reader import read_exchanges
from probe.renderers.loader import load_renderer
from tests.conftest import GOLDEN
from tests.replay.replays import replaying, sent
from tests.support.client import ask
from tests.support.frames import MEDIA_TYPE


def test_a_replay_sends_the_frames_byte_for_byte() -> None:
    recorded = GOLDEN / "bedrock_invoke" / "streamed-tool-call.jsonl"
    exchanges = list(read_exchanges(recorded, lambda _number, _reason: None))
    path = exchanges[0].request.url.removeprefix("https://bedrock-runtime.eu-west-1.amazonaws.com")
    with replaying(exchanges, load_renderer("probe.renderers.bedrock_invoke")) as replay:
        first, second = (ask(replay.url + path, sent(exchanges[0])) for _ in range(2))
    assert exchanges[0].response
    assert first.body == base64.b64decode(exchanges[0].response.body)
    assert dict(first.headers)["content-type"] == MEDIA_TYPE
    assert (second.status, list(json.loads(second.body))) == (400, ["message"])
