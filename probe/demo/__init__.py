"""A small coding agent for a first run without a key or a network."""
