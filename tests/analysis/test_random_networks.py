"""Random networks: what is counted is what torch counts, keeps and holds.

50 in every run, 500 with the slow tests.
"""

from __future__ import annotations

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
from tests.backends.pytorch.test_random_networks import spec

NETWORKS: st.SearchStrategy[str] = spec()


def check(text: str) -> None:
    net = resnet_dsl.loads(text)["net"]
    report = net.report()
    module = meta_module(net).eval()
    assert sum(parameter.numel() for parameter in module.parameters()) == report.params
    assert sum(buffer.numel() for buffer in module.buffers()) == report.buffers
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(*meta_inputs(net, 1))
    assert counter.get_total_flops() == 2 * report.macs
    assert count_as(net.network, CONVENTIONS["flopcounter"]).total == 2 * report.macs

    assert report.at_batch(2).saved_bytes == saved_bytes(net, 2)
    # On maps this small a kernel's own temporaries, and how a line happens to be split, weigh most; the
    # networks of `test_peak.py` are within 2 %.
    assert 0.6 < inference_peak(net.network).bytes / inference_bytes(net) < 1.3
    memory = training_memory(net.network, batch=2)
    held = memory.peak_bytes - memory.weight_bytes - memory.optimizer_bytes
    assert 0.6 < held / step_bytes(net, 2) < 1.3


@settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(NETWORKS)
def test_fifty(text: str) -> None:
    check(text)


@pytest.mark.slow
@settings(max_examples=500, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(NETWORKS)
def test_five_hundred(text: str) -> None:
    check(text)
