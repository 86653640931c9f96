"""Stand in for what tests need around the project: a model provider and a forward proxy."""
