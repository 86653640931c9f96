"""`sql` as a process: Ctrl-C ends a question that takes long."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import psutil

from tests.questions.fleet import fleet

_SECONDS = 60.0
_STARTED = 2.0
"""Seconds of processor time after which the question is being answered."""
_LONG = "select sum(a.range * b.range) from range(10000000) a, range(1000000) b"


def test_ctrl_c_ends_a_question_that_takes_long() -> None:
    words = [sys.executable, "-P", "-m", "probe.sql", _LONG, "--data-dir", str(fleet().data_dir)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        end = time.monotonic() + _SECONDS
        while psutil.Process(process.pid).cpu_times().user < _STARTED:
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=_SECONDS)
    finally:
        process.kill()
        process.wait(timeout=_SECONDS)
    assert (process.returncode, out, err) == (130, b"", b"")
