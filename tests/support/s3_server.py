"""A real server of S3 on loopback: moto's, as a process of its own, with its objects in memory."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

from probe.wire.ports import free_ports

BUCKET = "runs"
_START_SECONDS = 60


class S3Server(NamedTuple):
    """A server that is running."""

    endpoint: str
    environment: Mapping[str, str]
    """What a client needs: its address, and credentials that are not real."""
    url: str = f"s3://{BUCKET}/data"
    """The address of a data folder in it."""


@contextlib.contextmanager
def s3_server() -> Iterator[S3Server]:
    """Run a server with one empty bucket until the end."""
    (port,) = free_ports(1)
    command = [sys.executable, "-c", _SERVE, "-H", "127.0.0.1", "-p", str(port)]
    # Parts of an upload may be of any size, so that tests need not send megabytes.
    environ = os.environ | {"S3_UPLOAD_PART_MIN_SIZE": "1"}
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        endpoint = f"http://127.0.0.1:{port}"
        _wait(endpoint, process)
        found = S3Server(endpoint, environment_of(endpoint))
        make_bucket(found)
        yield found
    finally:
        process.kill()
        process.wait(timeout=30)


def environment_of(endpoint: str) -> dict[str, str]:
    """Return the variables with which clients use a server."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


_SERVE = "import logging; logging.disable(); from moto.server import main; main()"


def make_bucket(server: S3Server, name: str = BUCKET) -> None:
    """Make a bucket."""
    import boto3  # moto brings it.

    client = boto3.client("s3", endpoint_url=server.endpoint, aws_access_key_id="test", aws_secret_access_key="test",
                          region_name="us-east-1")  # fmt: skip
    client.create_bucket(Bucket=name)


def _wait(endpoint: str, process: subprocess.Popen[bytes]) -> None:
    import time

    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the S3 server ended with {process.returncode}")
        with contextlib.suppress(URLError, ConnectionError, TimeoutError), urlopen(f"{endpoint}/moto-api/", timeout=5):
            return
        time.sleep(0.1)
    raise RuntimeError("the S3 server does not answer")
