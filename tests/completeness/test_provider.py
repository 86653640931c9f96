"""The local provider, read by the official SDK of each API that it speaks: streamed and whole, and its errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.completeness import sdk
from tests.support.answers import CALL, FOUND, PLAN, TEXT, USAGE
from tests.support.provider import Provider, provider_running

pytestmark = pytest.mark.timeout(60)
ASK = "List the files"
SCHEMA = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}
ARGUMENTS = {"command": "ls -la"}


@pytest.fixture
def provider() -> Iterator[Provider]:
    with provider_running() as running:
        yield running


def _openai(provider: Provider, **more: Any) -> Any:
    return sdk.load("openai").OpenAI(base_url=f"{provider.url}/v1", api_key="k", max_retries=0, timeout=10, **more)


def _anthropic(provider: Provider) -> Any:
    return sdk.load("anthropic").Anthropic(base_url=provider.url, api_key="k", max_retries=0, timeout=10)


def _google(provider: Provider, **more: Any) -> Any:
    return sdk.load("google.genai").Client(api_key="k", http_options={"base_url": provider.url}, **more)


@pytest.mark.parametrize("streamed", [False, True])
def test_openai_reads_responses(provider: Provider, streamed: bool) -> None:
    client = _openai(provider)
    tool = {"type": "function", "name": "bash", "parameters": SCHEMA, "strict": False}

    def turn(asked: list[Any]) -> Any:
        if not streamed:
            return client.responses.create(model="m", input=asked, tools=[tool])
        with client.responses.stream(model="m", input=asked, tools=[tool]) as stream:
            return stream.get_final_response()

    asked: list[Any] = [{"role": "user", "content": ASK}]
    thought, call = (first := turn(asked)).output
    assert (thought.summary[0].text, json.loads(call.arguments)) == (PLAN, ARGUMENTS)
    expected = USAGE["openai_responses"][CALL]
    assert (first.usage.input_tokens, first.usage.output_tokens) == (expected.input, expected.output)
    assert first.usage.output_tokens_details.reasoning_tokens == expected.reasoning
    asked += [{"type": "function_call_output", "call_id": call.call_id, "output": "hello.txt"}]
    assert turn(asked).output_text == FOUND


@pytest.mark.parametrize("streamed", [False, True])
def test_openai_reads_chat_completions(provider: Provider, streamed: bool) -> None:
    client = _openai(provider)
    tools = [{"type": "function", "function": {"name": "bash", "parameters": SCHEMA}}]

    def turn(messages: list[Any]) -> Any:
        if not streamed:
            return client.chat.completions.create(model="m", messages=messages, tools=tools)
        more = {"stream_options": {"include_usage": True}}
        with client.chat.completions.stream(model="m", messages=messages, tools=tools, **more) as stream:
            return stream.get_final_completion()

    messages: list[Any] = [{"role": "user", "content": ASK}]
    first = turn(messages)
    (choice,) = first.choices
    (call,) = choice.message.tool_calls
    assert (choice.finish_reason, json.loads(call.function.arguments)) == ("tool_calls", ARGUMENTS)
    assert choice.message.reasoning_content == PLAN
    expected, usage = USAGE["openai_chat_completions"][CALL], first.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (
        expected.input,
        expected.output,
        expected.total,
    )
    assert usage.prompt_tokens_details.cached_tokens == expected.cache_read
    assert usage.completion_tokens_details.reasoning_tokens == expected.reasoning
    called = {"id": call.id, "type": "function", "function": {"name": "bash", "arguments": call.function.arguments}}
    messages += [{"role": "assistant", "tool_calls": [called]}]
    messages += [{"role": "tool", "tool_call_id": call.id, "content": "hello.txt"}]
    (choice,) = turn(messages).choices
    assert (choice.finish_reason, choice.message.content) == ("stop", FOUND)


@pytest.mark.parametrize("streamed", [False, True])
def test_anthropic_reads_messages(provider: Provider, streamed: bool) -> None:
    client = _anthropic(provider)
    tools = [{"name": "bash", "input_schema": SCHEMA}]

    def turn(messages: list[Any]) -> Any:
        asked: dict[str, Any] = {"model": "m", "max_tokens": 4000, "messages": messages, "tools": tools}
        asked |= {"thinking": {"type": "enabled", "budget_tokens": 2000}}
        if not streamed:
            return client.messages.create(**asked)
        with client.messages.stream(**asked) as stream:
            return stream.get_final_message()

    messages: list[Any] = [{"role": "user", "content": ASK}]
    first = turn(messages)
    thought, call = first.content
    assert (first.stop_reason, thought.thinking, call.input) == ("tool_use", PLAN, ARGUMENTS)
    assert thought.signature
    expected, usage = USAGE["anthropic_messages"][CALL], first.usage
    assert (usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (
        expected.cache_read,
        expected.cache_write,
    )
    given = usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens
    assert (given, usage.output_tokens) == (expected.input, expected.output)
    assert usage.output_tokens_details.thinking_tokens == expected.reasoning
    messages += [{"role": "assistant", "content": first.content}]
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "hello.txt"}
    messages += [{"role": "user", "content": [result]}]
    second = turn(messages)
    assert (second.stop_reason, [block.text for block in second.content]) == ("end_turn", [FOUND])


@pytest.mark.parametrize("vertex", [False, True])
@pytest.mark.parametrize("streamed", [False, True])
def test_google_genai_reads_contents(provider: Provider, streamed: bool, vertex: bool) -> None:
    client, types = _google(provider, vertexai=vertex), sdk.load("google.genai.types")
    declared = types.FunctionDeclaration(name="run_shell_command", parameters_json_schema=SCHEMA)
    config = types.GenerateContentConfig(
        tools=[types.Tool(function_declarations=[declared])],
        thinking_config=types.ThinkingConfig(include_thoughts=True),
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )

    def turn(contents: list[Any]) -> tuple[list[Any], Any]:
        asked = {"model": "gemini-2.5-pro", "contents": contents, "config": config}
        models = client.models
        got = list(models.generate_content_stream(**asked)) if streamed else [models.generate_content(**asked)]
        parts = [part for one in got for part in one.candidates[0].content.parts or []]
        return parts, got[-1]

    contents = [types.Content(role="user", parts=[types.Part(text=ASK)])]
    parts, last = turn(contents)
    assert "".join(part.text or "" for part in parts if part.thought) == PLAN
    (called,) = [part for part in parts if part.function_call]
    assert (called.function_call.name, called.function_call.args) == ("run_shell_command", ARGUMENTS)
    expected, usage = USAGE["gemini_generate_content"][CALL], last.usage_metadata
    assert (usage.prompt_token_count, usage.total_token_count) == (expected.input, expected.total)
    assert usage.candidates_token_count + usage.thoughts_token_count == expected.output
    assert usage.cached_content_token_count == expected.cache_read
    contents += [types.Content(role="model", parts=[called])]
    result = types.Part.from_function_response(name="run_shell_command", response={"output": "hello.txt"})
    contents += [types.Content(role="user", parts=[result])]
    parts, last = turn(contents)
    assert "".join(part.text for part in parts) == FOUND
    assert last.candidates[0].finish_reason.name == "STOP"
    assert last.usage_metadata.total_token_count == USAGE["gemini_generate_content"][TEXT].total


def test_anthropic_reads_what_bedrock_gives_whole(provider: Provider) -> None:
    anthropic = sdk.load("anthropic")
    client = anthropic.AnthropicBedrock(base_url=provider.url, api_key="k", aws_region="us-east-1", max_retries=0)
    asked = {"model": "us.anthropic.claude-x-4-5-20250929-v1:0", "max_tokens": 4000}
    asked |= {"messages": [{"role": "user", "content": ASK}], "tools": [{"name": "bash", "input_schema": SCHEMA}]}
    message = client.messages.create(**asked)
    assert (message.model, message.content[0].input) == ("claude-x-4-5-20250929", ARGUMENTS)
    assert message.usage.output_tokens == USAGE["bedrock"][CALL].output


def test_each_sdk_takes_an_error_as_its_own() -> None:
    openai, anthropic = sdk.load("openai"), sdk.load("anthropic")
    errors = sdk.load("google.genai.errors")
    with provider_running(status=429) as provider:
        with pytest.raises(openai.RateLimitError, match="429: told_to_fail"):
            _openai(provider).chat.completions.create(model="m", messages=[])
        with pytest.raises(anthropic.RateLimitError, match="429: told_to_fail") as refused:
            _anthropic(provider).messages.create(model="m", max_tokens=9, messages=[])
        assert refused.value.type == "rate_limit_error"
        google = _google(provider)  # one that is not kept is closed
        with pytest.raises(errors.ClientError, match="429 RESOURCE_EXHAUSTED") as told:
            google.models.generate_content(model="m", contents=ASK)
    assert "429: told_to_fail" in told.value.message


def test_side_requests_have_the_types_of_each_sdk(provider: Provider) -> None:
    anthropic, google = _anthropic(provider), _google(provider)
    assert list(_openai(provider).models.list()) == []
    assert [model.id for model in anthropic.models.list()] == ["claude-sonnet-4-5"]
    assert [model.name for model in google.models.list()] == ["models/gemini-2.5-pro"]
    counted = anthropic.messages.count_tokens(model="m", messages=[{"role": "user", "content": ASK}])
    assert counted.input_tokens == google.models.count_tokens(model="m", contents=ASK).total_tokens
