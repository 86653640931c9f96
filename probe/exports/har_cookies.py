"""Cookies as HAR has them, beside the headers that they are from."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

from probe.exports.bodies import header_pairs
from probe.record.exchange import Headers


def request_cookies(headers: Headers) -> list[dict[str, Any]]:
    """Return the cookies that a request sends."""
    parts = (part for value in _values(headers, "cookie") for part in value.split(";") if part.strip())
    return [_named(part) for part in parts]


def response_cookies(headers: Headers) -> list[dict[str, Any]]:
    """Return the cookies that an answer sets."""
    return [_with_attributes(*value.split(";")) for value in _values(headers, "set-cookie")]


def _values(headers: Headers, wanted: str) -> Iterator[str]:
    return (value for name, value in header_pairs(headers) if name.lower() == wanted)


def _named(part: str) -> dict[str, Any]:
    name, equals, value = part.strip().partition("=")
    return {"name": name if equals else "", "value": value if equals else name}


def _with_attributes(first: str, *attributes: str) -> dict[str, Any]:
    cookie = _named(first) | {"httpOnly": False, "secure": False}
    for attribute in attributes:
        name, _, value = attribute.strip().partition("=")
        match name.lower():
            case "path" | "domain" as known:
                cookie[known] = value
            case "secure":
                cookie["secure"] = True
            case "httponly":
                cookie["httpOnly"] = True
            case "samesite":
                cookie["_sameSite"] = value
            case "expires" if time := _time(value):
                cookie["expires"] = time
    return cookie


def _time(text: str) -> str | None:
    try:
        return parsedate_to_datetime(text).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
