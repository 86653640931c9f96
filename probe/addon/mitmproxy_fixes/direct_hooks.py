"""Call addons with less overhead: for a proxy that streams, half of mitmproxy's cost per hook."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from typing import Any

from mitmproxy.addonmanager import AddonManager
from mitmproxy.exceptions import AddonHalt
from mitmproxy.hooks import Hook

from probe.addon.mitmproxy_fixes.guard import known_version

logger = logging.getLogger(__name__)


def addon_manager(master: Any) -> AddonManager:
    """Return a master's addon manager; mitmproxy's own if its code is not known here."""
    known = known_version() and hasattr(AddonManager, "handle_lifecycle")
    return DirectHooks(master) if known else AddonManager(master)


class DirectHooks(AddonManager):
    """An addon manager that looks up once who handles a hook.

    Its addons are added before the first connection and have no children; nobody listens to the `update` hook, which
    mitmproxy triggers after each one of a flow.
    """

    def __init__(self, master: Any) -> None:
        super().__init__(master)  # type: ignore[no-untyped-call]  # mitmproxy's has no types
        self._handlers: dict[str, list[Callable[..., Any]]] = {}

    async def handle_lifecycle(self, event: Hook) -> None:
        """Call the addons that handle a connection's or a flow's hook."""
        handlers = self._handlers.get(event.name)
        if handlers is None:
            found = (getattr(addon, event.name, None) for addon in self.chain)
            handlers = self._handlers[event.name] = [handler for handler in found if callable(handler)]
        for handler in handlers:
            try:
                result = handler(*event.args())
                if result is not None and inspect.isawaitable(result):
                    await result
            except AddonHalt:
                return
            except Exception:
                # As in mitmproxy: an addon's error must not end a connection.
                logger.exception("Addon error")
