"""Renderers are found by module path, and one that fails costs its own exchange only."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from probe.errors import UserError
from probe.renderers import generic, load_renderer, openai_responses, renderer_names, safely
from probe.renderers.blocks import Markdown

BUILT_IN = (
    "anthropic_messages", "bedrock", "gemini_generate_content", "generic", "ollama",
    "openai_chat_completions", "openai_responses",
)  # fmt: skip
RULES = [
    {"path": "*/responses", "renderer": "probe.renderers.openai_responses"},
    {"path": "/v1/*", "renderer": "probe.renderers.generic"},
]
PATHS = {
    "the first rule that fits": ("/v1/responses", openai_responses),
    "a later rule": ("/v1/models", generic),
    "no rule": ("/other", generic),
}


@pytest.mark.parametrize(("path", "module"), PATHS.values(), ids=PATHS.keys())
def test_a_path_has_the_renderer_of_its_rule(path: str, module: object) -> None:
    assert load_renderer(RULES).module(path) is module


def test_one_renderer_takes_every_path() -> None:
    assert load_renderer("probe.renderers.openai_responses").module("/any") is openai_responses


AUTO_PATHS = {
    "/v1/responses": "openai_responses",
    "/backend-api/codex/responses": "openai_responses",
    "/v1/responses/input_tokens": "openai_responses",
    "/openai/deployments/d/chat/completions": "openai_chat_completions",
    "/v1/messages": "anthropic_messages",
    "/gateway/anthropic/v1/messages/count_tokens": "anthropic_messages",
    "/v1/projects/p/locations/l/publishers/anthropic/models/m:streamRawPredict": "anthropic_messages",
    "/v1beta/models/m:streamGenerateContent": "gemini_generate_content",
    "/v1internal:generateContent": "gemini_generate_content",
    "/v1internal:loadCodeAssist": "gemini_generate_content",
    "/model/anthropic.m-v1:0/invoke-with-response-stream": "bedrock",
    "/api/chat": "ollama",
    "/api/generate": "ollama",
    "/v1/models": "generic",
    "/mcp": "generic",
}


@pytest.mark.parametrize(("path", "name"), AUTO_PATHS.items(), ids=AUTO_PATHS)
def test_auto_tells_the_api_by_the_path(path: str, name: str) -> None:
    assert load_renderer("auto").module(path).__name__ == f"probe.renderers.{name}"


def test_the_built_in_renderers_are_listed() -> None:
    assert renderer_names() == [f"probe.renderers.{name}" for name in BUILT_IN]


UNKNOWN = {
    "a slip of the pen": ("probe.renderers.openai_response", "did you mean 'probe.renderers.openai_responses'? "),
    "the short name": ("openai_responses", "did you mean 'probe.renderers.openai_responses'? "),
    "something else": ("my.renderer", ""),
    "nothing": ("", ""),
    "no module path": ("..", ""),
}


@pytest.mark.parametrize(("name", "nearest"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_an_unknown_renderer_is_told_with_the_known_ones(name: str, nearest: str) -> None:
    with pytest.raises(UserError) as caught:
        load_renderer(name, "targets/x.yaml")
    names = ", ".join(["auto", *(f"probe.renderers.{name}" for name in BUILT_IN)])
    assert str(caught.value) == (
        f"error: targets/x.yaml: unknown renderer {name!r}\n  hint: {nearest}renderers are: {names}"
    )


def test_a_module_that_renders_nothing_is_refused() -> None:
    with pytest.raises(UserError, match="'json' is no renderer: it has no format_request_body"):
        load_renderer("json")


def test_a_renderer_of_the_users_own_needs_two_functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "def format_request_body(body): return f'<{body}>'\n"
    source += "def format_response_body(body, status_code): return f'{status_code} <{body}>'\n"
    (tmp_path / "own_renderer.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "own_renderer", raising=False)
    renderer = load_renderer("own_renderer")
    assert renderer.request("/", 1) == [Markdown(text="<1>")]
    assert renderer.response("/", ("a", "b"), 200) == [Markdown(text="200 <a\nb>")]


def test_a_renderer_that_raises_is_told_with_its_reason() -> None:
    assert safely(lambda: str(1 // 0), lambda why: why) == (
        "ZeroDivisionError: integer division or modulo by zero",
        False,
    )
