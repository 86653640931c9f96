"""Whatever form a credential has in a record, it is found without the redactor's patterns; what is none is not."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from probe.addon.redaction import patterns
from probe.places import PROJECT
from probe.record.credential_check import CredentialCheck
from probe.record.exchange import Exchange, Message, Request, Response, WebSocket
from probe.record.leaks import LeakSearch
from probe.record.reader import read_unread
from tests.support import bundled, frames
from tests.support.planted import Mint

MINT = Mint(16)
TOKENS = MINT.tokens()
PRIVATE_KEY = MINT.private_key()
AWS_SECRET = MINT.opaque()["AWS secret access key"]

SECRETS = {
    "OpenAI key": TOKENS["OpenAI, of a project"],
    "Anthropic key": TOKENS["Anthropic"],
    "Google API key": TOKENS["Google API key"],
    "Google access token": TOKENS["Google access token"],
    "AWS access key id": TOKENS["AWS access key id"],
    "AWS secret access key": f"{TOKENS['AWS access key id']} {AWS_SECRET}",
    "GitHub token": TOKENS["GitHub, personal"],
    "GitLab token": TOKENS["GitLab"],
    "Slack token": TOKENS["Slack bot"],
    "Stripe key": TOKENS["Stripe"],
    "JWT": TOKENS["JWT"],
    "private key": PRIVATE_KEY,
    "a random value under the name of a credential": f"OPENAI_API_KEY={MINT.some(32)}",
}


def ask(body: Any = None, **fields: Any) -> Exchange:
    """Make an exchange with a parsed body."""
    request = {"method": "POST", "url": "https://api.test/v1", "body": body, "body_kind": "json"} | fields
    return Exchange(timestamp=1.0, request=Request(**request))


def answer(body: str, kind: str) -> Exchange:
    """Make an exchange with an answer of text."""
    response = Response(status_code=200, body=body, body_kind=kind, headers={})
    return Exchange(timestamp=1.0, request=ask().request, response=response)


def escaped(text: str) -> str:
    """Return a JSON string in which each character is escaped, as the exact text of a body may have it."""
    return '"' + "".join(f"\\u{ord(one):04X}" for one in text) + '"'


def parts_of(secret: str) -> list[str]:
    """Return pieces of which none shows what the secret is."""
    return [secret[:2], secret[2:9], secret[9:15], secret[15:]]


def deltas(secret: str) -> list[dict[str, Any]]:
    """Return the events of two streams of content that take turns."""
    pieces = [(index, text) for part in parts_of(secret) for index, text in ((0, part), (1, "x"))]
    return [{"index": index, "delta": {"text": text}} for index, text in pieces]


def websocket(*contents: str) -> Exchange:
    """Make a conversation of the server's messages."""
    messages = [Message(timestamp=1.0, direction="server", type="text", content=one) for one in contents]
    return Exchange(timestamp=1.0, request=ask().request, websocket=WebSocket(messages=messages))


def event_stream(*chunks: bytes) -> Exchange:
    """Make an exchange with an answer of binary frames."""
    return answer(base64.b64encode(b"".join(chunks)).decode(), "base64")


FORMS: dict[str, Callable[[str], Exchange]] = {
    "plain": lambda secret: ask({"a": f"It is {secret} here"}),
    "a name": lambda secret: ask({f"{secret}": 1}),
    "escapes": lambda secret: ask(body_text=f'{{"a":{escaped(secret)}}}'),
    "JSON in a string": lambda secret: ask({"a": json.dumps({"b": secret})}),
    "JSON in a string in a string": lambda secret: ask({"a": json.dumps({"b": json.dumps({"c": [secret]})})}),
    "escapes in JSON in a string": lambda secret: ask({"a": f'{{"b":{escaped(secret)}}}'}),
    "behind a line's end": lambda secret: ask({"a": f"one\n{secret}\nthree"}),
    "behind a colour": lambda secret: ask({"a": f"\x1b[32m{secret}\x1b[0m"}),
    "escaped slashes": lambda secret: ask(body_text=json.dumps({"a": secret}).replace("/", "\\/")),
    "an event": lambda secret: answer(f"data: {json.dumps({'a': secret})}\n\n", "sse"),
    "events": lambda secret: answer("".join(f"data: {json.dumps(one)}\n\n" for one in deltas(secret)), "sse"),
    "arguments in events": lambda secret: answer(
        "".join(f"data: {json.dumps(one)}\n\n" for one in deltas(json.dumps({"key": secret}))), "sse"
    ),
    "lines of JSON": lambda secret: answer("\n".join(map(json.dumps, deltas(secret))), "text"),
    "a WebSocket message": lambda secret: websocket(json.dumps({"a": secret})),
    "WebSocket messages": lambda secret: websocket(*map(json.dumps, deltas(secret))),
    "a frame": lambda secret: event_stream(frames.chunk({"a": secret})),
    "frames": lambda secret: event_stream(*map(frames.chunk, deltas(secret))),
    "frames without base64": lambda secret: event_stream(*(frames.event_frame("d", one) for one in deltas(secret))),
}


def found(exchange: Exchange) -> str:
    """Return all that is found in an exchange."""
    return "\n".join(LeakSearch({}).in_exchange(exchange, Path()))


@pytest.fixture
def no_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the redactor's patterns find nothing."""
    monkeypatch.setattr(patterns, "find", lambda data: ())


@pytest.mark.usefixtures("no_patterns")
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", SECRETS)
def test_a_credential_is_found_in_every_form_without_the_redactors_patterns(kind: str, form: str) -> None:
    text = found(FORMS[form](SECRETS[kind]))
    assert kind in text or "spread over several pieces" in text
    assert not any(part in text for part in SECRETS[kind].split())


@pytest.mark.parametrize("name", [name for name in TOKENS if "JWT" not in name])
def test_a_credential_in_a_header_or_a_url_is_found(name: str) -> None:
    for value in (TOKENS[name], f"Bearer {TOKENS[name]}"):
        assert "X-Api-Key" in found(ask(headers={"X-Api-Key": value}))
    assert "URL" in found(ask(url=f"https://api.test/v1?api_key={TOKENS[name]}"))


IN_HEADERS = {kind: SECRETS[kind] for kind in ("OpenAI key", "Google API key", "GitHub token", "Slack token", "JWT")}


@pytest.mark.usefixtures("no_patterns")
@pytest.mark.parametrize("kind", IN_HEADERS)
def test_a_known_form_is_found_in_a_header_of_any_name_and_in_a_path(kind: str) -> None:
    secret = SECRETS[kind]
    assert "X-Note" in found(ask(headers={"X-Note": f"it is {secret}"}))
    assert f"URL: {kind}" in found(ask(url=f"https://api.test/v1/{secret}/x"))
    assert f"URL: {kind}" in found(ask(url=f"https://api.test/v1?next=%2Fa%3Fb%3D{secret}"))


KEY_LINES = PRIVATE_KEY.splitlines()
KEY_FORMS = {
    "numbered by cat": "\n".join(f"{number:6}\t{line}" for number, line in enumerate(KEY_LINES, 1)),
    "numbered by an arrow": "\n".join(f"{number:6}→{line}" for number, line in enumerate(KEY_LINES, 1)),
    "quoted": "\n".join(f"> {line}" for line in KEY_LINES),
    "a diff": "\n".join(f"+{line}" for line in KEY_LINES),
    "source code": "\n".join(f'    "{line}\\n"' for line in KEY_LINES),
    "one line": " ".join(KEY_LINES),
    "cut short": "\n".join(KEY_LINES[:2]),
    "line ends of Windows": "\r\n".join(KEY_LINES),
    "of OpenSSH": MINT.private_key("OPENSSH "),
}


@pytest.mark.parametrize("form", KEY_FORMS)
def test_a_private_key_is_found_in_any_form_of_its_lines(form: str) -> None:
    for text in (KEY_FORMS[form], json.dumps(KEY_FORMS[form]), json.dumps(json.dumps(KEY_FORMS[form]))):
        assert CredentialCheck({}).kinds(text.encode()) == {"private key"}


NAMED = {
    "a member": '{"api_key": "%s"}',
    "in JSON in a string": '"{\\"clientSecret\\":\\"%s\\"}"',
    "of two words": '{"access-token":"%s"}',
    "in capitals": "AWS_SECRET_ACCESS_KEY=%s",
    "in a file of settings": "password: %s",
    "a header": "Authorization: Bearer %s",
    "a form": "grant_type=x&client_secret=%s&scope=y",
    "source code": "os.environ['SERVICE_TOKEN'] = '%s'",
}


@pytest.mark.parametrize("form", NAMED)
@pytest.mark.parametrize("seed", range(5))
def test_a_random_value_under_the_name_of_a_credential_is_found(form: str, seed: int) -> None:
    mint = Mint(seed)
    for value in (mint.some(40), mint.hex(32), mint.opaque()["AWS secret access key"]):
        text = (NAMED[form] % value).encode()
        assert CredentialCheck({}).kinds(text) == {"a random value under the name of a credential"}


def test_a_value_of_this_environment_is_found_and_named_by_its_variable(no_patterns: None) -> None:
    secret = "correct-horse-battery"
    environ = {"X_TOKEN": secret, "A_KEY": "/home/user/file.pem", "B_KEY": "short", "C_KEY": "1" * 20, "HOME": "/root"}
    search = LeakSearch(environ)
    for form in FORMS.values():
        told = "\n".join(search.in_exchange(form(secret), Path()))
        assert "X_TOKEN" in told or "spread" in told
        assert secret not in told
    text = "\n".join(search.in_exchange(ask({"a": [*environ.values()][1:]}), Path()))
    assert text == ""


def test_what_the_last_request_held_is_found_in_the_next_one_too(tmp_path: Path) -> None:
    search, history = LeakSearch({}), ["word " * 20_000]
    assert [*search.in_exchange(ask(history), tmp_path)] == []
    history.append(SECRETS["GitHub token"])
    for _ in range(2):
        assert [*search.in_exchange(ask(history), tmp_path)] == ["request body: GitHub token"]
    history[1] = "word " * 20_000
    assert [*search.in_exchange(ask(history), tmp_path)] == []


@pytest.mark.parametrize("place", [0, (1 << 20) - 20, (1 << 20) + 5])
def test_a_file_is_searched_across_the_borders_of_its_blocks(place: int, tmp_path: Path, no_patterns: None) -> None:
    path = tmp_path / "report.md"
    path.write_text(f"{'.' * place} {SECRETS['GitHub token']} {'.' * 100}")
    assert [*LeakSearch({}).in_file(path)] == ["GitHub token"]


# -- what is no credential ---------------------------------------------------------------------------------------

DIGEST = hashlib.sha256(b"x").hexdigest()
URL64 = base64.urlsafe_b64encode(hashlib.shake_256(b"y").digest(3000)).decode()
IMAGE = base64.b64encode(hashlib.shake_256(b"z").digest(90_000)).decode()
HARMLESS: dict[str, Any] = {
    "UUIDs": {"session_id": str(uuid.UUID(DIGEST[:32])), "thread": f"thread-{uuid.UUID(DIGEST[32:])}"},
    "hashes": {"sha256": DIGEST, "etag": f'W/"{DIGEST}"', "commit": DIGEST[:40], "integrity": f"sha512-{URL64[:86]}"},
    "ids": {"call_id": f"call_{MINT.some(24)}", "id": f"toolu_{MINT.some(24)}", "response_id": f"resp_{MINT.hex(48)}"},
    "keys of caches": {"prompt_cache_key": MINT.some(32), "cacheKey": DIGEST, "cache-key": DIGEST},
    "places in lists": {"nextPageToken": MINT.some(40), "continuation_token": MINT.some(40), "cursor": URL64[:60]},
    "reasoning": {"encrypted_content": f"gAAAAAB{URL64}", "signature": URL64, "thoughtSignature": URL64},
    "images": {"image_url": f"data:image/png;base64,{IMAGE}"},
    "placeholders": [
        "sk-your-key-goes-here-please",
        "sk-" + "x" * 40,
        "AKIA" + "IOSFODNN7EXAMPLE",
        "ghp_" + "x" * 36,
        "API_KEY=${OPENAI_API_KEY:-default_value_1}",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
    ],
    "marks": {"api_key": "[REDACTED:01234567]", "Authorization": "Bearer [REDACTED:89abcdef]"},
    "source code": "token = getAccessTokenForUser2(request)\napi_key = settings.providers.openai.api_key_v2_name",
    "counts": {"input_tokens": 12345678901234567890123, "max_tokens": "128000"},
    "public keys": {"public_key": URL64[:64], "ssh": f"ssh-rsa AAAAB3NzaC1yc2E{URL64[:300]}"},
}


@pytest.mark.parametrize("case", HARMLESS)
def test_what_is_no_credential_is_not_taken_for_one(case: str) -> None:
    body = HARMLESS[case]
    assert found(ask(body)) == ""
    assert found(ask({"arguments": json.dumps(body)})) == ""
    assert found(answer(f"data: {json.dumps(body)}\n\n", "sse")) == ""


def test_five_megabytes_of_source_code_as_results_of_tools_hold_none() -> None:
    check, size = CredentialCheck({}), 0
    for path in sorted(Path(os.__file__).parent.glob("*/*.py")):
        if "site-packages" not in path.parts and size < 5 << 20:
            text = path.read_text(encoding="utf-8", errors="replace")
            body = {"type": "function_call_output", "call_id": "c", "output": json.dumps({"output": text})}
            size += len(text)
            assert check.kinds(json.dumps(body).encode()) == set(), path
    assert size >= 5 << 20


PLANTED = "credentials-in-an-older-file.jsonl"
RECORDS = [path for path in sorted((PROJECT / "tests/golden").rglob("*.jsonl")) if path.name != PLANTED]
RECORDS += bundled.RECORDS.values()


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_record_of_this_repository_holds_one(path: Path) -> None:
    search = LeakSearch({})
    exchanges = read_unread(path, lambda line, why: None)
    assert [leak for exchange in exchanges for leak in search.in_exchange(exchange, path)] == []
