"""Pausing Python's cycle collector while a graph grows."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


def stop() -> None:
    """No cycle collection from here on: for a process that ends with what it does now."""
    gc.disable()


@contextmanager
def paused() -> Iterator[None]:
    """No cycle collection inside.

    It would walk the whole network over and over, which is two thirds of the time on ten thousand
    blocks, and free nothing: the values of a compilation hold each other, and are dropped as one.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
