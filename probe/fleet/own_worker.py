"""Loaded first by the worker processes that a command starts on this machine."""

from __future__ import annotations

import signal

from probe.record.reading_memory import tune_memory

# Ctrl-C reaches all processes of the terminal; the command ends its workers itself, and then without tracebacks.
signal.signal(signal.SIGINT, signal.SIG_IGN)
tune_memory()
