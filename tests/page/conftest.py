"""Browsers, one of each for all tests of a process, and pages of recorded runs."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.page.pages import opened, page_of_story
from tests.support.browsers import Browser, Tab, missing, running

REQUIRED = "PROBE_REQUIRE_BROWSERS"
"""Where this is set, a browser that is missing is a failure, not a reason to skip."""


def _browser(name: str) -> Iterator[Browser]:
    if reason := missing(name):
        if os.environ.get(REQUIRED):
            pytest.fail(reason)
        pytest.skip(reason)
    with running(name) as browser:
        yield browser


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Return Chromium."""
    yield from _browser("chrome")


@pytest.fixture(scope="session")
def firefox() -> Iterator[Browser]:
    """Return Firefox."""
    yield from _browser("firefox")


@pytest.fixture(scope="session", params=["chrome", "firefox"])
def browser(request: pytest.FixtureRequest) -> Browser:
    """Return one browser after the other."""
    name = {"chrome": "chromium", "firefox": "firefox"}[request.param]
    found: Browser = request.getfixturevalue(name)
    return found


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the address of the page of the story."""
    return page_of_story(tmp_path_factory.mktemp("story"))


@pytest.fixture
def tab(browser: Browser, story: str) -> Iterator[Tab]:
    """Return the page of the story, opened."""
    with opened(browser, story) as found:
        yield found
