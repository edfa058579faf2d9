"""Roofline times: worked out by hand, and how they must move."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import resnet_dsl
from resnet_dsl.analysis.auditing import cost_report
from resnet_dsl.analysis.devices import DEVICES, DeviceError, device
from resnet_dsl.analysis.roofline import roofline
from resnet_dsl.analysis.training_memory import OPTIMIZER_STATES
from resnet_dsl.analysis.workload import OPTIMIZER_TRAFFIC, workload
from resnet_dsl.ir.graph import Network

H200 = DEVICES["h200"]


def network(body: str) -> Network:
    return resnet_dsl.loads(f"model m() {{\n  input x [8, 4, 4]\n{body}\n}}\n")["m"].network


@pytest.fixture(scope="module")
def resnet50() -> Network:
    root = Path(__file__).resolve().parents[2]
    return resnet_dsl.load(root / "specs" / "resnet50.rdl")["resnet50"].network


@pytest.mark.parametrize("spec", ["resnet18", "preact_resnet164", "unet", "densenet_bc_100_12"])
def test_the_products_of_a_step_are_those_that_torch_counts(spec: str) -> None:
    """No grouped convolutions: torch counts their backward passes wrongly."""
    root = Path(__file__).resolve().parents[2]
    (net,) = resnet_dsl.load(root / "specs" / f"{spec}.rdl").models.values()
    module = net.build()
    inputs = [
        torch.zeros(2, *map(int, net.network.node(index).shape.dims), device="meta")
        for index in net.network.inputs
    ]
    with FlopCounterMode(display=False) as counter:
        module.to("meta").train()(*inputs).sum().backward()
    assert 2 * workload(net.network, batch=2, training=True).macs == counter.get_total_flops()


def test_a_convolution_by_hand() -> None:
    machine = device("flops=1000,bandwidth=10")
    (layer,) = roofline(network("  return x -> conv(4, 1, bias = false)"), machine, batch=2).layers
    assert layer.flops == 2 * 2 * 4 * 8 * 16
    assert layer.moved_bytes == 4 * (2 * 8 * 16 + 2 * 4 * 16 + 4 * 8)
    assert layer.bound == "memory"
    assert layer.seconds == pytest.approx(layer.moved_bytes / 10)
    slow = device("flops=1,bandwidth=10")
    (layer,) = roofline(network("  return x -> conv(4, 1, bias = false)"), slow, batch=2).layers
    assert layer.bound == "compute"
    assert layer.seconds == pytest.approx(layer.flops)


def test_backward_of_a_convolution_by_hand() -> None:
    machine = device("flops=1,bandwidth=1e15")
    first, second = roofline(
        network("  return x -> conv(4, 1, bias = false) -> conv(4, 1, bias = false)"), machine, training=True
    ).layers
    assert first.flops == 2 * (2 * 4 * 8 * 16)  # nobody asks for the gradient of the image
    assert second.flops == 3 * (2 * 4 * 4 * 16)


def test_views_are_free() -> None:
    run = roofline(network("  return x -> conv(4, 3) -> flatten -> linear(2)"), H200)
    assert [layer.bound for layer in run.layers][1] == "free"
    assert run.layers[1].seconds == 0


def test_depthwise_convolution_is_no_work_for_matrix_units() -> None:
    machine = device("flops=1000,vector=1,bandwidth=1e15")
    run = roofline(network("  return x -> conv(8, 3, groups = 8, bias = false)"), machine)
    assert run.seconds == pytest.approx(run.flops)
    grouped = roofline(network("  return x -> conv(8, 3, groups = 4, bias = false)"), machine)
    assert grouped.seconds == pytest.approx(grouped.flops / 1000)


def test_flops_are_those_of_the_report(resnet50: Network) -> None:
    report = cost_report(resnet50)
    run = roofline(resnet50, H200, batch=4)
    assert run.flops == 4 * (2 * report.macs + report.other_ops)
    training = roofline(resnet50, H200, batch=4, training=True)
    assert training.flops == pytest.approx(3 * run.flops, rel=0.03)


def test_total_is_the_sum_of_the_layers(resnet50: Network) -> None:
    run = roofline(resnet50, H200, batch=32, training=True)
    assert run.optimizer is not None
    assert run.seconds == pytest.approx(sum(layer.seconds for layer in run.layers) + run.optimizer.seconds)
    assert run.samples_per_second == pytest.approx(32 / run.seconds)
    assert run.bound in {"compute", "memory"}
    by_compute = run.bound_share if run.bound == "compute" else 1 - run.bound_share
    assert by_compute * run.seconds == pytest.approx(sum(layer.compute_seconds for layer in run._all))
    assert 0.5 <= run.bound_share <= 1


def test_auxiliary_heads_take_time_in_training_alone() -> None:
    net = network(
        "  y = x -> conv(4, 3) -> gap -> flatten\n  aux a = y -> linear(3)\n  return y -> linear(2)"
    )
    paths = [layer.path for layer in roofline(net, H200).layers]
    assert "linear1" not in paths
    assert "linear1" in [layer.path for layer in roofline(net, H200, training=True).layers]


def test_narrow_types_move_half(resnet50: Network) -> None:
    wide, narrow = (roofline(resnet50, H200, 64, dtype) for dtype in ("tf32", "bfloat16"))
    assert 2 * narrow.moved_bytes == wide.moved_bytes
    assert narrow.seconds == pytest.approx(wide.seconds / 2, rel=0.01)
    assert narrow.intensity == pytest.approx(2 * wide.intensity)


@pytest.mark.parametrize("optimizer", OPTIMIZER_TRAFFIC)
def test_the_step_reads_and_writes_the_moments(resnet50: Network, optimizer: str) -> None:
    run = roofline(resnet50, H200, training=True, optimizer=optimizer)
    assert run.optimizer is not None
    assert run.optimizer.moved_bytes == 4 * 25_557_032 * (3 + 2 * OPTIMIZER_STATES[optimizer])


def test_what_is_refused(resnet50: Network) -> None:
    with pytest.raises(ValueError, match="at least one sample"):
        roofline(resnet50, H200, batch=0)
    with pytest.raises(DeviceError, match="no dtype `int8`"):
        roofline(resnet50, H200, dtype="int8")
    with pytest.raises(DeviceError, match="no rate"):
        roofline(resnet50, DEVICES["laptop-cpu"], dtype="bfloat16")
