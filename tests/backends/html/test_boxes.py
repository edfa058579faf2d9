"""What can be folded, and in which order it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

import resnet_dsl
from resnet_dsl.backends.graphviz.wiring import Wiring, wire
from resnet_dsl.backends.html.box import Box, Level
from resnet_dsl.backends.html.boxes import boxes


def boxes_of(wiring: Wiring) -> list[Box]:
    found = [boxes(wiring)]
    for box in found:
        found.extend(box.boxes)
    return found


@pytest.mark.parametrize(
    ("spec", "model"),
    [
        ("timm/res2net.rdl", "res2net50_26w_8s"),
        ("timm/sknet.rdl", "skresnet50"),
        ("timm/dpn.rdl", "dpn68"),
        ("torchvision/inception.rdl", "inception_v3"),
        ("hourglass2.rdl", "hourglass2"),
        ("densenet_bc_100_12.rdl", "densenet_bc_100_12"),
    ],
)
def test_every_member_stands_behind_what_it_reads(specs: Path, spec: str, model: str) -> None:
    wiring = wire(resnet_dsl.load(specs / spec)[model].network, contract_shortcuts=False)
    for box in boxes_of(wiring):
        place = {
            node: index
            for index, member in enumerate(box.members)
            for node in (member.nodes() if isinstance(member, Box) else [member])
        }
        lines = [(line.source, node) for node in place for line in wiring.into[node]]
        assert [line for line in lines if place.get(line[0], -1) > place[line[1]]] == []


def test_runs_are_chains_of_like_blocks(specs: Path) -> None:
    wiring = wire(resnet_dsl.load(specs / "resnet50.rdl")["resnet50"].network, contract_shortcuts=False)
    runs = [box for box in boxes_of(wiring) if box.scope is None]
    # The first unit of each stage has a projection, so the others are like each other only.
    assert [len(run.members) for run in runs] == [2, 3, 5, 2]
    assert {run.opens for run in runs} == {Level.OP}


def test_branches_that_are_alike_are_no_run() -> None:
    spec = """block unit(x) { return x -> conv(4, 3) -> relu }
    model m {
      input image [4, 8, 8]
      left = image -> a: unit
      right = image -> b: unit
      return add(left, right)
    }"""
    wiring = wire(resnet_dsl.loads(spec)["m"].network, contract_shortcuts=False)
    assert [box.scope.path for box in boxes_of(wiring) if box.scope is not None] == ["", "a", "b"]


def test_dense_layers_are_a_run_though_their_channels_grow(specs: Path) -> None:
    network = resnet_dsl.load(specs / "densenet_bc_100_12.rdl")["densenet_bc_100_12"].network
    runs = [box for box in boxes_of(wire(network, contract_shortcuts=False)) if box.scope is None]
    assert [len(run.members) for run in runs] == [16, 16, 16]


def test_a_block_that_holds_one_operator_is_that_operator() -> None:
    spec = """block alone(x) { return x -> conv(4, 3) }
    model m {
      input image [3, 8, 8]
      return image -> a: alone -> relu
    }"""
    wiring = wire(resnet_dsl.loads(spec)["m"].network, contract_shortcuts=False)
    assert boxes(wiring).members == [0, 1, 2]
