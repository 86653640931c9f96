"""Credentials never reach the disk."""

from __future__ import annotations

import base64
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.addon.config import from_environ
from probe.addon.redaction import patterns as shapes
from probe.addon.redaction import secret_search
from probe.addon.redaction.clean_prefixes import SEGMENT
from probe.addon.redaction.edits import Edit
from probe.addon.redaction.environment_secrets import secret_values
from probe.addon.redaction.redactor import Redactor
from probe.addon.redaction.secret_search import MOST_SHAPED, MOST_SPELLINGS
from tests.support.planted import Mint

SECRET = "sk-proj-Planted/secret+42"
MARK = r"\[REDACTED:[0-9a-f]{8}\]"
MINT = Mint(4)
TOKENS = MINT.tokens()
OPENAI, GITHUB, JWT = (TOKENS[name] for name in ("OpenAI, of a project", "GitHub, personal", "JWT"))
OPAQUE = MINT.opaque()["an opaque token"]


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
    "a token in any header": ("X-Whatever", f"a {OPENAI} b"),
    "a token in JSON in a header": ("X-Turn-Metadata", json.dumps({"git": f"https://me:{GITHUB}@example.test/a.git"})),
}


@pytest.mark.parametrize(("name", "value"), HEADERS.values(), ids=HEADERS.keys())
def test_a_header_shows_that_there_was_a_credential_and_not_which(name: str, value: str) -> None:
    headers = Redactor(b"salt").headers([(name, value)])
    assert not any(secret in str(headers) for secret in (SECRET, OPENAI, GITHUB))
    assert re.search(MARK, str(headers[name]))


CREDENTIAL_HEADERS = [
    "X-RapidAPI-Key", "DD-API-KEY", "DD-APPLICATION-KEY", "X-Gateway-Key", "Langfuse-Secret-Key", "X-Access-Key",
    "xApiKey", "XApiKey", "x_api_key", "xapikey", "X-Auth", "X-Api-Secret", "X-Client-JWT", "x-pat", "AccessToken",
    "X-Customer-Key", "X-Amz-Server-Side-Encryption-Customer-Key", "api-key-2", "Helicone-Auth", "cf-aig-authorization",
]  # fmt: skip


@pytest.mark.parametrize("name", CREDENTIAL_HEADERS)
def test_a_header_is_a_credential_by_the_words_of_its_name_however_it_is_spelled(name: str) -> None:
    redactor = Redactor(b"salt")
    assert redactor.headers([(name, SECRET)]) == {name: redactor.mark(SECRET)}
    assert SECRET not in redactor.text(f"it was {SECRET} there")


def test_a_set_cookie_header_keeps_what_is_no_secret() -> None:
    shown = Redactor(b"salt").header("Set-Cookie", f"session={SECRET}; Path=/; Max-Age=60; HttpOnly")
    assert re.fullmatch(rf"session={MARK}; Path=/; Max-Age=60; HttpOnly", shown)


def test_a_repeated_header_keeps_all_its_values_in_order() -> None:
    headers = Redactor(b"salt").headers([("Via", "a"), ("X", "1"), ("via", "b"), ("VIA", "c")])
    assert headers == {"Via": ["a", "b", "c"], "X": "1"}


def test_every_value_of_a_repeated_header_is_redacted() -> None:
    one, two = MINT.some(30), MINT.some(30)
    fields = [("Set-Cookie", f"a={one}; Path=/"), ("X-Note", GITHUB), ("set-cookie", f"b={two}"), ("x-note", JWT)]
    shown = Redactor(b"salt").headers(fields)
    mark = Redactor(b"salt").mark
    assert shown == {"Set-Cookie": [f"a={mark(one)}; Path=/", f"b={mark(two)}"], "X-Note": [mark(GITHUB), mark(JWT)]}


def test_a_mark_before_a_credential_hides_nothing() -> None:
    redactor = Redactor(b"salt")
    for text in (f"[REDACTED:01234567]{SECRET}", f"[REDACTED {SECRET}"):
        assert SECRET not in redactor.header("Authorization", text)
        assert SECRET not in redactor.url(f"https://example.test/?key={text.replace(' ', '')}")
    assert redactor.header("Authorization", "[REDACTED:01234567]") == "[REDACTED:01234567]"


PLAIN_HEADERS = {
    "a content type": ("content-type", "application/json"),
    "a request id": ("x-request-id", "req_0123456789abcdef"),
    "a token count": ("x-ratelimit-remaining-tokens", "149984"),
    "a cache key": ("x-cache-key-version", "7"),
    "a key of a cache": ("Surrogate-Key", "page-1 page-2-of-many"),
    "a key of a WebSocket": ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    "a key that makes a request unique": ("Idempotency-Key", "01a1fba8-4876-7d22-a87b-ec193fc02e27"),
    "a key for routing": ("X-Routing-Key", "orders-of-today"),
    "a public key": ("Langfuse-Public-Key", "pk-of-mine-and-yours"),
    "a permission": ("Access-Control-Allow-Credentials", "true-for-all"),
    "an author": ("X-Author", "someone-else-entirely"),
    "a path": ("X-Compass", "a-way-to-somewhere"),
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


@pytest.mark.parametrize(
    "name",
    [
        "PGPASSWORD",
        "MYSQL_PWD",
        "DB_PASS",
        "SSHPASS",
        "SERVICE_PASSPHRASE",
        "DOCKER_AUTH_CONFIG",
        "TOKEN2",
        "GHTOKEN",
        "GITHUB_TOKEN_2",
        "KEY1",
        "REDISPASSWORD",
        "APPSECRET",
        "db_pass",
        "MYAPIKEY",
    ],
)
def test_a_variable_that_is_named_like_a_credential_holds_one(name: str) -> None:
    assert secret_values({name: OPAQUE}) == {OPAQUE}


ODD_STARTS = ["/" + OPAQUE, "~" + OPAQUE, "." + OPAQUE, "0123456789"]


@pytest.mark.parametrize("value", ODD_STARTS)
@pytest.mark.parametrize(
    "name", ["AWS_SECRET_ACCESS_KEY", "OPENAI_API_KEY", "GITHUB_TOKEN", "DB_PASSWORD", "CLIENT_SECRET", "AZURE_PAT"]
)
def test_the_name_of_a_variable_decides_and_not_how_its_value_looks(name: str, value: str) -> None:
    assert secret_values({name: value}) == {value}


@pytest.mark.parametrize("value", ["/home/me/tls.key", "~/tls.key", "./tls.key", "0123456789"])
@pytest.mark.parametrize("name", ["TLS_KEY", "GOOGLE_APPLICATION_CREDENTIALS", "SSH_KEY", "REGISTRY_AUTH", "MAX_KEY"])
def test_a_variable_that_may_name_a_file_or_a_number_holds_no_secret_then(name: str, value: str) -> None:
    assert secret_values({name: value}) == set()


@pytest.mark.parametrize(
    "name",
    [
        "PATH",
        "PWD",
        "OLDPWD",
        "COMPASS",
        "BYPASS",
        "KEYBOARD",
        "TOKENIZERS_PARALLELISM",
        "MAX_TOKENS",
        "SSH_AUTH_SOCK",
        "PASSWORD_STORE_DIR",
        "XAUTHORITY",
        "CSRF_BYPASS",
        "MONKEY",
        "KEYMAP",
        "AUTHOR",
    ],
)
def test_a_variable_with_another_name_holds_none(name: str) -> None:
    assert secret_values({name: OPAQUE}) == set()


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


# -- what nobody told us about -----------------------------------------------------------------------------------


def test_what_a_shape_shows_to_be_secret_is_redacted_in_other_places_and_spellings() -> None:
    redactor = Redactor(b"salt")
    value = 'p/4+ss"w0rd-in-quotes'
    once = json.dumps({"note": f"it is {value} indeed", "x": {"password": value}, "url": "a%2F"})
    assert redacted(f'{{"note":"bare {OPAQUE} before","access_token":"{OPAQUE}"}}'.encode(), redactor) == (
        f'{{"note":"bare {redactor.mark(OPAQUE)} before","access_token":"{redactor.mark(OPAQUE)}"}}'.encode()
    )
    assert OPAQUE not in redactor.text(f"later: x{OPAQUE}x")
    assert json.loads(once)["x"]["password"] == value


def test_a_short_password_is_not_looked_for_elsewhere() -> None:
    redactor = Redactor(b"salt")
    assert redacted(b'{"password":"summer26"}', redactor) == f'{{"password":"{redactor.mark("summer26")}"}}'.encode()
    assert redacted(b"in summer26 we met", redactor) == b"in summer26 we met"


def test_the_tag_does_not_depend_on_the_spelling() -> None:
    redactor = Redactor(b"salt")
    secret = "ab/12" * 8
    spelled = secret.replace("/", "\\/")
    assert redacted(f'{{"client_secret":"{spelled}"}}'.encode(), redactor) == (
        f'{{"client_secret":"{redactor.mark(secret)}"}}'.encode()
    )


OVERLAPS = {
    "a known value inside a token": ([OPENAI[10:30]], f"a {OPENAI} b", f"a {{{OPENAI}}} b"),
    "a token inside a known value": ([f"x:{GITHUB}:y z"], f"a x:{GITHUB}:y z b", f"a {{x:{GITHUB}:y z}} b"),
    "a known value that a token begins in": (["key = sk"], f"key = {OPENAI}", f"{{key = sk{OPENAI[2:]}}}"),
    "two known values": (["abcdef", "defghi"], "x abcdefghi x", "x {abcdefghi} x"),
    "two that touch": (["abcdef", "ghijkl"], "x abcdefghijkl x", "x {abcdef}{ghijkl} x"),
    "a token that is a named value": ([], f'{{"api_key":"{OPENAI}"}}', f'{{"api_key":"{{{OPENAI}}}"}}'),
    "a known value that is a named value": ([OPAQUE], f'{{"token":"{OPAQUE}"}}', f'{{"token":"{{{OPAQUE}}}"}}'),
}


@pytest.mark.parametrize(("known", "text", "places"), OVERLAPS.values(), ids=OVERLAPS.keys())
def test_secrets_that_overlap_become_one_place(known: list[str], text: str, places: str) -> None:
    edits: list[Edit] = []
    shown = b"".join(Redactor(b"salt", known).chunks([text.encode()], edits)).decode()
    parts = re.split(MARK, shown)
    assert len(edits) == len(parts) - 1
    rest = [text[edit.start : edit.start + edit.length] for edit in edits]
    spelled = "".join(f"{part}{{{secret}}}" for part, secret in zip(parts, [*rest, ""], strict=True))
    assert spelled.removesuffix("{}") == places


def test_a_server_that_sends_ever_new_tokens_does_not_slow_every_body_down() -> None:
    redactor = Redactor(b"salt", [SECRET])
    for number in range(2 * MOST_SHAPED):
        assert OPENAI not in redactor.text(f"sk-{number:06d}{OPENAI[8:]}")
    assert len(redactor._known.marks) <= 3 * MOST_SHAPED


def test_keep_secrets_keeps_what_looks_like_one() -> None:
    redactor = Redactor(b"salt", keep=True)
    text = f'Bearer {JWT} {{"password":"{OPAQUE}"}}'
    assert redacted(text.encode(), redactor) == text.encode()
    assert redactor.text(text) == text
    assert redactor.headers([("x", text)]) == {"x": text}
    assert redactor.found(text.encode()) == []
    assert not redactor.holds_secret(text.encode())


COMMANDS = {
    "a bare key": (f"Deploy with {OPENAI}, please", OPENAI),
    "an option": (f"--api-key={OPAQUE}", OPAQUE),
    "a setting": (f'model_providers.x.http_headers={{"x-api-key"="{OPAQUE}"}}', OPAQUE),
    "a variable": (f"GITHUB_TOKEN={OPAQUE}", OPAQUE),
    "a header": (f"Authorization: Bearer {JWT}", JWT),
    "a connection string": (f"postgres://me:{OPAQUE}@db.example.test/x", OPAQUE),
}


@pytest.mark.parametrize(("word", "secret"), COMMANDS.values(), ids=COMMANDS.keys())
def test_a_credential_that_was_typed_is_replaced(word: str, secret: str) -> None:
    shown = Redactor(b"salt").text(word)
    assert secret not in shown
    assert re.search(MARK, shown)


def test_the_value_of_an_option_is_replaced_where_it_is_a_word_of_its_own() -> None:
    words = ["deploy", "--api-key", OPAQUE, "--region", "eu-central-1"]
    redactor = Redactor(b"salt")
    assert redactor.words(words) == ["deploy", "--api-key", redactor.mark(OPAQUE), "--region", "eu-central-1"]


OPTIONS = [
    "--password",
    "--passphrase",
    "--token",
    "--secret",
    "--api-key",
    "--auth-token",
    "--key",
    "--access-token",
    "--client-secret",
    "--apikey",
    "--db-password",
    "--dbPassword",
    "--pat",
    "--jwt",
    "--accessKey",
    "--x-gateway-key",
    "-token",
    "--API_KEY",
]


@pytest.mark.parametrize("value", ["hun2", "hunter2", "correct horse battery", "all-words-here"])
@pytest.mark.parametrize("option", OPTIONS)
def test_what_an_option_that_is_named_like_a_credential_is_given_is_replaced(option: str, value: str) -> None:
    redactor = Redactor(b"salt")
    mark = redactor.mark(value)
    assert redactor.words(["x", option, value, "-v"]) == ["x", option, mark, "-v"]
    assert redactor.words(["x", f"{option}={value}"]) == ["x", f"{option}={mark}"]
    assert (value.encode() in redacted(f"it is {value}.".encode(), redactor)) == (len(value) < 8)


ODD_VALUES = [
    ("--password", "@hunter2-of-mine"),
    ("--password", "/hunter/2"),
    ("--password", "20260101"),
    ("--token", "123456"),
    ("--access-token", "0123456789"),
    ("--auth", "me:hunter2"),
    ("--auth", "0123abcd"),
]


@pytest.mark.parametrize(("option", "value"), ODD_VALUES)
def test_the_name_of_an_option_decides_and_not_how_its_value_looks(option: str, value: str) -> None:
    redactor = Redactor(b"salt")
    assert redactor.words(["x", option, value]) == ["x", option, redactor.mark(value)]
    assert redactor.words(["x", f"{option}={value}"]) == ["x", f"{option}={redactor.mark(value)}"]


USERS = [["-u", "me:$"], ["--user", "me:$"], ["--user=me:$"], ["-ume:$"], ["-u", ":$"]]


@pytest.mark.parametrize("words", USERS, ids=" ".join)
def test_the_password_of_a_user_option_is_replaced(words: list[str]) -> None:
    redactor = Redactor(b"salt")
    shown = redactor.words([word.replace("$", "hunter2:x") for word in words])
    assert shown == [word.replace("$", redactor.mark("hunter2:x")) for word in words]


PLAIN_WORDS = [
    ["--key", "/home/me/id"],
    ["--key=~/id.pem"],
    ["--key", "./id.pem"],
    ["--token", "@token.txt"],
    ["--token", "$TOKEN"],
    ["--token={token}"],
    ["--key", "123456"],
    ["--token", "abc"],
    ["--auth", "basic"],
    ["--auth", "~/auth.json"],
    ["--password", "$PASSWORD"],
    ["--routing-key", "orders-of-today"],
    ["--author", "someone-else"],
    ["--path", "a-long-one-of-mine"],
    ["--password", "--verbose"],
    ["--max-tokens", "many-of-them"],
    ["--sort-key", "created_at"],
    ["--public-key", "one-of-mine"],
    ["-p", "say hello there"],
    ["-u", "nobody"],
    ["-u", "1000:1000"],
    ["-u", "https://example.test/a"],
    ["--user-agent=a:bcdefgh"],
    ["python", "-u", "main.py"],
    ["--keyboard", "us-intl"],
    ["--bypass", "all-of-it"],
]


@pytest.mark.parametrize("words", PLAIN_WORDS, ids=" ".join)
def test_words_without_a_credential_stay_as_they_are(words: list[str]) -> None:
    assert Redactor(b"salt").words(words) == words


def test_keep_secrets_keeps_the_words_of_a_command() -> None:
    words = ["--password", "hunter2", "-u", "me:hunter2"]
    assert Redactor(b"salt", keep=True).words(words) == words


# -- large bodies ------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        OPENAI.encode(),
        GITHUB.encode(),
        JWT.encode(),
        f'"api_key": "{OPAQUE}"'.encode(),
        f"DB_PASSWORD={OPAQUE}".encode(),
        MINT.private_key().encode(),
        b"known-value-0123",
        b"x" * 500,
        b" ",
        b"\n",
        b'"',
        b" sk-",
        b"key=",
        b"some words and 12345 " * 40,
        "ü€".encode() * 100,
    ]
)


@settings(max_examples=60)
@given(
    parts=st.lists(PIECES, min_size=10, max_size=40),
    times=st.integers(5, 20),
    size=st.integers(50, 60_000),
    block=st.integers(500, 80_000),
)
def test_a_large_body_is_redacted_as_a_small_one(parts: list[bytes], times: int, size: int, block: int) -> None:
    data = b" ".join(parts * times)
    chunks = [data[start : start + size] for start in range(0, len(data), size)]
    whole: list[Edit] = []
    cut: list[Edit] = []
    values = ["known-value-0123", OPAQUE]
    expected = b"".join(Redactor(b"salt", values).chunks([data], whole))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secret_search, "BLOCK", block)
        assert b"".join(Redactor(b"salt", values).chunks(chunks, cut)) == expected
    assert [(edit.start, edit.length, edit.new) for edit in cut] == [(one.start, one.length, one.new) for one in whole]
    ends = [edit.start + edit.length for edit in whole]
    assert all(end <= edit.start for end, edit in zip(ends, whole[1:], strict=False))
    assert not any(secret.encode() in expected for secret in (OPENAI, GITHUB, JWT, OPAQUE))


def test_a_secret_across_two_blocks_is_found() -> None:
    token = TOKENS["JWT"].encode()
    for place in range(secret_search.BLOCK - len(token) - 20, secret_search.BLOCK + 20, 97):
        data = b"x " * (place // 2) + token + b" y" * 40_000
        chunks = [data[start : start + 65_536] for start in range(0, len(data), 65_536)]
        edits: list[Edit] = []
        assert token not in b"".join(Redactor(b"salt").chunks(chunks, edits))
        assert [(edit.start, edit.length) for edit in edits] == [(place // 2 * 2, len(token))]


def test_a_history_that_is_sent_again_is_searched_where_it_goes_on() -> None:
    redactor = Redactor(b"salt")
    history = b'{"input":"' + b"some words " * (4 * SEGMENT // 11)
    for _ in range(3):
        assert redacted(history + b"more words", redactor) == history + b"more words"
        for gap in (b"", b"x " * 50, b"x " * (SEGMENT // 2)):
            assert OPENAI.encode() not in redacted(history + gap + OPENAI.encode(), redactor)
    # What is at the end of a clean beginning may become a secret by what follows.
    cut = history[: 4 * SEGMENT - 60] + b" " + OPENAI.encode()
    assert redacted(cut[: 4 * SEGMENT], redactor)
    assert OPENAI.encode() not in redacted(cut, redactor)


@pytest.mark.parametrize("gap", range(-9, 10))
def test_a_clean_beginning_stays_clean_wherever_the_search_goes_on(gap: int) -> None:
    # Inside a word, a token's characters are none of a token.
    place = 3 * SEGMENT - shapes.LONGEST - shapes.CONTEXT + gap
    body = (b"a " * 2 * SEGMENT)[-place:] + b"task-" + OPENAI.encode()
    body += (b" b" * SEGMENT)[: 3 * SEGMENT - len(body)]
    redactor = Redactor(b"salt")
    assert redacted(body, redactor) == body
    assert redacted(body + b" more", redactor) == body + b" more"


def test_a_clean_beginning_is_searched_again_for_what_was_learned_since() -> None:
    redactor = Redactor(b"salt")
    body = b"a " * SEGMENT + b"tok-of-mine-x " + b"b " * SEGMENT
    assert redacted(body, redactor) == body
    redactor.learn("tok-of-mine-x")
    assert b"tok-of-mine-x" not in redacted(body, redactor)


# -- laws --------------------------------------------------------------------------------------------------------

STRINGS = st.lists(
    st.sampled_from(
        [
            *TOKENS.values(),
            OPAQUE,
            "known-value-0123",
            " ",
            "\n",
            '"',
            "\\",
            "/",
            "Bearer ",
            "password=",
            "token: ",
            "ü",
            "{",
        ]
    ),
    max_size=6,
).map("".join)
NAMES = st.sampled_from(["api_key", "password", "text", "access_token", "secret", "token", "x"])
DOCUMENTS = st.recursive(
    STRINGS | st.integers() | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | STRINGS, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(document=DOCUMENTS, levels=st.integers(1, 3), ascii_only=st.booleans(), spaced=st.booleans())
def test_json_stays_json_and_redacting_twice_changes_nothing(
    document: object, levels: int, ascii_only: bool, spaced: bool
) -> None:
    for _ in range(levels):
        document = json.dumps(document, ensure_ascii=ascii_only, indent=1 if spaced else None)
    assert isinstance(document, str)
    redactor = Redactor(b"salt", ["known-value-0123"])
    once = redacted(document.encode(), redactor)
    shown: object = once
    for _ in range(levels):
        assert isinstance(shown, str | bytes)
        shown = json.loads(shown)
    assert b"known-value-0123" not in once
    assert redacted(once, redactor) == once
    assert redacted(once, Redactor(b"salt")) == once
    assert shapes.find(once) == []


@settings(deadline=None)
@given(text=STRINGS)
def test_a_text_that_was_redacted_stays_as_it_is(text: str) -> None:
    redactor = Redactor(b"salt", ["known-value-0123"])
    once = redactor.text(text)
    assert redactor.text(once) == once


@settings(deadline=None)
@given(data=st.binary(max_size=300) | STRINGS.map(str.encode))
def test_any_bytes_can_be_redacted(data: bytes) -> None:
    edits: list[Edit] = []
    shown = b"".join(Redactor(b"salt").chunks([data], edits))
    rebuilt, position, shift = b"", 0, 0
    for edit in edits:
        start = edit.start + shift
        assert shown[start : start + len(edit.new)] == edit.new
        rebuilt += shown[position:start] + data[edit.start : edit.start + edit.length]
        position = start + len(edit.new)
        shift += len(edit.new) - edit.length
    assert rebuilt + shown[position:] == data
