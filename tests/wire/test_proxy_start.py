"""Why the proxies did not start is reported as facts: the errors, and whether a port was taken."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from probe.addon.config import Config, Listener
from probe.wire.helper_process import Child, ChildError

KINDS = {"TCP": socket.SOCK_STREAM, "UDP": socket.SOCK_DGRAM}


def failure(folder: Path, port: int) -> dict[str, Any]:
    """Start proxies that cannot start; return what they report."""
    (folder / "run").mkdir()
    # An https upstream binds both TCP and UDP.
    listener = Listener(name="model", port=port, upstream="https://127.0.0.1:9")
    config = Config(output_dir=folder / "run", salt_file=folder / "salt", listeners=(listener,))
    settings = {"addon": config.to_json(), "confdir": str(folder / "ca"), "upstream_ca": None, "marker": "none"}
    with pytest.raises(ChildError) as caught:
        Child("probe.wire.proxy", settings).wait_ready()
    return caught.value.message


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_a_port_that_another_process_took_meanwhile_is_reported_as_such(tmp_path: Path, kind: int) -> None:
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            other.listen()
        port = other.getsockname()[1]
        told = failure(tmp_path, port)
    assert (told["event"], told["port_taken"]) == ("failed", True)
    assert f"127.0.0.1:{port}" in told["errors"][0]
