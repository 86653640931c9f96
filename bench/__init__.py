"""What the proxies cost, compared with others: the machinery of `bench.__main__`."""
