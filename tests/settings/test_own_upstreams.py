"""What the user's own base-URL variables name becomes an upstream, and never another vendor's."""

from __future__ import annotations

from pathlib import Path

import pytest

from probe.addon.config import Listener
from probe.cli.parsing import parse
from probe.errors import UserError
from probe.settings.resolve import resolve
from probe.settings.settings import Settings
from probe.targets.vendors import vendor_of

TARGET = """\
description: An agent of two vendors
agent: thing
args: [--model-url, "{openai.url}/v1"]
listeners:
  openai: {port: 18080, upstream: "https://api.openai.com"}
  claude: {port: 18081, upstream: "https://api.anthropic.com"}
  both:   {port: 18082, upstream: "https://both.example.test"}
  mixed:  {port: 18083, upstream: "https://mixed.example.test"}
  told:   {port: 18084, upstream: "https://told.example.test"}
env:
  OPENAI_BASE_URL: "{openai.url}/v1"
  ANTHROPIC_BASE_URL: "{claude.url}"
  THING_URL: "{both.url}/v1/"
  THING_API_BASE: "{both.url}/v1"
  MISTRAL_BASE_URL: "{mixed.url}/v1"
  GROQ_BASE_URL: "{mixed.url}/v1"
  CHAT_URL: "{told.url}/backend/chat"
  OTHER: 'url="{told.url}/backend/"'
keys:
  openai: [OPENAI_API_KEY]
  claude: [ANTHROPIC_API_KEY]
"""


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a target of the user's own."""
    (tmp_path / "thing.yaml").write_text(TARGET)
    monkeypatch.setenv("PROBE_TARGETS", str(tmp_path))
    return tmp_path


def settings(*argv: str, target: str = "thing", **environ: str) -> Settings:
    return resolve(parse("capture", ["--target", target, *argv])[0], environ)


def upstreams(found: Settings) -> dict[str, str]:
    return {name: route.upstream for name, route in found.routes.items()}


MAPPED = {
    "a gateway with the agent's own suffix": ("https://gw.example/openai/v1", "https://gw.example/openai", ""),
    "a gateway at its root": ("https://gw.example", "https://gw.example", "/v1"),
    "a gateway with another path": ("https://gw.example/openai", "https://gw.example/openai", "/v1"),
    "the suffix in the middle": ("https://gw.example/v1/openai", "https://gw.example/v1/openai", "/v1"),
    "a path that only ends alike": ("https://gw.example/otherv1", "https://gw.example/otherv1", "/v1"),
    "a slash at the end": ("https://gw.example/v1/", "https://gw.example", ""),
    "two slashes at the end": ("https://gw.example//", "https://gw.example", "/v1"),
    "a model on this machine": ("http://localhost:11434/v1", "http://localhost:11434", ""),
    "a model on this machine over IPv6": ("http://[::1]:11434/v1", "http://[::1]:11434", ""),
    "Azure": ("https://NAME.openai.azure.com/openai/v1", "https://name.openai.azure.com/openai", ""),
    "an Azure deployment": (
        "https://name.openai.azure.com/openai/deployments/MyModel",
        "https://name.openai.azure.com/openai/deployments/MyModel",
        "/v1",
    ),
    "a host in upper case": ("HTTPS://GW.Example/V1", "https://gw.example/V1", "/v1"),
    "blanks around it": (" https://gw.example/v1\n", "https://gw.example", ""),
}


@pytest.mark.parametrize(("url", "upstream", "drop"), MAPPED.values(), ids=MAPPED.keys())
def test_a_users_url_becomes_the_listeners_upstream(url: str, upstream: str, drop: str) -> None:
    found = settings(OPENAI_BASE_URL=url)
    assert (found.routes["openai"].upstream, found.routes["openai"].drop) == (upstream, drop)
    assert found.routes["openai"].own == "OPENAI_BASE_URL"
    assert found.notes == (f"openai -> {upstream} (from OPENAI_BASE_URL)",)
    described = found.described()
    assert described["upstream.openai"] == {"value": upstream, "source": "environment OPENAI_BASE_URL"}
    assert described.get("drop.openai", {"value": ""})["value"] == drop


PATHS = {
    "below the suffix": ("/v1/responses?a=b", "/openai/responses?a=b"),
    "the suffix itself": ("/v1", "/openai"),
    "the suffix and a query": ("/v1?a=/v1/", "/openai?a=/v1/"),
    "a longer word": ("/v1beta/models", "/openai/v1beta/models"),
    "not below it": ("/models", "/openai/models"),
    "the suffix twice": ("/v1/v1/x", "/openai/v1/x"),
}


@pytest.mark.parametrize(("asked", "sent"), PATHS.values(), ids=PATHS.keys())
def test_the_suffix_goes_off_the_head_of_a_path(asked: str, sent: str) -> None:
    listener = Listener(name="model", port=1, upstream="https://gw.example/openai", drop="/v1")
    assert listener.upstream_path(asked) == sent
    bare = Listener(name="model", port=1, upstream="https://gw.example", drop="/v1")
    assert bare.upstream_path(asked) == (sent.removeprefix("/openai") if sent[7:8] == "/" else f"/{sent[7:]}")
    assert Listener(name="model", port=1, upstream="https://gw.example").upstream_path(asked) == asked


def test_an_agent_without_a_suffix_gets_the_path_as_a_prefix() -> None:
    route = settings(ANTHROPIC_BASE_URL="https://gw.example/anthropic/").routes["claude"]
    assert (route.upstream, route.drop) == ("https://gw.example/anthropic", "")


def test_a_variable_of_one_vendor_moves_no_other_vendors_listener() -> None:
    before = upstreams(settings())
    found = settings(OPENAI_BASE_URL="https://gw.example/v1", GEMINI_BASE_URL="https://other.example")
    assert upstreams(found) == before | {"openai": "https://gw.example"}


def test_what_two_vendors_share_is_moved_by_neither() -> None:
    found = settings(MISTRAL_BASE_URL="https://gw.example/v1")
    assert found.routes["mixed"].upstream == "https://mixed.example.test"
    assert "MISTRAL_BASE_URL is not used: APIs of several vendors" in found.notes[0]


def test_a_listener_that_serves_other_addresses_too_stays_where_it_is() -> None:
    found = settings(CHAT_URL="https://gw.example/backend/chat")
    assert found.routes["told"].upstream == "https://told.example.test"
    assert "CHAT_URL is not used: /backend/ of this listener is in use too" in found.notes[0]
    with pytest.raises(UserError, match="cannot set the upstream of listener 'told'"):
        settings("--env", "CHAT_URL=https://gw.example")


def test_a_login_of_another_kind_is_not_moved_by_the_variable_for_keys() -> None:
    found = settings(target="codex-chatgpt", OPENAI_BASE_URL="https://gw.example/v1")
    assert upstreams(found) == {"model": "https://chatgpt.com"}


def test_codex_follows_the_users_gateway_with_its_model_only() -> None:
    found = settings(target="codex", OPENAI_BASE_URL="https://gw.example/v1")
    assert upstreams(found) == {"model": "https://gw.example", "backend": "https://chatgpt.com"}


URL = "https://mine.example/v1"
RANKS: dict[str, tuple[list[str], dict[str, str], str, str]] = {
    "the command line": (
        ["--upstream", "openai=https://line.example"],
        {"PROBE_UPSTREAM": "openai=https://env.example", "OPENAI_BASE_URL": URL},
        "https://line.example",
        "command line",
    ),
    "the environment": (
        [],
        {"PROBE_UPSTREAM": "openai=https://env.example", "OPENAI_BASE_URL": URL},
        "https://env.example",
        "environment PROBE_UPSTREAM",
    ),
    "--env": (
        ["--env", "OPENAI_BASE_URL=https://given.example/v1"],
        {"OPENAI_BASE_URL": URL},
        "https://given.example",
        "--env OPENAI_BASE_URL",
    ),
    "the user's own variable": ([], {"OPENAI_BASE_URL": URL}, "https://mine.example", "environment OPENAI_BASE_URL"),
    "nothing": ([], {}, "https://api.openai.com", "thing.yaml"),
    "an empty variable": ([], {"OPENAI_BASE_URL": " "}, "https://api.openai.com", "thing.yaml"),
    "one taken back": (["--env", "OPENAI_BASE_URL="], {"OPENAI_BASE_URL": URL}, "https://api.openai.com", "thing.yaml"),
}


@pytest.mark.parametrize(("argv", "environ", "upstream", "source"), RANKS.values(), ids=RANKS.keys())
def test_what_goes_before_what(own: Path, argv: list[str], environ: dict[str, str], upstream: str, source: str) -> None:
    found = settings(*argv, **environ).described()["upstream.openai"]
    assert found == {"value": upstream, "source": str(own / source) if source.endswith("yaml") else source}


def test_the_users_own_file_goes_before_the_variable(own: Path) -> None:
    (own / "thing.local.yaml").write_text("listeners: {openai: {upstream: 'https://local.example'}}\n")
    assert upstreams(settings(OPENAI_BASE_URL=URL))["openai"] == "https://local.example"
    found = settings("--env", f"OPENAI_BASE_URL={URL}")
    assert upstreams(found)["openai"] == "https://local.example"
    assert found.notes == (f"note: --env OPENAI_BASE_URL is not used: {own / 'thing.local.yaml'} names an upstream",)
    # A file that says something else of the listener says nothing of its upstream.
    (own / "thing.local.yaml").write_text("listeners: {openai: {port: 19999}}\n")
    assert upstreams(settings(OPENAI_BASE_URL=URL))["openai"] == "https://mine.example"


def test_in_a_replay_the_variable_says_nothing() -> None:
    found = settings("--replay", "x", "--env", f"OPENAI_BASE_URL={URL}", ANTHROPIC_BASE_URL="nonsense")
    assert upstreams(found) == upstreams(settings())
    assert found.notes == ("note: --env OPENAI_BASE_URL is not used: a recorded run answers",)
    assert settings(target="demo", OPENAI_BASE_URL="nonsense").notes == ()


def test_an_own_target_that_hides_one_of_ours_is_told(own: Path) -> None:
    (own / "codex.yaml").write_text(TARGET)
    assert settings(target="codex").notes[0].startswith(f"note: target codex is {own / 'codex.yaml'}, not ")


def test_two_variables_of_one_listener_must_agree() -> None:
    found = settings(THING_URL="https://gw.example/v1", THING_API_BASE="https://gw.example/v1/")
    assert found.routes["both"].upstream == "https://gw.example"
    with pytest.raises(UserError, match="environment THING_URL and environment THING_API_BASE name two upstreams"):
        settings(THING_URL="https://gw.example/v1", THING_API_BASE="https://other.example/v1")


SECRET = "correct-horse"
MISTAKES = {
    "a password": (f"https://bob:{SECRET}@gw.example/v1", "credentials in its URL"),
    "a name alone": (f"https://{SECRET}@gw.example/v1", "credentials in its URL"),
    "a query": (f"https://gw.example/v1?key={SECRET}", "(https://gw.example/v1?…): a query cannot"),
    "a fragment": (f"https://gw.example/v1#{SECRET}", "(https://gw.example/v1#…): a fragment cannot"),
    "no scheme": (f"gw.example/v1/{SECRET}", "must be http:// or https://"),
    "another scheme": (f"ftp://gw.example/{SECRET}", "must be http:// or https://"),
    "no host": (f"https:///{SECRET}", "must be http:// or https:// with a host"),
    "no port": (f"https://gw.example:0/{SECRET}", "must be http://"),
    "a port too large": (f"https://gw.example:99999/{SECRET}", "not a usable URL"),
    "half an address": (f"https://[::1/{SECRET}", "not a usable URL"),
    "a blank": (f"https://gw.example/a {SECRET}", "must be http://"),
}


@pytest.mark.parametrize(("url", "told"), MISTAKES.values(), ids=MISTAKES.keys())
@pytest.mark.parametrize("way", ["environment", "--env"])
def test_a_url_that_cannot_be_an_upstream_is_told_and_not_shown(url: str, told: str, way: str) -> None:
    with pytest.raises(UserError) as raised:
        settings(*(["--env", f"OPENAI_BASE_URL={url}"] if way == "--env" else []), OPENAI_BASE_URL=url)
    assert told in str(raised.value)
    assert f"{way} OPENAI_BASE_URL" in str(raised.value)
    assert SECRET not in str(raised.value)


VENDORS = {
    "OPENAI_API_KEY": "openai",
    "CODEX_API_KEY": "openai",
    "AZURE_OPENAI_API_KEY": "azure",
    "ANTHROPIC_AUTH_TOKEN": "anthropic",
    "CLAUDE_CODE_OAUTH_TOKEN": "anthropic",
    "ANTHROPIC_BEDROCK_BASE_URL": "aws",
    "AWS_BEARER_TOKEN_BEDROCK": "aws",
    "GEMINI_API_KEY": "google",
    "GOOGLE_API_KEY": "google",
    "MY_OPENAI_KEY": None,
    "OPENAIX_KEY": None,
}


@pytest.mark.parametrize(("name", "vendor"), VENDORS.items())
def test_whose_a_variable_is(name: str, vendor: str | None) -> None:
    assert vendor_of(name) == vendor
