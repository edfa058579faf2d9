"""The model's own class: features and head apart, auxiliary outputs."""

from __future__ import annotations

from resnet_dsl.analysis.head import Member, head_start
from resnet_dsl.backends.pytorch.classes import ClassWriter
from resnet_dsl.backends.pytorch.code import BODY, METHOD, WIDTH, layout, plain, signature
from resnet_dsl.backends.pytorch.groups import Group
from resnet_dsl.backends.pytorch.identifiers import docstring
from resnet_dsl.backends.pytorch.initial import InitialWeights, weighted
from resnet_dsl.backends.pytorch.plan import Plan
from resnet_dsl.backends.pytorch.units import Ref
from resnet_dsl.ir.graph import Network
from resnet_dsl.ir.shape import Shape


class ModelWriter(ClassWriter):
    """Writes the class of the whole network."""

    def __init__(self, plan: Plan, network: Network, group: Group, name: str) -> None:
        group.name = name
        super().__init__(plan, network, group)

    def model_lines(self) -> list[str]:
        doc = docstring(self.unit.scope.doc, METHOD) if self.unit.scope.doc else []
        init = InitialWeights(self.plan, self.unit).lines()
        lines = [f"class {self.group.name}(nn.Module):", *doc, *([""] if doc else [])]
        lines += [f"{' ' * METHOD}def __init__(self) -> None:", f"{' ' * BODY}super().__init__()"]
        lines += self.module_lines()
        if init:
            lines += [f"{' ' * BODY}self._init_weights()", "", *init]
        lines += ["", *self._forward()]
        return lines

    # --- forward ---------------------------------------------------------------------------------

    def _forward(self) -> list[str]:
        if self.unit.auxiliary:
            return self._with_auxiliary()
        split = self._split()
        if split is None:
            return self.forward_method()
        names = self.arguments()
        typed = [f"{name}: Tensor" for name in names]
        features = self.unit.steps[split].operands[0]
        first = self.body()
        for ref, name in zip(self.inputs(), names, strict=True):
            first.start(ref, name)
        body = first.run(list(range(split)), features)
        second = self.body()
        second.start(features, "x")
        head = second.run(list(range(split, len(self.unit.steps))), self.unit.output)
        return [
            *signature("forward_features", ["self", *typed], "Tensor", METHOD),
            *first.lines,
            *layout("return ", body.text, "" if body.nesting == 0 else self._shape(features), BODY),
            "",
            *signature("forward_head", ["self", "x: Tensor"], "Tensor", METHOD),
            *second.lines,
            *layout("return ", head.text, self._shape(self.unit.output), BODY),
            "",
            *signature("forward", ["self", *typed], "Tensor", METHOD),
            f"{' ' * BODY}return self.forward_head(self.forward_features({', '.join(names)}))",
        ]

    def _shape(self, ref: Ref) -> str:
        return f"  # {self._output_shape(ref)}"

    def _output_shape(self, ref: Ref) -> str:
        if ref.kind == "in":
            return self.network.node(self.unit.inputs[ref.index]).shape.batched()
        return self._output(ref.index).batched()

    def _split(self) -> int | None:
        """The step at which the head begins; None for networks that end in a map."""
        steps = [
            Member(step.node, step.operands, Ref("step", index), self._output(index))
            for index, step in enumerate(self.unit.steps)
        ]
        start = head_start(steps, self.unit.output, self._has_weights)
        if start is None:
            return None
        before = self.unit.steps[start].operands[0]
        return None if before.index in self.aliases else start

    def _output(self, index: int) -> Shape:
        step = self.unit.steps[index]
        if step.node is not None:
            return step.node.shape
        assert step.unit is not None
        return self.network.node(step.unit.scope.output).shape

    def _has_weights(self, index: int) -> bool:
        step = self.unit.steps[index]
        if step.unit is not None:
            return bool(weighted(step.unit))
        return step.node is not None and bool(getattr(step.node.op, "has_weights", False))

    def _with_auxiliary(self) -> list[str]:
        names = self.arguments()
        main, extra = self.body(), [ref for _, ref in self.unit.auxiliary]
        steps = range(len(self.unit.steps))
        for ref, name in zip(self.inputs(), names, strict=True):
            main.start(ref, name)
        read_by_aux = [
            ref for i in steps if self.unit.steps[i].auxiliary for ref in self.unit.steps[i].operands
        ]
        main.keep([ref for ref in [*extra, *read_by_aux] if not self._auxiliary(ref)])
        main.keep([self.unit.output])
        result = main.run([i for i in steps if not self.unit.steps[i].auxiliary], self.unit.output)
        side = self.body(indent=BODY + 4)
        side.values = dict(main.values)
        side.holder = dict(main.holder)
        side.last[self.unit.output] = len(steps)
        side.keep([*extra, *main.holder.values()])
        side.run([i for i in steps if self.unit.steps[i].auxiliary], extra[-1])
        outputs = [result.text, *[side.values[side.real(ref)].text for ref in extra]]
        both = f"{' ' * (BODY + 4)}return {', '.join(outputs)}"
        many = ", ".join(["Tensor"] * (len(extra) + 1))
        pad = " " * BODY
        return [
            *signature(
                "forward",
                ["self", *[f"{name}: Tensor" for name in names]],
                f"Tensor | tuple[{many}]",
                METHOD,
            ),
            *main.lines,
            f"{pad}if self.training:",
            *side.lines,
            *([both] if len(both) <= WIDTH else layout("return ", plain("", *outputs), "", BODY + 4)),
            *layout("return ", result.text, "", BODY),
        ]

    def _auxiliary(self, ref: Ref) -> bool:
        return ref.kind == "step" and self.unit.steps[ref.index].auxiliary
