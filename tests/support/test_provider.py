"""Walk the tool loop against the local provider, as codex does."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support import encodings
from tests.support.answers import FOUND
from tests.support.certificates import Authority
from tests.support.provider import Provider, provider_running
from tests.support.toolcalls import TASK
from tests.support.wirelog import Bytes

pytestmark = pytest.mark.timeout(30)

ASK = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "List the files"}]}
SHELL = {"type": "function", "name": "shell"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "hello.txt"}
CUSTOM = {"type": "namespace", "name": "functions", "tools": [{"type": "custom", "name": "exec"}]}
OFFERS: dict[str, tuple[dict[str, Any], str, str]] = {
    "a function at the top": (
        {"stream": True, "tools": [{"type": "function", "name": "exec_command"}], "input": [ASK]},
        "function_call",
        '{"cmd": "ls -la"}',
    ),
    "the classic shell": (
        {"stream": True, "tools": [{"type": "function", "name": "shell"}], "input": [ASK]},
        "function_call",
        '{"command": ["bash", "-lc", "ls -la"]}',
    ),
    "a custom tool in a namespace of an input item": (
        {"stream": True, "input": [{"type": "additional_tools", "tools": [CUSTOM]}, ASK]},
        "custom_tool_call",
        'const result = await tools.exec_command({"cmd": "ls -la"});\ntext(result.output);\n',
    ),
}


async def _post(url: str, **options: Any) -> tuple[bytes, list[dict[str, Any]]]:
    """Post a turn; give the body as it crossed the wire, and its events."""
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.post(url, **options) as answer,
    ):
        wire = await answer.read()
        text = encodings.decode(wire, answer.headers.get("content-encoding")).decode()
    return wire, [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


def _done(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the finished items."""
    return [event["item"] for event in events if event["type"] == "response.output_item.done"]


@pytest.mark.parametrize(("body", "kind", "payload"), OFFERS.values(), ids=OFFERS.keys())
def test_the_first_turn_calls_the_shell_tool_on_offer(body: dict[str, Any], kind: str, payload: str) -> None:
    with provider_running() as provider:
        _, events = asyncio.run(_post(f"{provider.url}/v1/responses", json=body))
    thought, call = _done(events)
    assert thought["summary"][0]["text"].startswith("**Looking around**")
    assert (call["type"], call.get("arguments", call.get("input"))) == (kind, payload)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))


@pytest.mark.parametrize("name", encodings.NAMES)
def test_the_second_turn_is_text_in_every_encoding(name: str) -> None:
    body = json.dumps({"stream": True, "tools": [SHELL], "input": [ASK, OUTPUT]}).encode()
    sent = encodings.encode(body, name)
    headers = {"content-type": "application/json"} | ({} if name == "none" else {"content-encoding": name})
    with provider_running(encoding=name, hold_open=0.05) as provider:
        url = f"{provider.url}/backend-api/codex/responses"
        wire, events = asyncio.run(_post(url, data=sent, headers=headers))
        provider.log.wait_settled()
    (request,), (response,) = provider.log.requests, provider.log.responses
    assert (request.wire, request.decoded) == (Bytes.of(sent), Bytes.of(body))
    assert (response.wire, response.complete) == (Bytes.of(wire), True)
    assert "".join(event["delta"] for event in events if event["type"].endswith("text.delta")) == FOUND
    assert events[-1]["response"]["usage"]["total_tokens"] == 1328


async def _converse(url: str, bodies: list[dict[str, Any]]) -> list[list[str]]:
    """Send requests over one WebSocket; give each one's messages."""
    async with aiohttp.ClientSession() as session, session.ws_connect(url, compress=15) as socket:
        answers = []
        for body in bodies:
            await socket.send_str(json.dumps({"type": "response.create", **body}))
            answer = [await socket.receive_str(timeout=5)]
            while "response.completed" not in answer[-1][:40]:
                answer.append(await socket.receive_str(timeout=5))
            answers.append(answer)
        return answers


def test_a_websocket_carries_warm_up_call_and_text(tmp_path: Path) -> None:
    first = {"tools": [{"type": "function", "name": "shell_command"}], "input": [ASK]}
    bodies: list[dict[str, Any]] = [{"generate": False}, first, {"previous_response_id": "resp_1", "input": [OUTPUT]}]
    with provider_running(log_path=tmp_path / "wire.jsonl") as provider:
        answers = asyncio.run(_converse(f"{provider.url}/v1/responses", bodies))
        provider.log.wait_settled()
    outputs = [[item["type"] for item in json.loads(answer[-1])["response"]["output"]] for answer in answers]
    assert outputs == [[], ["reasoning", "function_call"], ["message"]]
    seen = [message for message in provider.log.messages if message.direction == "server"]
    assert [message.body.decode() for message in seen] == [text for answer in answers for text in answer]
    lines = [json.loads(line) for line in (tmp_path / "wire.jsonl").read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["received", *["message"] * (len(lines) - 2), "sent"]


def test_over_a_websocket_a_sub_agent_is_started_and_waited_for_and_finds_its_task_among_agents_messages() -> None:
    names = {"type": "object", "properties": {"task_name": {}, "message": {}}, "required": ["task_name", "message"]}
    spawn = {"type": "function", "name": "spawn_agent", "parameters": names}
    inner = [spawn, {"type": "function", "name": "wait_agent", "parameters": {"type": "object"}}]
    tools = {"type": "additional_tools", "tools": [CUSTOM, {"type": "namespace", "name": "team", "tools": inner}]}
    task = {"type": "agent_message", "content": [{"type": "encrypted_content", "encrypted_content": TASK}]}

    async def all_of_it(url: str) -> list[list[dict[str, Any]]]:
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            found: list[list[dict[str, Any]]] = []
            before: dict[str, Any] = {}
            for items in ([tools, ASK], [OUTPUT], [OUTPUT], [tools, task]):
                before = {} if tools in items else before
                await socket.send_str(json.dumps({"type": "response.create", "input": items, **before}))
                while (event := json.loads(await socket.receive_str(timeout=5)))["type"] != "response.completed":
                    pass
                before = {"previous_response_id": event["response"]["id"]}
                found.append(event["response"]["output"])
            return found

    with provider_running(sub_agent=True) as provider:
        started, waited, said, own = asyncio.run(all_of_it(f"{provider.url}/v1/responses"))
    assert [(one[-1]["namespace"], one[-1]["name"]) for one in (started, waited)] == [
        ("team", "spawn_agent"),
        ("team", "wait_agent"),
    ]
    assert json.loads(started[-1]["arguments"]) == {"task_name": "look_around", "message": TASK}
    assert said[-1]["content"][0]["text"] == FOUND
    assert ("namespace" in own[-1], own[-1]["name"]) == (False, "exec")


def test_two_providers_answer_alike() -> None:
    async def once() -> list[list[str]]:
        async with Provider() as provider:
            bodies: list[dict[str, Any]] = [{"generate": False}, {"input": [ASK]}]
            return await _converse(f"{provider.url}/v1/responses", bodies)

    assert asyncio.run(once()) == asyncio.run(once())


@pytest.mark.parametrize(("options", "status"), [({"transport": "http"}, 426), ({"status": 500}, 500)])
def test_an_upgrade_can_be_refused(options: dict[str, Any], status: int) -> None:
    with provider_running(**options) as provider, pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        asyncio.run(_converse(f"{provider.url}/v1/responses", []))
    assert refusal.value.status == status


def test_a_client_that_leaves_early_is_logged_as_such() -> None:
    async def leave(url: str) -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, json={"stream": True, "input": "Hello"}) as answer,
        ):
            await answer.content.readline()

    with provider_running(pause=0.05) as provider:
        asyncio.run(leave(f"{provider.url}/v1/responses"))
        provider.log.wait_settled()
    assert [response.complete for response in provider.log.responses] == [False]


SIDES: dict[str, tuple[str, str, str]] = {
    "models of the API": ("/v1/models?client_version=0.98.0", "models", "[]"),
    "models of a ChatGPT login": ("/backend-api/codex/models", "models", "[]"),
    "the account's own workspace": ("/backend-api/wham/accounts/check", "account_ordering", '["acct-1"]'),
}


@pytest.mark.parametrize(("path", "key", "value"), SIDES.values(), ids=SIDES.keys())
def test_side_requests_get_what_codex_asks_for(path: str, key: str, value: str) -> None:
    async def ask(url: str) -> Any:
        headers = {"ChatGPT-Account-Id": "acct-1"}
        async with aiohttp.ClientSession(headers=headers) as session, session.get(url) as answer:
            return await answer.json()

    with provider_running() as provider:
        assert json.dumps(asyncio.run(ask(provider.url + path))[key]) == value


def test_tls_is_trusted_through_the_throw_away_authority() -> None:
    authority = Authority()
    with provider_running(ssl_context=authority.server_context()) as provider:
        url = f"{provider.url}/v1/responses"
        _, events = asyncio.run(_post(url, json={"stream": True, "input": "Hello"}, ssl=authority.client_context()))
    assert events[-1]["type"] == "response.completed"
