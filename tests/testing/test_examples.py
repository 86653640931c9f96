"""The files of docs/examples: the recording answers, and the workflow runs what is there."""

from __future__ import annotations

import ast
import json
import shlex
from pathlib import Path

import pytest
import yaml

from probe.places import PROJECT
from probe.testing import recorded_run
from tests.support.client import ask

EXAMPLES = PROJECT / "docs" / "examples"
WORKFLOW = yaml.safe_load((EXAMPLES / "client-tests.yml").read_text())
STEPS = WORKFLOW["jobs"]["recorded"]["steps"]
COMMANDS = [shlex.split(step["run"]) for step in STEPS if "run" in step]


def test_the_recording_of_the_example_answers_its_client() -> None:
    with recorded_run(EXAMPLES / "hello.jsonl", faults=["429 once"]) as run:
        body = json.dumps(run.recorded[0]).encode()
        answers = [ask(f"{run.url}/v1/responses", body) for _ in range(2)]
    assert [answer.status for answer in answers] == [429, 200]
    assert json.loads(answers[1].body)["output"][0]["content"][0]["text"] == "Hello!"


def test_the_workflow_is_one_that_runs_on_a_push() -> None:
    assert WORKFLOW[True] == ["push", "pull_request"]  # YAML 1.1 reads `on` as true.
    assert [step["uses"].partition("@")[0] for step in STEPS if "uses" in step] == [
        "actions/checkout",
        "actions/setup-python",
    ]
    assert all(set(step) <= {"name", "uses", "with", "run", "env"} for step in STEPS)


def test_the_workflow_installs_what_its_test_imports_and_runs_a_test_that_is_there() -> None:
    install, test = COMMANDS
    assert install[:4] == ["python", "-m", "pip", "install"]
    assert test[:3] == ["python", "-m", "pytest"]
    (file,) = [word for word in test[3:] if not word.startswith("-")]
    tree = ast.parse((EXAMPLES / file).read_text())
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported - {"pathlib"} <= set(install)


@pytest.mark.parametrize("path", sorted(EXAMPLES.iterdir()), ids=lambda path: path.name)
def test_the_guide_leads_to_each_example(path: Path) -> None:
    assert f"](examples/{path.name})" in (PROJECT / "docs" / "testing.md").read_text()
