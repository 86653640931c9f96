"""Describe the observer's changes: every way in which recording changes an agent or its environment, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from probe.cli.own_environment import PARENT
from probe.settings.settings import Route, Settings
from probe.settings.sources import DEFAULT
from probe.settings.upstream_proxy import without_credentials
from probe.targets.target import Change, Target, explains, set_by
from probe.wire.environment import PLACEHOLDER_KEY, PROXY_VARIABLES, is_key
from probe.wire.modes import mode_of
from probe.wire.process_tree import MARKER

NO_PROXY = ("NO_PROXY", "no_proxy")


def by_target(target: Target, words: Sequence[str]) -> Iterator[Change]:
    """Yield what the target's file sets; `words` are the command as it is run."""
    done = [*set_by(words), *target.env, *target.files]
    for change in target.changes:
        if any(explains(change, name) for name in done):
            yield change
    own = set_by([*target.args, *(target.prompt_command or ()), *(target.interactive_command or ())])
    for name in dict.fromkeys([*(name for name in done if name in own), *target.env, *target.files]):
        if not any(explains(change, name) for change in target.changes):
            yield Change(what=f"{name} is set", why="the target's file sets it without a reason")


def by_listeners(settings: Settings, urls: Mapping[str, str]) -> Iterator[Change]:
    """Yield the changes between the agent and its upstreams; `urls` are the listeners' addresses."""
    for name, route in settings.routes.items():
        yield _way(name, route, urls[name])
        prefix = urlsplit(route.upstream).path.rstrip("/")
        if route.drop:
            yield Change(
                what=f"{route.drop} at the start of a path becomes {prefix or 'nothing'} (listener {name})",
                why=f"the base URL that you set has this path ({settings.sources[f'upstream.{name}']})",
            )
        elif prefix:
            yield Change(what=f"{prefix} is put before every path (listener {name})", why="the upstream has this path")
    mode = mode_of(settings)
    yield from mode.changes(settings)
    if settings.replay:
        return
    yield from mode.host_changes(settings)
    tls = any(route.upstream.startswith("https:") for route in settings.routes.values())
    yield Change(
        what="Upstreams are called over HTTP/1.1" + (", and their TLS is mitmproxy's, not the agent's" if tls else ""),
        why="the listener makes the connection: HTTP version, ciphers and fingerprint are its own",
    )
    yield Change(what="Expect: 100-continue is answered by the listener", why="mitmproxy does not pass it on")
    if settings.upstream_ca and settings.sources["upstream_ca"] != DEFAULT:
        yield Change(
            what=f"Certificates of upstreams are checked against {settings.upstream_ca}",
            why=f"the listener checks them, not the agent ({settings.sources['upstream_ca']})",
        )
    for proxy in sorted({route.upstream_proxy for route in settings.routes.values() if route.upstream_proxy}):
        yield Change(
            what=f"Upstreams are reached through {without_credentials(proxy)}",
            why=f"set by: {settings.sources['upstream_proxy']}",
        )


def _way(name: str, route: Route, url: str) -> Change:
    """Return how a listener gets between the agent and an upstream."""
    if not route.host:
        return Change(
            what=f"Requests for {route.upstream} go to {url}, in plain http (listener {name})",
            why="the exchange can be recorded without a certificate of agent-probe in the agent",
        )
    on = "" if route.as_asked else f", and on to {route.upstream}"
    return Change(
        what=f"TLS for {route.host} ends at {url}, with a certificate of agent-probe{on} (listener {name})",
        why="the exchange can be recorded although the agent has no base URL to set",
    )


def by_environment(
    settings: Settings, own: Mapping[str, str], given: Mapping[str, str], asked_for: Mapping[str, str]
) -> Iterator[Change]:
    """Yield the variables that differ between the user's and the agent's environment, except the target's."""
    changed = [name for name in sorted({*own, *given}) if own.get(name) != given.get(name) and name != PARENT]
    done: set[str] = set()
    for name in changed:
        if name in done or (name in settings.target.env and name not in asked_for):
            continue
        # Upper and lower case of one variable are one change.
        alike = [one for one in changed if one.lower() == name.lower() and given.get(one) == given.get(name)]
        done.update(alike)
        yield Change(
            what=f"{', '.join(alike)}: {_value(name, given, settings)}",
            why=_reason(name, settings, asked_for),
        )


def _value(name: str, given: Mapping[str, str], settings: Settings) -> str:
    if name not in given:
        return "removed"
    if name in (*NO_PROXY, *PROXY_VARIABLES):
        return str(without_credentials(given[name]))
    return "a placeholder" if given[name] == PLACEHOLDER_KEY else "set"


def _reason(name: str, settings: Settings, asked_for: Mapping[str, str]) -> str:
    target, replaying, mode = settings.target, settings.replay is not None, mode_of(settings)
    reasons = {
        "it trusts agent-probe's certificate authority, besides those that it trusts anyway; hosts that are passed "
        "through present their own certificates": target.ca_env,
        "you asked for it (--env)": asked_for,
        "a replay needs no key, and the real one must not be at risk": (
            (name,) if replaying and is_key(name, settings) else ()
        ),
        "the agent reads the key under this name": target.key_variables,
        "an empty folder: settings of your own could send the agent elsewhere": target.fresh_folders,
        mode.why_no_proxy(): NO_PROXY,
        mode.why_led(settings): target.mode.led_by if settings.coverage else (),
        "nothing leaves this machine in a replay: connections that bypass the listeners are refused": (
            PROXY_VARIABLES if replaying else ()
        ),
        "it marks the processes that belong to the run, so that none is left behind": (MARKER,),
    }
    return next((reason for reason, names in reasons.items() if name in names), "the recorder sets it")


def by_launch(
    settings: Settings, *, fresh_folder: bool, asks_version: bool, own_folder: bool = False
) -> Iterator[Change]:
    """Yield the changes caused by starting and ending the agent; `own_folder` means that the user named its folder."""
    if settings.replay:
        yield Change(
            what="Every answer comes from a recorded run; a WebSocket that it does not have is refused (426)",
            why=f"replay, {settings.sources['replay']}",
        )
    if fresh_folder:
        yield Change(
            what="The agent works in a fresh folder (PWD names it)", why="in a replay it must not edit your files"
        )
    if own_folder:
        yield Change(what="The agent works in another folder (PWD names it)", why="you asked for it (--cwd)")
    if asks_version:
        yield Change(what="The agent is started a second time with --version", why="the manifest names its version")
    yield Change(
        what="Processes that the agent left in the background are ended with it",
        why="the listeners that they would use are gone",
    )


def by_transport(websocket_messages: int) -> Iterator[Change]:
    """Yield the changes of WebSockets, if there were any."""
    if websocket_messages:
        yield Change(
            what="WebSocket was kept, message by message; frames and compression are mitmproxy's own",
            why="the record has whole messages, decompressed",
        )
