"""Renderers: one package per API, and the blocks that they speak in."""
