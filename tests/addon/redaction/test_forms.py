"""A credential in a form, or in a URL inside of something else, is found however it is encoded."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus, unquote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.addon.redaction.escapes import views_of
from probe.addon.redaction.redactor import Redactor
from tests.support.planted import Mint

MINT = Mint(43)
TOKENS = MINT.tokens()
OPAQUE = MINT.opaque()["AWS secret access key"]
PASSWORD = "corr3ct/hor+se=&b"


def redacted(text: str, redactor: Redactor) -> str:
    return b"".join(redactor.chunks([text.encode()], [])).decode()


def everything(text: str) -> str:
    """Encode each character, as some libraries do with punctuation and one does with all."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


ENCODINGS: dict[str, Callable[[str], str]] = {
    "a URL": lambda text: quote(text, safe=""),
    "a form": quote_plus,
    "a URL in lower case": lambda text: quote(text, safe="").replace("%2F", "%2f").replace("%2B", "%2b"),
    "a URL in a URL": lambda text: quote(quote(text, safe=""), safe=""),
    "every character": everything,
}
PLACES: dict[str, Callable[[str], str]] = {
    "a form": lambda value: f"a=b&note={value}&c=d",
    "the begin of a form": lambda value: f"note={value}&c=d",
    "a URL in JSON": lambda value: json.dumps({"url": f"https://example.test/?note={value}"}),
    "a form in JSON": lambda value: json.dumps({"body": f"a=b&note={value}"}),
    "a URL in a text in JSON in JSON": lambda value: json.dumps(json.dumps({"t": f"see https://a.test/?n={value} it"})),
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS.keys())
@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS.keys())
def test_a_token_is_found_however_a_form_encodes_it(
    token: str, encode: Callable[[str], str], place: Callable[[str], str]
) -> None:
    redactor = Redactor(b"salt")
    shown = redacted(place(encode(f"it is {token}!")), redactor)
    decoded = shown
    for _ in range(3):
        decoded = unquote_plus(decoded)
    assert f"it is {redactor.mark(token)}!" in decoded
    assert shown == place(shown[len(place("$").partition("$")[0]) : -len(place("$").partition("$")[2]) or None])


NAMES = ["password", "client_secret", "api_key", "accessToken", "aws_secret_access_key"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [OPAQUE, PASSWORD + "0123456789abcd"], ids=["an opaque value", "an odd password"])
def test_a_named_value_is_found_in_a_form_and_in_what_a_form_holds(name: str, value: str) -> None:
    redactor = Redactor(b"salt")
    mark = redactor.mark(value)
    forms: dict[str, Callable[[str], str]] = {
        "alone": lambda one: urlencode({name: one}),
        "first": lambda one: urlencode({name: one, "scope": "read"}),
        "in between": lambda one: urlencode({"a": "b", name: one, "scope": "read"}),
        "of an object": lambda one: urlencode({f"user[{name}]": one, "scope": "read"}),
        "a URL": lambda one: "next=" + quote(f"https://example.test/cb?a=b&{urlencode({name: one})}&c=d", safe=""),
        "JSON in it": lambda one: "payload=" + quote(json.dumps({"a": 1, name: one}), safe="") + "&b=c",
        "in JSON": lambda one: json.dumps({"url": f"https://example.test/cb?a=b&{urlencode({name: one})}&c=d"}),
    }
    for kind, form in forms.items():
        shown = redacted(form(value), Redactor(b"salt"))
        assert unquote_plus(unquote_plus(shown)) == unquote_plus(unquote_plus(form(mark))), kind


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS.keys())
def test_a_known_value_is_found_however_a_form_encodes_it(encode: Callable[[str], str]) -> None:
    value = "of mine & yours/+é=1"
    redactor = Redactor(b"salt", [value])
    shown = redacted(f"a=b&note={encode(f'it is {value}.')}&c", redactor)
    assert "yours" not in unquote_plus(unquote_plus(shown))
    assert redactor.mark(value) in shown


@pytest.mark.parametrize("before", ["/", "+", "\\/", "=", "%2F", "x/"])
@pytest.mark.parametrize("name", ["AWS access key id", "AWS temporary access key id", "Google API key", "Databricks"])
def test_a_key_is_found_behind_a_slash_or_a_plus(name: str, before: str) -> None:
    redactor = Redactor(b"salt")
    for after in ("", "/20260101/x", '"', "&a=b"):
        if after.startswith("/") and name == "Google API key":
            continue
        text = f"https://example.test{before}{TOKENS[name]}{after}"
        assert redacted(text, redactor) == text.replace(TOKENS[name], redactor.mark(TOKENS[name]))


PIECES = ["%2F", "%252F", "%41", "%", "%zz", " ", '"', "\\u0025", "a", "é", "=", "&", "%0A", "\\/"]


@given(parts=st.lists(st.sampled_from(PIECES), max_size=15), data=st.data())
def test_every_place_of_each_view_is_a_place_of_the_original(parts: list[str], data: st.DataObject) -> None:
    original = "".join(parts).encode()
    for view in views_of(original):
        assert view.original == original
        if view.data:
            start = data.draw(st.integers(0, len(view.data) - 1))
            end = data.draw(st.integers(start + 1, len(view.data)))
            first, last = view.place(start, end)
            assert 0 <= first < last <= len(original)


@pytest.mark.slow
def test_a_text_of_many_escapes_does_not_take_long() -> None:
    for text in ("%2F" * 300_000, "a%2F " * 200_000, "%2F" + "a" * 1_000_000, ("x" * 5000 + "%2F ") * 200):
        assert Redactor(b"salt").found(text.encode()) == []
