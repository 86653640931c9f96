"""A small coding agent of our own, for a first run without a key or a network."""
