"""What the proxies cost, measured beside others: the machinery of `bench.__main__`."""
