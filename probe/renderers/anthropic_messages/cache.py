"""Places up to which a request asks the API to cache it."""

from __future__ import annotations

from collections.abc import Iterator

from probe.renderers.blocks import Block, CacheBreakpoint
from probe.renderers.fields import Fields

_DEFAULT_TTL = "5m"
"""https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching"""


def breakpoints(fields: Fields) -> Iterator[Block]:
    """Take the `cache_control` of a content block or tool and yield it; another kind of control stays unknown."""
    control = fields.peek("cache_control")
    if not isinstance(control, dict) or control.get("type") != "ephemeral":
        return
    inner = Fields(fields.take("cache_control"))
    inner.take("type")
    yield CacheBreakpoint(lasts=inner.text("ttl") or _DEFAULT_TTL)
    yield from inner.rest("scope")
