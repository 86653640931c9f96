"""The certificate authority of forward mode, and the files of certificates that an agent trusts.

mitmproxy creates the authority in the data folder when the first proxy starts. An agent gets only its certificate, only
during the run, together with those that it trusts anyway: hosts that are passed through present their own.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from probe.addon.private_files import private_folder
from probe.errors import UserError
from probe.record.files import write_private
from probe.wire import agent_folders

FOLDER = ".mitmproxy"
"""In the data folder."""
CERTIFICATE = "mitmproxy-ca-cert.pem"
KEY = "mitmproxy-ca.pem"
ADDING = ("NODE_EXTRA_CA_CERTS",)
"""Variables whose certificates are trusted besides the agent's built-in ones; all others replace those."""

_CERTIFICATES = re.compile(r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----")


def authority_folder(data_dir: Path) -> Path:
    """Return the folder of the authority, its private key included."""
    return data_dir / FOLDER


def authority_problem(data_dir: Path) -> str | None:
    """Return why the authority cannot be created or used; None when it can."""
    folder = authority_folder(data_dir)
    if folder.is_symlink():
        return f"{folder} is a link: the authority's key would be elsewhere"
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        return f"{existing} is not writable"
    key = folder / KEY
    if not key.exists():
        return None
    if not os.access(key, os.R_OK | os.W_OK):
        return f"{key} is not readable"
    if stat.S_IMODE(key.stat().st_mode) & 0o077:
        return f"others can read {key}"
    return None


def write_trusted(
    run: Path, variables: Iterable[str], own: Mapping[str, str], data_dir: Path, store: str | None
) -> dict[str, str]:
    """Write a file for each of the agent's variables for authorities; return the variables with their files.

    `own` is the user's environment: certificates that a variable names there stay trusted; `store` is the system's.
    """
    authority = (authority_folder(data_dir) / CERTIFICATE).read_text()
    folder = run / agent_folders.NAME / "authorities"
    private_folder(folder)
    files = {}
    for name in variables:
        base = own.get(name) or (None if name in ADDING else store or _mitmproxy_store())
        path = folder / f"{name}.pem"
        write_private(
            path, "\n".join([*(_certificates(name, base) if base else ()), *_CERTIFICATES.findall(authority), ""])
        )
        files[name] = str(path)
    return files


def _mitmproxy_store() -> str:
    """Return the store that comes with mitmproxy, for a system without one in a known place."""
    import certifi

    return certifi.where()


def _certificates(variable: str, place: str) -> list[str]:
    """Return the certificates in a file, or in all files of a folder, without duplicates."""
    path = Path(place).expanduser()
    try:
        files = sorted(one for one in path.iterdir() if one.is_file()) if path.is_dir() else [path]
        text = "\n".join(file.read_text(errors="replace") for file in files)
    except OSError as error:
        raise UserError(f"{variable}={place}: {error.strerror}", "unset it, or name a PEM file") from error
    if found := list(dict.fromkeys(_CERTIFICATES.findall(text))):
        return found
    raise UserError(f"{variable}={place}: no certificates in it", "unset it, or name a PEM file")
