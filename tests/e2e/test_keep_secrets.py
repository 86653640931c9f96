"""Whoever keeps credentials in a run is told so: at its start, in its manifest and in its report."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest

from probe.places import PROJECT
from probe.wire.ports import free_ports
from tests.support.recorded_call import first_body
from tests.support.running import Running

pytestmark = pytest.mark.slow

WARNING = "WARNING: credentials are written to the disk as they are (--keep-secrets)"
IN_REPORT = "- Credentials: `written as they are (--keep-secrets)`"
REPLAY = ["--replay", str(PROJECT / "data/codex/tool-loop")]
AGENT = f"""
import os, urllib.request
body = {first_body("codex/tool-loop")}
request = urllib.request.Request(
    os.environ["OPENAI_BASE_URL"] + "/responses", body, {{"authorization": "Bearer kept-0123456789"}}
)
urllib.request.urlopen(request, timeout=30).read()
"""
WAYS = {
    "as an option": (["--keep-secrets"], {}, "command line"),
    "by the environment": ([], {"PROBE_KEEP_SECRETS": "1"}, "environment PROBE_KEEP_SECRETS"),
}


@pytest.mark.parametrize("script", ["capture", "pipeline"])
@pytest.mark.parametrize(("options", "env", "source"), WAYS.values(), ids=WAYS.keys())
def test_who_keeps_secrets_is_told_at_the_start_in_the_manifest_and_in_the_report(
    tmp_path: Path, script: str, options: list[str], env: dict[str, str], source: str
) -> None:
    words = ["--target", "codex", *REPLAY, *options, "--", sys.executable, "-c", AGENT]
    with Running(tmp_path, f"probe.{script}", *words, env=env) as running:
        assert running.wait() == 0, running.stderr
        assert running.stderr.index(WARNING) < running.stderr.index("captured 1 exchange")
        run = running.run_folder()
        assert running.manifest()["settings"]["keep_secrets"] == {"value": True, "source": source}
    assert "kept-0123456789" in (run / "traffic.jsonl").read_text()
    with Running(tmp_path, "probe.analyze", "--run", str(run), "--force") as analyze:
        assert analyze.wait() == 0
        assert IN_REPORT in (run / "report.md").read_text()


def test_who_does_not_is_told_nothing(tmp_path: Path) -> None:
    words = ["--target", "codex", *REPLAY, "--", sys.executable, "-c", AGENT]
    with Running(tmp_path, "probe.pipeline", *words) as running:
        assert running.wait() == 0, running.stderr
        assert WARNING not in running.stderr
        assert running.manifest()["settings"]["keep_secrets"]["value"] is False
        assert "keep-secrets" not in (running.run_folder() / "report.md").read_text()
        assert "kept-0123456789" not in (running.run_folder() / "traffic.jsonl").read_text()


def test_proxies_that_keep_secrets_say_so_before_they_are_open(tmp_path: Path) -> None:
    model, backend = free_ports(2)
    ports = ["--port", f"model={model}", "--port", f"backend={backend}"]
    with Running(tmp_path, "probe.proxies", "--target", "codex", "--keep-secrets", *ports) as running:
        running.until(lambda: WARNING in running.stderr, "the warning")
        running.until_said("Ctrl-C ends it.")
        manifest = json.loads((running.run_folder() / "manifest.json").read_text())
        assert manifest["settings"]["keep_secrets"]["value"] is True
        running.send(signal.SIGINT)
        running.wait()
