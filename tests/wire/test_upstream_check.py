"""What became of a request to an upstream is known from the answer and the record, with the step that helps."""

from __future__ import annotations

import pytest

from probe.record.exchange import Exchange, Request, Response
from probe.wire.upstream_check import _reached

UPSTREAM = "https://api.test"
REQUEST = Request(method="GET", url=f"{UPSTREAM}/")
REFUSED = "api.test:443: connection refused; the proxy answered the agent with 502 Bad Gateway"


def failed(error: str) -> Exchange:
    return Exchange(timestamp=1.0, request=REQUEST, error=error)


@pytest.mark.parametrize("status", [200, 401, 404, 500])
def test_whatever_an_upstream_answers_is_an_answer(status: int) -> None:
    answered = Exchange(timestamp=1.0, request=REQUEST, response=Response(status_code=status))
    found = _reached("model", UPSTREAM, status, answered)
    assert (found.status, found.problem, found.fix) == (status, "", "")


FAILURES = {
    "refused": (502, failed(REFUSED), "connection refused", "is it running"),
    "untrusted": (502, failed("api.test:443: Certificate verify failed: unable to"), "verify failed", "--upstream-ca"),
    "no TLS": (502, failed("api.test:443: The remote server does not speak TLS."), "TLS", "port for https"),
    "no such host": (502, failed("api.test:443: name not known"), "name", "host's name right"),
    "a proxy that refuses": (502, failed("refused HTTP CONNECT request: 407 Proxy Auth"), "407", "--upstream-proxy"),
    "silence": ("no answer within 10 seconds", None, "no answer within", "firewall"),
    "anything else": (502, failed("odd"), "odd", "name another with --upstream model=URL"),
}


@pytest.mark.parametrize(("answer", "record", "problem", "fix"), FAILURES.values(), ids=FAILURES.keys())
def test_what_the_listener_answers_in_its_place_is_a_problem_with_a_fix(
    answer: int | str, record: Exchange | None, problem: str, fix: str
) -> None:
    found = _reached("model", UPSTREAM, answer, record)
    assert found.status is None
    assert problem in found.problem
    assert "the proxy answered" not in found.problem
    assert fix in found.fix
