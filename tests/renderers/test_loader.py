"""Renderers are found by module path, and one that fails costs its own exchange only."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from probe.errors import UserError
from probe.renderers import generic, openai_responses
from probe.renderers.api import Api
from probe.renderers.blocks import Markdown
from probe.renderers.loader import load_renderer, renderer_names
from probe.renderers.safely import safely

BUILT_IN = (
    "anthropic_messages", "bedrock_converse", "bedrock_invoke", "gemini_generate_content", "generic", "ollama",
    "openai_chat_completions", "openai_responses",
)  # fmt: skip
RULES = [
    {"path": "*/responses", "renderer": "probe.renderers.openai_responses"},
    {"path": "/v1/*", "renderer": "probe.renderers.generic"},
]
PATHS = {
    "the first rule that fits": ("/v1/responses", openai_responses.API),
    "a later rule": ("/v1/models", generic.API),
    "no rule": ("/other", generic.API),
}


@pytest.mark.parametrize(("path", "api"), PATHS.values(), ids=PATHS.keys())
def test_a_path_has_the_renderer_of_its_rule(path: str, api: Api) -> None:
    assert load_renderer(RULES).api(path) is api


def test_one_renderer_takes_every_path() -> None:
    renderer = load_renderer("probe.renderers.openai_responses")
    assert renderer.api("/any") is openai_responses.API
    assert renderer.modules == [openai_responses]


def test_a_path_without_a_rule_is_known_to_nobody() -> None:
    assert [load_renderer(RULES).knows(path) for path in ("/v1/responses", "/v1/models", "/x")] == [True, True, False]


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
    "/model/anthropic.m-v1:0/invoke-with-response-stream": "bedrock_invoke",
    "/model/anthropic.m-v1:0/converse": "bedrock_converse",
    "/model/anthropic.m-v1:0/converse-stream": "bedrock_converse",
    "/api/chat": "ollama",
    "/api/generate": "ollama",
    "/v1/models": "generic",
    "/mcp": "generic",
}


@pytest.mark.parametrize(("path", "name"), AUTO_PATHS.items(), ids=AUTO_PATHS)
def test_auto_tells_the_api_by_the_path(path: str, name: str) -> None:
    assert load_renderer("auto").api(path).name == name


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
        load_renderer(name)
    names = ", ".join(["auto", *(f"probe.renderers.{name}" for name in BUILT_IN)])
    assert str(caught.value) == f"error: unknown renderer {name!r}\n  hint: {nearest}renderers are: {names}"


def test_a_module_that_renders_nothing_is_refused() -> None:
    with pytest.raises(UserError, match="'json' is no renderer: it has no API, and no format_request_body"):
        load_renderer("json")


def test_a_renderer_of_the_users_own_needs_two_functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "def format_request_body(body): return f'<{body}>'\n"
    source += "def format_response_body(body, status_code): return f'{status_code} <{body}>'\n"
    (tmp_path / "own_renderer.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "own_renderer", raising=False)
    api = load_renderer("own_renderer").api("/")
    assert api.request_blocks("/", 1) == [Markdown(text="<1>")]
    assert api.response_blocks("/", "data: a\n\n", 200) == [Markdown(text="200 <data: a\n\n>")]
    # A stream is the module's to read, and nobody but the user knows which requests call the model.
    assert api.split("/", "data: a\n\n") is None
    assert (api.every_post, api.is_call("POST", "/"), api.name) == (True, False, "own_renderer")


def test_a_renderer_of_the_users_own_may_be_an_api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "from probe.renderers.api import Api\nclass Mine(Api):\n    name = 'mine'\nAPI = Mine()\n"
    (tmp_path / "own_api.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "own_api", raising=False)
    assert load_renderer("own_api").api("/").name == "mine"


def test_a_renderer_that_raises_costs_its_result_and_gives_a_reason() -> None:
    assert safely(lambda: str(1 // 0)) == (None, "ZeroDivisionError: integer division or modulo by zero")
    assert safely(lambda: "x") == ("x", None)
