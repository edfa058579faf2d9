"""Randomness as pure functions of (seed, purpose, epoch), so that a resumed run draws the same."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor


def derive_seed(seed: int, purpose: str, epoch: int = 0) -> int:
    """A seed of 63 bits; different purposes and epochs get unrelated ones."""
    digest = hashlib.sha256(f"{purpose}/{seed}/{epoch}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator(seed: int, purpose: str, epoch: int = 0) -> torch.Generator:
    """A generator on the CPU that shares no state with torch's global one."""
    return torch.Generator().manual_seed(derive_seed(seed, purpose, epoch))


def epoch_order(count: int, seed: int, epoch: int) -> Tensor:
    """The order in which an epoch visits `count` samples: (count,), each index once."""
    return torch.randperm(count, generator=generator(seed, "order", epoch))
