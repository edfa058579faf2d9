"""How many CPU threads torch uses."""

from __future__ import annotations

import os

import torch


def use_threads(count: int | None) -> None:
    """`count` threads; without it what OMP_NUM_THREADS says, else half the cores this process may use.

    Half, because torch's threads spin while they wait: on a box busy with anything else, as many
    threads as cores made a run of seconds take minutes.
    """
    if count is None and os.environ.get("OMP_NUM_THREADS"):
        return  # torch has read it
    torch.set_num_threads(count or max(1, _usable_cores() // 2))


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
