"""The page of a run of each real agent: whole, proved, and with the answer in sight."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.test_agents import CASES, Case, recorded
from tests.e2e.test_sub_agents import CODEX
from tests.page.answers import ask_everything
from tests.page.pages import drawn, opened, until_shown
from tests.support.answers import FOUND
from tests.support.browsers import Browser
from tests.support.loops import PROMPT
from tests.support.provider import provider_running
from tests.support.toolcalls import LIST_FILES, TASK

pytestmark = [pytest.mark.agents, pytest.mark.browsers, pytest.mark.timeout(300)]

SHAPES = {name: case for name, case in CASES.items() if case.target != "grok"} | {"codex over a WebSocket": CODEX}


@pytest.mark.parametrize("case", SHAPES.values(), ids=SHAPES.keys())
def test_the_page_of_a_real_agents_run_answers(chromium: Browser, case: Case, tmp_path: Path) -> None:
    with provider_running() as provider, recorded(tmp_path, "probe.pipeline", case, provider) as run:
        assert run.wait() == 0, run.stdout + run.stderr
        page = (run.run_folder() / "report.html").as_uri()
    with opened(chromium, page) as tab:
        until_shown(tab, [PROMPT, FOUND, LIST_FILES])
        tab.js("[...document.querySelectorAll('button')].find((one) => one.textContent.includes('every body')).click()")
        until_shown(tab, ["All that can be checked is right"])
        ask_everything(tab, page)


def test_the_page_of_claude_code_with_a_sub_agent_shows_who_did_what(firefox: Browser, tmp_path: Path) -> None:
    case = CASES["claude-code"]
    with provider_running(sub_agent=True) as provider, recorded(tmp_path, "probe.pipeline", case, provider) as run:
        assert run.wait() == 0, run.stdout + run.stderr
        page = (run.run_folder() / "report.html").as_uri()
    with opened(firefox, page) as tab:
        drawn(tab)
        until_shown(tab, ["1 sub-agent", TASK])
