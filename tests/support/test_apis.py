"""Walk the tool loop over each API that the local provider speaks, without an SDK; our renderers read what it says."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest

from probe.renderers.blocks import Block, Encrypted, Failure, Reasoning, Text, ToolCall, Usage
from probe.renderers.loader import AUTO, load_renderer
from tests.renderers.reading import read_blocks
from tests.support import encodings
from tests.support.answers import CALL, FOUND, PLAN, SIDE, SUMMARY, TEXT, USAGE, Asked, Model
from tests.support.apis import (
    anthropic_messages,
    bedrock,
    gemini_generate_content,
    openai_chat_completions,
    openai_responses,
)
from tests.support.apis.event_stream import frame
from tests.support.apis.sides import COUNTED
from tests.support.client import Answer, ask
from tests.support.frames import MEDIA_TYPE
from tests.support.provider import provider_running
from tests.support.schemas import TITLE, instance
from tests.support.toolcalls import TASK, Tool, choose

pytestmark = pytest.mark.timeout(30)
SCHEMA = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}
SHAPE = {"type": "object", "properties": {"title": {"type": "string"}, "score": {"type": "integer"}}}
SHAPE |= {"required": ["title", "score"]}
ROUTED = {"title": TITLE, "score": 1}


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """How an agent speaks to an API."""

    api: str
    path: str
    ask: dict[str, Any]
    """The first request: a shell tool and the user's words."""
    result: list[dict[str, Any]]
    """The messages by which the second request is longer."""
    shaped: dict[str, Any]
    """What asks for an answer of the shape `SHAPE`."""
    forced: dict[str, Any]
    """What asks for a call of the tool `choose`, whose arguments have that shape."""
    messages: str = "messages"
    """Where the messages stand."""
    envelope: str | None = None
    """What the request stands in."""

    def then(self, messages: Iterable[dict[str, Any]]) -> Spoken:
        """Return this with further messages."""
        return replace(self, ask={**self.ask, self.messages: [*self.ask[self.messages], *messages]})

    def but(self, **fields: Any) -> Spoken:
        """Return this with other fields."""
        return replace(self, ask={**self.ask, **fields})

    def body(self) -> bytes:
        """Write the request's body."""
        return json.dumps({self.envelope: self.ask} if self.envelope else self.ask).encode()


def _chat(**more: Any) -> Spoken:
    function = {"name": "run_shell_command", "parameters": SCHEMA}
    choose = {"type": "function", "function": {"name": "choose", "parameters": SHAPE}}
    return Spoken(
        api=openai_chat_completions.NAME,
        path="/v1/chat/completions",
        ask={
            "model": "m",
            "messages": [{"role": "user", "content": "List the files"}],
            "tools": [{"type": "function", "function": function}],
            **more,
        },
        result=[
            {"role": "assistant", "content": None, "tool_calls": []},
            {"role": "tool", "tool_call_id": "call_1", "content": "hello.txt"},
        ],
        shaped={"response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": SHAPE}}},
        forced={"tools": [choose], "tool_choice": {"type": "function", "function": {"name": "choose"}}},
    )


def _responses(**more: Any) -> Spoken:
    return Spoken(
        api=openai_responses.NAME,
        path="/v1/responses",
        ask={
            "model": "m",
            "input": [{"role": "user", "content": "List the files"}],
            "tools": [{"type": "function", "name": "bash", "parameters": SCHEMA}],
            **more,
        },
        result=[{"type": "function_call_output", "call_id": "call_1", "output": "hello.txt"}],
        shaped={"text": {"format": {"type": "json_schema", "name": "s", "schema": SHAPE}}},
        forced={"tools": [{"type": "function", "name": "choose", "parameters": SHAPE}], "tool_choice": "required"},
        messages="input",
    )


def _anthropic(**more: Any) -> Spoken:
    return Spoken(
        api=anthropic_messages.NAME,
        path="/v1/messages",
        ask={
            "model": "m",
            "max_tokens": 1000,
            "thinking": {"type": "adaptive"},
            "messages": [{"role": "user", "content": "List the files"}],
            "tools": [{"name": "Bash", "input_schema": SCHEMA}],
            **more,
        },
        result=[
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "Bash", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "hello.txt"}]},
            {"role": "user", "content": "<system-reminder>Nobody said this.</system-reminder>\n"},
        ],
        shaped={"output_config": {"format": {"type": "json_schema", "schema": SHAPE}}},
        forced={
            "tools": [{"name": "choose", "input_schema": SHAPE}],
            "tool_choice": {"type": "tool", "name": "choose"},
        },
    )


def _bedrock(verb: str) -> Spoken:
    spoken = _anthropic(anthropic_version="bedrock-2023-05-31")
    path = f"/model/us.anthropic.claude-x-4-5-20250929-v1%3A0/{verb}"
    return replace(spoken, api=bedrock.NAME, path=path)


def _gemini(path: str, envelope: str | None = None) -> Spoken:
    declared = {"name": "run_shell_command", "parametersJsonSchema": SCHEMA}
    choose = {"functionDeclarations": [{"name": "choose", "parameters": SHAPE}]}
    calling = {"mode": "ANY", "allowedFunctionNames": ["choose"]}
    return Spoken(
        api=gemini_generate_content.NAME,
        path=path,
        ask={
            "contents": [{"role": "user", "parts": [{"text": "List the files"}]}],
            "tools": [{"functionDeclarations": [declared]}],
            "generationConfig": {"thinkingConfig": {"includeThoughts": True}},
        },
        result=[
            {"role": "model", "parts": [{"functionCall": {"name": "run_shell_command", "args": {}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "run_shell_command", "response": {}}}]},
        ],
        shaped={"generationConfig": {"responseMimeType": "application/json", "responseSchema": SHAPE}},
        forced={"tools": [choose], "toolConfig": {"functionCallingConfig": calling}},
        messages="contents",
        envelope=envelope,
    )


_MODEL = "models/gemini-2.5-pro"
SPOKEN: dict[str, Spoken] = {
    "Responses, whole": _responses(),
    "Responses, streamed": _responses(stream=True),
    "Chat Completions, whole": _chat(),
    "Chat Completions, streamed": _chat(stream=True, stream_options={"include_usage": True}),
    "Messages, whole": _anthropic(),
    "Messages, streamed": _anthropic(stream=True),
    "Bedrock, whole": _bedrock("invoke"),
    "Bedrock, streamed": _bedrock("invoke-with-response-stream"),
    "Gemini, whole": _gemini(f"/v1beta/{_MODEL}:generateContent"),
    "Gemini, streamed": _gemini(f"/v1beta/{_MODEL}:streamGenerateContent?alt=sse"),
    "Gemini, streamed as a list": _gemini(f"/v1beta/{_MODEL}:streamGenerateContent"),
    "Vertex, whole": _gemini(f"/v1beta1/publishers/google/{_MODEL}:generateContent"),
    "Vertex, streamed": _gemini(f"/v1/projects/p/locations/l/publishers/google/{_MODEL}:streamGenerateContent?alt=sse"),
    "Code Assist, whole": _gemini("/v1internal:generateContent", "request"),
    "Code Assist, streamed": _gemini("/v1internal:streamGenerateContent?alt=sse", "request"),
}
every = pytest.mark.parametrize("spoken", SPOKEN.values(), ids=SPOKEN.keys())

T = TypeVar("T")


def said(spoken: Spoken, **options: Any) -> list[Block]:
    """Send a request to a new provider and tell its answer."""
    with provider_running(**options) as provider:
        return told(spoken, ask(provider.url + spoken.path, spoken.body()))


def told(spoken: Spoken, answer: Answer) -> list[Block]:
    """Return an answer as blocks."""
    body: str | bytes = encodings.decode(answer.body, dict(answer.headers).get("Content-Encoding"))
    if dict(answer.headers)["Content-Type"] != MEDIA_TYPE:
        assert isinstance(body, bytes)
        body = body.decode()
    path = urlsplit(spoken.path).path
    return read_blocks(load_renderer(AUTO).api(path), body, path, answer.status)


def only(kind: type[T], blocks: list[Block]) -> T:
    """Return the only block of its kind."""
    (found,) = [block for block in blocks if isinstance(block, kind)]
    return found


def kinds(blocks: list[Block]) -> set[type]:
    """Return which of the kinds that matter here are there."""
    return {type(block) for block in blocks} & {Reasoning, ToolCall, Text, Failure}


@every
def test_the_first_turn_thinks_and_calls_the_shell_tool(spoken: Spoken) -> None:
    blocks = said(spoken, command="echo hello")
    assert kinds(blocks) == {Reasoning, ToolCall}
    thoughts = [(block.text, block.summary) for block in blocks if isinstance(block, Reasoning)]
    assert any(PLAN in thought for thought in thoughts)
    assert only(ToolCall, blocks).arguments == {"command": "echo hello"}
    assert only(Usage, blocks) == USAGE[spoken.api][CALL]


@every
def test_the_second_turn_is_text(spoken: Spoken) -> None:
    blocks = said(spoken.then(spoken.result), text="All is listed. Ünïcode 🎉")
    assert kinds(blocks) == {Text}
    assert only(Text, blocks).text == "All is listed. Ünïcode 🎉"
    assert only(Usage, blocks) == USAGE[spoken.api][TEXT]


@every
def test_what_the_user_says_next_begins_anew(spoken: Spoken) -> None:
    again = spoken.then(spoken.result).then(spoken.ask[spoken.messages])
    assert ToolCall in kinds(said(again))
    assert kinds(said(again.then(spoken.result))) == {Text}


@every
def test_an_answer_of_a_wanted_shape_fits_it(spoken: Spoken) -> None:
    blocks = said(spoken.but(**spoken.shaped, tools=[]))
    assert json.loads(only(Text, blocks).text) == ROUTED
    assert only(Usage, blocks) == USAGE[spoken.api][SIDE]


@every
def test_a_tool_that_must_be_called_is_called(spoken: Spoken) -> None:
    call = only(ToolCall, said(spoken.but(**spoken.forced)))
    assert (call.name, call.arguments) == ("choose", ROUTED)


@every
def test_a_failure_has_the_own_shape_of_the_api(spoken: Spoken) -> None:
    with provider_running(status=429) as provider:
        answer = ask(provider.url + spoken.path, spoken.body())
    assert answer.status == 429
    assert "429: told_to_fail" in only(Failure, told(spoken, answer)).message


@every
@pytest.mark.parametrize("encoding", encodings.NAMES)
def test_every_api_is_sent_in_every_encoding(spoken: Spoken, encoding: str) -> None:
    assert only(Usage, said(spoken, encoding=encoding)) == USAGE[spoken.api][CALL]


def test_two_runs_of_the_same_requests_get_the_same_bytes() -> None:
    def once() -> list[bytes]:
        with provider_running() as provider:
            return [ask(provider.url + spoken.path, spoken.body()).body for spoken in SPOKEN.values()]

    first = once()
    assert first == once()
    assert len(set(first)) == len(first)


def test_every_number_of_a_usage_is_another() -> None:
    for api in USAGE.values():
        for kind in (CALL, TEXT):
            usage = api[kind]
            numbers = [usage.input, usage.output, usage.total, usage.cache_read, usage.cache_write, usage.reasoning]
            numbers = [number for number in [*numbers, usage.cache_write_1h] if number is not None]
            assert len(set(numbers)) == len(numbers)


HIDDEN: dict[str, tuple[Spoken, type | None]] = {
    "Messages without thinking": (_anthropic(thinking={"type": "disabled"}), None),
    "Messages with thinking that is not shown": (
        _anthropic(thinking={"type": "adaptive", "display": "omitted"}),
        Reasoning,
    ),
    "Gemini without thoughts, but with the signature of a call": (
        SPOKEN["Gemini, whole"].but(generationConfig={}),
        Encrypted,
    ),
}


@pytest.mark.parametrize(("spoken", "signature"), HIDDEN.values(), ids=HIDDEN.keys())
def test_thoughts_are_shown_only_where_they_are_asked_for(spoken: Spoken, signature: type | None) -> None:
    blocks = said(spoken)
    assert {type(block) for block in blocks} & {Reasoning, Encrypted} == ({signature} if signature else set())
    assert kinds(blocks) - {Reasoning} == {ToolCall}
    assert PLAN not in str(blocks)


WORDS = {
    "a title": ("You write titles. The title is short.", TITLE, SIDE),
    "a summary": ("Write a summary of the conversation.", SUMMARY, SIDE),
    "a turn of an agent without tools": ("You edit files by SEARCH/REPLACE blocks.", FOUND, TEXT),
}


@pytest.mark.parametrize(("system", "text", "kind"), WORDS.values(), ids=WORDS.keys())
def test_without_tools_the_prompt_tells_what_is_wanted(system: str, text: str, kind: str) -> None:
    told = [{"role": "system", "content": system}, {"role": "user", "content": "List the files"}]
    chat = said(_chat(messages=told, tools=[]))
    messages = said(_anthropic(system=[{"type": "text", "text": system}], tools=[]))
    assert [only(Text, blocks).text for blocks in (chat, messages)] == [text, text]
    assert only(Usage, messages) == USAGE["anthropic_messages"][kind]


def test_gemini_is_understood_in_both_spellings() -> None:
    declared = {"name": "run_shell_command", "parameters_json_schema": SCHEMA}
    config = {"thinking_config": {"include_thoughts": True}}
    spoken = SPOKEN["Gemini, whole"].but(tools=[{"function_declarations": [declared]}], generationConfig=config)
    assert said(spoken) == said(SPOKEN["Gemini, whole"])


def test_a_question_for_one_token_gets_one() -> None:
    with provider_running() as provider:
        answer = ask(provider.url + "/v1/messages", _anthropic(max_tokens=1).body())
    message = json.loads(answer.body)
    assert ([part["text"] for part in message["content"]], message["stop_reason"]) == (["I"], "max_tokens")


def test_a_streamed_chat_tells_its_usage_only_where_it_is_asked_to() -> None:
    assert not [block for block in said(_chat(stream=True)) if isinstance(block, Usage)]


ANTHROPIC = {"anthropic-version": "2023-06-01"}
GOOGLE = {"x-goog-api-key": "k"}
SIDES: dict[str, tuple[str, str, dict[str, str], tuple[str, Any]]] = {
    "tokens of Messages": ("POST", "/v1/messages/count_tokens?beta=true", ANTHROPIC, ("input_tokens", COUNTED)),
    "tokens of Gemini": ("POST", f"/v1beta/{_MODEL}:countTokens", GOOGLE, ("totalTokens", COUNTED)),
    "tokens of Code Assist": ("POST", "/v1internal:countTokens", {}, ("totalTokens", COUNTED)),
    "models of Anthropic": ("GET", "/v1/models?limit=1000", ANTHROPIC, ("has_more", False)),
    "one model of Anthropic": ("GET", "/v1/models/claude-x", ANTHROPIC, ("id", "claude-x")),
    "one model of Gemini": ("GET", "/v1beta/models/gemini-x", GOOGLE, ("name", "models/gemini-x")),
    "one model of OpenAI": ("GET", "/v1/models/gpt-x", {}, ("object", "model")),
    "the project of Code Assist": ("POST", "/v1internal:onboardUser", {}, ("done", True)),
    "the tier of Code Assist": (
        "POST",
        "/v1internal:loadCodeAssist",
        {},
        ("cloudaicompanionProject", "a-test-project"),
    ),
    "profiles of Bedrock": ("GET", "/inference-profiles?type=SYSTEM_DEFINED", {}, ("inferenceProfileSummaries", [])),
}


@pytest.mark.parametrize(("method", "path", "headers", "expected"), SIDES.values(), ids=SIDES.keys())
def test_side_requests_are_answered_even_where_the_model_fails(
    method: str, path: str, headers: dict[str, str], expected: tuple[str, Any]
) -> None:
    with provider_running(status=500) as provider:
        answer = ask(provider.url + path, b"{}" if method == "POST" else None, method=method, headers=headers)
    assert answer.status == 200
    assert json.loads(answer.body)[expected[0]] == expected[1]


HANDED: dict[str, tuple[dict[str, Any], str, set[str]]] = {
    "claude-code": (
        {"name": "Agent", "required": ["description", "prompt"], "also": ["subagent_type", "run_in_background"]},
        "general-purpose",
        {"description", "prompt", "subagent_type", "run_in_background"},
    ),
    "opencode": (
        {"name": "task", "required": ["description", "prompt", "subagent_type"], "also": ["task_id"]},
        "general",
        {"description", "prompt", "subagent_type"},
    ),
}


@pytest.mark.parametrize(("tool", "kind", "told"), HANDED.values(), ids=HANDED.keys())
def test_a_sub_agent_is_given_the_task_and_does_it_itself(tool: dict[str, Any], kind: str, told: set[str]) -> None:
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in (*tool["required"], *tool["also"])}}
    tools = [Tool(name="bash", schema=SCHEMA), Tool(name=tool["name"], schema=schema | {"required": tool["required"]})]
    model = Model(sub_agent=True)
    handed = model.step(Asked(tools=tools, words="List the files")).call
    assert handed is not None
    assert (handed.name, handed.arguments["prompt"], handed.arguments["subagent_type"]) == (tool["name"], TASK, kind)
    assert set(handed.arguments) == told
    own = model.step(Asked(tools=tools, words=f"Rules\n{TASK}")).call
    assert own is not None
    assert own.name == "bash"
    assert model.step(Asked(tools=tools, has_result=True, results=1)).text == FOUND
    asked = Model().step(Asked(tools=tools, words="List the files")).call
    assert asked is not None
    assert asked.name == "bash"


def test_a_greeting_without_a_body_is_answered_without_one() -> None:
    with provider_running() as provider:
        answer = ask(f"{provider.url}/api/hello", method="HEAD")
        provider.log.wait_settled()
    assert (answer.status, answer.body) == (200, b"")
    assert [sent.complete for sent in provider.log.responses] == [True]


FRAMES = {
    # The first is AWS's own example; the second was read by botocore.
    "an empty one": ({}, b"", "000000100000000005c248eb7d98c8ff"),
    "a chunk": (
        {":event-type": "chunk", ":message-type": "event"},
        b'{"bytes":"e30="}',
        "0000004a0000002aacda56570b3a6576656e742d747970650700056368756e6b0d3a6d6573736167652d74797065"
        "0700056576656e747b226279746573223a226533303d227dae919f38",
    ),
}


@pytest.mark.parametrize(("headers", "payload", "expected"), FRAMES.values(), ids=FRAMES.keys())
def test_a_frame_has_the_bytes_that_aws_would_send(headers: dict[str, str], payload: bytes, expected: str) -> None:
    assert frame(headers, payload).hex() == expected


def _tool(name: str, required: list[str] | None = None, **properties: Any) -> Tool:
    return Tool(name=name, schema={"type": "object", "properties": properties, "required": required or []})


_STRING = {"type": "string"}
TOOLS: dict[str, tuple[list[Tool], str | None]] = {
    "of the known ones the first": (
        [_tool("Monitor", ["command"], command=_STRING), _tool("Bash", ["command"], command=_STRING)],
        '{"command": "ls"}',
    ),
    "an unknown one that must be given a command": ([_tool("terminal", ["cmd"], cmd=_STRING)], '{"cmd": "ls"}'),
    "words where it takes words": (
        [_tool("run", ["command"], command={"type": "array", "items": _STRING})],
        '{"command": ["bash", "-lc", "ls"]}',
    ),
    "what it requires besides is given too": (
        [_tool("run_shell_command", ["is_background"], command=_STRING, is_background={"type": "boolean"})],
        '{"command": "ls", "is_background": false}',
    ),
    "types in capitals": ([_tool("go", ["script"], script={"type": "STRING"})], '{"script": "ls"}'),
    "an editor's command is none": ([_tool("edit", ["command"], command={"type": "string", "enum": ["view"]})], None),
    "no tool at all": ([], None),
}


@pytest.mark.parametrize(("tools", "payload"), TOOLS.values(), ids=TOOLS.keys())
def test_the_shell_is_found_among_the_tools_on_offer(tools: list[Tool], payload: str | None) -> None:
    call = choose(tools, "ls")
    assert (call and call.payload) == payload


SCHEMAS: dict[str, tuple[dict[str, Any], Any]] = {
    "only what is required": ({"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a"]}, {"a": "fine"}),
    "the first of a few": ({"enum": ["flash", "pro"]}, "flash"),
    "a constant": ({"const": 7}, 7),
    "the first alternative": ({"anyOf": [{"type": "null"}, _STRING]}, None),
    "a definition": ({"$ref": "#/$defs/A", "$defs": {"A": {"type": "boolean"}}}, False),
    "as many items as it must have": ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
    "the least number": ({"type": "number", "minimum": 0.5}, 0.5),
    "the first of several types": ({"type": ["integer", "null"]}, 1),
    "a long text": ({"type": "string", "minLength": 6}, "fine.."),
    "types in capitals": ({"type": "OBJECT", "properties": {"n": {"type": "INTEGER"}}, "required": ["n"]}, {"n": 1}),
}


@pytest.mark.parametrize(("schema", "value"), SCHEMAS.values(), ids=SCHEMAS.keys())
def test_a_schema_gets_the_smallest_value_that_it_admits(schema: dict[str, Any], value: Any) -> None:
    assert instance(schema) == value
