"""A pseudonym keeps the kind and the form of a value, is the same for the same value, and tells nothing about it."""

from __future__ import annotations

import ipaddress
import json
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.redact.pseudonyms import Pseudonyms, is_made_up

ONE = Pseudonyms(b"a" * 32)
KINDS = {
    "user": "alicexy",
    "name": "Alice Xylander",
    "email": "alice.x@corp.io",
    "host": "xylbox.lan",
    "IP address": "192.168.7.31",
    "device address": "aa:bb:cc:11:22:33",
    "id": "0198aaaa-1111-7222-8333-444455556666",
    "words": "Project Falcon",
}


@pytest.mark.parametrize(("kind", "value"), KINDS.items())
def test_the_same_value_has_the_same_pseudonym_only_under_the_same_key(kind: str, value: str) -> None:
    made = ONE.of(kind, value)
    assert made == Pseudonyms(b"a" * 32).of(kind, value.upper() if kind != "id" else value)
    assert made != Pseudonyms(b"b" * 32).of(kind, value)
    assert made != ONE.of(kind, value[:-1] + ("7" if value[-1] != "7" else "8"))


@pytest.mark.parametrize(("kind", "value"), KINDS.items())
def test_a_pseudonym_is_known_as_one_and_breaks_no_json(kind: str, value: str) -> None:
    made = ONE.of(kind, value)
    assert is_made_up(made) or kind == "IP address"
    assert json.dumps(made) == f'"{made}"'


def test_forms_are_kept() -> None:
    made = uuid.UUID(ONE.of("id", KINDS["id"]))
    assert made.version == 7
    assert ipaddress.ip_address(ONE.of("IP address", "192.168.7.31")).version == 4
    assert ipaddress.ip_address(ONE.of("IP address", "fe80::1ff:fe23:4567:890a")).version == 6
    assert ONE.of("id", "org-Ab3dEf6hIj9k").startswith("org-facade")
    assert len(ONE.of("id", "f" * 64)) == 64
    number = ONE.of("id", "123456789012")
    assert number.isdigit()
    assert len(number) == 12


def test_folders_that_everybody_has_keep_their_names_and_paths_their_structure() -> None:
    home, inside = ONE.folder("/home/alicexy"), ONE.folder("/home/alicexy/projects/falcon/src")
    assert inside.startswith(f"{home}/projects/folder-")
    assert inside.endswith("/src")
    assert home == f"/home/{ONE.of('user', 'alicexy')}"
    assert ONE.folder("/srv/build") == "/srv/build"
    assert ONE.folder(inside) == inside
    assert ONE.folder("/tmp/20261122T072738Z") == "/tmp/20261122T072738Z"


@given(st.sets(st.from_regex(r"[a-z]{4,10}@[a-z]{4,10}\.io", fullmatch=True), min_size=2))
def test_different_values_have_different_pseudonyms(values: set[str]) -> None:
    assert len({ONE.of("email", value) for value in values}) == len(values)
