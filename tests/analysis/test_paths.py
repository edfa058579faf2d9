"""Paths by length: against enumeration, binomials, and what the literature reports."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from math import comb

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

import resnet_dsl
from resnet_dsl.analysis import paths as counting
from resnet_dsl.analysis import residual
from resnet_dsl.analysis.paths import Lengths, count_paths, number_of_paths
from resnet_dsl.analysis.residual import path_ways
from resnet_dsl.ir.graph import Network
from tests.backends.pytorch.test_random_networks import spec

NETWORKS: st.SearchStrategy[str] = spec()
UNITS = """
from std.shortcuts import option_a, project
block identity_unit(x) {
  y = x -> conv(x.c, 3) -> relu -> conv(x.c, 3)
  return add(y, x)
}
block unit(x, width: int, stride: int = 1, by: op = project) {
  y = x -> conv(width, 3, stride) -> bn -> relu -> conv(width, 3) -> bn
  shortcut s = x -> side: by(width, stride)
  return add(y, s) -> relu
}
"""


def network(body: str) -> Network:
    text = UNITS + "model net {\n  input image [4, 16, 16]\n" + body + "\n}\n"
    return resnet_dsl.loads(text)["net"].network


def counts(lengths: Lengths) -> dict[int, int]:
    return {row.length: row.paths for row in lengths.rows}


def enumerated(net: Network) -> Iterator[tuple[int, ...]]:
    """Every path from the output back to an input, node by node: the slow and certain way."""
    pending: list[tuple[int, ...]] = [(net.output,)]
    while pending:
        path = pending.pop()
        node = net.node(path[-1])
        if not node.operands:
            yield path
        followed = node.inputs[:1] if node.op.name in {"mul", "crop"} else node.inputs
        pending.extend((*path, source) for source in followed)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(NETWORKS, st.sampled_from([0.0, 0.25, 1.0, 3.0]))
def test_random_networks_against_enumeration(text: str, decay: float) -> None:
    net = resnet_dsl.loads(text)["net"].network
    found = count_paths(net, decay)
    assert number_of_paths(net) == found.total == found.layers.total == found.branches.total
    if found.total > 20_000:
        return
    weighted = {"conv", "linear", "deconv", "conv1d"}
    layers: Counter[int] = Counter()
    branches: Counter[int] = Counter()
    weights: defaultdict[int, float] = defaultdict(float)
    ways = path_ways(net)
    for path in enumerated(net):
        length = sum(net.node(node).op.name in weighted for node in path)
        steps = pairwise(path)
        # No join of these networks has one operand twice but as a branch and a branch.
        taken = sum(dict(ways.into[target])[source] for target, source in steps)
        layers[length] += 1
        branches[taken] += 1
        weights[length] += decay**taken
    assert counts(found.layers) == layers
    assert counts(found.branches) == branches
    whole = sum(weights.values())
    for row in found.layers.rows:
        assert row.weight == pytest.approx(weights[row.length] / whole, abs=1e-12)
    for row in found.branches.rows:
        assert row.weight == pytest.approx(branches[row.length] * decay**row.length / whole, abs=1e-12)


@pytest.mark.parametrize("n", [1, 2, 5, 16])
@pytest.mark.parametrize("step", ["identity_unit", "unit(x.c + 2)", "unit(x.c + 2, by = option_a)"])
def test_a_residual_stack_is_binomial(n: int, step: str) -> None:
    repeated = "\n".join(f"  x{i + 1} = x{i} -> b{i}: {step.replace('x.c', f'x{i}.c')}" for i in range(n))
    found = count_paths(network(f"  x0 = image\n{repeated}\n  return x{n}"))
    assert found.joins == n
    assert counts(found.branches) == {k: comb(n, k) for k in range(n + 1)}
    assert found.total == 2**n


def test_layers_of_a_projection_lie_on_its_paths() -> None:
    found = count_paths(network("  return image -> unit(8)"))
    assert counts(found.layers) == {1: 1, 2: 1}
    assert counts(found.branches) == {0: 1, 1: 1}


def test_a_plain_network_is_one_path() -> None:
    found = count_paths(network("  return image -> conv(4, 3) -> relu -> conv(4, 3) -> conv(4, 3)"))
    assert counts(found.layers) == {3: 1}
    assert found.joins == 0
    assert found.branches.effective == (0, 0)


def test_twins() -> None:
    whole = resnet_dsl.load("specs/resnet50.rdl")["resnet50"]
    plain = resnet_dsl.load("specs/resnet50.rdl", without_shortcuts=True)["resnet50"]
    shorter = resnet_dsl.load("specs/resnet50.rdl", delete_blocks=["layer3.2"])["resnet50"]
    assert [number_of_paths(net.network) for net in (whole, shorter, plain)] == [2**16, 2**15, 1]
    assert count_paths(plain.network).layers.rows[0].length == 50


def test_the_gate_of_a_product_is_no_path() -> None:
    gated = "  g = y -> gap -> conv(4, 1) -> sigmoid\n"
    found = count_paths(network(f"  y = image -> conv(4, 3)\n{gated}  return mul(y, g) -> add(image)"))
    assert counts(found.layers) == {0: 1, 1: 1}


def test_the_size_that_a_crop_reads_is_no_path() -> None:
    found = count_paths(
        network("  y = image -> conv(4, 3, pad = 0)\n  s = image -> crop(y)\n  return concat(s, y)")
    )
    assert counts(found.branches) == {0: 1, 1: 1}


def test_a_tensor_used_twice_is_two_paths() -> None:
    found = count_paths(network("  x = image -> conv(4, 3)\n  return add(x, x)"))
    assert (found.total, found.joins) == (2, 0)


def test_branches_beside_each_other_are_no_residual_join() -> None:
    found = count_paths(
        network("  a = image -> conv(4, 3)\n  b = image -> conv(4, 1) -> conv(4, 3)\n  return concat(a, b)")
    )
    assert (found.joins, counts(found.layers)) == (0, {1: 1, 2: 1})


def test_two_inputs_start_paths_each() -> None:
    text = "model m {\n  input a [4, 8, 8]\n  input b [4, 8, 8]\n  return a -> conv(4, 3) -> add(b)\n}\n"
    found = count_paths(resnet_dsl.loads(text)["m"].network)
    assert (found.joins, counts(found.layers)) == (0, {0: 1, 1: 1})


def test_auxiliary_heads_are_left_out() -> None:
    body = "  x = image -> conv(4, 3)\n  aux head = x -> conv(2, 1)\n  return x -> relu"
    assert counts(count_paths(network(body)).layers) == {1: 1}


def test_a_network_that_returns_its_input() -> None:
    assert counts(count_paths(network("  return image")).layers) == {0: 1}


CHAINED = """
  y1 = image -> conv(2, 3)
  x1 = concat(image, y1)
  y2 = x1 -> conv(2, 3)
  x2 = concat(x1, y2)
  y3 = x2 -> conv(2, 3)
  return concat(x2, y3)"""
FLAT = """
  y1 = image -> conv(2, 3)
  y2 = concat(image, y1) -> conv(2, 3)
  y3 = concat(image, y1, y2) -> conv(2, 3)
  return concat(image, y1, y2, y3)"""


@pytest.mark.parametrize("body", [CHAINED, FLAT])
def test_dense_layers_are_told_alike_however_they_are_joined(body: str) -> None:
    found = count_paths(network(body))
    assert counts(found.branches) == counts(found.layers) == {0: 1, 1: 3, 2: 3, 3: 1}


@pytest.mark.parametrize(
    ("file", "model", "joins", "total"),
    [
        ("specs/cifar_resnet1202.rdl", "", 600, 2**600),
        ("specs/torchvision/densenet.rdl", "densenet201", 98, 2**98),
        ("specs/unet.rdl", "", 4, 5),
        ("specs/googlenet2014.rdl", "", 0, 4**9),
        ("specs/highway_mnist.rdl", "", 8, 2**8),
        ("specs/timm/dpn.rdl", "dpn68", 44, 4**22),  # a sum and a concatenation a unit
    ],
)
def test_networks_of_the_literature(file: str, model: str, joins: int, total: int) -> None:
    [name] = [model] if model else list(resnet_dsl.load(file))
    found = count_paths(resnet_dsl.load(file, model=model or None)[name].network)
    assert found.total == total
    assert found.joins == joins


def test_depth_is_the_longest_path() -> None:
    for file in ("specs/resnet50.rdl", "specs/unet.rdl", "specs/hourglass2.rdl", "specs/googlenet2014.rdl"):
        for entry in resnet_dsl.load(file).models.values():
            assert count_paths(entry.network).layers.rows[-1].length == entry.depth


def test_resnet_110_as_veit_et_al_report_it() -> None:
    """Effective paths are 5 to 17 modules long, 10 to 34 layers, and 0.45 % of all paths."""
    [net] = resnet_dsl.load("specs/cifar_resnet110.rdl").models.values()
    branches = count_paths(net.network).branches
    assert branches.effective == (5, 17)
    assert round(100 * branches.effective_paths / branches.total, 2) == 0.45
    assert branches.weighted_mean == pytest.approx(54 * 0.2)
    assert (branches.mean, branches.median) == (27, 27)


def test_without_decay_weights_are_shares() -> None:
    [net] = resnet_dsl.load("specs/cifar_resnet1202.rdl").models.values()
    found = count_paths(net.network, decay=1.0)
    for row in found.layers.rows:
        assert row.weight == pytest.approx(row.paths / found.total, rel=1e-9)


def test_too_many_paths_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    net = network("  return image -> repeat 12 { identity_unit }")
    for limit, value in (("MAX_BITS", 11), ("MAX_WORK", 2000), ("MAX_TERMS", 100)):
        with monkeypatch.context() as patch:
            patch.setattr(counting, limit, value)
            with pytest.raises(resnet_dsl.SpecError, match="RDL813"):
                count_paths(net)
    monkeypatch.setattr(residual, "MAX_STEPS", 10)
    with pytest.raises(resnet_dsl.SpecError, match="RDL813"):
        count_paths(net)
