"""Import mitmproxy without what reverse proxies never use; import this module before any of its addons.

The package `mitmproxy.addons` imports every addon, with a web framework, LDAP and more: half of a proxy's start-up
time. An empty package in its place allows importing each addon by itself.
"""

from __future__ import annotations

import importlib.util
import sys
import types

from probe.addon.mitmproxy_fixes.guard import known_version

_NAME = "mitmproxy.addons"
if _NAME not in sys.modules and known_version():
    _found = importlib.util.find_spec(_NAME)
    assert _found is not None
    _package = types.ModuleType(_NAME)
    _package.__path__ = list(_found.submodule_search_locations or [])
    sys.modules[_NAME] = _package
