"""An operator's examples as models, and its emitted code as what torch runs."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import resnet_dsl
from resnet_dsl.ir.graph import Network, Node
from resnet_dsl.ops.emission import CallCode, Emission, Slot, TextCode
from resnet_dsl.ops.parameter import REQUIRED
from resnet_dsl.ops.record import Example, Operator
from resnet_dsl.ops.registry import operators

BATCH = 2  # batch normalisation needs more than one value a channel


def literal(value: Any) -> str:
    """A value as a spec writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    return str(value)


def spec_of(operator: Operator, example: Example) -> str:
    """A model that is one application of the operator."""
    names = [f"x{index}" for index in range(len(example.inputs))]
    shapes = [shape if len(shape) != 2 else (shape[0] * shape[1],) for shape in example.inputs]
    inputs = [f"  input {name} {literal(shape)}\n" for name, shape in zip(names, shapes, strict=True)]
    if example.channels_last:
        inputs += [f"  {name} = {name} -> channels_last\n" for name in names]
    # A sequence is no input of a model; it is made of a vector.
    sequences = {name: shape for name, shape in zip(names, example.inputs, strict=True) if len(shape) == 2}
    inputs += [f"  {name} = {name} -> reshape({literal(shape)})\n" for name, shape in sequences.items()]
    arguments = [*names, *(f"{name} = {literal(value)}" for name, value in example.arguments)]
    return (
        "model probe() {\n"
        + "".join(inputs)
        + f"  return {names[0]} -> subject: {operator.name}({', '.join(arguments[1:])})\n}}\n"
    )


def cases(*, valid: bool, views: bool = False) -> list[Any]:
    return [
        pytest.param(operator, example, id=f"{operator.name}-{index}")
        for operator in operators().values()
        if operator.view or not views
        for index, example in enumerate(operator.examples)
        if bool(example.error) is not valid
    ]


def elaborate(operator: Operator, example: Example) -> tuple[Network, Node]:
    network = resnet_dsl.loads(spec_of(operator, example))["probe"].network
    node = network.node(network.output)
    assert node.op is operator
    return network, node


def emission_of(operator: Operator, node: Node) -> Emission:
    return operator.emission(node.attributes, node.operand_shapes, node.shape)


def written(code: CallCode | TextCode, operands: Sequence[str]) -> str:
    """Emitted code as text, with names in the operands' places."""
    if isinstance(code, TextCode):
        holes = {"self": "held"} | dict(code.values)
        joined = {sign: f" {sign} ".join(operands) for sign in "+*,"}
        shown = {key: value if key == "self" else repr(value) for key, value in holes.items()}
        return code.template.format(*operands, **shown, **joined)
    arguments = []
    for argument in code.arguments:
        if argument.default is not REQUIRED and argument.value == argument.default:
            continue
        match argument.value:
            case Slot(index):
                text = operands[index]
            case CallCode() | TextCode() as inner:
                text = written(inner, operands)
            case value:
                text = repr(value)
        arguments.append(f"{argument.name}={text}" if argument.name else text)
    return f"{code.callee}({', '.join(arguments)})"


def torch_names(emission: Emission) -> dict[str, Any]:
    """What emitted code may name: torch as generated modules import it, and its own support."""
    scope = {"F": functional, "nn": nn, "torch": torch, "Tensor": Tensor}
    if emission.support is not None:
        exec(emission.support.text, scope)
    return scope


def built(emission: Emission) -> nn.Module:
    assert emission.module is not None
    module = eval(written(emission.module, ()), torch_names(emission))
    assert isinstance(module, nn.Module)
    return module


def kept(emission: Emission) -> Tensor | None:
    """The bare tensor that the operator holds."""
    if emission.held is None:
        return None
    tensor = eval(written(emission.held, ()), torch_names(emission))
    assert isinstance(tensor, nn.Parameter | nn.Buffer)
    return tensor


def applied(emission: Emission, values: Sequence[Tensor], held: Tensor | None, *, training: bool) -> Tensor:
    assert emission.function is not None
    names = [f"x{index}" for index in range(len(values))]
    scope = torch_names(emission) | {"self": SimpleNamespace(training=training), "held": held}
    result = eval(written(emission.function, names), scope | dict(zip(names, values, strict=True)))
    assert isinstance(result, Tensor)
    return result


class Function:
    """An operator written as a function, with the tensor that it holds."""

    def __init__(self, emission: Emission) -> None:
        self.emission = emission
        self.held = kept(emission)

    def __call__(self, *values: Tensor) -> Tensor:
        return applied(self.emission, values, self.held, training=True)


def runs(operator: Operator, node: Node) -> list[Any]:
    """Each way that the operator can be written, as a function of operands."""
    emission = emission_of(operator, node)
    found: list[Any] = []
    if emission.module is not None:
        found.append(built(emission))
    if emission.function is not None:
        found.append(Function(emission))
    assert found, "an operator is written as a module, as a function, or both"
    return found


def operand_values(node: Node) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [
        torch.randn(BATCH, *shape.plain(), generator=generator, requires_grad=True)
        for shape in node.operand_shapes
    ]
