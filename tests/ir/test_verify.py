"""`verify` finds every invariant that can break, and lets sound networks pass."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import resnet_dsl
from resnet_dsl.diagnostics.model import InternalError
from resnet_dsl.ir.graph import AuxiliaryOutput, Network, Operand
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ir.verify import verify, verify_graph
from tests.specs.shipped import PATHS, place, program

SPEC = """
block unit(x) {
  y = x -> conv(3, 3) -> bn
  shortcut s = x
  return add(y, s) -> relu
}
model m() {
  input image [3, 4, 4]
  return image -> one: unit -> two: unit -> last.head: conv(2, 1)
}
"""


@pytest.fixture
def network() -> Network:
    network = resnet_dsl.loads(SPEC)["m"].network
    assert len(network.graph) == len(network)  # made now, so that damage on either side shows
    return network


def verify_all(network: Network) -> None:
    verify(network)
    verify_graph(network)


def add_of(network: Network) -> int:
    return next(node.id for node in network.nodes() if node.op.name == "add")


def test_a_sound_network_passes(network: Network) -> None:
    verify_all(network)


def test_a_tensor_used_twice_keeps_both_edges() -> None:
    spec = "model m() {\n  input x [3, 4, 4]\n  y = x -> relu\n  return add(y, y)\n}\n"
    network = resnet_dsl.loads(spec)["m"].network
    verify_all(network)
    assert network.graph.number_of_edges(1, 2) == 2


@pytest.mark.parametrize("path", PATHS, ids=place)
def test_every_shipped_spec_passes(path: Path) -> None:
    for compiled in program(path).models.values():
        verify_all(compiled.network)


def swap_operands(network: Network) -> None:
    node = network.node(add_of(network))
    node.operands = node.operands[::-1]


def read_a_later_node(network: Network) -> None:
    node = network.node(1)
    node.operands = (Operand(len(network) - 1),)


def lose_an_edge(network: Network) -> None:
    network.graph.remove_edge(*next(iter(network.graph.in_edges(add_of(network), keys=True))))


def leave_a_gap_between_ports(network: Network) -> None:
    target = add_of(network)
    source, _, port = list(network.graph.in_edges(target, keys=True))[1]
    network.graph.remove_edge(source, target, key=port)
    network.graph.add_edge(source, target, key=port + 1, shortcut=True)


def unmark_a_shortcut(network: Network) -> None:
    node = network.node(add_of(network))
    node.operands = tuple(operand._replace(shortcut=False) for operand in node.operands)


def add_an_edge_back(network: Network) -> None:
    network.graph.add_edge(len(network) - 1, 1, key=1, shortcut=False)


def store_another_shape(network: Network) -> None:
    network.node(2).shape = Shape.map(3, 5, 5)


def note_another_operand_shape(network: Network) -> None:
    network.node(2).operand_shapes = (Shape.map(3, 5, 5),)


def repeat_a_path(network: Network) -> None:
    node = network.node(2)
    node.name, node.path = network.node(1).name, network.node(1).path


def number_a_node_wrongly(network: Network) -> None:
    network.node(2).id = 3


def list_a_node_twice(network: Network) -> None:
    network.scopes[0].items.append(network.node(2))


def forget_a_node(network: Network) -> None:
    network.scope(network.node(2).scope).items.remove(network.node(2))


def move_a_node(network: Network) -> None:
    network.node(2).scope = 0


def forget_a_scope(network: Network) -> None:
    network.root.items.remove(network.scopes[1])


def list_a_scope_twice(network: Network) -> None:
    network.root.items.append(network.scopes[1])


def give_a_scope_a_later_parent(network: Network) -> None:
    network.scopes[1].parent = 2


def name_a_scope_wrongly(network: Network) -> None:
    network.scopes[1].path = "three"


def number_a_scope_wrongly(network: Network) -> None:
    network.scopes[1].id = 2


def forget_the_scopes(network: Network) -> None:
    network.scopes.clear()


def point_the_output_nowhere(network: Network) -> None:
    network.output = network.root.output = 99


def disagree_about_the_output(network: Network) -> None:
    network.root.output = 1


def point_a_scope_nowhere(network: Network) -> None:
    network.scopes[1].output = 99


def point_an_auxiliary_output_nowhere(network: Network) -> None:
    network.auxiliary.append(AuxiliaryOutput("side", 99))


def forget_the_input(network: Network) -> None:
    network.inputs.clear()


BREAKAGES = [
    swap_operands,
    read_a_later_node,
    lose_an_edge,
    leave_a_gap_between_ports,
    unmark_a_shortcut,
    add_an_edge_back,
    store_another_shape,
    note_another_operand_shape,
    repeat_a_path,
    number_a_node_wrongly,
    list_a_node_twice,
    forget_a_node,
    move_a_node,
    forget_a_scope,
    list_a_scope_twice,
    give_a_scope_a_later_parent,
    name_a_scope_wrongly,
    number_a_scope_wrongly,
    forget_the_scopes,
    point_the_output_nowhere,
    disagree_about_the_output,
    point_a_scope_nowhere,
    point_an_auxiliary_output_nowhere,
    forget_the_input,
]


@pytest.mark.parametrize("damage", BREAKAGES, ids=lambda damage: damage.__name__)
def test_damage_is_found(network: Network, damage: Callable[[Network], None]) -> None:
    damage(network)
    with pytest.raises(InternalError, match="network 'm'"):
        verify_all(network)
