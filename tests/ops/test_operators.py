"""Every operator's record against torch, for each of its examples.

Nothing here names an operator: a new record is tested as soon as it stands in the table.
"""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import resnet_dsl
from resnet_dsl.diagnostics.catalog import entries
from resnet_dsl.ir.shape import Shape
from resnet_dsl.ops.parameter import AUTO
from resnet_dsl.ops.record import Example, Operator
from resnet_dsl.ops.registry import operators
from resnet_dsl.semantics.names import refusal
from tests.ops.probes import (
    BATCH,
    applied,
    built,
    cases,
    elaborate,
    emission_of,
    kept,
    operand_values,
    runs,
    spec_of,
)


@pytest.mark.parametrize(("operator", "example"), cases(valid=True))
def test_shape_is_that_of_torch(operator: Operator, example: Example) -> None:
    _, node = elaborate(operator, example)
    for run in runs(operator, node):
        assert list(run(*operand_values(node)).shape) == [BATCH, *node.shape.plain()]


@pytest.mark.parametrize(("operator", "example"), cases(valid=True))
def test_module_and_function_agree(operator: Operator, example: Example) -> None:
    _, node = elaborate(operator, example)
    emission = emission_of(operator, node)
    if emission.module is None or emission.function is None:
        return  # written in one way only
    values = operand_values(node)
    module = built(emission).eval()
    torch.testing.assert_close(module(*values), applied(emission, values, None, training=False))


@pytest.mark.parametrize(("operator", "example"), cases(valid=True))
def test_weights_are_those_of_the_module(operator: Operator, example: Example) -> None:
    _, node = elaborate(operator, example)
    emission = emission_of(operator, node)
    weights = operator.weights(node.attributes, node.operand_shapes)
    if emission.held is not None:
        tensor = kept(emission)
        assert tensor is not None
        kept_out = isinstance(tensor, nn.Buffer) and not tensor.persistent
        dtype = str(tensor.dtype).removeprefix("torch.")
        own = [] if kept_out else [("", tuple(tensor.shape), isinstance(tensor, nn.Parameter), dtype)]
        assert list(weights) == own
        return
    if emission.module is None:
        assert not weights
        return
    module = built(emission)
    assert [(weight.name, weight.shape, weight.dtype) for weight in weights] == [
        (key, tuple(value.shape), str(value.dtype).removeprefix("torch."))
        for key, value in module.state_dict().items()
    ]
    assert {weight.name for weight in weights if weight.trainable} == {
        name for name, _ in module.named_parameters()
    }
    assert bool(weights) <= operator.has_weights


@pytest.mark.parametrize(("operator", "example"), cases(valid=True))
def test_macs_are_half_of_torch_flops(operator: Operator, example: Example) -> None:
    _, node = elaborate(operator, example)
    for run in runs(operator, node):
        with FlopCounterMode(display=False) as counter:
            run(*operand_values(node))
        macs = operator.macs(node.attributes, node.operand_shapes, node.shape)
        assert counter.get_total_flops() == 2 * BATCH * macs


@pytest.mark.parametrize(("operator", "example"), cases(valid=True))
def test_saved_bytes_are_those_of_autograd(operator: Operator, example: Example) -> None:
    _, node = elaborate(operator, example)
    saved = operator.saved(node.attributes, node.operand_shapes, node.shape)
    shapes: list[Shape] = [node.operand_shapes[position] for position in saved.operands]
    if saved.output:
        shapes.append(node.shape)
    per_sample = sum(4 * shape.elements for shape in shapes) + saved.extra_bytes
    for run in runs(operator, node):
        weights = [*run.parameters(), *run.buffers()] if isinstance(run, nn.Module) else [run.held]
        own = {value.untyped_storage().data_ptr() for value in weights if value is not None}
        found: dict[int, Tensor] = {}

        def keep(value: Tensor, own: set[int] = own, found: dict[int, Tensor] = found) -> Tensor:
            place = value.untyped_storage().data_ptr()
            if place not in own:
                found[place] = value
            return value

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda value: value):
            run(*operand_values(node))
        total = sum(value.untyped_storage().nbytes() for value in found.values())
        assert total == BATCH * per_sample + saved.fixed_bytes


@pytest.mark.parametrize(("operator", "example"), cases(valid=True, views=True))
def test_view_shares_the_operands_storage(operator: Operator, example: Example) -> None:
    _, node = elaborate(operator, example)
    for run in runs(operator, node):
        values = operand_values(node)
        assert run(*values).untyped_storage().data_ptr() == values[0].untyped_storage().data_ptr()


@pytest.mark.parametrize(("operator", "example"), cases(valid=True))
def test_initialisers_run(operator: Operator, example: Example) -> None:
    _, node = elaborate(operator, example)
    emission = emission_of(operator, node)
    for initialiser in emission.initialisers:
        assert emission.module is not None
        module = built(emission)
        tensor = getattr(module, initialiser.weight)
        call = f"{initialiser.function}({', '.join(['tensor', *initialiser.arguments])})"
        eval(call, {"nn": nn, "tensor": tensor})
        assert torch.isfinite(tensor).all()


@pytest.mark.parametrize(("operator", "example"), cases(valid=False))
def test_invalid_example_gives_exactly_its_diagnostic(operator: Operator, example: Example) -> None:
    with pytest.raises(resnet_dsl.SpecError) as raised:
        resnet_dsl.loads(spec_of(operator, example))
    assert [entry.code for entry in raised.value.diagnostics] == [example.error]


@pytest.mark.parametrize("operator", list(operators().values()), ids=lambda operator: operator.name)
def test_record_is_complete(operator: Operator) -> None:
    codes = {example.error for example in operator.examples}
    assert "" in codes, "an operator needs a valid example"
    assert codes - {""}, "an operator needs an invalid example"
    assert codes - {""} <= set(entries())
    assert operator.reference
    assert operator.summary.endswith(".")
    assert operator.short
    least, _ = operator.arity
    assert least >= 1
    assert all(position < least for position in operator.gates)
    for parameter in operator.parameters:
        assert parameter.meaning, parameter.name
        assert (parameter.default is AUTO) == bool(parameter.auto), parameter.name
        tried = (
            {dict(example.arguments).get(parameter.name, parameter.default) for example in operator.examples}
            if parameter.choices
            else set()
        )
        assert tried >= set(parameter.choices), f"no example has each choice of {parameter.name}"
    assert len({entry.name for entry in operator.parameters}) == len(operator.parameters)


@pytest.mark.parametrize(("operator", "example"), cases(valid=True))
def test_no_model_can_take_the_name_of_a_class_that_torch_lacks(operator: Operator, example: Example) -> None:
    _, node = elaborate(operator, example)
    support = emission_of(operator, node).support
    assert support is None or refusal(support.name, is_model=True) is not None
