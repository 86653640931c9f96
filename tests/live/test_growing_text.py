"""A text that arrives piece by piece is shown only as far as no secret can begin there: never a part of one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.addon.journal import FOLDER
from probe.addon.private_files import private_folder
from probe.addon.redaction.fingerprints import KnownFile, read_redactor
from probe.addon.redaction.redactor import Redactor
from probe.addon.redaction.salt import make_salt
from probe.live.growing_text import GrowingText
from tests.support.planted import Mint

MINT = Mint(7)
PASSPHRASE = "correct horse battery staple"
KNOWN = MINT.some(24)
SECRETS = {
    **{name: (token, "It is $ , I think.\nSo it is.") for name, token in MINT.tokens().items()},
    **{name: (token, 'It has "client_secret": "$" in it.') for name, token in MINT.opaque().items()},
    "a password": (MINT.password(), 'Set "password":"$","user":"me" in it, then go on.'),
    "a password in a URL": (MINT.password(), "Use postgres://me:$@db.example.test/app now."),
    "a header": (MINT.some(40), "Send `Authorization: Bearer $` with it, then go on."),
    "curl": (MINT.password(), "Run curl -u me:$ https://example.test now."),
    "the environment": (MINT.some(40), "HOME=/root\nGITHUB_TOKEN=$\nLANG=C\nMORE=x y"),
    "a private key": (MINT.private_key().strip(), "Here it is:\n\n$\n\nKeep it well."),
    "a private key, quoted": (MINT.private_key().strip().replace("\n", "\n> "), "See:\n\n> $\n\nKeep it well."),
    "a known value": (KNOWN, "It is '$', or 日本語$日本語 and so on."),
    "a known passphrase": (PASSPHRASE, "It is $ or so. The correct horse is another."),
}


def redactor() -> Redactor:
    return Redactor(b"salt", [KNOWN, PASSPHRASE])


def escaped(text: str, *, levels: int = 1) -> bytes:
    for _ in range(levels):
        text = json.dumps(text, ensure_ascii=False)[1:-1]
    return text.encode()


def parts_of(text: bytes, cuts: Sequence[int]) -> Iterator[bytes]:
    places = [0, *sorted(cut % len(text) for cut in cuts), len(text)]
    yield from (text[a:b] for a, b in pairwise(places))


def check(text: bytes, parts: Iterator[bytes], search: Redactor) -> None:
    """Check that all that is shown, at any time, begins the redacted text, which comes to its end."""
    whole = b"".join(search.chunks([text], []))
    growing, shown = GrowingText(search), b""
    for part in parts:
        shown += growing.add(part)
        assert whole.startswith(shown)
    end = b" " * len(PASSPHRASE)
    assert shown + growing.add(end) == whole + end


@pytest.mark.parametrize("levels", [1, 2])
@pytest.mark.parametrize("length", [1, 7, 60, 10_000])
@pytest.mark.parametrize(("secret", "text"), SECRETS.values(), ids=SECRETS.keys())
def test_no_part_of_a_secret_is_ever_shown(secret: str, text: str, length: int, levels: int) -> None:
    sent = escaped("Some words before. " * 3 + text.replace("$", secret), levels=levels)
    search = redactor()
    assert secret not in b"".join(search.chunks([sent], [])).decode()
    check(sent, (sent[start : start + length] for start in range(0, len(sent), length)), redactor())


@given(name=st.sampled_from(sorted(SECRETS)), cuts=st.lists(st.integers(0, 1 << 16), max_size=20))
def test_no_part_of_a_secret_is_shown_wherever_the_text_is_cut(name: str, cuts: list[int]) -> None:
    secret, text = SECRETS[name]
    sent = escaped(text.replace("$", secret))
    check(sent, parts_of(sent, cuts), redactor())


@given(text=st.text(max_size=300), cuts=st.lists(st.integers(0, 1 << 16), max_size=20))
def test_any_text_comes_whole(text: str, cuts: list[int]) -> None:
    sent = escaped(text) or b"x"
    growing = GrowingText(Redactor(b"salt"))
    assert b"".join([*map(growing.add, parts_of(sent, cuts)), growing.add(b" ")]) == sent + b" "


def test_a_value_of_which_only_a_hash_is_known_is_held_back_at_its_spaces_too(tmp_path: Path) -> None:
    salt = tmp_path / "salt"
    make_salt(salt)
    private_folder(tmp_path / FOLDER)
    known = KnownFile(tmp_path / FOLDER, Redactor(b""), salt, ())
    Redactor(make_salt(salt), [KNOWN, PASSPHRASE]).on_learned(known.add)
    for name in ("a known value", "a known passphrase"):
        secret, text = SECRETS[name]
        sent = escaped(text.replace("$", secret))
        check(sent, parts_of(sent, range(len(sent))), read_redactor(tmp_path, [salt]))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a word and ano", "a word and "),
        ("one line\nand", "one line\nand"[:-3]),
        ("print('a')\nand", ""),
        ("これは日本語です", "これは日本語です"),
    ],
)
def test_little_is_held_back(text: str, shown: str) -> None:
    assert GrowingText(Redactor(b"salt")).add(escaped(text)) == escaped(shown)


def test_kept_secrets_are_shown_as_they_are() -> None:
    token = MINT.tokens()["GitHub, personal"].encode()
    assert GrowingText(Redactor(b"salt", keep=True)).add(token) == token
