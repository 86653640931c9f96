"""What the agent tells the model of its own accord: parts that are new, gone, moved or say something else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from probe.compare.comparison import Finding, finding
from probe.compare.shown_values import are
from probe.compare.side import Said, SaidIn, Side
from probe.compare.text_difference import likeness, text_difference
from probe.report.plain_text import plural
from probe.report.preview import cut

_ALIKE = 0.3
"""Share of lines in common from which two parts are one that was changed."""


def instruction_findings(before: Side, after: Side) -> Iterator[Finding]:
    """Yield what differs, for each group of turns that both have."""
    groups = dict.fromkeys(one.group for one in before.instructions)
    both = [group for group in groups if any(one.group == group for one in after.instructions)]
    for group in both:
        yield from _of_group(group, _said(before.instructions, group), _said(after.instructions, group))
    if not both and (before.instructions or after.instructions):
        yield from _of_group("turn", _said(before.instructions, "turn"), _said(after.instructions, "turn"))


def _said(parts: Sequence[SaidIn], group: str) -> list[Said]:
    return [one.said for one in parts if one.group == group]


def _of_group(group: str, before: list[Said], after: list[Said]) -> Iterator[Finding]:
    pairs = _paired(before, after)
    for one, other in pairs:
        if _place(one) != _place(other):
            yield finding(
                "instructions-moved",
                _path(other),
                f"{_name(one, group)} moved from {_place(one)} to {_place(other)}",
                before=_place(one),
                after=_place(other),
                evidence=other.seen,
            )
        if one.key != other.key:
            yield _changed(group, one, other)
    paired = {id(said) for pair in pairs for said in pair}
    for kind, word, all_parts in (("instructions-removed", "gone", before), ("instructions-added", "new", after)):
        alone = [one for one in all_parts if id(one) not in paired]
        for place in dict.fromkeys(map(_path, alone)):
            yield _alone(kind, word, group, [one for one in alone if _path(one) == place])


def _paired(before: list[Said], after: list[Said]) -> list[tuple[Said, Said]]:
    """Return the parts that belong together: equal ones, the base of all, the only ones of a mark, the most alike."""
    pairs: list[tuple[Said, Said]] = []
    old, new = list(before), list(after)

    def take(one: Said, other: Said | None) -> None:
        if other is not None:
            pairs.append((one, other))
            old.remove(one)
            new.remove(other)

    for one in before:
        take(one, next((other for other in new if other.key == one.key and _place(other) == _place(one)), None))
    if before[:1] == old[:1] and after[:1] == new[:1] and _is_base(old, new):
        # The base of all instructions has no mark: in its place it is the same part, however much of it changed.
        take(old[0], new[0])
    for one in list(old):
        take(one, next((other for other in new if other.key == one.key), None))
    for one in list(old):
        if one.mark and _is_only(one, before) and _is_only(one, after):
            take(one, next((other for other in new if other.mark == one.mark), None))
    for one, other in _most_alike(old, new):
        if one in old and other in new:
            take(one, other)
    return sorted(pairs, key=lambda pair: after.index(pair[1]))


def _is_only(part: Said, parts: list[Said]) -> bool:
    """Check whether one part alone has a mark: it is the same part then, however much of it changed."""
    return sum(one.mark == part.mark for one in parts) == 1


def _most_alike(old: list[Said], new: list[Said]) -> list[tuple[Said, Said]]:
    """Return parts of one mark, or without any, that may be one which was changed, the most alike first."""
    pairs = [(likeness(one.text, other.text), one, other) for one in old for other in new if one.mark == other.mark]
    return [(one, other) for how, one, other in sorted(pairs, key=lambda pair: -pair[0]) if how >= _ALIKE]


def _is_base(old: list[Said], new: list[Said]) -> bool:
    """Check whether the first parts are in one place, without a mark."""
    return bool(old and new) and not (old[0].mark or new[0].mark) and _place(old[0]) == _place(new[0])


def _changed(group: str, one: Said, other: Said) -> Finding:
    lines = text_difference(one.text, other.text)
    removed, added = (sum(line.startswith(sign) for line in lines) for sign in "-+")
    return finding(
        "instructions-changed",
        _path(other),
        f"{_name(other, group)} changed: {plural(added, 'line')} added, {removed} removed",
        before=f"{one.size} characters",
        after=f"{other.size} characters",
        evidence=one.seen,
        text=lines,
    )


def _alone(kind: str, word: str, group: str, alone: list[Said]) -> Finding:
    names = [_name(one, group) for one in alone]
    text = [line for one in alone for line in text_difference("", one.text)]
    signed = [f"-{line[1:]}" if word == "gone" and line.startswith("+") else line for line in text]
    seen = " and ".join(dict.fromkeys(filter(None, (one.seen for one in alone))))
    return finding(kind, _path(alone[0]), are(names, word), evidence=seen, text=tuple(signed))


def _name(said: Said, group: str) -> str:
    # A quote of its own would end what is quoted here.
    text = cut(said.text).replace("”", '"')
    name = f"<{said.mark}>" if said.mark else f"“{text}”"
    return name if group == "turn" else f"{name} ({group})"


def _place(said: Said) -> str:
    return said.at if said.at in ("instructions", "system") else f"{said.at}, role {said.role}"


def _path(said: Said) -> str:
    return f"{said.at}[role={said.role}]" if said.at.endswith("[]") else said.at
