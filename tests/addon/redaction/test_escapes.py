"""No escape hides a credential: what is searched is what a reader of the record will get."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.addon.redaction.escapes import unescaped
from probe.addon.redaction.redactor import Redactor
from tests.addon.test_bodies import fields_of
from tests.support.planted import Mint

MINT = Mint(17)
TOKENS = MINT.tokens()
OPAQUE = MINT.opaque()["AWS secret access key"]
PASSWORD = "Pa+ss/w0rd=<7>é€"
KNOWN = "known+value/of=mine&'0123"


def every(text: str) -> str:
    return "".join(f"\\u{ord(one):04x}" for one in text)


def of(characters: str, digits: str = "04x") -> Callable[[str], str]:
    def encode(text: str) -> str:
        return "".join(f"\\u{ord(one):{digits}}" if one in characters or ord(one) > 127 else one for one in text)

    return encode


ENCODERS: dict[str, Callable[[str], str]] = {
    "every character": every,
    "dashes": of("-_"),
    ".NET": of("+\"'<>&`", "04X"),
    "Gson": of("=<>&'"),
    "Go": of("<>&"),
    "PHP": lambda text: text.replace("/", "\\/"),
    "letters": of("sAegaehJI."),
}
SECRETS = {
    **{name: (token, "$") for name, token in TOKENS.items()},
    "a bearer token": (OPAQUE, "Authorization: Bearer $"),
    "a variable": (OPAQUE, "A=b\nAWS_SECRET_ACCESS_KEY=$\nC=d"),
    "a password in a URL": (OPAQUE.replace("/", "-"), "postgres://me:$@db.example.test/app"),
    "a private key": (MINT.private_key().rstrip(), "$"),
    "a known value": (KNOWN, "$"),
}


def encoded(text: str, encode: Callable[[str], str]) -> str:
    """Return a JSON string in which a text is escaped as an encoder does it."""
    plain = json.dumps(text, ensure_ascii=False)[1:-1]
    return '"' + "".join(part if "\\" in part else encode(part) for part in _parts(plain)) + '"'


def _parts(plain: str) -> list[str]:
    """Cut a JSON string behind and before each escape that it has already."""
    parts, rest = [], plain
    while "\\" in rest:
        before, _, rest = rest.partition("\\")
        parts += [before, "\\" + rest[0]]
        rest = rest[1:]
    return [*parts, rest]


@pytest.mark.parametrize("levels", [1, 2, 3])
@pytest.mark.parametrize("encode", ENCODERS.values(), ids=ENCODERS.keys())
@pytest.mark.parametrize(("secret", "text"), SECRETS.values(), ids=SECRETS.keys())
def test_an_escape_hides_no_secret_on_any_level_of_json(
    secret: str, text: str, encode: Callable[[str], str], levels: int
) -> None:
    if encode is every and levels == 3:
        levels = 2  # escapes whose own letters are escaped twice are made by no encoder
    body = f"It is {text.replace('$', secret)} I think"
    for _ in range(levels):
        body = encoded(body, encode)
    redactor = Redactor(b"salt", [KNOWN])
    shown: Any = b"".join(redactor.chunks([f'{{"a":{body}}}'.encode()], []))
    shown = json.loads(shown)["a"]
    for _ in range(levels - 1):
        shown = json.loads(shown)
    assert shown == f"It is {text.replace('$', redactor.mark(secret))} I think"


@pytest.mark.parametrize("encode", [str, of("+\"'<>&`", "04X"), every], ids=["plain", ".NET", "every character"])
@pytest.mark.parametrize("secret", [OPAQUE, PASSWORD], ids=["an opaque key", "a password"])
def test_a_value_is_found_by_its_name_in_json_whose_quotes_are_escaped(
    secret: str, encode: Callable[[str], str]
) -> None:
    body = json.dumps({"password": secret, "then": "b"}, ensure_ascii=False)
    for _ in range(2):
        body = encoded(body, encode)
    redactor = Redactor(b"salt")
    shown = b"".join(redactor.chunks([body.encode()], [])).decode()
    assert json.loads(json.loads(json.loads(shown))) == {"password": redactor.mark(secret), "then": "b"}


def test_neither_the_parsed_value_nor_the_text_beside_it_holds_an_escaped_secret(tmp_path: Path) -> None:
    token = TOKENS["OpenAI, of a project"]
    body = f'{{"a": {encoded(token, of("-"))}, "b": {encoded("it is " + KNOWN, of("+=&"))}}}'
    fields = fields_of(tmp_path, [body.encode()], "application/json", redactor=Redactor(b"salt", [KNOWN]))
    assert fields["body_kind"] == "json"
    assert json.loads(fields["body_text"]) == fields["body"]
    for text in (json.dumps(fields["body"]), fields["body_text"]):
        assert token[12:40] not in text
        assert "known" not in text


def test_an_escaped_secret_that_is_said_piece_by_piece_is_found(tmp_path: Path) -> None:
    token = TOKENS["GitHub, fine-grained"]
    parts = [encoded(token[start : start + 7], of("_abc")) for start in range(0, len(token), 7)]
    body = "".join(f'data: {{"delta":{part}}}\n\n' for part in parts).encode()
    shown = fields_of(tmp_path, [body], "text/event-stream", redactor=Redactor(b"salt"))["body"]
    said = "".join(json.loads(line[6:])["delta"] for line in shown.splitlines() if line)
    assert said == Redactor(b"salt").mark(token)


PIECES = [
    "\\u002d",
    "\\\\u002B",
    "\\/",
    "\\\\\\/",
    "\\u0022",
    "\\\\u0022",
    "\\u005c",
    "\\u000a",
    "\\n",
    '\\"',
    "a",
    "é",
]


@given(parts=st.lists(st.sampled_from(PIECES), max_size=12), data=st.data())
def test_every_place_of_a_view_is_a_place_of_the_original(parts: list[str], data: st.DataObject) -> None:
    original = "".join(parts).encode()
    view = unescaped(original)
    assert view.place(0, len(view.data)) == (0, len(original)) or not original
    start = data.draw(st.integers(0, len(view.data)))
    end = data.draw(st.integers(start, len(view.data)))
    if start < end:
        first, last = view.place(start, end)
        assert 0 <= first < last <= len(original)


PLAIN = ['{"a":"b\\nc\\t\\"d\\\\e"}', "no escape", "\\u001b[32m", "\\u4e2d\\u6587", "C:\\users\\u00", "\\x2d"]


@pytest.mark.parametrize("text", PLAIN)
def test_a_text_without_such_escapes_is_its_own_view(text: str) -> None:
    view = unescaped(text.encode())
    assert view.data == text.encode()
    assert not view.differs
