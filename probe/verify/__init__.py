"""Whether a run holds all that crossed its proxies, unchanged."""
