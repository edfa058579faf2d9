"""Whether inference and training fit into a device's memory, and the largest batch that does."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

MAX_BATCH = 2**31


class Need(NamedTuple):
    """Bytes of a run at its batch, and the largest batch that fits; 0 where not even one sample does."""

    bytes: int
    largest_batch: int


class Fit(NamedTuple):
    """A device's memory beside what inference, its weights included, and a training step need of it.

    Apart are what the context, libraries and the allocator take: these are needs from below.
    """

    memory_bytes: int
    inference: Need
    training: Need


def need(bytes_of: Callable[[int], int], batch: int, memory_bytes: int) -> Need:
    """What a run needs at `batch`, and the largest batch that fits.

    `bytes_of` tells the bytes at a batch. They are to be the largest of several sums that are each
    affine in the batch, as a peak is: so the line through two great batches, where the steepest sum
    has won, lies nowhere above them, and what does not fit by that line does not fit.
    """
    if bytes_of(1) > memory_bytes:
        return Need(bytes_of(batch), 0)
    last = bytes_of(MAX_BATCH)
    if last <= memory_bytes:
        return Need(bytes_of(batch), MAX_BATCH)
    slope = last - bytes_of(MAX_BATCH - 1)
    fits, too_many = 1, MAX_BATCH + (memory_bytes - last) // slope + 1
    guess = too_many - 1  # the answer, where the steepest sum has won by then
    while too_many - fits > 1:
        if bytes_of(guess) <= memory_bytes:
            fits = guess
        else:
            too_many = guess
        guess = (fits + too_many) // 2
    return Need(bytes_of(batch), fits)
