"""Targets: facts about an agent, from `<name>.yaml` in targets/ or in a folder of the user (PROBE_TARGETS)."""

from __future__ import annotations

from probe.targets.finding import (
    PROJECT,
    load_target,
    output_dir,
    output_dirs,
    renderer_of,
    renderer_spec,
    target_files,
    target_folders,
    target_names,
)
from probe.targets.target import (
    Change,
    ListenerSpec,
    RendererRule,
    Target,
    expand,
    explains,
    set_by,
    texts,
    url_problem,
)

__all__ = [
    "PROJECT",
    "Change",
    "ListenerSpec",
    "RendererRule",
    "Target",
    "expand",
    "explains",
    "load_target",
    "output_dir",
    "output_dirs",
    "renderer_of",
    "renderer_spec",
    "set_by",
    "target_files",
    "target_folders",
    "target_names",
    "texts",
    "url_problem",
]
