"""Renderers: one package per API, and the blocks, facts and items that they speak in."""
