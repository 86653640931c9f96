"""Hold the tests, which mirror `probe/`."""
