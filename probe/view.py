"""Open a run's page in the browser; it is made if it is missing or out of date."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from argparse import Namespace
from collections.abc import Sequence

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.cli.browser import open_in_browser
from probe.cli.called_as import as_called
from probe.cli.edge import printable, run, say
from probe.cli.parsing import parse
from probe.cli.script_process import run_script
from probe.errors import UserError
from probe.record.runs import PAGE, Run, is_alive
from probe.settings.own_prices import own_prices
from probe.settings.settings import data_dir
from probe.targets.finding import load_target, renderer_spec
from probe.wire.ports import served_port
from probe.wire.recover_run import open_run


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.view`."""
    arguments, rest = parse("view", sys.argv[1:] if argv is None else argv)
    if rest:
        raise UserError(f"unexpected arguments: {' '.join(rest)}", "for example: invoke view --run latest")
    if arguments.port and not arguments.live:
        raise UserError("--port is the port of --live", "add --live, or leave --port out")
    port = served_port(arguments.port)
    found = open_run(arguments, say)
    return _view_live(found, arguments, port) if arguments.live else _view_file(found, arguments)


def _view_file(found: Run, arguments: Namespace) -> int:
    name = f"{found.target}/{found.name}"
    if is_alive(found):
        say(as_called(f"note: run {name} is still being recorded; to follow it: invoke view --run {name} --live"))
    options = ["--html", "--run", str(found.folder)]
    options += ["--target", arguments.target] if arguments.target else []
    code = run_script("probe.analyze", options, step=True, stdout=subprocess.DEVNULL)
    page = found.analysis_folder / PAGE
    if code > 1 or not page.exists():
        return code  # 1 is a page about a record with a problem
    print(printable(str(page)), flush=True)
    open_in_browser(page.absolute().as_uri())
    return code


def _view_live(found: Run, arguments: Namespace, port: int) -> int:
    import asyncio  # Here, like what is below: a page that is a file needs none of it.

    from probe.analysis.prices import ModelPrice, Prices
    from probe.live.live_run import LiveRecording
    from probe.live.serving import serve
    from probe.renderers.loader import load_renderer
    from probe.report.described import described_run

    target = load_target(arguments.target or found.target)[0]
    own = [ModelPrice(model=model, **prices) for model, prices in own_prices(os.environ).items()]
    recording = LiveRecording(
        run=found,
        data_dir=data_dir(arguments.data_dir, os.environ),
        renderer=load_renderer(renderer_spec(target)),
        ids=target.ids,
        prices=Prices(own=own),
        describe=lambda run: described_run(
            run, target.report_title, str(run.traffic), lambda number, reason: None, None
        ),
    )

    def opened(address: str) -> None:
        print(address, flush=True)
        say("Ctrl-C ends the server")
        # A browser in the foreground would keep the server from answering it.
        threading.Thread(target=open_in_browser, args=(address,), daemon=True).start()

    return asyncio.run(serve(recording, target.report_title, port, opened))


if __name__ == "__main__":
    sys.exit(run(main))
