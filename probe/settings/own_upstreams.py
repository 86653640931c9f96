"""The upstreams that the user's own variables name: a gateway in OPENAI_BASE_URL, a model on this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit, urlunsplit

from probe.errors import UserError
from probe.targets.target import Target, texts
from probe.targets.vendors import vendor_of

_BASE_URL = re.compile(r"\{([\w-]+)\.url\}(/[^{}?#]*)?")
_PLACE = re.compile(r"\{([\w-]+)\.url\}((?:/[\w.~%-]*)*)")
"""A listener's address anywhere in a text, with the path after it."""


class BaseUrl(NamedTuple):
    """A variable of the target that holds a listener's address."""

    listener: str
    suffix: str
    """The path after the address, with which every path of the agent begins; empty for none."""


class OwnUrl(NamedTuple):
    """A URL that the user has set in such a variable, as a listener serves it."""

    source: str
    """`environment OPENAI_BASE_URL`, or `--env OPENAI_BASE_URL`."""
    variable: str
    upstream: str
    drop: str
    """Prefix that the listener removes from a path before it adds the upstream's."""


def base_urls(target: Target) -> dict[str, BaseUrl]:
    """Return the target's variables that hold the address of a listener and nothing else."""
    found = {name: _BASE_URL.fullmatch(value) for name, value in target.env.items()}
    return {
        name: BaseUrl(match[1], (match[2] or "").rstrip("/"))
        for name, match in found.items()
        if match and match[1] in target.listeners
    }


def own_url(
    target: Target, listener: str, environ: Mapping[str, str], given: Mapping[str, str]
) -> tuple[OwnUrl | None, str | None]:
    """Return the URL that the user's own variables have for a listener, or a note of why one is not used.

    `given` is what the command line sets for the agent, `environ` the user's environment. Raises UserError for a URL
    that cannot be an upstream.
    """
    variables = {name: one.suffix for name, one in base_urls(target).items() if one.listener == listener}
    urls = list(_urls(variables, environ, given))
    if not urls:
        return None, None
    if why := _unfit(target, listener, variables):
        source = urls[0].source
        hint = f"--upstream {listener}=URL sends all of it elsewhere"
        if urls[0].variable in given:
            raise UserError(f"{source}: it cannot set the upstream of listener {listener!r}: {why}", hint)
        return None, f"{source} is not used: {why}; {hint}"
    for other in urls[1:]:
        if (other.upstream, other.drop) != (urls[0].upstream, urls[0].drop):
            raise UserError(
                f"{urls[0].source} and {other.source} name two upstreams for listener {listener!r}",
                f"unset one of them, or say which: --upstream {listener}=URL",
            )
    return urls[0], None


def _urls(variables: Mapping[str, str], environ: Mapping[str, str], given: Mapping[str, str]) -> Iterator[OwnUrl]:
    """Yield the URLs that the user has set; an empty value on the command line cancels the environment's."""
    for name, suffix in variables.items():
        source = f"--env {name}" if name in given else f"environment {name}"
        if value := (given[name] if name in given else environ.get(name, "")).strip():
            yield _mapped(_checked(value, name, source), suffix, name, source)


def _unfit(target: Target, listener: str, variables: Mapping[str, str]) -> str | None:
    """Return why a listener has no single base URL that the user's could replace; None when it has."""
    if len({vendor_of(name) for name in variables} - {None}) > 1:
        return "APIs of several vendors are behind this listener"
    for _, text in texts(target):
        for name, path in _PLACE.findall(text):
            below = [path.rstrip("/") == suffix or path.startswith(f"{suffix}/") for suffix in variables.values()]
            if name == listener and not all(below):
                return f"{path} of this listener is in use too, outside of this base URL"
    return None


def _checked(value: str, name: str, source: str) -> SplitResult:
    """Return the parts of a URL. Raises UserError, which shows only its host and path."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise UserError(
            f"{source} is not a usable URL: {error}", f"for example {name}=https://gateway.example/v1"
        ) from None
    if parts.username is not None:
        raise UserError(
            f"{source} has credentials in its URL, where everybody who sees the URL sees them",
            f"take them out of {name}, and give the agent its key in the variable that it has for it",
        )
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or re.search(r"\s", value):
        raise UserError(
            f"{source} is not a URL of an API: it must be http:// or https:// with a host",
            f"for example {name}=https://gateway.example/v1",
        )
    shown = urlunsplit(parts._replace(query="", fragment=""))
    if parts.query or "?" in value:
        raise UserError(
            f"{source} ({shown}?…): a query cannot be part of a base URL",
            "the agent writes the query of each request (api-version has a setting of its own); leave it out",
        )
    if parts.fragment:
        raise UserError(f"{source} ({shown}#…): a fragment cannot be part of a base URL", "leave it out")
    return parts


def _mapped(parts: SplitResult, suffix: str, name: str, source: str) -> OwnUrl:
    """Return a URL as a listener serves it to an agent whose base URL is the listener's address and the suffix."""
    path = parts.path.rstrip("/")
    drop = "" if path.endswith(suffix) else suffix
    kept = path.removesuffix(suffix) if suffix and not drop else path
    # Hosts are compared and shown, and certificates are checked, in lower case.
    upstream = urlunsplit((parts.scheme, parts.netloc.lower(), kept.rstrip("/"), "", ""))
    return OwnUrl(source, name, upstream, drop)
