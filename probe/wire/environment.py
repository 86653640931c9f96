"""The agent's environment: its base URL, its keys, and its proxy settings."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from probe.cli.own_environment import PARENT
from probe.settings.settings import Settings
from probe.settings.upstream_proxy import LOOPBACK, bypassed
from probe.targets.target import expand
from probe.targets.vendors import vendor_of
from probe.wire.process_tree import MARKER

PLACEHOLDER_KEY = "placeholder-key-of-a-replay"
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


def agent_environment(
    environ: Mapping[str, str],
    settings: Settings,
    placeholders: dict[str, str],
    overrides: Mapping[str, str],
    marker: str,
    replay_url: str | None,
    coverage_url: str | None = None,
    trusted: Mapping[str, str] | None = None,
    answered: Set[str] = frozenset(),
) -> dict[str, str]:
    """Return the environment in which the agent runs."""
    groups = _key_groups(settings, answered)
    env = {name: value for name, value in environ.items() if name != PARENT}
    env |= {name: expand(value, placeholders) for name, value in settings.target.env.items()}
    for group in groups:
        env |= _keys(env | dict(overrides), group, replaying=replay_url is not None)
    if replay_url is not None:
        # Connections that bypass the listeners end at the replay server, which refuses them: nothing leaves loopback.
        env |= dict.fromkeys(PROXY_VARIABLES, replay_url)
        first = [group[0] for group in groups]
        env = {name: value for name, value in env.items() if name in first or not is_key(name, settings)}
    env |= led(settings, coverage_url)
    for name in ("NO_PROXY", "no_proxy"):
        env[name] = no_proxy(settings, env.get(name, "") if replay_url is None else "")
    env |= overrides
    # After the user's overrides, whose certificates are in these files.
    env |= trusted or {}
    env[MARKER] = marker
    return env


def _key_groups(settings: Settings, answered: Set[str]) -> list[list[str]]:
    """Return the names of each key that the agent gets: in a replay only those of vendors with recorded answers.

    An agent with keys of two vendors might choose a model of the other one.
    """
    keys = settings.target.keys
    if isinstance(keys, dict) and answered & keys.keys():
        return [names for listener, names in keys.items() if listener in answered and names]
    return settings.target.key_groups


def is_key(name: str, settings: Settings) -> bool:
    """Check whether a variable holds a key: the target's, or one of a vendor that the agent may know by itself."""
    return name in settings.target.key_variables or (vendor_of(name) is not None and name.endswith(("_KEY", "_TOKEN")))


def keys_set(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    """Return the variables that are set and hold a key: the target's own, then others of the same vendors."""
    own = settings.target.key_variables
    vendors = {vendor_of(name) for name in own} - {None}
    others = [name for name in environ if is_key(name, settings) and vendor_of(name) in vendors]
    return [name for name in (*own, *others) if environ.get(name)]


def led(settings: Settings, coverage_url: str | None) -> dict[str, str]:
    """Return the proxy variables that send the agent to the coverage listener; in forward mode, the only listener."""
    return dict.fromkeys(settings.target.mode.led_by, coverage_url) if coverage_url else {}


def no_proxy(settings: Settings, own: str) -> str:
    """Return the agent's NO_PROXY: the user's own, without names that match hosts of forward mode."""
    hosts = [route.host for route in settings.routes.values() if route.host]
    names = [name for name in own.split(",") if not any(bypassed(host, name.strip()) for host in hosts)]
    return with_loopback(",".join(names))


def _keys(env: Mapping[str, str], keys: list[str], *, replaying: bool) -> dict[str, str]:
    """Return the first key that is set, under the name that the agent reads first."""
    if replaying:
        return {keys[0]: PLACEHOLDER_KEY}
    value = next((env[name] for name in keys if env.get(name)), None)
    return {keys[0]: value} if value else {}


def key_values(settings: Settings, environ: Mapping[str, str], *, replaying: bool) -> dict[str, str]:
    """Return the values of `{key}`, or of `{LISTENER.key}` where keys are by listener; empty where no key is set."""
    keys = settings.target.keys
    named = {f"{name}.key": names for name, names in keys.items()} if isinstance(keys, dict) else {"key": keys}
    found = {name: _keys(environ, names, replaying=replaying) for name, names in named.items() if names}
    return {name: next(iter(value.values()), "") for name, value in found.items()}


def with_loopback(no_proxy: str) -> str:
    """Return a NO_PROXY with the names of this machine added."""
    names = [name.strip() for name in no_proxy.split(",") if name.strip()]
    return ",".join([*names, *(name for name in LOOPBACK if name not in names)])


def mentioned(settings: Settings, placeholders: dict[str, str]) -> dict[str, Any]:
    """Return the variables that the target sets, for a user who starts the agent by hand."""
    return {name: expand(value, placeholders) for name, value in settings.target.env.items()}
