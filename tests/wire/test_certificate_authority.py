"""What an agent may trust in forward mode, and who may read the authority's key."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from pathlib import Path

import certifi
import pytest

from probe.errors import UserError
from probe.wire.certificate_authority import authority_folder, authority_problem, write_trusted
from tests.support.certificates import Authority

KEY = "-----BEGIN RSA PRIVATE KEY-----\nTm90IGEga2V5\n-----END RSA PRIVATE KEY-----\n"


def text(authority: Authority) -> str:
    return authority.pem.decode().strip()


class World:
    """A data folder with an authority, a system's store, and a file of the user's own."""

    def __init__(self, root: Path) -> None:
        self.data, self.run = root / "data", root / "data" / "thing" / "run"
        self.run.mkdir(parents=True)
        self.ours, self.systems, self.users = Authority(), Authority(), Authority()
        folder = authority_folder(self.data)
        folder.mkdir(mode=0o700)
        (folder / "mitmproxy-ca-cert.pem").write_text(text(self.ours) + "\n")
        (folder / "mitmproxy-ca.pem").write_text(KEY + text(self.ours))
        (folder / "mitmproxy-ca.pem").chmod(0o600)
        self.store, self.own = root / "store.pem", root / "own.pem"
        self.store.write_text(f"# comment\n{text(self.systems)}\n")
        self.own.write_text(f"{KEY}{text(self.users)}\n{text(self.users)}\n")

    def trusted(self, variable: str, own: dict[str, str], store: Path | None) -> str:
        """Return what is in the file that a variable names."""
        files = write_trusted(self.run, [variable], own, self.data, str(store) if store else None)
        (path,) = map(Path, files.values())
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        return path.read_text()


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a fresh world."""
    return World(tmp_path)


def test_a_variable_that_replaces_the_built_in_store_gets_the_systems_and_ours(world: World) -> None:
    assert world.trusted("SSL_CERT_FILE", {}, world.store) == f"{text(world.systems)}\n{text(world.ours)}\n"


def test_a_variable_that_adds_to_it_gets_ours_alone(world: World) -> None:
    assert world.trusted("NODE_EXTRA_CA_CERTS", {}, world.store) == f"{text(world.ours)}\n"


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"])
def test_what_the_user_has_set_stays_trusted_and_a_key_stays_out(world: World, variable: str) -> None:
    found = world.trusted(variable, {variable: str(world.own)}, world.store)
    assert found == f"{text(world.users)}\n{text(world.ours)}\n"


def test_a_folder_of_the_users_is_read_as_a_whole(world: World) -> None:
    folder = world.run / "certificates"
    folder.mkdir()
    (folder / "a.0").write_text(text(world.users))
    (folder / "b.0").write_text(text(world.systems))
    (folder / "below").mkdir()
    found = world.trusted("REQUESTS_CA_BUNDLE", {"REQUESTS_CA_BUNDLE": str(folder)}, None)
    assert found == f"{text(world.users)}\n{text(world.systems)}\n{text(world.ours)}\n"


def test_a_system_without_a_store_gets_mitmproxys(world: World) -> None:
    found = re.findall("BEGIN (.*)-----", world.trusted("SSL_CERT_FILE", {}, None))
    assert len(found) == Path(certifi.where()).read_text().count("BEGIN CERTIFICATE") + 1
    assert set(found) == {"CERTIFICATE"}


@pytest.mark.parametrize(("content", "told"), [(None, "No such file"), (KEY, "no certificates in it")])
def test_a_file_that_is_no_store_is_the_users_mistake(world: World, content: str | None, told: str) -> None:
    path = world.run / "none.pem"
    if content:
        path.write_text(content)
    with pytest.raises(UserError, match=told):
        world.trusted("SSL_CERT_FILE", {"SSL_CERT_FILE": str(path)}, world.store)


def _leave(folder: Path) -> None:
    """Leave it as it is."""


def _open_to_all(folder: Path) -> None:
    (folder / "mitmproxy-ca.pem").chmod(0o644)


def _link(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to(folder.with_name("elsewhere"))


def _file(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    folder.write_text("")


STATES: dict[str, tuple[Callable[[Path], None], str | None]] = {
    "as it should be": (_leave, None),
    "a key that others can read": (_open_to_all, "others can read"),
    "a link": (_link, "is a link"),
    "a file in its place": (_file, "not writable"),
}


@pytest.mark.parametrize(("change", "told"), STATES.values(), ids=STATES.keys())
def test_what_stands_in_its_way_is_told(world: World, change: Callable[[Path], None], told: str | None) -> None:
    change(authority_folder(world.data))
    found = authority_problem(world.data)
    assert (found is None) if told is None else (found is not None and told in found)


def test_a_folder_that_is_not_there_yet_is_no_problem(tmp_path: Path) -> None:
    assert authority_problem(tmp_path / "not" / "yet") is None
