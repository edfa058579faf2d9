"""What fits into a device's memory."""

from __future__ import annotations

import pytest

import resnet_dsl
from resnet_dsl.analysis.devices import device
from resnet_dsl.analysis.fit import MAX_BATCH, need
from resnet_dsl.analysis.resources import resources
from resnet_dsl.analysis.training_memory import training_memory
from tests.conftest import ROOT


@pytest.mark.parametrize("sums", [[(0, 7)], [(100, 3), (0, 5)], [(5_000, 0), (40, 9), (0, 11), (-900, 60)]])
def test_the_largest_batch_is_exact(sums: list[tuple[int, int]]) -> None:
    def bytes_of(batch: int) -> int:
        return max(fixed + batch * each for fixed, each in sums)

    for memory in range(bytes_of(1), 12_000, 37):
        found = need(bytes_of, 3, memory)
        assert found.bytes == bytes_of(3)
        assert bytes_of(found.largest_batch) <= memory < bytes_of(found.largest_batch + 1)


def test_few_batches_are_worked_out() -> None:
    asked: list[int] = []

    def bytes_of(batch: int) -> int:
        asked.append(batch)
        return max(300, 100 + 13 * batch)

    assert need(bytes_of, 4, 10**9).largest_batch == (10**9 - 100) // 13
    assert len(asked) <= 6


def test_nothing_and_everything_fits() -> None:
    assert need(lambda batch: 10 * batch, 1, 9).largest_batch == 0
    assert need(lambda batch: 10, 1, 10).largest_batch == MAX_BATCH


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_a_step_fits_up_to_its_largest_batch(optimizer: str) -> None:
    network = resnet_dsl.load(ROOT / "specs" / "googlenet2014.rdl")["googlenet2014"].network
    card = device("flops=1T,bandwidth=1G,memory=2G")
    fit = resources(network, batch=64, device=card, optimizer=optimizer).fit
    assert fit is not None
    most = fit.training.largest_batch
    assert fit.training.bytes == training_memory(network, 64, optimizer).peak_bytes
    assert training_memory(network, most, optimizer).peak_bytes <= 2 * 10**9
    assert training_memory(network, most + 1, optimizer).peak_bytes > 2 * 10**9


def test_inference_fits_in_its_own_dtype() -> None:
    network = resnet_dsl.load(ROOT / "specs" / "resnet18.rdl")["resnet18"].network
    card = device("flops=1T,bandwidth=1G,memory=1G")
    for dtype in ("float32", "bfloat16"):
        first = resources(network, device=card, dtype=dtype)
        assert first.fit is not None
        most = first.fit.inference.largest_batch
        for batch, fits in ((most, True), (most + 1, False)):
            found = resources(network, batch=batch, dtype=dtype)
            assert (found.inference_weight_bytes + found.peak.bytes <= 10**9) is fits


def test_without_a_device_or_its_memory_nothing_is_said() -> None:
    network = resnet_dsl.loads("model m { input x [3]\n return x -> linear(2) }")["m"].network
    assert resources(network).fit is None
    assert resources(network, device=device("laptop-cpu")).fit is None
