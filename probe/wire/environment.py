"""The agent's environment: where its base URL points, which key it has, and what may not go around the proxy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from probe.settings import LOOPBACK, Settings
from probe.targets import expand
from probe.wire.processes import MARKER

PLACEHOLDER_KEY = "placeholder-key-of-a-replay"
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
PARENT = "PROBE_PARENT"
"""Tells a script of ours which process it should not outlive; see `probe.wire.parent`."""


def agent_environment(
    environ: Mapping[str, str],
    settings: Settings,
    placeholders: dict[str, str],
    overrides: Mapping[str, str],
    marker: str,
    replay_url: str | None,
    coverage_url: str | None = None,
) -> dict[str, str]:
    """Give the environment in which the agent runs."""
    env = {name: value for name, value in environ.items() if name != PARENT}
    env |= {name: expand(value, placeholders) for name, value in settings.target.env.items()}
    env |= _keys(env | dict(overrides), settings.target.keys, replaying=replay_url is not None)
    if replay_url is not None:
        # What would go around the listeners ends at the replay server, which refuses it: nothing leaves loopback.
        env |= dict.fromkeys(PROXY_VARIABLES, replay_url)
        env = {name: value for name, value in env.items() if name not in settings.target.keys[1:]}
    env |= watched(coverage_url)
    for name in ("NO_PROXY", "no_proxy"):
        env[name] = with_loopback(env.get(name, "") if replay_url is None else "")
    env |= overrides
    env[MARKER] = marker
    return env


def watched(coverage_url: str | None) -> dict[str, str]:
    """Give the variables by which an agent sends what goes around the listeners through the one that watches."""
    # Not HTTP_PROXY or ALL_PROXY: what would then be sent here besides is what the listeners are for.
    return dict.fromkeys(("HTTPS_PROXY", "https_proxy"), coverage_url) if coverage_url else {}


def _keys(env: Mapping[str, str], keys: list[str], *, replaying: bool) -> dict[str, str]:
    """Hand the first key that is set on under the name that the agent reads first."""
    if not keys:
        return {}
    if replaying:
        return {keys[0]: PLACEHOLDER_KEY}
    value = next((env[name] for name in keys if env.get(name)), None)
    return {keys[0]: value} if value else {}


def with_loopback(no_proxy: str) -> str:
    """Give a NO_PROXY that names this machine besides what it named before."""
    names = [name.strip() for name in no_proxy.split(",") if name.strip()]
    return ",".join([*names, *(name for name in LOOPBACK if name not in names)])


def mentioned(settings: Settings, placeholders: dict[str, str]) -> dict[str, Any]:
    """Give the variables that the target sets, for a user who starts the agent by hand."""
    return {name: expand(value, placeholders) for name, value in settings.target.env.items()}
