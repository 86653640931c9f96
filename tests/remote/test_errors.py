"""What is wrong with a bucket is said with its place and what to do next, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.remote.conftest import RECORD, Bucket, Machine
from tests.support.s3_proxy import S3Proxy
from tests.support.s3_server import S3Server, make_bucket

Make = Callable[[str], Machine]
RUN = "demo/20261120T100000Z"
PROMPT = "Write a prime checker"
NO_KEYS = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
WRONG = {
    "no credentials": (NO_KEYS, ("there are no credentials", "AWS_PROFILE"), 2),
    "no such bucket": ({"PROBE_DATA_DIR": "s3://none-here/team"}, ("s3://none-here/team: there is no such bucket",), 2),
    "no bucket is named": ({"PROBE_DATA_DIR": "s3://"}, ("names no bucket", "s3://bucket/prefix"), 2),
    "no network": ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, ("cannot be reached", "AWS_ENDPOINT_URL"), 1),
    "another kind of address": ({"PROBE_DATA_DIR": "nosuch://x/y"}, ("nosuch", "s3://bucket/prefix"), 2),
}


@pytest.mark.parametrize(("variables", "said", "code"), WRONG.values(), ids=WRONG.keys())
def test_an_error_says_what_where_and_what_next(
    variables: dict[str, str], said: tuple[str, ...], code: int, bucket: Bucket, machine: Make
) -> None:
    done = machine("a").run("runs", **variables)
    assert done.returncode == code, done.stderr
    assert all(text in done.stderr for text in said), done.stderr
    assert "hint:" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_object_of_a_bucket_is_no_missing_bucket(server: S3Server, machine: Make) -> None:
    make_bucket(server, "my-bucket")
    done = machine("a").run("runs", PROBE_DATA_DIR="s3://my-bucket/team")
    assert done.returncode == 0
    assert "no run in s3://my-bucket/team" in done.stderr
    for name in ("one", "another"):
        words = ("capture", "--target", "demo", "--prompt", PROMPT)
        done = machine(name).run(*words, PROBE_DATA_DIR="s3://my-bucket/team")
        assert done.returncode == 0, done.stderr


def test_a_bucket_that_is_busy_for_good_is_an_error(bucket: Bucket, machine: Make, proxy: S3Proxy) -> None:
    bucket.put_run(RUN)
    proxy.busy = lambda method, path: path.endswith("/traffic.jsonl")
    done = machine("a").run("verify", RUN)
    assert done.returncode == 1
    assert f"{bucket.url}/{RUN}/traffic.jsonl cannot be reached" in done.stderr
    assert "call the command again" in done.stderr


def test_a_bucket_that_is_busy_for_a_moment_is_asked_again(bucket: Bucket, machine: Make, proxy: S3Proxy) -> None:
    bucket.put_run(RUN)
    asked: list[str] = []

    def busy(method: str, path: str) -> bool:
        asked.append(path)
        return asked.count(path) == 1

    proxy.busy = busy
    assert "FAIL" not in machine("a").printed("verify", RUN)


def test_the_library_of_an_extra_is_named_where_it_is_missing(machine: Make, tmp_path: Path) -> None:
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "s3fs.py").write_text("raise ImportError('no module named s3fs')\n")
    done = machine("a").run("runs", PYTHONPATH=str(tmp_path / "hidden"))
    assert done.returncode == 2
    assert "s3fs is not installed, and this needs it" in done.stderr
    assert "the extra fleet has it" in done.stderr


def test_a_record_that_changes_while_it_is_read_is_an_error(bucket: Bucket, machine: Make, proxy: S3Proxy) -> None:
    bucket.put_run(RUN, RECORD * 100)
    asked: list[str] = []

    def change(method: str, path: str) -> None:
        if method == "GET" and path.endswith("/traffic.jsonl"):
            asked.append(path)
            if len(asked) == 2:
                bucket.put(f"{RUN}/traffic.jsonl", RECORD * 101)

    proxy.before = change
    done = machine("a").run("verify", RUN)
    assert done.returncode == 1
    assert f"{bucket.url}/{RUN}/traffic.jsonl was changed while it was read" in done.stderr


def test_a_record_that_is_deleted_while_it_is_read_is_an_error(bucket: Bucket, machine: Make, proxy: S3Proxy) -> None:
    bucket.put_run(RUN)

    def delete(method: str, path: str) -> None:
        if method == "GET" and path.endswith("/traffic.jsonl"):
            bucket.client.delete_object(Bucket=bucket.name, Key=f"team/{RUN}/traffic.jsonl")

    proxy.before = delete
    done = machine("a").run("show", RUN)
    assert done.returncode == 1
    assert "was changed while it was read" in done.stderr


def test_a_recording_that_cannot_be_uploaded_is_kept_and_uploaded_later(bucket: Bucket, machine: Make) -> None:
    one = machine("a")
    done = one.run("capture", "--target", "demo", "--prompt", PROMPT, AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert done.returncode == 1
    assert f"upload --data-dir {bucket.url}" in done.stderr
    assert list(one.home.glob("mirrors/*/demo/*/traffic.jsonl"))
    one.printed("runs")
    assert any(key.endswith("/traffic.jsonl") for key in bucket.names())
    assert not list(one.home.glob("mirrors/*/demo/*/traffic.jsonl"))


def test_a_report_that_cannot_be_pushed_is_here_and_pushed_later(bucket: Bucket, machine: Make, proxy: S3Proxy) -> None:
    bucket.put_run(RUN)
    one = machine("a")
    proxy.busy = lambda method, path: method == "PUT"
    done = one.run("analyze", RUN)
    assert done.returncode == 0
    assert Path(done.stdout.strip()).is_file()
    assert f"WARNING: what was written of {RUN} stays on this machine" in done.stderr
    proxy.busy = lambda method, path: False
    one.printed("show", RUN)
    assert bucket.get(f"{RUN}/report.md") == Path(done.stdout.strip()).read_bytes()
