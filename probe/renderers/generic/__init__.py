"""Any API: JSON, text and forms as they are, JSON-RPC message by message."""

from __future__ import annotations

from probe.renderers.generic.api import Generic

API = Generic()
