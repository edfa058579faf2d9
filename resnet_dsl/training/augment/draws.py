"""Random numbers as a function of (seed, purpose, epoch, sample), the same on every device.

A counter is hashed, so a sample's numbers depend on nothing else: not on the batch it is in, not on
what was drawn before (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"). The hash is
the finaliser of SplitMix64 (Steele et al. 2014, doi 10.1145/2660193.2660195).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import torch
from torch import Tensor

from resnet_dsl.training.randomness import derive_seed


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


_SAMPLE = _signed(0x9E3779B97F4A7C15)
_NUMBER = _signed(0xD1B54A32D192ED03)
_FIRST = _signed(0xBF58476D1CE4E5B9)
_SECOND = _signed(0x94D049BB133111EB)


@dataclass(frozen=True, slots=True)
class Draws:
    """What one augmentation draws for the samples `indices` (N,), int64, in one epoch of a run."""

    indices: Tensor
    seed: int
    purpose: str
    epoch: int

    def uniform(self, count: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """(N, count) numbers from `low` up to but without `high`, float32, of a grid of 2^24."""
        base = derive_seed(self.seed, self.purpose, self.epoch)
        numbers = torch.arange(count, device=self.indices.device)
        bits = _hashed(self.indices[:, None] * _SAMPLE + numbers * _NUMBER + base)
        return low + (high - low) * (_shifted(bits, 40).float() / (1 << 24))

    def wholes(self, count: int, low: int, high: int) -> Tensor:
        """(N, count) whole numbers from `low` to `high`, both included."""
        steps = self.uniform(count) * (high - low + 1)
        return low + steps.long().clamp(max=high - low)

    def normal(self, count: int) -> Tensor:
        """(N, count) numbers of mean 0 and deviation 1 (Box and Muller 1958)."""
        pairs = self.uniform(2 * count)
        radius = (-2 * (1 - pairs[:, :count]).log()).sqrt()
        return radius * (2 * pi * pairs[:, count:]).cos()


def _hashed(bits: Tensor) -> Tensor:
    bits = (bits ^ _shifted(bits, 30)) * _FIRST
    bits = (bits ^ _shifted(bits, 27)) * _SECOND
    return bits ^ _shifted(bits, 31)


def _shifted(bits: Tensor, count: int) -> Tensor:
    """Right, with zeros coming in, which torch's own shift does not do for negative numbers."""
    return (bits >> count) & ((1 << (64 - count)) - 1)
