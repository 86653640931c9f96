"""Programs that somebody might write with the official SDKs: each asks once, streamed or whole, sync or async.

`python -m tests.completeness.clients openai_responses URL` asks both ways and prints the answers, a line each.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from typing import Any

ASK = "Hello"
SECONDS = 20


def openai_responses(url: str, *, streamed: bool) -> str:
    """Return the text of a response."""
    client = _openai(url)
    if not streamed:
        return str(client.responses.create(model="m", input=ASK).output_text)
    with client.responses.stream(model="m", input=ASK) as stream:
        return str(stream.get_final_response().output_text)


async def openai_responses_async(url: str, *, streamed: bool) -> str:
    """Return the text of a response."""
    client = _openai(url, "AsyncOpenAI")
    if not streamed:
        return str((await client.responses.create(model="m", input=ASK)).output_text)
    async with client.responses.stream(model="m", input=ASK) as stream:
        return str((await stream.get_final_response()).output_text)


def openai_chat_completions(url: str, *, streamed: bool) -> str:
    """Return the text of a chat completion."""
    completions = _openai(url).chat.completions
    answer = completions.create(model="m", messages=_messages(), stream=streamed)
    if not streamed:
        return str(answer.choices[0].message.content)
    return "".join(choice.delta.content or "" for chunk in answer for choice in chunk.choices)


async def openai_chat_completions_async(url: str, *, streamed: bool) -> str:
    """Return the text of a chat completion."""
    completions = _openai(url, "AsyncOpenAI").chat.completions
    answer = await completions.create(model="m", messages=_messages(), stream=streamed)
    if not streamed:
        return str(answer.choices[0].message.content)
    return "".join([choice.delta.content or "" async for chunk in answer for choice in chunk.choices])


def anthropic_messages(url: str, *, streamed: bool) -> str:
    """Return the text of a message."""
    messages = _anthropic(url).messages
    if not streamed:
        return _text(messages.create(model="m", max_tokens=100, messages=_messages()))
    with messages.stream(model="m", max_tokens=100, messages=_messages()) as stream:
        return _text(stream.get_final_message())


async def anthropic_messages_async(url: str, *, streamed: bool) -> str:
    """Return the text of a message."""
    messages = _anthropic(url, "AsyncAnthropic").messages
    if not streamed:
        return _text(await messages.create(model="m", max_tokens=100, messages=_messages()))
    async with messages.stream(model="m", max_tokens=100, messages=_messages()) as stream:
        return _text(await stream.get_final_message())


def gemini_generate_content(url: str, *, streamed: bool) -> str:
    """Return the text of a candidate."""
    client = _google(url)  # It closes its connections when nobody holds it.
    models = client.models
    if not streamed:
        return str(models.generate_content(model="m", contents=ASK).text)
    return "".join(one.text or "" for one in models.generate_content_stream(model="m", contents=ASK))


async def gemini_generate_content_async(url: str, *, streamed: bool) -> str:
    """Return the text of a candidate."""
    client = _google(url)
    models = client.aio.models
    if not streamed:
        return str((await models.generate_content(model="m", contents=ASK)).text)
    return "".join([one.text or "" async for one in await models.generate_content_stream(model="m", contents=ASK)])


CLIENTS: dict[str, tuple[Callable[..., str], Callable[..., Awaitable[str]]]] = {
    "openai_responses": (openai_responses, openai_responses_async),
    "openai_chat_completions": (openai_chat_completions, openai_chat_completions_async),
    "anthropic_messages": (anthropic_messages, anthropic_messages_async),
    "gemini_generate_content": (gemini_generate_content, gemini_generate_content_async),
}


def asked(api: str, url: str, *, streamed: bool, as_async: bool) -> str:
    """Ask with one of the clients."""
    sync, coroutine = CLIENTS[api]

    async def wait() -> str:
        return await coroutine(url, streamed=streamed)

    return asyncio.run(wait()) if as_async else sync(url, streamed=streamed)


def _messages() -> list[dict[str, str]]:
    return [{"role": "user", "content": ASK}]


def _text(message: Any) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


def _openai(url: str, kind: str = "OpenAI") -> Any:
    return getattr(import_module("openai"), kind)(base_url=f"{url}/v1", api_key="k", timeout=SECONDS)


def _anthropic(url: str, kind: str = "Anthropic") -> Any:
    return getattr(import_module("anthropic"), kind)(base_url=url, api_key="k", timeout=SECONDS)


def _google(url: str) -> Any:
    return import_module("google.genai").Client(
        api_key="k", http_options={"base_url": url, "retry_options": {"attempts": 3, "initial_delay": 0.1}}
    )


def main(argv: Sequence[str]) -> int:
    """Command line."""
    api, url = argv
    for streamed in (False, True):
        print(json.dumps(CLIENTS[api][0](url.removesuffix("/v1"), streamed=streamed)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
