"""What surrounds the recorded run and the one that runs now: both are volatile in both."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from msgspec.structs import replace

from probe.slots.environment import Environment, date_patterns, folder_patterns
from probe.slots.rules import BUILT_IN, Rule
from probe.slots.slots import Slots

_CONTEXT, _LEAST = 16, 4
"""Characters before a folder by which its place is found in another text: at most, and at least."""


def joint_slots(recorded: Environment, live: Environment, rules: Sequence[Rule] = BUILT_IN) -> Slots:
    """Return one normalisation for both runs: the agent sends back what the recording says, with its folders too."""
    hosts = tuple(dict.fromkeys((*recorded.hosts, *live.hosts)))
    dates = [Rule(slot="date", pattern=pattern) for pattern in date_patterns(recorded)]
    folders = [Rule(slot=slot, pattern=pattern) for slot, pattern in folder_patterns(recorded, live)]
    return Slots(replace(live, folders={}, hosts=hosts), [*folders, *rules, *dates])


def derived(recorded: Environment, recorded_text: str, live_text: str) -> Environment:
    """Return what can be known of an agent that somebody else started: its folders, where the recorded ones were."""
    folders = {}
    for name, path in recorded.folders.items():
        found: Counter[str] = Counter()
        for match in re.finditer(rf"{re.escape(path)}(?=[<\"\\\s])", recorded_text):
            # Within one text: spaces between the members of an object may differ.
            before = recorded_text[max(0, match.start() - _CONTEXT) : match.start()].rpartition('"')[2]
            if len(before) >= _LEAST:
                pattern = rf"{re.escape(before)}(/[^\s\"\\<>]*){re.escape(recorded_text[match.end()])}"
                found.update(one[1] for one in re.finditer(pattern, live_text))
        if found:
            folders[name] = found.most_common(1)[0][0]
    return Environment(folders=folders)
