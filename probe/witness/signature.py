"""Sign a statement, and check its signature, with OpenSSH's `ssh-keygen -Y`: no service, the keys that people have."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from probe.errors import UserError
from probe.record.files import open_plain

NAMESPACE = "agent-probe"
"""A signature for one purpose does not pass for another."""
_SECONDS = 300.0
"""A key may ask for its passphrase, or to be touched."""


def sign(statement: bytes, key: Path) -> bytes:
    """Return the signature of a statement by a key. Raises UserError."""
    if not key.is_file():
        raise UserError(f"there is no key {key}", "name one with --key FILE, or make one: ssh-keygen -t ed25519")
    done = _ssh_keygen("sign", "-f", str(key), "-n", NAMESPACE, data=statement)
    if done.returncode:
        raise UserError(f"ssh-keygen could not sign with {key}: {_said(done)}", "name another key with --key FILE")
    return done.stdout


def checked(statement: Path, signature: Path, allowed: Path | None) -> tuple[bool, str]:
    """Return whether a signature is good, and what ssh-keygen says of it.

    `allowed` is a file of signers as ssh-keygen reads it; without one, nobody says whose the key is.
    Raises UserError where ssh-keygen is missing.
    """
    with open_plain(statement) as file:
        data = file.read()
    if allowed is None:
        done = _ssh_keygen("check-novalidate", "-n", NAMESPACE, "-s", str(signature), data=data)
        return done.returncode == 0, _said(done)
    if not allowed.is_file():
        raise UserError(f"there is no file {allowed}", "it lists signers, a line each: NAME ssh-ed25519 AAAA…")
    found = _ssh_keygen("find-principals", "-s", str(signature), "-f", str(allowed))
    if found.returncode:
        return False, f"its key is none of those in {allowed}: {_said(found)}"
    name = found.stdout.decode().splitlines()[0]
    words = ("-f", str(allowed), "-I", name, "-n", NAMESPACE, "-s", str(signature))
    done = _ssh_keygen("verify", *words, data=data)
    return done.returncode == 0, _said(done)


def _ssh_keygen(task: str, *words: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["ssh-keygen", "-Y", task, *words], input=data, capture_output=True, timeout=_SECONDS, check=False
        )
    except FileNotFoundError:
        raise UserError("ssh-keygen is not installed", "it is part of OpenSSH: apt install openssh-client") from None
    except subprocess.TimeoutExpired:
        raise UserError(f"ssh-keygen did not end within {_SECONDS:.0f} seconds", "is it waiting for a key?") from None


def _said(done: subprocess.CompletedProcess[Any]) -> str:
    """Return what ssh-keygen wrote, on one line."""
    return " ".join((done.stderr + b" " + done.stdout).decode("utf-8", "replace").split())
