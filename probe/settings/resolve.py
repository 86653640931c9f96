"""Resolve the settings of a run from the command line, the environment and the target's files."""

from __future__ import annotations

import argparse
import ssl
from collections.abc import Mapping
from pathlib import Path

from probe.errors import UserError
from probe.places import default_data_dir
from probe.record.mirror_place import is_mirror, shown_place
from probe.settings.compress_over import chosen_compress_over
from probe.settings.coverage import chosen_coverage
from probe.settings.replaying import chosen_replay, speed_of
from probe.settings.routes import chosen_routes
from probe.settings.settings import Settings, checked_data_dir
from probe.settings.sources import COMMAND_LINE, DEFAULT, YES, Sources
from probe.settings.upstream_proxy import chosen_proxy
from probe.targets.finding import load_target, target_names
from probe.targets.finding import output_dir as folder_of

_SYSTEM_STORES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # macOS, Alpine
)


def resolve(arguments: argparse.Namespace, environ: Mapping[str, str], *, generated: bool = False) -> Settings:
    """Resolve all settings of a run. Raises UserError for invalid ones.

    With `generated`, the folder on the command line is a new one that another script chose, not the user.
    """
    if not arguments.target:
        raise UserError("no target given", f"name one with --target: {', '.join(target_names())}")
    target, files = load_target(arguments.target)
    return _settings(Sources(arguments, environ, target, files), generated=generated)


def _settings(given: Sources, *, generated: bool) -> Settings:
    replay = chosen_replay(given)
    data_folder = checked_data_dir(given.pick("data_dir", None, in_file=False) or str(default_data_dir()))
    run_parent = data_folder / given.arguments.target
    if given.target.output_dir:
        run_parent = folder_of(given.target.output_dir)
    output_dir = given.pick("output_dir", None, in_file=False)
    if output_dir is None or generated:
        given.sources["output_dir"] = given.files["output_dir"] if given.target.output_dir else DEFAULT
    if is_mirror(data_folder) and (stays := _outside(data_folder, run_parent, output_dir)):
        given.notes.append(f"note: the run stays in {stays}, and is not uploaded to {shown_place(data_folder)}")
    store = _system_store(given)
    ca = given.pick("upstream_ca", store)
    if ca and given.sources["upstream_ca"] != DEFAULT:
        _check_ca(Path(ca).expanduser(), given.sources["upstream_ca"])
    proxy, inherited = chosen_proxy(given, replaying=bool(replay))
    coverage, coverage_proxy = chosen_coverage(given, proxy, replaying=bool(replay))
    return Settings(
        target_name=given.arguments.target,
        target=given.target,
        routes=chosen_routes(given, proxy, inherited=inherited, replaying=bool(replay)),
        upstream_ca=str(Path(ca).expanduser()) if ca else None,
        system_store=store,
        data_dir=data_folder,
        run_parent=run_parent,
        output_dir=Path(output_dir).expanduser().resolve() if output_dir else None,
        keep_secrets=_keep_secrets(given),
        compress_over=chosen_compress_over(given),
        coverage=coverage,
        coverage_upstream_proxy=coverage_proxy,
        replay=replay,
        speed=speed_of(given.option("speed")),
        strict=bool(given.option("strict")),
        fault=tuple(given.option("fault") or ()),
        sources=given.sources,
        notes=tuple(given.notes),
    )


def _outside(data_folder: Path, run_parent: Path, output_dir: str | None) -> Path | None:
    """Return the folder of a run that is not in the mirror of its data folder; None where it is."""
    folder = Path(output_dir).expanduser().resolve() if output_dir else run_parent
    return None if folder.is_relative_to(data_folder) else folder


def _keep_secrets(given: Sources) -> bool:
    if given.option("keep_secrets"):
        given.sources["keep_secrets"] = COMMAND_LINE
        return True
    if given.environ.get("PROBE_KEEP_SECRETS", "").lower() in YES:
        given.sources["keep_secrets"] = "environment PROBE_KEEP_SECRETS"
        return True
    return False


def _system_store(given: Sources) -> str | None:
    own = given.environ.get("SSL_CERT_FILE")
    return next((path for path in (own, *_SYSTEM_STORES) if path and Path(path).is_file()), None)


def _check_ca(path: Path, source: str) -> None:
    if not path.is_file():
        raise UserError(f"upstream CA {path} ({source}): no such file")
    try:
        ssl.create_default_context(cafile=str(path))
    except (ssl.SSLError, OSError) as error:
        raise UserError(f"upstream CA {path} ({source}): no certificates in it: {error}", "name a PEM file") from error
