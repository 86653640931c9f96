"""A registry of packages on loopback, which the real npm and uv ask: what it has is each test's own."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote


class PackageRegistry:
    """Packages by name and version, each with one program; the version published last is the latest."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.programs: dict[str, dict[str, str]] = {}
        """Text of each program, by package and version."""
        self.broken: set[str] = set()
        """Versions whose package is damaged."""
        self.open = threading.Event()
        """Unset while packages are not handed out yet."""
        self.open.set()
        self.asked: list[str] = []
        """Paths, in the order of requests."""

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables by which npm and uv use it, and no file of the user's."""
        return {
            "npm_config_registry": self.url,
            "npm_config_fetch_retries": "0",
            "npm_config_update_notifier": "false",
            "UV_DEFAULT_INDEX": f"{self.url}/simple",
            "UV_HTTP_RETRIES": "0",
        }

    def publish(self, name: str, version: str, program: str) -> None:
        """Publish a version."""
        self.programs.setdefault(name, {})[version] = program

    def answer(self, path: str) -> tuple[str, bytes] | None:
        """Return the type and the content of what a path names; None where there is none."""
        self.asked.append(path)
        words = unquote(path).strip("/").split("/")
        match words:
            case ["simple", name] if name in self.programs:
                files = "".join(
                    f'<a href="/files/{one}">{one}</a>' for one in map(_wheel_of(name), self.programs[name])
                )
                return "text/html", f"<!DOCTYPE html><html><body>{files}</body></html>".encode()
            case ["files", file]:
                name, version, *_ = file.split("-")
                return "application/octet-stream", _wheel(name, version, self.programs[name][version])
            case [*scoped, "-", file]:
                name = "/".join(scoped)
                version = file.removesuffix(".tgz").rpartition("-")[2]
                self.open.wait(60)
                whole = _tarball(name, version, self.programs[name][version])
                return "application/octet-stream", whole[:-1] if version in self.broken else whole
            case _ if (name := "/".join(words)) in self.programs:
                return "application/json", json.dumps(self._packument(name)).encode()
        return None

    def _packument(self, name: str) -> dict[str, Any]:
        versions = {one: self._version(name, one) for one in self.programs[name]}
        return {"name": name, "dist-tags": {"latest": list(versions)[-1]}, "versions": versions}

    def _version(self, name: str, version: str) -> dict[str, Any]:
        data = _tarball(name, version, self.programs[name][version])
        digest = base64.b64encode(hashlib.sha512(data).digest()).decode()
        dist = {"tarball": f"{self.url}/{name}/-/{_bare(name)}-{version}.tgz", "integrity": f"sha512-{digest}"}
        return {"name": name, "version": version, "bin": {_bare(name): "program"}, "dist": dist}


@contextmanager
def package_registry() -> Iterator[PackageRegistry]:
    """Serve an empty registry until the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    registry = PackageRegistry(f"http://127.0.0.1:{server.server_port}")
    server.registry = registry  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
        thread.join(30)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer a request."""
        self.wfile.write(self._head())

    def do_HEAD(self) -> None:
        """Answer a request without the content."""
        self._head()

    def _head(self) -> bytes:
        found = self.server.registry.answer(self.path)  # type: ignore[attr-defined]
        kind, content = found or ("application/json", b'{"error": "not found"}')
        self.send_response(200 if found else 404)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        return bytes(content)

    def log_message(self, *_arguments: Any) -> None:
        """Print nothing."""


def _bare(name: str) -> str:
    return name.rpartition("/")[2]


def _tarball(name: str, version: str, program: str) -> bytes:
    package = json.dumps({"name": name, "version": version, "bin": {_bare(name): "program"}})
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.USTAR_FORMAT) as tar:
        for path, text in (("package/package.json", package), ("package/program", program)):
            info = tarfile.TarInfo(path)
            info.size, info.mode = len(text.encode()), 0o755
            tar.addfile(info, io.BytesIO(text.encode()))
    # The time in gzip's header would change the hash.
    data = bytearray(out.getvalue())
    data[4:8] = bytes(4)
    return bytes(data)


def _wheel_of(name: str) -> Any:
    return lambda version: f"{name}-{version}-py3-none-any.whl"


def _wheel(name: str, version: str, program: str) -> bytes:
    folder = f"{name}-{version}.dist-info"
    files = {
        f"{name}-{version}.data/scripts/{name}": program,
        f"{folder}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{folder}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{folder}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{folder}/RECORD"])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return out.getvalue()
