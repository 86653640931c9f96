"""Each question that the page is there for has its answer in sight, in both browsers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.page.pages import KEY, see, until_shown
from tests.support.browsers import Tab
from tests.support.page_files import PageFile
from tests.support.story import ANSWER, BYPASS, FAILURE, INSTRUCTIONS, PROMPT, REFUSAL, TASK

pytestmark = [pytest.mark.browsers, pytest.mark.timeout(180)]


SPOKEN = ANSWER.replace("**", "")
QUESTIONS: dict[str, tuple[str, list[str]]] = {
    "what was asked": ("#overview", [PROMPT]),
    "what came out": ("#overview", [SPOKEN]),
    "what it did, step by step": (
        "#overview",
        ["Bash: python3 test_cart.py", "Agent: Look for", "Read: cart.py", "Edit: cart.py"],
    ),
    "what is new in a turn": ("#turn-3", [FAILURE, "It is wrong by twice the discount."]),
    "what its system prompt is": ("#tools", [INSTRUCTIONS]),
    "what its tools are, and which were never called": ("#tools", ["WebSearch", "never called"]),
    "what the context consists of": ("#context/turn-7", ["instructions", "tools", "tool results", "reasoning"]),
    "what it cost, or why that is not known": ("#cost", ["no list price is known for story-large-1"]),
    "what the cache gave": ("#cost", ["33,100"]),
    "why the cache missed": ("#cost", ["tool Fetch was added"]),
    "where time went": ("#time", ["model", "tools", "idle", "First token after"]),
    "where it stalled": ("#time", ["silent for", "Edit: cart.py"]),
    "what failed, and was tried again": ("#turn-6", [REFUSAL]),
    "who the sub-agents are": ("#overview", ["searcher"]),
    "what side requests there were": ("#overview", ["title"]),
    "what the harness injected": ("#tools", ["system-reminder"]),
    "what a human wrote": ("#tools", [PROMPT]),
    "which hosts it talked to": ("#network", ["127.0.0.1:"]),
    "what bypassed the listeners": ("#network", [f"{BYPASS}:9"]),
    "what the observer changed": ("#network", ["ANTHROPIC_BASE_URL", "calls of the model go to the listener"]),
    "where secrets were": ("#network", ["x-api-key"]),
    "whether the record is proved": ("#overview", ["18 of 18 bodies can be checked"]),
}


@pytest.mark.parametrize(("place", "answers"), QUESTIONS.values(), ids=QUESTIONS.keys())
def test_a_question_has_its_answer_in_sight(tab: Tab, place: str, answers: list[str]) -> None:
    see(tab, place)
    until_shown(tab, answers)


def test_the_sub_agents_task_is_shown_as_the_models_and_the_reminder_as_the_harnesss(tab: Tab) -> None:
    assert TASK in see(tab, "#turn-4")
    assert "model" in tab.text(".turn-body")
    text = see(tab, "#turn-2")
    assert ("harness" in text.lower(), "human" in text.lower()) == (True, True)


def test_a_secret_is_nowhere_in_the_page(story: str) -> None:
    made = PageFile(Path(story.removeprefix("file://")).read_text())
    for payload in made.payloads():
        assert KEY.encode() not in made.body(payload["body"])
        assert KEY not in str(payload["headers"])


def test_every_body_is_proved_by_the_page_itself(tab: Tab) -> None:
    see(tab, "#overview")
    tab.js("[...document.querySelectorAll('button')].find((one) => one.textContent.includes('every body')).click()")
    tab.wait("document.querySelector('#pane-view').innerText.includes('18 as they crossed the wire')")


def test_hostile_text_is_shown_and_stays_inert(tab: Tab) -> None:
    text = see(tab, "#turn-7")
    assert "<img src=x onerror=" in text
    assert "\u202e" not in text
    assert tab.js("document.title") != "owned"
    assert tab.js("document.querySelectorAll('img[src=\"x\"]').length") == 0


def test_an_image_is_shown_as_an_image(tab: Tab) -> None:
    see(tab, "#turn-7")
    tab.wait("[...document.querySelectorAll('#pane-view img')].some((one) => one.naturalWidth === 24)")
