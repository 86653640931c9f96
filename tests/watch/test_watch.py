"""`fleet watch` with real installations from a registry on loopback, real processes and real recordings."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from probe.compare.comparison import Comparison
from probe.errors import UserError
from probe.fleet.__main__ import main
from probe.record.runs import find_run
from probe.wire.ports import free_ports
from tests.support import agents
from tests.watch.watching import UV, Watching, watching

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm is missing"),
]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Watching]:
    """Yield a data folder with no recording, and a registry with no package."""
    with watching(tmp_path) as found:
        yield found


def test_a_new_version_is_compared_once_and_then_costs_one_look_up(place: Watching) -> None:
    place.add()
    place.publish("1.0.0", "2.0.0")
    (first,) = place.value()
    assert (first["state"], first["before"], first["after"]) == ("changed", "1.0.0", "2.0.0")
    assert (first["verdict"], first["counts"], first["recording"]) == ("notable", {"notable": 1}, "talker/one")
    assert "reasoning.effort" in Path(first["markdown"]).read_text()
    assert Path(first["json"]) == place.data / ".fleet/watch/talker/one/1.0.0..2.0.0.json"
    assert Comparison.__struct_fields__[0] in json.loads(Path(first["json"]).read_text())
    place.registry.asked.clear()
    runs = place.runs()
    assert place.watch() == "talker  2.0.0 is unchanged (with talker/one): notable since 1.0.0\n"
    assert place.registry.asked == ["/talker"]
    assert place.runs() == runs == ["1.0.0", "2.0.0"]


def test_each_later_version_is_compared_with_the_one_before_and_older_runs_are_deleted(place: Watching) -> None:
    place.add()
    place.publish("1.0.0", "1.1.0")
    assert [(one["before"], one["verdict"]) for one in place.value()] == [("1.0.0", "additive")]
    place.publish("3.0.0")
    assert [(one["before"], one["verdict"]) for one in place.value(code=1)] == [("1.1.0", "breaking")]
    assert place.runs() == ["1.1.0", "3.0.0"]
    kept = sorted(path.name for path in (place.data / ".fleet/watch/talker/one").glob("*.md"))
    assert kept == ["1.0.0..1.1.0.md", "1.1.0..3.0.0.md"]
    # A newer recording of an agent does not hide what changed since the last watch.
    place.add(version="1.0.0", run="two")
    place.publish("1.0.1")
    assert [(one["recording"], one["before"]) for one in place.value(code=1)] == [("talker/two", "3.0.0")]


def test_what_was_watched_is_no_recording(place: Watching) -> None:
    place.add()
    place.publish("1.0.0", "1.0.1")
    assert place.watch() == (
        "talker  1.0.0 → 1.0.1 (with talker/one): none\n"
        f"        see {place.data}/.fleet/watch/talker/one/1.0.0..1.0.1.md, .json\n"
    )
    assert find_run("latest", place.data, "talker", replays=False).name == "one"


def test_a_recording_of_the_newest_version_is_unchanged_and_nothing_is_run(place: Watching) -> None:
    place.add()
    place.publish("1.0.0")
    first = "talker  the recording is already of the newest version, 1.0.0 (with talker/one): nothing to compare yet\n"
    assert place.watch() == first
    assert place.watch() == "talker  1.0.0 is unchanged (with talker/one)\n"
    place.registry.asked.pop()
    assert place.registry.asked == ["/talker"]
    place.publish("2.0.0")
    assert [one["before"] for one in place.value()] == ["1.0.0"]


LIMITS = {
    "nothing differs": ("1.0.1", "any", 0),
    "an addition": ("1.1.0", "notable", 0),
    "a notable change": ("2.0.0", "notable", 1),
    "a breaking change": ("3.0.0", "breaking", 1),
}


@pytest.mark.parametrize("name", LIMITS)
def test_the_exit_code_says_whether_anything_is_as_serious_as_the_limit(name: str, place: Watching) -> None:
    version, limit, code = LIMITS[name]
    place.add()
    place.publish("1.0.0", version)
    place.watch("--target=talker", f"--fail-on={limit}", code=code)


FAILURES = {
    "it ends": {"5.0.0": "5.0.0 sent nothing through its proxies", "6.0.0": "6.0.0 ended with exit code 3"},
    "it is damaged, or hangs": {"2.0.0": "EINTEGRITY", "4.0.0": "4.0.0 did not end within 15 seconds"},
}
"""Versions that cannot be watched, with the reason."""


@pytest.mark.parametrize("name", FAILURES)
def test_what_fails_costs_only_itself_and_is_tried_again(name: str, place: Watching) -> None:
    reasons = FAILURES[name]
    broken = {f"agent{number}": version for number, version in enumerate(reasons)}
    for agent, version in [*broken.items(), ("talker", "1.0.1")]:
        place.add(agent)
        place.publish("1.0.0", version, name=agent)
    place.registry.broken.add("2.0.0")
    *failed, other = place.value(*place.named(), "--time-limit=15", code=1)
    assert [(one["state"], one["after"]) for one in failed] == [("failed", version) for version in reasons]
    assert other["state"] == "changed"
    for one, why in zip(failed, reasons.values(), strict=True):
        assert why in one["why"]
        # What an agent sent before it failed is compared all the same.
        assert bool(one["counts"]) == (one["after"] == "6.0.0")
    assert list((place.data / ".fleet/watch").glob("agent*/one/state.json")) == []
    for agent in broken:
        place.publish("1.1.0", name=agent)
    assert [one["state"] for one in place.value()] == [*["changed"] * len(broken), "unchanged"]


def test_a_registry_that_is_down_is_reported_and_costs_only_its_agents(place: Watching) -> None:
    (port,) = free_ports(1)
    nowhere = f"http://127.0.0.1:{port}"
    place.add("broken")
    place.add("other", install=UV)
    place.publish("1.0.0", name="other")
    with place.start(*place.named(), env={"npm_config_registry": nowhere}) as run:
        assert run.wait() == 1, run.stderr
    assert run.stdout == (
        "broken  failed: npm cannot reach its registry (check the network, or name versions that are installed)\n"
        "other   the recording is already of the newest version, 1.0.0 (with other/one): nothing to compare yet\n"
    )


def test_an_agent_from_a_python_registry_is_watched_too(place: Watching) -> None:
    place.add(install=UV)
    place.publish("1.0.0", "3.0.0")
    assert [(one["before"], one["after"], one["verdict"]) for one in place.value(code=1)] == [
        ("1.0.0", "3.0.0", "breaking")
    ]


def test_a_version_that_is_gone_is_replaced_by_the_recording_itself(place: Watching) -> None:
    place.add()
    place.publish("3.0.0")
    (found,) = place.value(code=1)
    assert (found["before"], found["after"], found["verdict"]) == ("1.0.0", "3.0.0", "breaking")
    assert found["why"] == "compared with the recording itself: 1.0.0 cannot be installed any more"
    assert place.runs() == ["3.0.0"]


def test_a_recording_of_an_unknown_version_is_compared_itself(place: Watching) -> None:
    place.add(version=None)
    place.publish("2.0.0")
    # What the small agent sends is not all that the recorded one sent.
    (found,) = place.value(code=1)
    assert (found["before"], found["state"]) == (None, "changed")
    assert found["markdown"].endswith("/recorded..2.0.0.md")


def test_a_pattern_chooses_several_recordings_and_names_what_cannot_answer(place: Watching) -> None:
    for run in ("one", "two"):
        place.add(run=run)
    bad = place.add(run="tree")
    manifest = json.loads((bad / "manifest.json").read_text())
    (bad / "manifest.json").write_text(json.dumps(manifest | {"agent_exit_code": 1}))
    place.publish("1.0.0", "2.0.0")
    found = place.value("--runs=talker/t*")
    assert [(one["recording"], one["state"]) for one in found] == [
        ("talker/two", "changed"),
        ("talker/tree", "left out"),
    ]
    assert found[1]["why"] == "its agent ended with exit code 1"
    # The other recording has its own state; the look-up is one for both.
    place.registry.asked.clear()
    found = place.value("--runs=talker/*")
    assert [(one["recording"], one["state"]) for one in found] == [
        ("talker/one", "changed"),
        ("talker/two", "unchanged"),
        ("talker/tree", "left out"),
    ]
    assert place.registry.asked == ["/talker"]


def test_each_target_that_is_left_out_is_named_with_the_reason(place: Watching) -> None:
    place.add()
    place.publish("1.0.0")
    replayed = place.add("replayed")
    manifest = json.loads((replayed / "manifest.json").read_text())
    (replayed / "manifest.json").write_text(json.dumps(manifest | {"replay_of": "talker/one"}))
    place.add("local", install="make")
    shown = place.watch("--data-dir", str(place.data), env={"PATH": os.environ["PATH"]}, code=1)
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert any(line.startswith("talker the recording is already of the newest version, 1.0.0 ") for line in lines)
    answers = "its answers are those of another recording"
    why = f"left out: replayed: no recording of it can answer: one: {answers} (record one: "
    assert any(line.startswith(why) for line in lines)
    local = "left out: local: cannot be installed from npm or PyPI: it is installed by 'make local' (capture both"
    assert any(line.startswith(local) for line in lines)
    many = [line for line in lines if "no recording of it can answer (record one" in line]
    assert len(many) == 1
    assert many[0].startswith("left out: ")
    assert ", gemini-cli, " in many[0]
    assert "--target TARGET" in many[0]
    # The user who names it wants it.
    assert place.value("--target=replayed", code=1)[0]["state"] == "failed"


MISTAKES = {
    "no such target": (["--target=talkr"], "no target 'talkr'"),
    "no such limit": (["--fail-on=much"], "it is one of: breaking, notable, additive, any"),
    "no time": (["--time-limit=0"], "--time-limit 0: not a number of seconds"),
    "a folder that is none": (["--cwd=nowhere"], "no such folder"),
    "an option of another word": (["--workers=2"], "fleet watch has no --workers"),
    "a pattern of nothing": (["--runs=talker/x*"], "no recording is called talker/x*"),
    "a misspelled pattern": (["--runs=talkr/*"], "did you mean 'talker'?"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_exit_code_2(name: str, place: Watching) -> None:
    options, why = MISTAKES[name]
    place.add()
    with place.start(*options) as run:
        assert run.wait() == 2, run.stderr
    assert why in run.stderr
    assert "Traceback" not in run.stderr


OF_OTHERS = {
    "two targets": (["analyze", "--target=a", "--target=b"], "one target is enough: a b"),
    "a time limit": (["analyze", "--time-limit=5"], "fleet analyze has no --time-limit"),
    "a limit where nothing is compared": (["protocol", "--fail-on=any"], "fleet protocol has no --fail-on"),
    "a page as JSON": (["trends", "--json"], "fleet trends has no --json"),
    "a page of one target": (["trends", "--target=codex"], "fleet trends has no --target"),
}


@pytest.mark.parametrize("name", OF_OTHERS)
def test_an_option_of_another_word_is_a_mistake(name: str) -> None:
    options, why = OF_OTHERS[name]
    with pytest.raises(UserError, match=why):
        main(options)


def test_a_killed_watch_leaves_a_state_from_which_the_next_goes_on(place: Watching) -> None:
    for agent in ("other", "talker"):
        place.add(agent)
        place.publish("1.0.0", name=agent)
    place.publish("1.0.1", name="other")
    place.publish("4.0.0")
    with place.start(*place.named()) as run:
        run.until_said("waiting")
        run.send(signal.SIGKILL)
        run.wait()
        run.until_nothing_runs()
    assert place.runs() == ["1.0.0", "4.0.0"]
    # Half a run is deleted by the next call, a whole one after a day, and a recording of the user's never.
    (whole,) = (place.data / "talker").glob("*-watch-1.0.0-*")
    whole.rename(whole.with_name("20260101T000000Z-watch-1.0.0-one"))
    shutil.copytree(place.data / "talker" / "one", place.data / "talker" / "20260101T000000Z-watch-mine-x")
    place.publish("2.0.0")
    found = place.value("--runs=*/one")
    # What was finished and never reported is reported now.
    assert [(one["state"], one["before"], one["after"]) for one in found] == [
        ("changed", "1.0.0", "1.0.1"),
        ("changed", "1.0.0", "2.0.0"),
    ]
    assert place.runs() == ["mine", "1.0.0", "2.0.0"]


def test_a_watch_that_is_killed_while_it_installs_is_waited_for(place: Watching) -> None:
    place.add()
    place.publish("1.0.0", "2.0.0")
    place.registry.open.clear()
    package = "/talker/-/talker-2.0.0.tgz"
    with place.start(*place.named(), home="a") as one, place.start(*place.named(), home="b") as other:
        one.until(lambda: package in place.registry.asked, "asking for the package")
        killed, left = (one, other) if "installing" in one.stderr else (other, one)
        killed.send(signal.SIGKILL)
        killed.wait()
        left.until_said("installing")
        # The installer lives on; another one in the same folder would disturb it.
        assert [process.name() for process in killed.processes()]
        assert place.registry.asked.count(package) == 1
        place.registry.open.set()
        killed.until_nothing_runs()
        assert left.wait() == 0, left.stderr
    assert [one["state"] for one in place.value()] == ["unchanged"]


def test_a_report_that_could_not_be_printed_is_printed_by_the_next_call(place: Watching) -> None:
    place.add()
    place.publish("1.0.0", "3.0.0")
    read, write = os.pipe()
    os.close(read)
    env = {
        **os.environ,
        **place.registry.environment,
        "PROBE_TARGETS": str(place.folder / "targets"),
        "XDG_CACHE_HOME": str(place.folder / "cache"),
        "PROBE_DATA_DIR": str(place.data),
    }
    command = [sys.executable, "-m", "probe.fleet", "watch", "--target=talker"]
    ended = subprocess.run(command, env=env, stdout=write, stderr=subprocess.PIPE, timeout=100, check=False)
    os.close(write)
    assert ended.returncode == 141, ended.stderr
    assert [one["state"] for one in place.value(code=1)] == ["changed"]
    assert [one["state"] for one in place.value(code=0)] == ["unchanged"]


def test_two_at_once_run_each_version_once(place: Watching) -> None:
    place.add()
    place.publish("1.0.0", "2.0.0")
    with place.start(*place.named(), home="a") as one, place.start(*place.named(), home="b") as other:
        assert (one.wait(), other.wait()) == (0, 0), one.stderr + other.stderr
    assert place.runs() == ["1.0.0", "2.0.0"]
    assert [one["state"] for one in place.value()] == ["unchanged"]


def test_who_stops_a_watch_stops_all_of_it(place: Watching) -> None:
    for agent in ("talker", "zebra"):
        place.add(agent)
        place.publish("1.0.0", "4.0.0", name=agent)
    with place.start(*place.named()) as run:
        run.until_said("waiting")
        run.send(signal.SIGTERM)
        assert run.wait() == 143
        run.until_nothing_runs()
    assert run.stdout == ""
    assert place.runs("zebra") == []


def test_forced_it_compares_the_same_versions_again(place: Watching) -> None:
    place.add()
    place.publish("1.0.0", "3.0.0")
    for options in ([], ["--force"]):
        (found,) = place.value("--target=talker", *options, code=1)
        assert (found["state"], found["before"], found["verdict"]) == ("changed", "1.0.0", "breaking")
    assert place.runs() == ["1.0.0", "3.0.0"]


def test_each_version_works_in_a_copy_of_the_users_folder(place: Watching) -> None:
    work = place.folder / "work"
    work.mkdir()
    (work / "a.txt").touch()
    place.add()
    place.publish("1.0.0", "1.0.1")
    with place.start("--target=talker", f"--cwd={work}") as run:
        assert run.wait() == 0, run.stderr
    assert run.stderr.count("found a.txt") == 2


def test_a_damaged_state_is_named_and_costs_only_itself(place: Watching) -> None:
    place.add()
    place.publish("1.0.0")
    place.watch()
    state = place.data / ".fleet/watch/talker/one/state.json"
    state.write_text("{")
    (found,) = place.value(code=1)
    assert found["state"] == "failed"
    assert str(state) in found["why"]


@pytest.mark.agents
@pytest.mark.timeout(600)
def test_two_versions_of_a_real_agent_are_watched_with_the_bundled_recordings(place: Watching) -> None:
    both = (agents.CODEX_OLD, agents.CODEX)
    if missing := next(filter(None, map(agents.missing, both)), None):
        pytest.skip(missing)
    for agent in both:
        agents.program(agent)
        place.registry.publish(agent.package, agent.version, "")
    cache = {"XDG_CACHE_HOME": str(Path.home() / ".cache")}
    with place.start("--runs=codex/tool-loop*", "--json", env=cache) as run:
        assert run.wait() == 1, run.stderr
        run.until_nothing_runs()
    changed, same = json.loads(run.stdout)["outcomes"]
    assert (changed["before"], changed["after"], changed["verdict"]) == ("0.98.0", "0.169.0", "breaking")
    assert changed["counts"]["breaking"] > 1
    assert "codex 0.169.0" in Path(changed["markdown"]).read_text()
    assert (same["recording"], same["state"]) == ("codex/tool-loop-websocket", "unchanged")
    assert place.runs("codex") == ["0.98.0", "0.169.0"]
