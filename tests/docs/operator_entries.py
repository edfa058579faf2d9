"""`docs/operators.md`, made from the table of operators: one entry each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import resnet_dsl
from resnet_dsl.diagnostics.catalog import entries
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network, Node
from resnet_dsl.ops.emission import CallCode, Emission, TextCode
from resnet_dsl.ops.parameter import Parameter
from resnet_dsl.ops.record import Example, Operator
from resnet_dsl.ops.registry import operators
from resnet_dsl.semantics.values import show
from tests.docs.markdown import table

_MOST_EXAMPLES = 6
_OPERANDS = "xyz"
_KINDS = {
    "size": "an int or `[height, width]`",
    "ints": "a list of ints",
    "bool": "a bool",
    "int": "an int",
    "float": "a float",
}


def operator_index() -> Iterator[str]:
    """Every operator by category, with a link to its entry."""
    for category in Category:
        names = [entry.name for entry in operators().values() if entry.category is category]
        if names:
            yield f"- **{category.value}**: {', '.join(f'[{name}](#{name})' for name in names)}"


def operator_entries() -> Iterator[str]:
    """The entries, by name."""
    for operator in operators().values():
        yield from _entry(operator)


def _entry(operator: Operator) -> Iterator[str]:
    valid = [entry for entry in operator.examples if not entry.error]
    yield from (f"## {operator.name}", "", operator.summary, "")
    yield from ("```text", _call(operator), "```", "")
    if operator.parameters:
        rows = [
            (
                f"`{entry.name}`",
                takes(entry),
                "" if entry.required else f"`{_default(entry)}`",
                meaning(entry),
            )
            for entry in operator.parameters
        ]
        yield from (*table(("argument", "takes", "default", "meaning"), rows), "")
    yield f"- **Operands**: {_operands(operator)}."
    network, node = _compiled(operator, valid[0])
    if operator.counts_depth:
        yield "- **Depth**: a layer."
    yield f"- **torch**: {_torch(operator, valid)}."
    yield f"- **Reference**: {operator.reference}."
    yield from ("", "```rdl", *_spec(operator, valid[0], network, node), "```", "")
    uses = [_row(operator, entry) for entry in valid[:_MOST_EXAMPLES]]
    yield from (*table(("operands", "use", "output", "weights", "MACs"), uses), "")
    refused = [
        (
            _shapes(entry),
            f"`{_use(operator, entry)}`",
            f"{entry.error}: {entries()[entry.error].title}",
        )
        for entry in operator.examples
        if entry.error
    ]
    if refused:
        yield from (*table(("operands", "refused", "because"), refused), "")


def _call(operator: Operator) -> str:
    arguments = [
        entry.name if entry.required else f"{entry.name} = {_default(entry)}" for entry in operator.parameters
    ]
    return f"{operator.name}({', '.join(arguments)})" if arguments else operator.name


def _default(parameter: Parameter) -> str:
    value: Any = getattr(parameter.default, "value", parameter.default)
    return value if isinstance(value, str) else show(value)


def takes(parameter: Parameter) -> str:
    """The type and range of an argument, in words."""
    if parameter.choices:
        return ", ".join(f"`{choice}`" for choice in parameter.choices)
    low, high = parameter.minimum, parameter.maximum
    bounds = [f"{word} {bound:g}" for word, bound in (("≥", low), ("≤", high)) if bound is not None]
    return ", ".join([_KINDS[parameter.kind.value], *bounds])


def meaning(parameter: Parameter) -> str:
    """What an argument is for, with its unit and what `auto` stands for."""
    has_unit = parameter.unit and parameter.unit not in parameter.meaning
    unit = f", in {parameter.unit}" if has_unit else ""
    auto = f"; `auto` is {parameter.auto}" if parameter.auto else ""
    return f"{parameter.meaning}{unit}{auto}"


def _operands(operator: Operator) -> str:
    least, most = operator.arity
    count = f"{least} or more" if most is None else str(least) if least == most else f"{least} to {most}"
    words = {"1": "one tensor", "2": "two tensors"}
    what = "a gate" if operator.category is Category.MERGE else "of which the size is read"
    gates = [f"`depth` does not follow operand {position + 1}, {what}" for position in operator.gates]
    return "; ".join([words.get(count, f"{count} tensors"), *gates])


def _torch(operator: Operator, valid: Sequence[Example]) -> str:
    """What the operator becomes: torch's modules, functions and expressions."""
    forms: dict[str, None] = {}
    for entry in valid:
        _, node = _compiled(operator, entry)
        emission = operator.emission(node.attributes, node.operand_shapes, node.shape)
        forms |= dict.fromkeys(_forms(emission))
    return " or ".join(forms)


def _forms(emission: Emission) -> Iterator[str]:
    own = emission.support.name if emission.support else ""
    for code in (emission.module, emission.function):
        if isinstance(code, CallCode):
            yield f"`{code.callee}`, which stands in the module" if code.callee == own else f"`{code.callee}`"
        elif isinstance(code, TextCode):
            held = emission.held.template.partition("(")[0] if emission.held else ""
            yield f"`{_written(code)}`, where `w` is an `{held}`" if held else f"`{_written(code)}`"


def _written(code: TextCode) -> str:
    """The expression with letters for operands and names for values."""
    text = code.template
    for sign in "+*,":
        text = text.replace(f"{{{sign}}}", f" {sign} ".replace(" ,", ",").join(_OPERANDS[:2]))
    for position, letter in enumerate(_OPERANDS):
        text = text.replace(f"{{{position}}}", letter)
    for name, _ in code.values:
        text = text.replace(f"{{{name}}}", name)
    return text.replace("{self}", "w")


def _compiled(operator: Operator, example: Example) -> tuple[Network, Node]:
    network = resnet_dsl.loads("\n".join(_model(operator, example)))["example"].network
    return network, network.node(network.output)


def _spec(operator: Operator, example: Example, network: Network, node: Node) -> Iterator[str]:
    """The first example as a spec, with claims that the tests of the page check."""
    yield f"# output: {node.shape}"
    weights = node.op.weights(node.attributes, node.operand_shapes)
    yield f"# params: {sum(weight.elements for weight in weights if weight.trainable):_}"
    yield f"# macs: {operator.macs(node.attributes, node.operand_shapes, node.shape):_}"
    yield from _model(operator, example)


def _model(operator: Operator, example: Example) -> Iterator[str]:
    yield "model example {"
    names = _OPERANDS[: len(example.inputs)]
    made = []
    for name, sizes in zip(names, example.inputs, strict=True):
        is_sequence = len(sizes) == 2  # which no input can be
        yield f"  input {name} {show([sizes[0] * sizes[1]] if is_sequence else list(sizes))}"
        made.append(f" -> reshape({show(list(sizes))})" if is_sequence else "")
    layout = " -> channels_last" if example.channels_last else ""
    for name, step in zip(names[1:], made[1:], strict=True):
        if step or layout:
            yield f"  {name} = {name}{step}{layout}"
    yield f"  return {names[0]}{made[0]}{layout} -> {_use(operator, example)}"
    yield "}"


def _use(operator: Operator, example: Example) -> str:
    """``conv(16, 3, stride = 2)``: what is required by position, the rest by name."""
    given = dict(example.arguments)
    arguments = list(_OPERANDS[1 : len(example.inputs)])
    for parameter in operator.parameters:
        if not parameter.required or parameter.name not in given:
            break
        arguments.append(_literal(given.pop(parameter.name)))
    arguments += [f"{name} = {_literal(value)}" for name, value in given.items()]
    return f"{operator.name}({', '.join(arguments)})" if arguments else operator.name


def _literal(value: Any) -> str:
    return value if isinstance(value, str) else show(value)


def _shapes(example: Example) -> str:
    """The shapes of the operands, as a table has them."""
    if example.channels_last:
        sizes = [(height, width, channels) for channels, height, width in example.inputs]
        return ", ".join(f"`{_shape(entry)}` (channels last)" for entry in sizes)
    return ", ".join(f"`{_shape(entry)}`" for entry in example.inputs)


def _shape(sizes: Sequence[int]) -> str:
    return "x".join(str(size) for size in sizes)


def _row(operator: Operator, example: Example) -> tuple[str, ...]:
    _, node = _compiled(operator, example)
    inputs = node.operand_shapes
    weights = ", ".join(
        f"{f'`{weight.name}`' if weight.name else 'the path itself'} {show(list(weight.shape))}"
        for weight in operator.weights(node.attributes, inputs)
    )
    macs = operator.macs(node.attributes, inputs, node.shape)
    return (
        _shapes(example),
        f"`{_use(operator, example)}`",
        f"`{node.shape}`",
        weights,
        f"{macs:,}" if macs else "",
    )
