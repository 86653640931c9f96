"""Renderers: one module per API, and the blocks that they speak in."""

from __future__ import annotations

from probe.renderers.loader import Renderer, load_module, load_renderer, renderer_names, safely

__all__ = ["Renderer", "load_module", "load_renderer", "renderer_names", "safely"]
