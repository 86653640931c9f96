"""What one process tells another of the addon's settings arrives as it was."""

from __future__ import annotations

from collections import UserDict
from pathlib import Path

import pytest

from probe.addon.config import Config, Listener, from_environ, from_json

FOLDER = Path("/run folder/ü")
LISTENERS = (
    Listener(name="model", port=8080, upstream="https://api.example/v1"),
    Listener(name="any", port=8080, upstream="", host="*.example", upstream_proxy="http://u:p@proxy:1", drop="/v1"),
)
CONFIGS = {
    "as little as can be": Config(output_dir=FOLDER, salt_file=FOLDER / "salt"),
    "all there is": Config(
        output_dir=FOLDER,
        salt_file=FOLDER / "salt",
        listeners=LISTENERS,
        upstream_proxy="http://proxy:1",
        coverage_port=9000,
        coverage_upstream_proxy="http://proxy:2",
        keep_secrets=True,
        redact_headers=("x-one", "x-two"),
        secret_variables=("KEY",),
        environ={"KEY": "välue", "ODD": "\udcff"},
    ),
    "out of a mitmdump's environment": from_environ(
        {"TRAFFIC_REDACT_HEADERS": "a, b", "TRAFFIC_KEEP_SECRETS": "1"}, FOLDER
    ),
}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
def test_settings_come_back_as_they_were_sent(config: Config) -> None:
    assert from_json(config.to_json()) == config


def test_an_environment_of_another_kind_is_sent_as_one() -> None:
    config = Config(output_dir=FOLDER, salt_file=FOLDER, environ=UserDict({"A": "1"}))
    assert from_json(config.to_json()).environ == {"A": "1"}
