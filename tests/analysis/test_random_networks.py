"""Random networks: what is counted is what torch counts, keeps and holds.

Of blocks that nest and repeat, and of single steps of every family, some of which nothing uses. 50 of
each in every run, 500 with the slow tests.
"""

from __future__ import annotations

from typing import NamedTuple

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch.utils.flop_counter import FlopCounterMode

import resnet_dsl
from resnet_dsl.analysis.conventions import CONVENTIONS, count_as
from resnet_dsl.analysis.peak import inference_peak
from resnet_dsl.analysis.training_memory import training_memory
from tests.analysis.measured import inference_bytes, meta_inputs, meta_module, saved_bytes, step_bytes
from tests.analysis.networks import wide
from tests.backends.pytorch.test_random_networks import spec

NETWORKS: dict[str, st.SearchStrategy[str]] = {"blocks": spec(), "steps": wide()}


class Ratios(NamedTuple):
    """What we say is held at most over what torch held, network by network."""

    inference: list[float]
    step: list[float]


def check(text: str, found: Ratios) -> None:
    net = resnet_dsl.loads(text)["net"]
    report = net.report()
    module = meta_module(net).eval()
    assert sum(parameter.numel() for parameter in module.parameters()) == report.params
    kept = module.state_dict()
    assert sum(buffer.numel() for name, buffer in module.named_buffers() if name in kept) == report.buffers
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(*meta_inputs(net, 1))
    assert counter.get_total_flops() == 2 * report.macs
    assert count_as(net.network, CONVENTIONS["flopcounter"]).total == 2 * report.macs

    assert report.at_batch(2).saved_bytes == saved_bytes(net, 2)
    found.inference.append(inference_peak(net.network).bytes / inference_bytes(net))
    memory = training_memory(net.network, batch=2)
    held = memory.peak_bytes - memory.weight_bytes - memory.optimizer_bytes
    found.step.append(held / step_bytes(net, 2))


def judge(kind: str, found: Ratios, least: int) -> None:
    """A step is followed exactly, but for a few bytes of outputs. In inference, where a line of the code
    is broken for its length, a value has one name more or less than the analysis sees, and on maps this
    small one value is a fifth of all."""
    assert len(found.inference) >= least
    assert 0.995 < min(found.step) <= max(found.step) < 1.002
    lowest, exact = {"blocks": (0.9, 0.97), "steps": (0.99, 0.85)}[kind]  # 1 of 500 blocks is below 0.998
    assert lowest < min(found.inference) <= max(found.inference) < 1.25
    assert sum(0.998 < ratio < 1.002 for ratio in found.inference) >= exact * len(found.inference)


def run(kind: str, networks: int) -> Ratios:
    found = Ratios([], [])

    @settings(max_examples=networks, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(NETWORKS[kind])
    def each(text: str) -> None:
        check(text, found)

    each()
    return found


@pytest.mark.parametrize("kind", NETWORKS)
def test_fifty(kind: str) -> None:
    judge(kind, run(kind, 50), 50)


@pytest.mark.slow
@pytest.mark.parametrize("kind", NETWORKS)
def test_five_hundred(kind: str) -> None:
    judge(kind, run(kind, 500), 500)
