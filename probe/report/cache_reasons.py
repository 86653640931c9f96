"""Write in plain words what kept an API from reading more of a request from its cache."""

from __future__ import annotations

from probe.analysis.cache import KEPT, CacheUse
from probe.report.plain_text import seconds
from probe.report.preview import cut

_NAMED = 6
"""Settings that are named."""


def cache_reason(use: CacheUse, number: int) -> str | None:
    """Return why a turn missed what the turn before, which has this number, had sent; None where it did not."""
    where = f"#{use.difference.among + 1}" if use.difference else ""
    after = f"it began {seconds(use.waited)} after the end of turn {number}"
    unchanged = f"all that turn {number} sent is unchanged"
    match use.cause:
        case None:
            return None
        case "model":
            return f"the model is not that of turn {number}, and each model has a cache of its own"
        case "tools":
            return f"{_tool(use, number)}, and all that follows is read anew"
        case "instructions":
            return f"the instructions are not those of turn {number}, and all that follows is read anew"
        case "messages" if use.difference and use.difference.dropped:
            return f"the messages of turn {number} from {where} on are gone"
        case "messages":
            return f"from message {where} on, the messages are not those of turn {number}"
        case "not cached" if use.waited < 0:
            return f"it began before turn {number} was answered"
        case "not cached":
            return f"turn {number} neither read from the cache nor wrote to it"
        case "time":
            return f"{unchanged}, but {after}; APIs keep what they cache for about {KEPT // 60} minutes"
        case "settings":
            more = ", …" if len(use.settings) > _NAMED else ""
            return f"{unchanged} but for settings: {', '.join(use.settings[:_NAMED])}{more}"
    return f"not explained by this record: {unchanged}, and {after}"


def _tool(use: CacheUse, number: int) -> str:
    difference = use.difference
    name = cut(difference.name) if difference and difference.name else ""
    match difference.how if difference else None:
        case "added":
            return f"tool {name} was added"
        case "removed":
            return f"tool {name} of turn {number} is gone"
        case "moved":
            return f"the tools are in another order than in turn {number}"
    return f"the definition of tool {name} is not that of turn {number}"
