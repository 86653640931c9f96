"""What the proxies cost, measured beside others: the machinery of `probe.bench`."""
