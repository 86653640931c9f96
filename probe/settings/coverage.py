"""Whether connections that bypass the listeners are watched, and their upstream proxy."""

from __future__ import annotations

from probe.errors import UserError
from probe.settings.sources import COMMAND_LINE, DEFAULT, NO, YES, Sources
from probe.settings.upstream_proxy import proxy_url


def chosen_coverage(given: Sources, proxy: str | None, *, replaying: bool) -> tuple[bool, str | None]:
    """Return whether to watch connections that bypass the listeners, and their upstream proxy."""
    if given.target.mode.sees_all:
        if given.option("no_coverage"):
            raise UserError("--no-coverage: in forward mode all connections go to the listener", "leave it out")
        given.sources["coverage"] = "forward mode"
        return True, proxy
    wanted = _wanted(given)
    if replaying:
        # Such connections end at the replay server, which refuses and counts them.
        given.sources["coverage"] = "off in a replay"
        return False, None
    name = next((name for name in ("ALL_PROXY", "all_proxy") if given.environ.get(name)), None)
    if not wanted or not name or given.sources["upstream_proxy"] != DEFAULT:
        return wanted, proxy if wanted else None
    # Without agent-probe, the agent would use this one.
    value = given.environ[name]
    if "://" in value and not value.startswith(("http://", "https://")):
        given.sources["coverage"] = f"off: {name} is not an HTTP proxy"
        return False, None
    return True, proxy_url(value, f"environment {name}")


def _wanted(given: Sources) -> bool:
    on, off = (given.option(name) for name in ("coverage", "no_coverage"))
    if on and off:
        raise UserError("--coverage and --no-coverage were given", "give one of them")
    word = given.environ.get("PROBE_COVERAGE", "").lower()
    if word not in ("", *YES, *NO):
        raise UserError(f"PROBE_COVERAGE={word}: neither yes nor no", "1 switches it on, 0 off")
    if on or off:
        given.sources["coverage"] = COMMAND_LINE
        return bool(on)
    if word:
        given.sources["coverage"] = "environment PROBE_COVERAGE"
        return word in YES
    given.sources["coverage"] = given.files.get("coverage", DEFAULT)
    return given.target.coverage
