"""Answer the demo agent as a model would; `data/demo/sample` is recorded against it.

By hand: `python -m tests.support.demo_provider --port 9000`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from probe.renderers.blocks import Usage
from tests.support.answers import CALL, TEXT, Asked, Model, Step
from tests.support.background import in_thread
from tests.support.provider import Provider
from tests.support.toolcalls import ToolCall

PRIME_CHECKER = '''\
"""Tell which numbers are prime."""

import sys


def is_prime(number: int) -> bool:
    """Try 2 and then each odd divisor up to the square root."""
    if number < 3 or number % 2 == 0:
        return number == 2
    return all(number % divisor for divisor in range(3, int(number**0.5) + 1, 2))


for text in sys.argv[1:]:
    print(text, "is prime" if is_prime(int(text)) else "is not prime")
'''

PLAN = (
    "**Choosing a method**\n\nTrial division up to the square root is enough here, and easy to read. "
    "I write it to prime.py, then run it on numbers whose answer I know."
)
DONE = (
    "I wrote `prime.py`, which checks the numbers on its command line by trial division, and ran it: "
    "2 and 97 are prime; 1 and 91 (7 × 13) are not."
)


@dataclass(slots=True, kw_only=True)
class DemoModel(Model):
    """A model that writes a prime checker, runs it, and says so."""

    def step(self, asked: Asked) -> Step:
        """Decide what to do: how many tools have answered tells how far the work is."""
        self.turns += 1
        match asked.results:
            case 0:
                call = _call("write_file", path="prime.py", content=PRIME_CHECKER)
                spent = Usage(input=214, output=187, total=401, cache_read=0, reasoning=64)
                return Step(number=self.turns, kind=CALL, reasoning=PLAN, call=call, usage=spent)
            case 1:
                call = _call("shell", command="python3 prime.py 1 2 91 97")
                spent = Usage(input=431, output=26, total=457, cache_read=192, reasoning=0)
                return Step(number=self.turns, kind=CALL, call=call, usage=spent)
            case _:
                spent = Usage(input=503, output=52, total=555, cache_read=384, reasoning=0)
                return Step(number=self.turns, kind=TEXT, text=DONE, usage=spent)


def _call(name: str, **arguments: str) -> ToolCall:
    return ToolCall(name=name, payload=json.dumps(arguments))


@dataclass(kw_only=True)
class DemoProvider(Provider):
    """A local provider whose model helps the demo agent."""

    transport: str = "http"
    pause: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        self.model = DemoModel()

    @classmethod
    def running(cls, **options: Any) -> AbstractContextManager[Provider]:
        """Serve in a background thread; takes what the class takes."""
        provider: Provider = cls(**options)
        return in_thread(provider)


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m tests.support.demo_provider`: serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.demo_provider", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--pause", type=float, default=0.01, help="seconds between two events")
    asyncio.run(_serve_until_told(DemoProvider(**vars(parser.parse_args(argv)))))
    return 0


async def _serve_until_told(provider: Provider) -> None:
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    async with provider:
        print(f"ready {provider.url}", flush=True)
        await told.wait()


if __name__ == "__main__":
    raise SystemExit(main())
