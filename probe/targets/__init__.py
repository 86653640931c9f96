"""Targets: facts about an agent, from `<name>.yaml` in targets/ or in a folder of the user (PROBE_TARGETS)."""
