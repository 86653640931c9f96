"""What reverse and forward mode do follows from the settings, without a process."""

from __future__ import annotations

import urllib.request

import pytest

from probe.cli.parsing import parse
from probe.errors import UserError
from probe.settings.resolve import resolve
from probe.settings.settings import Settings
from probe.wire.modes import ForwardMode, ReverseMode, mode_of
from probe.wire.ports import Ports, free_ports, is_free

MODES = {"codex": ReverseMode, "codex-forward": ForwardMode}


def settings(target: str, *argv: str) -> Settings:
    return resolve(parse("capture", ["--target", target, *argv])[0], {})


@pytest.mark.parametrize(("target", "mode"), MODES.items())
def test_a_target_has_the_mode_that_its_file_names(target: str, mode: type) -> None:
    assert isinstance(mode_of(settings(target)), mode)


COVERAGE = {"watched": ("--coverage", True), "not watched": ("--no-coverage", False)}


@pytest.mark.parametrize(("option", "watched"), COVERAGE.values(), ids=COVERAGE.keys())
def test_in_reverse_mode_each_listener_has_a_port_of_its_own(option: str, watched: bool) -> None:
    ports = ReverseMode().choose_ports(settings("codex", option), fixed=False)
    chosen = [*ports.listeners.values(), *([ports.coverage] if ports.coverage else [])]
    assert set(ports.listeners) == {"model", "backend"}
    assert (len(set(chosen)), ports.coverage is not None) == (2 + watched, watched)
    assert all(map(is_free, chosen))


def test_in_forward_mode_all_share_one_port_which_is_watched() -> None:
    ports = ForwardMode().choose_ports(settings("codex-forward"), fixed=False)
    assert set(ports.listeners.values()) == {ports.coverage}


@pytest.mark.parametrize("target", MODES)
def test_a_port_that_the_user_names_is_taken(target: str) -> None:
    (port,) = free_ports(1)
    chosen = settings(target, "--port", f"model={port}")
    assert mode_of(chosen).choose_ports(chosen, fixed=False).listeners["model"] == port


@pytest.mark.parametrize("target", MODES)
def test_a_port_that_is_not_free_is_an_error(target: str) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        chosen = settings(target, "--port", f"model={server.getsockname()[1]}")
        with pytest.raises(UserError, match="is taken"):
            mode_of(chosen).choose_ports(chosen, fixed=False)


PORTS = Ports(listeners={"model": 1}, coverage=9)
ADDRESSES = {"codex": {"model.url": "http://127.0.0.1:1", "model.port": "1"}, "codex-forward": {}}


@pytest.mark.parametrize(("target", "values"), ADDRESSES.items())
def test_only_listeners_of_reverse_mode_have_an_address(target: str, values: dict[str, str]) -> None:
    assert mode_of(settings(target)).addresses(PORTS) == values


CHECKED = {
    "codex": {"model": "http://l:1/v1/models", "backend": "http://l:2/"},
    "codex-forward": {"model": "https://api.openai.com/"},
}


@pytest.mark.parametrize(("target", "urls"), CHECKED.items())
def test_what_is_asked_of_an_upstream_is_where_its_api_is(target: str, urls: dict[str, str]) -> None:
    asked = mode_of(settings(target)).checked_urls(settings(target), {"model": "http://l:1", "backend": "http://l:2"})
    assert asked.items() >= urls.items()


def test_a_check_in_reverse_mode_goes_through_no_proxy() -> None:
    (handler,) = ReverseMode().handlers(settings("codex"), None)
    assert isinstance(handler, urllib.request.ProxyHandler)
    assert vars(handler)["proxies"] == {}
