"""Credentials are found by how they look, and nothing else is."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import sysconfig
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from probe.addon.redaction import patterns as shapes
from probe.addon.redaction.redactor import Redactor
from tests.support.bundled import RECORDS
from tests.support.planted import Mint

MINT = Mint(20260101)
TOKENS = MINT.tokens()
OPAQUE = MINT.opaque()
PASSWORD = MINT.password()
KEY = MINT.private_key()


def redacted(text: str) -> str:
    """Redact with a redactor that was told nothing."""
    return b"".join(Redactor(b"salt").chunks([text.encode()], [])).decode()


def mark(secret: str) -> str:
    return Redactor(b"salt").mark(secret)


def in_json(text: str) -> str:
    return json.dumps({"type": "text", "text": text})


# -- tokens that are known by their prefix -----------------------------------------------------------------------

PLACES: dict[str, Callable[[str], str]] = {
    "alone": str,
    "in a sentence": lambda token: f"My key is {token} and it works.",
    "in quotes": lambda token: f"client = Client('{token}')",
    "in Markdown": lambda token: f"Use `{token}` here",
    "as a JSON value": lambda token: json.dumps({"role": "user", "content": token}),
    "as a JSON key": lambda token: json.dumps({token: 1}),
    "after a new line in JSON": lambda token: in_json(f"first line\n{token}\nlast line"),
    "after a tab in JSON in JSON": lambda token: in_json(in_json(f"a\t{token}\tb")),
    "after JSON's escape of &": lambda token: f'{{"url":"https://example.test/?a=b\\u0026{token}\\u0026c=d"}}',
    "after a URL's escape": lambda token: f"q=hello%20{token}%20there",
    "in a URL's path": lambda token: f"GET /bot/x?token={token}&page=2 HTTP/1.1",
    "in a line of an environment": lambda token: f"HOME=/root\nSOME_VALUE={token}\nLANG=C\n",
    "in a terminal's colour": lambda token: f"\x1b[32m{token}\x1b[0m",
    "in a terminal's colour, in JSON": lambda token: in_json(f"\x1b[1;32m{token}\x1b[0m"),
    "before a comma": lambda token: f"[{token}, another]",
    "in a tag": lambda token: f"<key>{token}</key>",
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS.keys())
def test_a_token_is_found_wherever_it_stands(token: str, place: Callable[[str], str]) -> None:
    assert redacted(place(token)) == place(mark(token))


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS.keys())
def test_a_token_inside_another_word_is_none(token: str) -> None:
    assert shapes.find(f"prefix_{token}".encode()) == []


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS.keys())
def test_what_was_redacted_is_not_found_again(token: str) -> None:
    once = redacted(f"a {token} b, Bearer {token}")
    assert shapes.find(once.encode()) == []
    assert redacted(once) == once


# -- values that are known by their name -------------------------------------------------------------------------

SURE_NAMES = [
    "access_token", "refresh_token", "id_token", "accessToken", "refreshToken", "session_token", "client_secret",
    "clientSecret", "api_key", "apiKey", "apikey", "API_KEY", "x-api-key", "OPENAI_API_KEY", "private_key",
    "aws_secret_access_key", "SecretAccessKey", "AWS_SESSION_TOKEN", "AccountKey", "SharedAccessKey", "secret_key",
]  # fmt: skip
QUOTED: dict[str, Callable[[str, str], str]] = {
    "compact JSON": lambda name, value: f'{{"{name}":"{value}"}}',
    "spaced JSON": lambda name, value: f'{{\n  "a": 1,\n  "{name}": "{value}",\n  "b": 2\n}}',
    "JSON in JSON": lambda name, value: json.dumps({"arguments": json.dumps({"a": "b", name: value})}),
    "JSON in JSON in JSON": lambda name, value: json.dumps({"x": json.dumps({"y": json.dumps({name: value})})}),
    "a dict of Python": lambda name, value: f"{{'{name}': '{value}'}}",
    "an assignment": lambda name, value: f'{name} = "{value}"',
    "an assignment in JSON": lambda name, value: json.dumps({"text": f'x\n{name} = "{value}"\ny'}),
    "a name beside a value": lambda name, value: json.dumps({"name": name, "value": value}),
}
BARE: dict[str, Callable[[str, str], str]] = {
    "YAML": lambda name, value: f"a: b\n{name}: {value}\nc: d",
    "XML": lambda name, value: f"<{name}>{value}</{name}>",
    "a list of headers": lambda name, value: json.dumps([["accept", "*/*"], [name, value]]),
}
RANDOM_ONES = {kind: value for kind, value in OPAQUE.items() if "UUID" not in kind}
"""Without quotes a UUID is taken for an id."""


@pytest.mark.parametrize("shape", QUOTED.values(), ids=QUOTED.keys())
@pytest.mark.parametrize("value", OPAQUE.values(), ids=OPAQUE.keys())
@pytest.mark.parametrize("name", SURE_NAMES)
def test_a_value_is_found_by_its_name(name: str, value: str, shape: Callable[[str, str], str]) -> None:
    assert redacted(shape(name, value)) == shape(name, mark(value))


@pytest.mark.parametrize("shape", BARE.values(), ids=BARE.keys())
@pytest.mark.parametrize("value", RANDOM_ONES.values(), ids=RANDOM_ONES.keys())
@pytest.mark.parametrize("name", SURE_NAMES)
def test_a_value_without_quotes_is_found_by_its_name(name: str, value: str, shape: Callable[[str, str], str]) -> None:
    assert redacted(shape(name, value)) == shape(name, mark(value))


ENVIRONMENT = ["AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "STRIPE_KEY", "CLIENT_SECRET", "SLACK_BOT_TOKEN"]


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_tool_that_prints_the_environment_is_redacted(name: str) -> None:
    value = OPAQUE["AWS secret access key"]
    for text in (f"A=b\n{name}={value}\nC=d", f"export {name}='{value}'", f'{name}="{value}"'):
        for shown in (redacted(text), json.loads(redacted(in_json(text)))["text"]):
            assert shown == text.replace(value, mark(value))


PASSWORDS: dict[str, str] = {
    "JSON": '{"user":"me","password":"$"}',
    "JSON in JSON": '{"body":"{\\"password\\":\\"$\\"}"}',
    "a secret": '{"secret":"$"}',
    "an environment": "DB_USER=me\nDB_PASSWORD=$\n",
    "a form": "grant_type=password&username=me&password=$&scope=a",
    "an ADO connection string": "Server=tcp:db.example.test;User ID=me;Password=$;Encrypt=True",
    "a connection string": "postgres://me:$@db.example.test:5432/app",
    "a connection string in JSON": '{"url":"mongodb+srv://me:$@db.example.test/?a=b"}',
    "a connection string with escaped slashes": '{"url":"amqp:\\/\\/me:$@mq.example.test\\/"}',
    "a connection string without a user": "redis://:$@cache.example.test",
    "a netrc file": "machine api.example.test login me password $\n",
    "a netrc file of lines": "machine api.example.test\n  login me\n  password $\nmachine b",
    "a netrc file in JSON": '{"text":"machine a.test\\n\\tlogin me\\n\\tpassword $\\n"}',
    "a netrc file without a login": "machine api.example.test password $",
    "a netrc file's default": "default login me password $",
    "the user of curl": "curl -s -u me:$ https://example.test",
    "the user of curl in quotes": "curl -u 'me:$' https://example.test",
    "the user of curl in JSON": '{"command":"curl -u \\"me:$\\" https://example.test"}',
    "the user of curl, the long way": "curl --user me:$ https://example.test",
    "the user of curl with an equals sign": "curl --user=me:$ https://example.test",
}


@pytest.mark.parametrize("text", PASSWORDS.values(), ids=PASSWORDS.keys())
def test_a_password_is_found(text: str) -> None:
    assert redacted(text.replace("$", PASSWORD)) == text.replace("$", mark(PASSWORD))


ODD_PASSWORDS = [
    'corr3ct"horse',
    "back\\slash-12",
    "ends-in-1234\\",
    "new\nline-1234567",
    "quote'and\"quote1234",
    "pässwörd-12€",
]


@pytest.mark.parametrize("levels", [1, 2, 3])
@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("password", ODD_PASSWORDS)
def test_a_password_with_quotes_and_backslashes_goes_whole(password: str, ascii_only: bool, levels: int) -> None:
    text: object = {"a": [1, "b"], "password": password, "c": 'd"e'}
    for _ in range(levels):
        text = json.dumps(text, ensure_ascii=ascii_only)
    shown: object = redacted(str(text))
    for _ in range(levels):
        shown = json.loads(str(shown))
    assert shown == {"a": [1, "b"], "password": mark(password), "c": 'd"e'}


TEXTS: dict[str, str] = {
    "a bearer token": "Authorization: Bearer $",
    "a bearer token in lower case": "authorization: bearer $",
    "a bearer token alone": "It said Bearer $ to it",
    "an authorization of another kind": '{"Authorization":"$"}',
    "an API key in a command": "curl -H 'x-api-key: $' https://example.test",
    "an option": "deploy --api-key $ --verbose",
    "an option at the begin": "--api-key $",
    "an option in a JSON line": '{"text":"run\\n--api-key $"}',
    "an option with an equals sign": "deploy --token=$ --verbose",
    "a cookie": "> Cookie: theme=dark; session=$\n> Accept: */*",
    "a cookie being set": "< set-cookie: sid=$; Path=/; HttpOnly",
    "the signature of a request to AWS": "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3, Signature=$",
    "the signature of a URL of AWS": "https://b.s3.example.test/k?X-Amz-Date=20260101T000000Z&X-Amz-Signature=$",
    "the session of a URL of AWS": "https://b.s3.example.test/k?X-Amz-Security-Token=$&a=b",
    "the signature of a URL of Azure": "https://a.blob.example.test/c/b?sv=2026-01-01&sp=r&sig=$",
    "the signature of a URL of Azure in JSON": '{"url":"https://a.example.test/b?sv=1\\u0026sig=$"}',
    "a login": "grant_type=refresh_token&client_id=app&refresh_token=$&client_secret=x",
    "the secret of a login": "grant_type=client_credentials&client_id=app&client_secret=$",
    "a storage account": "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=$;EndpointSuffix=example.test",
    "a service bus": "Endpoint=sb://a.example.test/;SharedAccessKeyName=Root;SharedAccessKey=$",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_credential_is_found_by_what_stands_around_it(text: str) -> None:
    value = hashlib.sha256(text.encode()).hexdigest()
    assert redacted(text.replace("$", value)) == text.replace("$", mark(value))


def test_a_token_of_telegram_is_found_in_the_path_of_its_url() -> None:
    token = TOKENS["Telegram"]
    url = "https://api.example.test/bot$/getMe"
    assert redacted(url.replace("$", token)) == url.replace("$", mark(token))


def test_the_signature_of_a_url_is_found_when_it_is_quoted() -> None:
    value = quote(base64.b64encode(hashlib.sha256(b"x").digest()).decode(), safe="")
    assert value not in redacted(f"https://a.example.test/b?sp=r&sig={value}&se=2026")


def test_a_basic_credential_is_found_and_its_password_where_it_stands_alone() -> None:
    encoded = base64.b64encode(f"me:{PASSWORD}".encode()).decode()
    shown = redacted(f"curl -H 'Authorization: Basic {encoded}'")
    assert encoded not in shown
    assert redacted(f"Basic {base64.b64encode(b'no credential').decode()}") == "Basic bm8gY3JlZGVudGlhbA=="


@pytest.mark.parametrize("kind", ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "])
def test_a_private_key_is_found_whole_in_every_escaping(kind: str) -> None:
    key = MINT.private_key(kind).rstrip("\n")
    assert redacted(f"a\n{key}\nb") == f"a\n{mark(key)}\nb"
    text = {"key": f"a {key} b"}
    for shown in (
        json.loads(redacted(json.dumps(text))),
        json.loads(json.loads(redacted(json.dumps(json.dumps(text))))),
    ):
        assert shown == {"key": f"a {mark(key)} b"}
    assert key.splitlines()[3] not in redacted(key.replace("\n", "\r\n"))
    assert key.splitlines()[3] not in redacted(key.replace("\n", "\n    "))
    assert key.splitlines()[3] not in redacted(key.replace("\n", " "))


def test_a_private_key_that_is_cut_short_is_found() -> None:
    for length in (200, 500, 1000):
        assert redacted(in_json(KEY)[:length]).count("\\n") == 0
    with_header = KEY.replace("-----\n", "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00FF\n\n", 1)
    assert with_header.splitlines()[5] not in redacted(with_header)


# -- what must come through --------------------------------------------------------------------------------------

DIGEST = hashlib.sha512(b"x")
LONG = base64.b64encode(DIGEST.digest() * 9).decode()
RANDOM = random.Random(3)
PLAIN: dict[str, str] = {
    "a SHA-1": hashlib.sha1(b"x", usedforsecurity=False).hexdigest(),
    "a SHA-256": f'{{"sha256":"{hashlib.sha256(b"x").hexdigest()}"}}',
    "a SHA-512": DIGEST.hexdigest(),
    "a commit": f"commit {hashlib.sha1(b'y', usedforsecurity=False).hexdigest()}\nindex 3c1d2e4f..9a8b7c6d 100644",
    "a UUID": '{"session_id":"01a1fba8-4876-7d22-a87b-ec193fc02e27"}',
    "a cache key": '{"prompt_cache_key":"01a1fba8-4876-7d22-a87b-ec193fc02e27"}',
    "a ULID": '{"id":"01J9ZK3V5Y8Q2W4R6T8N0M1P3S"}',
    "ids of OpenAI": json.dumps({kind: f"{kind}_{DIGEST.hexdigest()[:48]}" for kind in ("resp", "fc", "call", "rs")}),
    "ids of Anthropic": '{"id":"msg_01XFDUDYJgAACzvnptvVoYEL","tool_use_id":"toolu_01D7FLrfh4GYq7yT1ULFeyMV"}',
    "encrypted reasoning": f'{{"encrypted_content":"gAAAAAB{LONG.translate(str.maketrans("+/", "-_"))}"}}',
    "a signature of thinking": f'{{"type":"signature_delta","signature":"{LONG}"}}',
    "a thought signature": f'{{"thoughtSignature":"{LONG}"}}',
    "an image": f'{{"url":"data:image/png;base64,{base64.b64encode(RANDOM.randbytes(60_000)).decode()}"}}',
    "an image in the URL's base64": base64.urlsafe_b64encode(RANDOM.randbytes(60_000)).decode(),
    "base64 of JSON": f'{{"cursor":"{base64.b64encode(json.dumps({"page": 2, "after": "abc"}).encode()).decode()}"}}',
    "a page token": f'{{"next_page_token":"{DIGEST.hexdigest()[:40]}","progressToken":"{DIGEST.hexdigest()[:40]}"}}',
    "the token of a probability": '{"token":"Hello","logprob":-0.1,"bytes":[72],"top_logprobs":[{"token":" w0rld"}]}',
    "counts of tokens": '{"input_tokens":12,"cached_tokens":5,"max_output_tokens":4096,"token_count":7,"type":"token"}',
    "a token that is a number": '{"token":1234,"token_type":"Bearer","tokens":["abc123"]}',
    "a vocabulary": '{"vocab":{"<|endoftext|>":0,"eos_token":"<|endoftext|>","Ġsecret1":17,"getElementsByTagName":9}}',
    "an empty password": '{"password":"","passwd":null,"secret":false,"api_key":""}',
    "a schema": '{"properties":{"password":{"type":"string","description":"Your password, 8 characters or more"},'
    '"api_key":{"type":"string"},"token":"string"},"required":["api_key","password","access_token"]}',
    "placeholders": '{"api_key":"${OPENAI_API_KEY}","token":"<your-token-here-0123>","secret":"YOUR_SECRET_123456",'
    '"password":"********","apiKey":"xxxxxxxxxxxxxxxxxxxx","access_token":"{{ access_token_2 }}"}',
    "placeholders of tokens": f"sk-xxxxxxxxxxxxxxxxxxxxxxxx ghp_{'x' * 36} sk-your-key-here-012345 sk-proj-{'*' * 20}",
    "an example of AWS": "AKIAIOSFODNN7" + "EXAMPLE",
    "words about passwords": '{"password":"Password123 is too short","secret":"Sichtbar1 für alle"}',
    "words": '{"password":"current-password","token":"refresh","type":"password","secret":"none"}',
    "source code": 'token = parser.next()\npassword = getpass()\ndef key(self):\n    return self.tokens[key]\n'
    'secret_key = os.environ["SECRET_KEY"]\napi_key: str = Field(default=None)\napi_key=settings.OPENAI_API_KEY_2,\n'
    "access_token = await self.fetch_access_token2(user)\nprivate_key: ed25519.Ed25519PrivateKey\n"
    "const apiKey = process.env.OPENAI_API_KEY;\nauthorization = base64.decodebytes(x)\npassword = user1.password2\n",
    "source code in JSON": in_json("def f(token):\n\tsecret = hashlib.sha256(token).hexdigest()\n\tkey = 'sha256'\n"),
    "headers in source code": '("authorization", "x-amz-content-sha256"), ("password", "scram-sha-256")',
    "YAML of a workflow": "with:\n  token: ${{ secrets.GITHUB_TOKEN }}\n  ssh-key: ${{ secrets.KEY }}\n",
    "e-mail addresses": "mailto:someone.else1234@example.test, a@b.example.test",
    "a URL": "https://example.test:8080/a/b?page=2&key_id=abcdef0123456789abcd&sort_key=created_at_2026_01_01",
    "a URL with a user": "ssh://git@example.test/a.git https://example.test/@scope/name@1.2.3",
    "placeholders in a URL": "postgres://user:password@host/db http://$USER:$PASS@host redis://:<password>@host",
    "words with sk": "scikit-learn sk-learn task-sk-something-else-entirely-2026 disk-0123456789abcdef0123 sk-SK",
    "a key's type of SSH": "sk-ecdsa-sha2-nistp256@openssh.com sk-ssh-ed25519@openssh.com AAAAC3NzaC1lZDI1NTE5",
    "classes of CSS": '.sk-estimator-doc-link-fitted-2{color:#aabbcc} <div class="sk-top-container sk-text-repr-fall">',
    "versions": "1.2.3-rc.1+build.20260101.abcdef0 v22.04.3 Python/3.13.0 python-3.13.0-h9f86d08_0",
    "a lock file": f'"integrity": "sha512-{LONG[:86]}==", "resolved": "https://r.example.test/a-1.2.3.tgz"',
    "a hash of a wheel": f'{{ url = "https://files.example.test/a.whl", hash = "sha256:{DIGEST.hexdigest()[:64]}" }}',
    "Markdown": "# Tokens\n\n- **secret**: what you keep; `password`: 8 characters1\n\n| key | value |\n|---|---|\n",
    "a public key": "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----",
    "a certificate": f"-----BEGIN CERTIFICATE-----\n{LONG[:64]}\n{LONG[64:128]}\n-----END CERTIFICATE-----",
    "a private key's first line": "It begins with -----BEGIN PRIVATE KEY----- and ends with -----END PRIVATE KEY-----",
    "sign-in words": "Bearer authentication is used; Basic authentication too. WWW-Authenticate: Basic realm=x",
    "half a JWT": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9 and eyJhbGciOi....",
    "a source map": "//# sourceMappingURL=data:application/json;base64,eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpbXX0=",
    "marks": 'Bearer [REDACTED:01234567] {"api_key":"[REDACTED:01234567]","password":"a[REDACTED:01234567]1234"}',
    "words that begin like tokens": f"gsk_to_string xai-grok-4-fast pplx-api hvs.example_of_a_dotted_name.x dapi"
    f"{'0' * 32} SG.Sinatra.Base lin_api_client_v2 shpat_test dop_v1_token pypi-AgEI pypi-publish-action-v1.2.3",
    "times and ids with colons": f"12345678:ABC 2026:01:01 20260101:{DIGEST.hexdigest()[:35]} a:1234567890:A",
    "words about a machine": "the machine learning password protected archive; default password required",
    "users without a password": "docker run -u 1000:1000 x; curl -u me https://example.test:8080/a; rsync -u a:folder1 "
    "x; curl -u $USER:$PASSWORD https://example.test; curl -u user:password https://example.test; sudo -u www-data x",
    "a folder": "PWD=/home/me/project1\nOLDPWD=/tmp/a1b2c3d4e5f6\n",
}  # fmt: skip


@pytest.mark.parametrize("text", PLAIN.values(), ids=PLAIN.keys())
def test_what_only_looks_alike_comes_through_untouched(text: str) -> None:
    for data in (text.encode(), in_json(text).encode(), in_json(in_json(text)).encode()):
        assert [data[one.start : one.end] for one in shapes.find(data)] == []
        edits: list[object] = []
        assert b"".join(Redactor(b"salt").chunks([data], edits)) == data
        assert edits == []


def test_the_bundled_samples_come_through_untouched() -> None:
    for path in RECORDS.values():
        assert shapes.find(path.read_bytes()) == []


def test_pythons_own_source_code_comes_through_untouched() -> None:
    found = {}
    for path in Path(sysconfig.get_path("stdlib")).glob("*.py"):
        data = path.read_bytes()
        if places := [data[one.start : one.end] for one in shapes.find(data)]:
            found[path.name] = places
    assert found == {}


# -- cost --------------------------------------------------------------------------------------------------------

HOSTILE = {
    "names": "key=" * 100_000,
    "names and quotes": 'key="' * 80_000,
    "names and long values": ("key=" + "a" * 3000) * 200,
    "cookies": "Cookie:" * 60_000,
    "cookies with values": "Cookie: a=b;" * 40_000,
    "prefixes": "sk-" * 150_000,
    "prefixes with dots": "ya29." * 80_000,
    "halves of JWTs": "eyJaaaaaaaaaaaa." * 30_000,
    "long halves of JWTs": ("eyJ" + "a" * 3990 + " ") * 120,
    "dots": "eyJ" + "." * 400_000,
    "keys without an end": "-----BEGIN PRIVATE KEY-----\n" * 15_000,
    "a key of lines": "-----BEGIN PRIVATE KEY-----" + "\nA" * 200_000,
    "hosts": "://" * 150_000,
    "users": "://a:" * 90_000,
    "signatures": "sig=" * 100_000,
    "sign-ins": "Basic " * 70_000 + "Bearer " * 60_000,
    "authorizations": "authorization: " * 30_000,
    "backslashes": "\\" * 400_000,
    "escaped quotes": 'key\\\\\\":\\\\\\"' * 30_000,
    "quotes that do not end": 'key="aaaaaaaa1 ' + 'key=\\"bbbbbbbb2 key=\\\\\\"cccccccc3 ' * 15_000,
    "quotes of three kinds": "key=\"aaaa' key='bbbb` key=`cccc" * 15_000,
    "dashes": "-" * 400_000,
    "options": " --key" * 70_000,
    "base64": base64.b64encode(RANDOM.randbytes(300_000)).decode(),
}


@pytest.mark.slow
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_text_takes_long_to_search(text: str) -> None:
    # Twice as much takes about twice as long: a search that goes back over what it has seen would take hours.
    assert len(shapes.find(text.encode() * 4)) < len(text)
