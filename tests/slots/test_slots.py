"""Volatile values are found wherever they are, and nothing else is."""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.slots.environment import Environment
from probe.slots.rules import BUILT_IN, Rule, rule_problem
from probe.slots.slots import Found, Slots

ENVIRONMENT = Environment(
    folders={"cwd": "/home/me/repo.x", "home": "/home/me", "run": "/data/codex/20261121T160905Z"},
    hosts=("127.0.0.1:38863", "api.example.com:8443"),
    started=1795277348.5,  # 2026-11-21 16:09:08 UTC
)
SLOTS = Slots(ENVIRONMENT)
HEX = "bf9fb854b2b5a00628282cdd"

TEXTS = {
    "a UUID v4": ("98f9b050-3960-49b8-a106-ecc26da1cd60", "⟨uuid⟩"),
    "a UUID v7 with a suffix": ("01a1fee0-e5e3-7943-bdee-ff0f2213f88d:0", "⟨uuid⟩:0"),
    "a UUID with a prefix": ("msg_01a1fee0-e684-7383-b989-f60a57eeff23", "msg_⟨uuid⟩"),
    "an id of a call": (f"call_{HEX}", "call_⟨id⟩"),
    "an id that the server made": (f"resp_{HEX}{HEX}", "resp_⟨id⟩"),
    "an id with a dash": (f"chatcmpl-{HEX}", "chatcmpl-⟨id⟩"),
    "an id in base 62": ("ses_e01213df8ffeCa444v0mCV516e", "ses_⟨id⟩"),
    "an id in base 62 with hardly a digit": ("ses_dff26316bffenrBWqSUQjzPCzO", "ses_⟨id⟩"),
    "an id in base 62 without a digit": ("(call_ZbqTnrBWqSUQjzPCzOaaBcDe)", "(call_⟨id⟩)"),
    "an id within a sentence": (f"see (toolu_{HEX}).", "see (toolu_⟨id⟩)."),
    "a tag of the prompt": (
        "x-billing: cc_version=2.1.329.f64; cc_entrypoint=cli; cch=0a1b2;",
        "x-billing: cc_version=2.1.329.⟨hex⟩; cc_entrypoint=cli; cch=⟨hex⟩;",
    ),
    "ISO 8601": ("at 2026-11-21T16:09:08.123Z, done", "at ⟨time⟩, done"),
    "ISO 8601 with an offset": ("2026-11-21 16:09:08+01:00", "⟨time⟩"),
    "a time of a log": ("2026-11-21 16:09:08,123 INFO", "⟨time⟩ INFO"),
    "a date of HTTP": ("Sat, 21 Nov 2026 16:09:08 GMT", "⟨time⟩"),
    "a date of `date`": ("Sat Nov 21 16:09:08 UTC 2026", "⟨time⟩"),
    "a date of JavaScript": ("Sat Nov 21 2026 16:09:08 GMT+0000 (Coordinated Universal Time)", "⟨time⟩"),
    "a listing of files": (
        "total 24\ndrwxr-xr-x  3 root root 20480 Nov 21 16:09 .\ndrwxrwxrwt 10 me   me     4096 Jan  5  2024 ..\n"
        "-rw-r--r--  1 root root    17 Nov 21 16:09 a b.txt",
        "total ⟨blocks⟩\n⟨folder⟩ .\n⟨folder⟩ ..\n-rw-r--r--⟨owner⟩17 ⟨time⟩ a b.txt",
    ),
    "a listing of macOS": ("-rwxr-xr-x@ 1 me  staff  96 Nov 21 16:09 x", "-rwxr-xr-x@⟨owner⟩96 ⟨time⟩ x"),
    "today": ("Today's date is 2026-11-21.", "Today's date is ⟨date⟩."),
    "today in words": ("Today is Saturday, November 21, 2026 (formatted", "Today is ⟨date⟩ (formatted"),
    "today in short words": ("Today's date: Sat Nov 21 2026", "Today's date: ⟨date⟩"),
    "today in another order": ("on 21 November 2026", "on ⟨date⟩"),
    "today with slashes": ("11/21/2026", "⟨date⟩"),
    "tomorrow, after midnight": ("2026-11-22", "⟨date⟩"),
    "the working folder": ("<cwd>/home/me/repo.x</cwd>", "<cwd>⟨cwd⟩</cwd>"),
    "a file in it": ("in /home/me/repo.x/src/a.py:", "in ⟨cwd⟩/src/a.py:"),
    "home": ("/home/me/.claude/settings.json", "⟨home⟩/.claude/settings.json"),
    "a folder at the end of a sentence": ("You are in /home/me.", "You are in ⟨home⟩."),
    "a folder with dashes": ("projects/-home-me-repo.x/memory", "projects/⟨cwd⟩/memory"),
    "a folder of which all is dashes": ("projects/-home-me-repo-x/memory", "projects/⟨cwd⟩/memory"),
    "a folder in JSON in a text": (r'x {"cwd":"\/home\/me\/repo.x"', 'x {"cwd":"⟨cwd⟩"'),
    "a folder in a URL": ("file:///home/me/repo.x/a", "file://⟨cwd⟩/a"),
    "the run's folder": ("/data/codex/20261121T160905Z/.agent-folders/files", "⟨run⟩/.agent-folders/files"),
    "a listener": ("http://127.0.0.1:38863/v1", "http://127.0.0.1:⟨port⟩/v1"),
    "a listener by name": ("localhost:38863", "localhost:⟨port⟩"),
    "an upstream's port": ("api.example.com:8443", "api.example.com:⟨port⟩"),
    "a wall time": ("Wall time: 0.0515 seconds\nOutput:", "Wall time: ⟨duration⟩ seconds\nOutput:"),
    "a wall time without a colon": ("Wall time 0.2 seconds", "Wall time ⟨duration⟩ seconds"),
    "time of tests": ("3 passed in 0.05s", "3 passed in ⟨duration⟩"),
    "process ids": ("Process Group PGID: 17435\n", "Process Group PGID: ⟨pid⟩\n"),
    "a session of a shell": ("Process running with session ID 52342", "Process running with session ID ⟨pid⟩"),
    "a chunk": ("Chunk ID: 5f3a2b\n", "Chunk ID: ⟨hex⟩\n"),
    "a secret": ("Bearer [REDACTED:76a8ccfd] [REDACTED]", "Bearer ⟨secret⟩ ⟨secret⟩"),
}


@pytest.mark.parametrize(("text", "normal"), TEXTS.values(), ids=TEXTS.keys())
def test_a_volatile_value_in_a_text_becomes_its_slot(text: str, normal: str) -> None:
    assert SLOTS.text(text) == normal
    assert SLOTS.text(normal) == normal
    found = [one.slot for one in SLOTS.found(text)]
    assert sorted(found) == sorted(re.findall("⟨(.*?)⟩", normal))


KEPT = {
    "a model with a date": "claude-sonnet-4-5-20250929",
    "a model with a date with dashes": "gpt-4o-2024-08-06",
    "a model with today's date": "claude-opus-6-20261121",
    "a snapshot of today": "gpt-9-2026-11-21",
    "a version": "claude-cli/2.1.329 (external, cli)",
    "a version of four parts": "1.2.3.2026",
    "a header's beta features": "claude-code-20250219,interleaved-thinking-2025-05-14,effort-2025-11-24",
    "an API's version": "2023-06-01",
    "a day of last year": "Knowledge cutoff: 2025-03-31",
    "a plain number": "1795277348",
    "a limit": "timeout of 120 seconds, 2.5 s at most, 30s",
    "a size": "-rw-r--r-- 1 root root 73402197",
    "a mode": "chmod drwxr-xr-x and -rw-r--r-- 1 root root",
    "a total": "total 24\nof all",
    "a day of a text": "On Jan 5 2024 it was, and on Jan  5  2024.",
    "a hash of content": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "a commit": "commit 3fd138f0c2b9a1d4e5f60718293a4b5c6d7e8f90",
    "the nil UUID": "00000000-0000-0000-0000-000000000000",
    "another folder of the same beginning": "/home/me2/repo.x and /home/me-too and /home/me.old",
    "a folder of the same end": "/mnt/home/me/repo.x",
    "a port that is no listener's": "http://127.0.0.1:3000/ and 127.0.0.1:388631",
    "a tool's name": "mcp__github__create_pull_request and web_search_20250305",
    "a long name": "some_functionnamewithoutdigitsatall and x86_64-unknown-linux-gnu",
    "a long name with a prefix of ids": "msg_handlerforincomingconnections and test_parseHttp2ResponseOfServers",
    "a colour and a short hex": "#5f3a2b and 5f3a2b",
    "a word": "In May 12 people were paid in 30 days",
    "a ratio": "Time: 3.5 out of 10",
    "JSON with spaces": '{"a":  [1, 2 ]}',
    "nothing": "",
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT.keys())
def test_what_is_no_slot_stays(text: str) -> None:
    assert SLOTS.value(text) == text
    assert SLOTS.value({text: [text, {"x": text}]}) == {text: [text, {"x": text}]}
    assert list(SLOTS.found(text)) == []


NAMES = (
    "claude-sonnet-4-5-20250929",
    "gpt-4o-mini-2024-07-18",
    "Qwen3-Coder-480B-A35B-Instruct-FP8",
    "DeepSeek-R1-0528-Qwen3-8B",
    "Llama-4-Maverick-17B-128E-Instruct-FP8",
    "us.anthropic.claude-3-7-sonnet-20250219-v1:0",
    "gen-lang-client-0123456789",
    "web_search_20250305",
    "myVeryLongProjectName",
    "functions.read_file:0",
    "call_1",
    "planted.txt",
    "12345678",
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("key", ["id", "modelId", "project_id", "name"])
def test_a_name_under_a_key_of_ids_stays(key: str, name: str) -> None:
    assert SLOTS.value({key: name}) == {key: name}


VALUES: dict[str, tuple[Any, Any]] = {
    "an epoch in seconds": ({"create_time": 1795277514.3727086}, {"create_time": 0}),
    "an epoch in whole seconds": ({"created": 1795277514}, {"created": 0}),
    "an epoch in milliseconds as text": (
        {"x-codex-ws-stream-request-start-ms": "1795277514288"},
        {"x-codex-ws-stream-request-start-ms": "⟨time⟩"},
    ),
    "an epoch in milliseconds": ({"turn_started_at_unix_ms": 1795277514302}, {"turn_started_at_unix_ms": 0}),
    "a number at any other place": ({"max_tokens": 1795277514, "n": True}, {"max_tokens": 1795277514, "n": True}),
    "a time-out is no time": ({"timeout": 600, "at_time": 5}, {"timeout": 600, "at_time": 5}),
    "JSON in a text": (
        {"user_id": json.dumps({"session_id": "98f9b050-3960-49b8-a106-ecc26da1cd60", "at_time": 1795277514})},
        {"user_id": '{"session_id":"⟨uuid⟩","at_time":0}'},
    ),
    "a key of a map": ({"98f9b050-3960-49b8-a106-ecc26da1cd60": 1}, {"⟨uuid⟩": 1}),
    "two such keys": (
        {"98f9b050-3960-49b8-a106-ecc26da1cd60": 1, "98f9b050-3960-49b8-a106-ecc26da1cd61": 2},
        {"⟨uuid⟩": 1, "⟨uuid⟩ 2": 2},
    ),
    "an id of a form of its own": ({"responseId": "x1aZaO2aKc-m_Gw"}, {"responseId": "⟨id⟩"}),
    "calls of Gemini": (
        {"functionCall": {"id": "9f0672d41fef43ab"}, "functionResponse": {"id": "read_file-1795320-abc"}},
        {"functionCall": {"id": "⟨id⟩"}, "functionResponse": {"id": "⟨id⟩"}},
    ),
    "hexadecimal digits under a key of ids": ({"span_id": "9f0672d41fef43ab"}, {"span_id": "⟨id⟩"}),
    "base 64 under a key of ids": (
        {"itemId": "kZJMlvQm-J6eAyJE5GIl_Q", "toolUseId": "tooluse_kZJMlvQm-J6eAyJE5GIl_Q"},
        {"itemId": "⟨id⟩", "toolUseId": "tooluse_⟨id⟩"},
    ),
    "letters of one case under a key of ids": (
        {"request_id": "01K9QZ7T3XWVH2M8RBD4CYFN5E", "thread_id": "tz4a98xxat96iws9zmbrgj3a"},
        {"request_id": "⟨id⟩", "thread_id": "⟨id⟩"},
    ),
    "a UUID under a key of ids": (
        {"id": "msg_01a1fee0-e684-7383-b989-f60a57eeff23"},
        {"id": "msg_⟨uuid⟩"},
    ),
    "an id with the time of a call": (
        {"tool_call_id": "read_file-1795320123456-9f0672d41", "id": "run_shell_command_1795320123456_0"},
        {"tool_call_id": "read_file-⟨id⟩", "id": "run_shell_command_⟨id⟩"},
    ),
    "a short id of a call": (
        {"tool_calls": [{"id": "D681PevKs"}], "call_id": "call_k3v9x2ab"},
        {"tool_calls": [{"id": "⟨id⟩"}], "call_id": "call_⟨id⟩"},
    ),
    "an id at its place": ({"call_id": "fn-abcdefghijklmnopqrst"}, {"call_id": "fn-⟨id⟩"}),
    "a device": ({"device_id": "8c9b63817e8ed4f768bc4d010ee6730e"}, {"device_id": "⟨id⟩"}),
    "reasoning that nobody reads": (
        {"encrypted_content": "gAAAAABpIDJn-Yx_0123"},
        {"encrypted_content": "⟨encrypted⟩"},
    ),
}


@pytest.mark.parametrize(("value", "normal"), VALUES.values(), ids=VALUES.keys())
def test_a_volatile_value_in_json_becomes_its_slot(value: Any, normal: Any) -> None:
    assert SLOTS.value(value) == normal
    assert SLOTS.value([{"in": value}], "input") == [{"in": normal}]
    assert SLOTS.value(normal) == normal


@pytest.mark.parametrize("levels", [201, 2000, 100_000])
def test_a_text_of_many_brackets_is_a_text(levels: int) -> None:
    text = "[" * levels + f'"/home/me/{"x" * 9}"' + "]" * levels
    normal = text.replace("/home/me", "⟨home⟩")
    assert SLOTS.value({"text": text}) == {"text": normal}
    assert [one.slot for one in SLOTS.found({"text": text})] == ["home"]


def test_headers_are_normalised_by_their_names() -> None:
    headers: dict[str, str | list[str]] = {
        "Host": "api.openai.com",
        "Content-Length": "49265",
        "Sec-WebSocket-Key": "jVWXL3WKxEjB/7N3IMfC+g==",
        "X-Turn": '{"turn_id":"98f9b050-3960-49b8-a106-ecc26da1cd60","n":1}',
        "Accept": ["a", "b"],
        "accept": "c",
        "User-Agent": "codex_exec/0.169.0 (Debian 12.0.0; x86_64)",
    }
    assert SLOTS.headers(headers) == {
        "host": "⟨listener⟩",
        "content-length": "⟨length⟩",
        "sec-websocket-key": "⟨key⟩",
        "x-turn": '{"turn_id":"⟨uuid⟩","n":1}',
        "accept": ["a", "b", "c"],
        "user-agent": "codex_exec/0.169.0 (Debian 12.0.0; x86_64)",
    }


def test_found_values_have_their_places() -> None:
    body = {"input": ["x", {"id": f"msg_{HEX}", "create_time": 1795277514.5, "meta": '{"cwd":"/home/me/repo.x"}'}]}
    assert list(SLOTS.found(body)) == [
        Found("input[1].id", "id", HEX),
        Found("input[1].create_time", "time", "1795277514.5"),
        Found("input[1].meta.cwd", "cwd", "/home/me/repo.x"),
    ]


def test_a_rule_of_a_target_counts_at_its_place_alone() -> None:
    slots = Slots(rules=[*BUILT_IN, Rule(slot="project", pattern=r"tmp/([\w-]+)", at="contents[].text")])
    assert slots.value({"contents": [{"text": "x tmp/work"}], "text": "tmp/work"}) == {
        "contents": [{"text": "x tmp/⟨project⟩"}],
        "text": "tmp/work",
    }


@pytest.mark.parametrize("at", ["meta→.nonce", "meta.nonce", "nonce"])
def test_a_place_in_json_in_a_text_may_have_its_arrow(at: str) -> None:
    slots = Slots(rules=[Rule(slot="code", pattern="a1", at=at)])
    assert slots.value({"meta": '{"nonce":"a1"}'}) == {"meta": '{"nonce":"⟨code⟩"}'}


@pytest.mark.parametrize("rule", BUILT_IN, ids=lambda rule: rule.pattern[:40])
def test_built_in_rules_are_rules(rule: Rule) -> None:
    assert rule_problem(rule) is None


def test_a_rule_that_is_none_has_a_reason() -> None:
    assert "letters" in str(rule_problem(Rule(slot="⟨x⟩", pattern="x")))
    assert "regular expression" in str(rule_problem(Rule(slot="x", pattern="(")))
    assert "one group" in str(rule_problem(Rule(slot="x", pattern="(a)(b)")))
    assert "empty" in str(rule_problem(Rule(slot="x", pattern="a*")))


# -- properties -----------------------------------------------------------------------------------------------------

_random_uuids = st.uuids().filter(lambda one: one.int >> 96 and str(one)[9:18] != "0000-0000").map(str)
_ids = st.binary(min_size=12, max_size=12).map(bytes.hex).filter(re.compile(r"\d[a-f]+\d.*[a-f]").search)
_kinds: list[st.SearchStrategy[str]] = [
    _random_uuids,
    _ids.map("call_{}".format),
    st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map("{:%Y-%m-%dT%H:%M:%S}Z".format),
    st.floats(0.0001, 99).map("Wall time: {:.4f} seconds".format),
    st.integers(1, 99999).map("PID: {}".format),
    st.just("2026-11-21"),
    st.sampled_from(list(ENVIRONMENT.folders.values())),
]
_words = st.text(st.sampled_from("ab 1-_/.:{}[]\"'\n⟨⟩é\\T"), max_size=12)


@st.composite
def _alike(draw: st.DrawFn) -> tuple[str, str]:
    """Return two texts that differ in slots alone."""
    one = other = ""
    for kind in draw(st.lists(st.sampled_from(_kinds[:5]), max_size=4)):
        word = draw(_words)
        one += f"{word} {draw(kind)} "
        other += f"{word} {draw(kind)} "
    return one, other


_texts = st.one_of(_words, st.lists(st.one_of(_words, *_kinds), max_size=6).map("".join))
_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**60), 2**60), st.floats(allow_nan=False), _texts),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.one_of(_texts, st.just("create_time")), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(_json)
def test_normalising_again_changes_nothing(value: Any) -> None:
    normal = SLOTS.value(value)
    assert SLOTS.value(normal) == normal


@given(_json)
def test_types_and_the_order_of_keys_stay(value: Any) -> None:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return [shape(one) for one in value.values()]
        return [shape(one) for one in value] if isinstance(value, list) else isinstance(value, str)

    assert shape(SLOTS.value(value)) == shape(value)


@given(_alike())
def test_texts_that_differ_in_slots_alone_become_equal(texts: tuple[str, str]) -> None:
    one, other = texts
    assert SLOTS.text(one) == SLOTS.text(other)
    assert SLOTS.value({"x": [one]}) == SLOTS.value({"x": [other]})


@given(_texts.filter(lambda text: re.search("⟨[a-z]+⟩", text) is None))
def test_what_is_replaced_is_what_is_found(text: str) -> None:
    """`found` tries each rule, where `text` leaves out those that cannot match."""
    assert Counter(re.findall("⟨([a-z]+)⟩", SLOTS.text(text))) == Counter(one.slot for one in SLOTS.found({"": text}))


@given(_random_uuids)
def test_each_uuid_is_one(text: str) -> None:
    assert SLOTS.text(text) == SLOTS.text(text.upper()) == "⟨uuid⟩"
    assert uuid.UUID(text)
