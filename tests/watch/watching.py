"""A small agent whose versions differ in known ways, its package in a registry on loopback, and a recording of it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.compare.comparing import Recording
from tests.support.package_registry import PackageRegistry, package_registry
from tests.support.running import Running

CHANGES = {
    "1.0.0": "",
    "1.0.1": "",
    "1.1.0": "headers['x-new'] = 'yes'",
    "2.0.0": "body['reasoning']['effort'] = 'high'",
    "3.0.0": "del body['include']",
    "4.0.0": "print('waiting', flush=True); time.sleep(600)",
    "5.0.0": "sys.exit('no key')",
    "6.0.0": "code = 3",
}
"""What the versions do otherwise than the recorded one."""
AGENT = """#!{python}
import json, os, sys, time, urllib.request
if "--version" in sys.argv:
    sys.exit(print("{name} {version}"))
body = json.loads({body!r})
headers = {{"content-type": "application/json"}}
code = 0
{change}
url = os.environ["TALKER_URL"] + "/v1/responses"
urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers), timeout=60).read()
print("found", *sorted(os.listdir()), flush=True)
sys.exit(code)
"""
TARGET = """
description: An agent that asks once
agent: {name}
install: {install} {name}
prompt_command: [{name}, "{{prompt}}"]
listeners:
  model: {{port: 8080, upstream: "http://127.0.0.1:9"}}
env: {{TALKER_URL: "{{model.url}}"}}
"""
NPM, UV = "npm install -g", "uv tool install"


class Watching:
    """A data folder with recordings of small agents, and the registry that has their packages."""

    def __init__(self, folder: Path, registry: PackageRegistry) -> None:
        self.folder, self.registry = folder, registry
        self.data = folder / "data"
        (folder / "targets").mkdir()
        recorded = Recording("codex/tool-loop")
        recorded.records = recorded.records[:1]
        self._recorded = recorded

    def add(self, name: str = "talker", *, install: str = NPM, version: str | None = "1.0.0", run: str = "one") -> Path:
        """Add a target with a recording of one version; return the recording's folder."""
        (self.folder / "targets" / f"{name}.yaml").write_text(TARGET.format(name=name, install=install))
        manifest = self._recorded.manifest
        manifest |= {"target": name, "bundled": False, "agent_exit_code": 0, "run": run}
        manifest["versions"] = manifest["versions"] | {"agent": version and f"{name} {version}"}
        return self._recorded.write(self.data / name / run)

    def publish(self, *versions: str, name: str = "talker") -> None:
        """Publish versions; the last is the newest."""
        body = json.dumps(self._recorded.bodies[0])
        for version in versions:
            self.registry.publish(
                name,
                version,
                AGENT.format(python=sys.executable, name=name, version=version, body=body, change=CHANGES[version]),
            )

    def start(self, *options: str, env: Mapping[str, str] | None = None, home: str = "") -> Running:
        """Start a watch; two at a time need two homes."""
        own = {
            "PROBE_TARGETS": str(self.folder / "targets"),
            "PATH": os.environ["PATH"],
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "PROBE_DATA_DIR": str(self.data),
            **self.registry.environment,
        }
        place = self.folder / home
        place.mkdir(exist_ok=True)
        return Running(place, "probe.fleet", "watch", *options, env={**own, **(env or {})})

    def watch(self, *options: str, code: int = 0, env: Mapping[str, str] | None = None) -> str:
        """Watch the agents of the test; check the exit code and return what was printed."""
        with self.start(*(options or self.named()), env=env) as run:
            assert run.wait() == code, f"{run.stdout}\n{run.stderr}"
            assert "Traceback" not in run.stderr
            run.until_nothing_runs()
        return run.stdout

    def named(self) -> list[str]:
        """Return the options that name all targets of the test."""
        return [f"--target={path.stem}" for path in sorted((self.folder / "targets").glob("*.yaml"))]

    def value(self, *options: str, code: int = 0, env: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        """Watch, and return the outcomes as JSON has them."""
        outcomes: list[dict[str, Any]] = json.loads(
            self.watch(*(options or self.named()), "--json", code=code, env=env)
        )["outcomes"]
        return outcomes

    def runs(self, name: str = "talker") -> list[str]:
        """Return the versions of an agent's replays, in the order of their runs."""
        folders = sorted((self.data / name).glob("*-watch-*"))
        return [folder.name.split("-")[2] for folder in folders]


@contextmanager
def watching(folder: Path) -> Iterator[Watching]:
    """Yield an empty data folder and an empty registry."""
    with package_registry() as registry:
        yield Watching(folder, registry)
