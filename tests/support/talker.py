"""Be an agent that asks its listener once, and then talks around it: to each port that it is given, by HTTPS_PROXY."""

from __future__ import annotations

import http.client
import json
import os
import ssl
import sys
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

SEEN = "environment.json"
"""Where it leaves its environment, in the folder in which it works."""
COMMAND = [sys.executable, str(Path(__file__))]


def main(ports: list[str]) -> None:
    """Write down the environment, ask the listener, then each port through a tunnel; print the status or the reason."""
    Path(SEEN).write_text(json.dumps(dict(os.environ)))
    with urlopen(f"{os.environ['OPENAI_BASE_URL']}/models", timeout=15) as answer:
        answer.read()
    proxy = urlsplit(os.environ.get("HTTPS_PROXY", ""))
    for port in ports:
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(proxy.hostname or "", proxy.port, timeout=15, context=context)
        # A client that heeds NO_PROXY would not come here for a host of this machine.
        connection.set_tunnel("127.0.0.1", int(port))
        try:
            connection.request("GET", "/v1/models")
            print(connection.getresponse().status)
        except OSError as error:
            print(error)


if __name__ == "__main__":
    main(sys.argv[1:])
