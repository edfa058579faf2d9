"""Which keys a block of the library makes, read off its text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from resnet_dsl.ops.registry import operators
from resnet_dsl.syntax import tree


def keys(declaration: tree.Block | tree.Model) -> Iterator[str]:
    """A phrase for each module with weights, in the order of the text: arms of an `if` both."""
    own = {entry.name.text: entry.is_tensor for entry in declaration.parameters}  # whether it is a tensor
    found = dict.fromkeys(_body(declaration.body, Counter(), own))
    yield from found


def _body(body: tree.Body, counted: Counter[str], own: dict[str, bool]) -> Iterator[str]:
    for statement in body.statements:
        match statement:
            case tree.Input():
                own[statement.name.text] = True
            case tree.Bind():
                yield from _pipeline(statement.pipeline, counted, own)
                own[statement.name.text] = True
            case tree.Return():
                yield from _pipeline(statement.pipeline, counted, own)
            case tree.If():
                then, otherwise = Counter(counted), Counter(counted)
                yield from _body(statement.then, then, own)
                if statement.otherwise is not None:
                    yield from _body(statement.otherwise, otherwise, own)
                counted |= then | otherwise
            case _:
                pass


def _pipeline(pipeline: tree.Pipeline, counted: Counter[str], own: dict[str, bool]) -> Iterator[str]:
    for step in pipeline.steps:
        action = step.action
        label = step.label.span.text.strip('"') if step.label is not None else ""
        if not isinstance(action, tree.Apply):
            inner = "seq" if isinstance(action, tree.Seq) else "repeat"
            yield f"`{label}.0`, `{label}.1`, ... (`{inner}`)" if label else f"numbers (`{inner}`)"
            continue
        name = ".".join(part.text for part in action.path)
        operator = operators().get(name) if name not in own else None
        if operator is not None and label:
            if operator.has_weights:
                yield f"`{label}`"
        elif operator is not None:
            counted[name] += 1
            if operator.has_weights:
                yield f"`{name}{counted[name]}`"
        elif label:
            yield f"`{label}` (`{name}`)"
        elif not own.get(name, False):
            yield f"those of `{name}`"
