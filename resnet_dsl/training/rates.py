"""What a device reaches here: operations a second in a large product, bytes a second in a copy.

Measured, so that a share of it means the same on a laptop and on a GPU whose data sheet nobody has
typed in. A quarter of a second on a device at rest; a busy one gives less.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

import torch

from resnet_dsl.training.execution import Execution


@dataclass(frozen=True, slots=True)
class Work:
    """What one training step asks for at least, by image; see `analysis.roofline`.

    FLOPs of forward and backward pass and update (one multiply-add is two), and bytes moved if
    every operator reads its operands and writes its result once, nothing fused.
    """

    flops_per_image: float
    bytes_per_image: float


@dataclass(frozen=True, slots=True)
class Rates:
    """`flops` in matrix products of the run's precision and `vector_flops` outside them, a second;
    `bandwidth` in bytes a second, read and written together."""

    flops: float
    vector_flops: float
    bandwidth: float

    def utilisation(self, work: Work, images_per_second: float) -> float:
        """MFU: the share of the arithmetic that the device can do (Chowdhery et al. 2022, PaLM,
        section 4.1: model FLOPs utilisation), against the measured rate."""
        return images_per_second * work.flops_per_image / self.flops

    def share_of_byte_bound(self, work: Work, images_per_second: float) -> float:
        """The share of the images a second that memory traffic alone allows, unfused; fusing
        operators avoids traffic, and so may go beyond 1."""
        return images_per_second * work.bytes_per_image / self.bandwidth


def measure_rates(execution: Execution, seconds: float = 0.08) -> Rates:
    """The device's rates, the best of a few tries of `seconds` in all for each."""
    size = 4096 if execution.on_gpu else 512
    left = torch.randn(size, size, device=execution.device).to(execution.dtype)
    with _as_convolutions(execution):
        product = _fastest(lambda: left @ left, execution, seconds)
    elements = 2**26 if execution.on_gpu else 2**24  # 256 MiB: more than caches hold
    source = torch.zeros(elements, device=execution.device)
    target = torch.empty_like(source)
    copy = _fastest(lambda: target.copy_(source), execution, seconds)
    # What caches hold: arithmetic and not traffic is measured.
    small = torch.ones(2**20 if execution.on_gpu else 2**14, device=execution.device)
    vector = _fastest(lambda: torch.addcmul(small, small, small, out=small), execution, seconds / 4)
    return Rates(2.0 * size**3 / product, 2.0 * small.numel() / vector, 2.0 * 4 * elements / copy)


@contextmanager
def _as_convolutions(execution: Execution) -> Iterator[None]:
    """On a GPU, products in float32 rounded as torch rounds convolutions: to TensorFloat-32."""
    products = torch.backends.cuda.matmul
    before = products.allow_tf32
    products.allow_tf32 = before or execution.on_gpu
    try:
        yield
    finally:
        products.allow_tf32 = before


def _fastest(call: Callable[[], object], execution: Execution, seconds: float) -> float:
    """The quickest of the calls that fit into `seconds`; at least three, after one to warm up."""
    call()
    execution.synchronize()
    best, until, count = float("inf"), perf_counter() + seconds, 0
    while count < 3 or perf_counter() < until:
        started = perf_counter()
        call()
        execution.synchronize()
        best = min(best, perf_counter() - started)
        count += 1
    return best
