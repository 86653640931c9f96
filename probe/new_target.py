"""Write the file of a target for an agent that has none yet."""

from __future__ import annotations

import json
import re
import shlex
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import probe.cli.import_interrupt  # noqa: F401 - before the rest
from probe.cli.called_as import as_called
from probe.cli.edge import run, say
from probe.cli.options import flag
from probe.cli.parsing import parse
from probe.did_you_mean import did_you_mean
from probe.errors import UserError
from probe.settings.sources import pairs
from probe.targets.apis import APIS
from probe.targets.finding import is_shipped, load_target, local_file, target_files, target_folders
from probe.targets.new_file import BASE_URL, NONE, yaml_text
from probe.targets.settings_keys import with_settings
from probe.targets.target import url_problem

EXAMPLE = "invoke new-target mine --command 'my-agent run {prompt}' --api openai"
_NAME = re.compile(r"[A-Za-z0-9][\w-]*(?:\.(?!local$)[\w-]+)*")
_VARIABLE = re.compile(r"[A-Za-z_]\w*")
_PLACEHOLDERS = ("{prompt}", "{model.url}", "{model.port}", "{files}")


class Question(NamedTuple):
    """One thing to know of the agent."""

    option: str
    text: str
    check: Callable[[str], None]
    """Raises UserError for an answer that does not fit."""


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of `python -m probe.new_target`."""
    arguments, rest = parse("new-target", sys.argv[1:] if argv is None else argv)
    if rest:
        raise UserError(f"unexpected arguments: {' '.join(rest)}", f"for example: {EXAMPLE}")
    path = _new_path(arguments.name)
    asks = sys.stdin.isatty() and sys.stderr.isatty()
    files, env = with_settings(_files(arguments.file), arguments.setting), pairs("env", arguments.env)
    answers = _answers(arguments, _asked if asks else None, leads=_leads([*_texts(files), *env.values()]))
    _require_use(answers, files, env)
    _write(path, yaml_text(arguments.name, answers, files, env), vars(arguments) | answers)
    print(path)
    name = arguments.name
    say(
        as_called(
            f'next: invoke doctor --target {name}\nthen: invoke pipeline --target {name} --prompt "List the files"'
        )
    )
    return 0


def _new_path(name: str) -> Path:
    """Return the path of the new file: in the user's own folder, else in targets/; never an existing one."""
    if not _NAME.fullmatch(name):
        raise UserError(f"{name!r} cannot be a target's name", "use letters, digits and -, for example my-agent")
    if there := target_files(name):
        change = f"put what is to differ into {local_file(there[0])}" if is_shipped(there[0]) else "change that file"
        raise UserError(f"there is a target {name!r} already: {there[0]}", f"{change}, or choose another name")
    return target_folders()[0] / f"{name}.yaml"


def _write(path: Path, text: str, given: Mapping[str, Any]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        hint = "name another folder: export PROBE_TARGETS=~/targets"
        raise UserError(f"{path} cannot be written: {error.strerror}", hint) from error
    try:
        load_target(path.stem)
    except UserError as error:
        path.unlink()
        raise _of_options(error, given) from error


def _of_options(error: UserError, given: Mapping[str, Any]) -> UserError:
    """Return an error in a file that was not kept, with the options in place of the file's line."""
    problem = re.sub(r"^.*?\.yaml:\d+: ", "", str(error.args[0]))
    placeholder = re.search(r"\{[^{}]*\}", problem)
    options = []
    for name, value in given.items():
        for one in value if isinstance(value, list) else [value]:
            if placeholder and placeholder[0] in str(one):
                # A value may be a credential.
                option, found, _ = str(one).partition("=")
                options.append(flag(name) + (f" {option}" if found and isinstance(value, list) else ""))
    return UserError(f"{' and '.join(options) or 'the target would be wrong'}: {problem}", error.hint)


# -- questions ----------------------------------------------------------------------------------------------------


def _check_command(answer: str) -> None:
    try:
        words = shlex.split(answer)
    except ValueError as error:
        raise UserError(f"command {answer!r}: {error}", "quote it as a shell takes it") from error
    if not any("{prompt}" in word for word in words[1:]):
        raise UserError(f"command {answer!r} has no {{prompt}}", "for example my-agent run {prompt}")
    for placeholder in re.findall(r"\{[A-Za-z_][\w-]*(?:\.[a-z]+)?\}", answer):
        if placeholder not in _PLACEHOLDERS:
            raise UserError(f"command {answer!r}: unknown {placeholder}", f"there are: {', '.join(_PLACEHOLDERS)}")


def _check_api(answer: str) -> None:
    if answer not in APIS and "://" not in answer:
        raise UserError(
            f"unknown API {answer!r}", did_you_mean(answer, APIS) + f"there are: {', '.join(APIS)}, or a URL"
        )
    if answer not in APIS:
        _check_upstream(answer)


def _check_upstream(answer: str) -> None:
    if problem := url_problem(answer):
        raise UserError(f"this cannot be an upstream: {problem}", "for example https://api.openai.com")


def _check_base_url(answer: str) -> None:
    if answer != NONE and not BASE_URL.fullmatch(answer):
        raise UserError(f"{answer!r} is not a variable with a path after it", "for example OPENAI_BASE_URL/v1")


def _check_key(answer: str) -> None:
    if answer != NONE and not _VARIABLE.fullmatch(answer):
        # It may be the key itself.
        raise UserError("this is not the name of a variable for the key", "for example OPENAI_API_KEY")


def _check_text(answer: str) -> None:
    if not answer.isprintable():
        raise UserError("one line of text, please")


QUESTIONS = (
    Question("command", "How is it given a prompt? A command with {prompt} in it", _check_command),
    Question("api", f"Which API does it speak? {', '.join(APIS)}, or the address of another", _check_api),
    Question("upstream", "Where is that API?", _check_upstream),
    Question("base_url", f"Which variable takes its base URL, and with which path? {NONE} for none", _check_base_url),
    Question("key", f"Which variable has its key? {NONE} for none", _check_key),
    Question("install", f"How is it installed? {NONE} to leave it out", _check_text),
    Question("agent", "What is its program called?", _check_text),
)


def _leads(texts: Iterable[str]) -> bool:
    """Check whether a text leads the agent to the listener."""
    return any("{model.url}" in text for text in texts)


def _answers(arguments: Namespace, ask: Callable[[Question, str | None], str] | None, *, leads: bool) -> dict[str, str]:
    """Return the answers, from options, questions or defaults. Raises UserError with what is missing.

    `leads` says whether a file or a variable leads the agent to the listener.
    """
    answers: dict[str, str] = {}
    missing = []
    for question in QUESTIONS:
        given = getattr(arguments, question.option)
        leads = leads or _leads([answers.get("command", "")])
        usual = NONE if leads and question.option == "base_url" else _usual(question.option, answers)
        if given is not None:
            question.check(given)
            answers[question.option] = given
        elif ask and _is_open(question.option, arguments, leads=leads):
            answers[question.option] = ask(question, usual)
        elif usual is not None:
            answers[question.option] = usual
        elif _is_needed(question.option, arguments):
            missing.append(question.option)
    if missing:
        raise UserError(f"new-target needs {', '.join(map(flag, missing))}", f"for example: {EXAMPLE}")
    return answers


def _files(given: Sequence[str]) -> dict[str, str]:
    """Return the settings files by name; `NAME=@PATH` reads a file. Raises UserError."""
    files = pairs("file", given)
    for name, text in files.items():
        if text.startswith("@"):
            path = Path(text[1:]).expanduser()
            try:
                files[name] = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise UserError(f"--file {name}={text}: cannot be read: {error}", "name a text file") from error
    return files


def _texts(files: Mapping[str, Any]) -> list[str]:
    """Return the settings files as texts, whatever their formats: only placeholders are looked for in them."""
    return [json.dumps(value) for value in files.values()]


def _require_use(answers: Mapping[str, str], files: Mapping[str, Any], env: Mapping[str, str]) -> None:
    """Raise UserError where nothing leads the agent to the listener, or to its settings files."""
    named = [answers["command"], *env.values()]
    if answers["base_url"] == NONE and not _leads([*named, *_texts(files)]):
        hint = (
            "give --base-url VARIABLE, or put {model.url} behind a flag of the command that takes it, or in a --setting"
        )
        raise UserError("nothing leads the agent to the listener", hint)
    if bool(files) != any("{files}" in text for text in named):
        hint = "{files} is the folder of the files that --file and --setting give; name it in --command or in"
        raise UserError("{files} and --file or --setting go together", f"{hint} --env VARIABLE={{files}}")


def _usual(option: str, answers: dict[str, str]) -> str | None:
    """Return what goes without saying, after what was said before; None where nothing does."""
    known = answers.get("api", "")
    api = APIS.get(known)
    if option == "upstream":
        return api.upstream if api else known or None
    if option == "base_url":
        return api.base_url if api else None
    program = next(iter(shlex.split(answers.get("command", ""))), None)
    return {"key": api.key if api else NONE, "install": NONE, "agent": program}.get(option)


def _is_open(option: str, arguments: Namespace, *, leads: bool) -> bool:
    """Check whether a question is worth asking after what is known."""
    if option == "api":
        return arguments.upstream is None
    return option not in ("upstream", "agent") and not (option == "base_url" and leads)


def _is_needed(option: str, arguments: Namespace) -> bool:
    """Check whether an answer without a default is required; the API provides most defaults."""
    if option == "base_url":
        return arguments.upstream is not None
    return option == "command" or (option == "api" and arguments.upstream is None)


def _asked(question: Question, usual: str | None) -> str:
    """Ask until the answer fits."""
    usual = "openai" if question.option == "api" else usual
    while True:
        say(question.text + (f" [{usual}]" if usual else ""))
        line = sys.stdin.readline()
        if not line:
            raise UserError("no answer, so no file was written", f"give it as {flag(question.option)}")
        answer = line.strip() or usual or ""
        try:
            question.check(answer)
        except UserError as error:
            say(str(error))
        else:
            return answer


if __name__ == "__main__":
    sys.exit(run(main))
