"""The one Markdown writer: blocks of any API in, Markdown out that hostile text cannot break."""

from __future__ import annotations

from probe.renderers.markdown.writer import markdown

__all__ = ["markdown"]
