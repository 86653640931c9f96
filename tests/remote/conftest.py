"""A server of S3, machines that use it, and runs that are in it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from probe.cli.called_as import module_of
from probe.places import PROJECT, SAMPLES
from tests.support.s3_proxy import S3Proxy, s3_proxy
from tests.support.s3_server import S3Server, make_bucket, s3_server

RECORD = (SAMPLES / "demo" / "sample" / "traffic.jsonl").read_bytes()
_SECONDS = 100


@dataclass
class Machine:
    """A computer with its own mirrors, on which commands are run."""

    home: Path
    url: str
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, script: str, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a script on the data folder in the bucket."""
        environment = os.environ | self.environment | {"PROBE_DATA_DIR": self.url} | variables
        command = [sys.executable, "-m", module_of(script), *words]
        return subprocess.run(
            command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=_SECONDS, check=False
        )

    def printed(self, script: str, *words: str) -> str:
        """Return what a script prints that ends well."""
        done = self.run(script, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout


@dataclass
class Bucket:
    """The objects of one bucket."""

    client: Any
    name: str

    @property
    def url(self) -> str:
        """Return the address of the data folder in it."""
        return f"s3://{self.name}/team"

    def put(self, key: str, data: bytes) -> None:
        """Write an object of the data folder."""
        self.client.put_object(Bucket=self.name, Key=f"team/{key}", Body=data)

    def get(self, key: str) -> bytes:
        """Return an object of the data folder."""
        return bytes(self.client.get_object(Bucket=self.name, Key=f"team/{key}")["Body"].read())

    def names(self) -> list[str]:
        """Return all names in the data folder."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix="team/")
        return [one["Key"].removeprefix("team/") for page in pages for one in page.get("Contents", ())]

    def put_run(self, key: str, record: bytes = RECORD, name: str = "traffic.jsonl", **facts: Any) -> None:
        """Put a finished run."""
        self.put(f"{key}/{name}", record)
        self.put(f"{key}/manifest.json", manifest_of(key, record, **facts))


def manifest_of(key: str, record: bytes, **facts: Any) -> bytes:
    """Return the manifest of a finished run."""
    target, _, name = key.partition("/")
    sample = json.loads((SAMPLES / "demo" / "sample" / "manifest.json").read_bytes())
    own = {"folder": "/work", "target": target, "run": name, "traffic_sha256": hashlib.sha256(record).hexdigest()}
    return json.dumps({**sample, "bundled": False, **own, **facts}).encode()


@pytest.fixture(scope="session")
def server() -> Iterator[S3Server]:
    """Run a server of S3."""
    with s3_server() as running:
        yield running


@pytest.fixture
def proxy(server: S3Server) -> Iterator[S3Proxy]:
    """Run a proxy in front of the server."""
    with s3_proxy(server.endpoint) as running:
        yield running


@pytest.fixture
def bucket(server: S3Server, request: pytest.FixtureRequest) -> Bucket:
    """Return a new bucket."""
    import boto3  # moto brings it.

    name = f"b-{hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:20]}"
    make_bucket(server, name)
    client = boto3.client(
        "s3",
        endpoint_url=server.endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
    )
    return Bucket(client, name)


@pytest.fixture
def machine(server: S3Server, proxy: S3Proxy, bucket: Bucket, tmp_path: Path) -> Callable[[str], Machine]:
    """Return what makes machines by their names; what they ask for passes the proxy."""

    def make(name: str) -> Machine:
        home = tmp_path / name
        home.mkdir(exist_ok=True)
        variables = {**server.environment, "AWS_ENDPOINT_URL": proxy.endpoint, "PROBE_MIRRORS": str(home / "mirrors")}
        return Machine(home, bucket.url, {**variables, "HOME": str(home)})

    return make
