"""Credentials never reach the disk."""

from __future__ import annotations

import base64
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.wire.addon.config import from_environ
from probe.wire.addon.redactor import MOST_SPELLINGS, Edit, Redactor, secret_values

SECRET = "sk-proj-Planted/secret+42"
MARK = r"\[REDACTED:[0-9a-f]{8}\]"


def redacted(data: bytes, redactor: Redactor) -> bytes:
    return b"".join(redactor.chunks([data], []))


HEADERS = {
    "a bearer key": ("Authorization", f"Bearer {SECRET}"),
    "a name in capitals": ("X-API-KEY", SECRET),
    "a Google key": ("x-goog-api-key", SECRET),
    "a token of a session": ("X-Session-Token", SECRET),
    "a forwarded credential": ("X-Forwarded-Authorization", f"Bearer {SECRET}"),
    "a key in a WebSocket's subprotocol": ("Sec-WebSocket-Protocol", f"realtime, openai-insecure-api-key.{SECRET}"),
    "a name that ends like a key": ("X-Acme-Api-Key", SECRET),
    "a session token": ("x-amz-security-token", SECRET),
    "an upstream proxy's sign-in": (
        "Proxy-Authorization",
        "Basic " + base64.b64encode(f"me:{SECRET}".encode()).decode(),
    ),
    "a cookie": ("Cookie", f"theme=dark; session={SECRET}"),
    "a cookie being set": ("Set-Cookie", f"session={SECRET}; Path=/; HttpOnly"),
    "a URL parameter in a header": ("Location", f"https://example.test/cb?access_token={SECRET}"),
}


@pytest.mark.parametrize(("name", "value"), HEADERS.values(), ids=HEADERS.keys())
def test_a_header_shows_that_there_was_a_credential_and_not_which(name: str, value: str) -> None:
    headers = Redactor(b"salt").headers([(name, value)])
    assert SECRET not in str(headers)
    assert re.search(MARK, str(headers[name]))


def test_a_set_cookie_header_keeps_what_is_no_secret() -> None:
    shown = Redactor(b"salt").header("Set-Cookie", f"session={SECRET}; Path=/; Max-Age=60; HttpOnly")
    assert re.fullmatch(rf"session={MARK}; Path=/; Max-Age=60; HttpOnly", shown)


def test_a_repeated_header_keeps_all_its_values_in_order() -> None:
    headers = Redactor(b"salt").headers([("Via", "a"), ("X", "1"), ("via", "b"), ("VIA", "c")])
    assert headers == {"Via": ["a", "b", "c"], "X": "1"}


PLAIN_HEADERS = {
    "a content type": ("content-type", "application/json"),
    "a request id": ("x-request-id", "req_0123456789abcdef"),
    "a token count": ("x-ratelimit-remaining-tokens", "149984"),
    "a cache key": ("x-cache-key-version", "7"),
    "an entity tag": ("etag", 'W/"33a64df551425fcc55e4d42a148795d9f25f89d4"'),
}


@pytest.mark.parametrize(("name", "value"), PLAIN_HEADERS.values(), ids=PLAIN_HEADERS.keys())
def test_a_header_without_a_credential_stays_as_it_is(name: str, value: str) -> None:
    assert Redactor(b"salt").headers([(name, value)]) == {name: value}


URLS = {
    "a key": f"https://example.test/v1?key={SECRET}&alt=sse",
    "an access token": f"https://example.test/v1?alt=sse&access_token={SECRET}",
    "a name that ends like a secret": f"https://example.test/v1?client-secret={SECRET}",
    "a signature": f"https://example.test/v1?X-Amz-Signature={SECRET}",
    "a password before the host": f"https://me:{SECRET}@example.test/v1".replace("/secret", "%2Fsecret"),
}


@pytest.mark.parametrize("url", URLS.values(), ids=URLS.keys())
def test_a_url_loses_its_credential_and_nothing_else(url: str) -> None:
    shown = Redactor(b"salt").url(url)
    assert "secret+42" not in shown
    assert re.search(MARK, shown)
    assert "example.test/v1" in shown
    assert ("alt=sse" in shown) == ("alt=sse" in url)


def test_a_url_without_a_credential_stays_as_it_is() -> None:
    url = "https://example.test/v1/models?client_version=0.98.0&keyword=a&max_tokens=5"
    assert Redactor(b"salt").url(url) == url


SPELLINGS = {
    "as it is": SECRET,
    "in JSON with escaped slashes": SECRET.replace("/", "\\/"),
    "in a URL": "sk-proj-Planted%2Fsecret%2B42",
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_a_known_value_is_found_in_each_spelling(spelling: str) -> None:
    redactor = Redactor(b"salt", [SECRET])
    assert (
        redacted(f'{{"text":"a {spelling} b"}}'.encode(), redactor)
        == f'{{"text":"a {redactor.mark(SECRET)} b"}}'.encode()
    )


def test_a_value_with_quotes_and_accents_is_found_inside_json() -> None:
    value = 'pass"wörd\\x'
    redactor = Redactor(b"salt", [value])
    for inside in (b'pass\\"w\\u00f6rd\\\\x', 'pass\\"wörd\\\\x'.encode()):
        assert redacted(b'{"a":"' + inside + b'"}', redactor) == b'{"a":"' + redactor.mark(value).encode() + b'"}'


def test_a_credential_seen_in_a_header_is_found_in_the_bodies_that_follow() -> None:
    redactor = Redactor(b"salt")
    redactor.headers([("Authorization", "Bearer tok-0123456789")])
    assert b"tok-0123456789" not in redacted(b'{"echo":"tok-0123456789"}', redactor)


def test_the_tag_is_the_same_for_the_same_secret_under_one_salt_only() -> None:
    one, two = Redactor(b"salt"), Redactor(b"other")
    assert one.mark(SECRET) == one.mark(SECRET) == one.header("authorization", f"Bearer {SECRET}")
    assert one.mark(SECRET) != one.mark(SECRET + "x")
    assert one.mark(SECRET) != two.mark(SECRET)


def test_keep_secrets_keeps_them() -> None:
    redactor = Redactor(b"salt", [SECRET], keep=True)
    assert redactor.headers([("authorization", SECRET)]) == {"authorization": SECRET}
    assert redacted(SECRET.encode(), redactor) == SECRET.encode()
    assert redactor.url(f"https://example.test/?key={SECRET}") == f"https://example.test/?key={SECRET}"


def test_which_variables_hold_secrets() -> None:
    environ = {
        "MY_KEY": "short1",
        "OPENAI_API_KEY": "sk-aaaaaaaaaaaa",
        "GITHUB_TOKEN": "ghp_bbbbbbbbbbbb",
        "AWS_SECRET_ACCESS_KEY": "cccccccccccccc",
        "DB_PASSWORD": "dddddddddd",
        "DATABASE_URL": "postgres://me:eeeeee%2Fee@db/x",
        "GOOGLE_APPLICATION_CREDENTIALS": "/home/me/key.json",
        "MAX_OUTPUT_KEY": "123456789",
        "HOME": "/home/me",
        "EDITOR_NAME": "something-long",
    }
    assert secret_values(environ, ["MY_KEY"]) == {
        "short1",
        "sk-aaaaaaaaaaaa",
        "ghp_bbbbbbbbbbbb",
        "cccccccccccccc",
        "dddddddddd",
        "eeeeee%2Fee",
        "eeeeee/ee",
    }


def test_the_salt_is_made_once_and_is_private(tmp_path: Path) -> None:
    config = from_environ({"TRAFFIC_OUTPUT_DIR": str(tmp_path)}, tmp_path)
    first, second = config.redactor().mark(SECRET), config.redactor().mark(SECRET)
    assert first == second
    assert (tmp_path / ".redaction-salt").stat().st_mode & 0o777 == 0o600
    assert len(list(tmp_path.iterdir())) == 1


@given(
    parts=st.lists(
        st.sampled_from([b"sk-secret-1", b"sk-secret-1x", b"sk-", b"secret", b"ab", b"sk-secret-"]), max_size=20
    ),
    size=st.integers(1, 9),
)
def test_chunk_borders_hide_no_secret(parts: list[bytes], size: int) -> None:
    data = b"".join(parts)
    redactor = Redactor(b"salt", ["sk-secret-1", "sk-secret-1x"])
    whole: list[Edit] = []
    cut: list[Edit] = []
    chunks = [data[start : start + size] for start in range(0, len(data), size)]
    expected = b"".join(redactor.chunks([data], whole))
    assert b"".join(redactor.chunks(chunks, cut)) == expected
    assert [(edit.start, edit.length) for edit in cut] == [(edit.start, edit.length) for edit in whole]
    assert b"sk-secret-1" not in expected


def test_a_server_that_sets_ever_new_cookies_does_not_slow_every_body_down() -> None:
    redactor = Redactor(b"salt", [SECRET])
    for number in range(2000):
        assert "REDACTED" in redactor.header("Set-Cookie", f"session=a-long-session-number-{number:06d}; Path=/")
    assert len(redactor._known.marks) <= MOST_SPELLINGS + 10
    assert SECRET.encode() not in redacted(SECRET.encode(), redactor)


def test_a_credential_on_a_command_line_is_replaced() -> None:
    shown = Redactor(b"salt").text("curl -H 'Authorization: Bearer tok-0123456789' https://example.test")
    assert re.fullmatch(rf"curl -H 'Authorization: Bearer {MARK}' https://example.test", shown)


def test_learning_disturbs_no_search_in_another_thread() -> None:
    redactor = Redactor(b"salt", [SECRET])
    body = b"x" * 100_000 + SECRET.encode()

    def search(_number: int) -> bool:
        return SECRET.encode() in redacted(body, redactor)

    with ThreadPoolExecutor(2) as pool:
        searches = pool.map(search, range(300))
        for number in range(600):
            redactor.learn(f"another-value-{number:04d}")
        assert not any(searches)
