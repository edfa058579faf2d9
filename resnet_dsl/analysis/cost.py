"""What an audit tells of a network, as data: see `auditing` for how it is made.

Every figure is an exact integer worked out from the operators' own rules, one row an operator.
There are two graphs: what training runs, and what inference runs, which lacks auxiliary heads.
MACs count the inference graph, parameters every operator, also those that no output needs: they
never run, but the module has them. `LayerCost.runs` tells rows apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

from resnet_dsl.ir.contract import Category

if TYPE_CHECKING:
    from resnet_dsl.analysis.resources import Resources
    from resnet_dsl.ir.claim import Claim

# What MACs are, in every report and in generated code.
MULTIPLY_ADDS = "multiply-adds of convolutions (transposed ones and blurs included) and linear layers"
# Where an operator runs: in both graphs, in training alone (an auxiliary head), or, where no output
# needs it, nowhere.
Runs = Literal["always", "training", "never"]


class LayerCost(NamedTuple):
    """One operator's row. Shapes are ``(C, H, W)`` or ``(F,)``; bytes are of float32.

    `block` and `stage` are paths of the enclosing instances, None where there is none; `block` is
    the outermost named block inside the stage, so a bottleneck and not its projection.
    `activation_bytes` is the size of the output; `saved_bytes` what autograd keeps for backward
    because of this row and no earlier one. `file` and `line` say where the operator is written.
    """

    path: str
    op: str
    detail: str
    category: Category
    block: str | None
    stage: str | None
    block_type: str
    stage_type: str
    in_shapes: tuple[tuple[int, ...], ...]
    out_shape: tuple[int, ...]
    params: int
    buffers: int
    macs: int
    other_ops: int
    activation_bytes: int
    saved_bytes: int
    saved_fixed_bytes: int
    file: str
    line: int
    runs: Runs
    seconds: float = 0.0  # these two where a device was asked for: see `roofline`
    compute_seconds: float = 0.0
    flops: int = 0  # these two with `resources`: see `workload`
    moved_bytes: int = 0

    @property
    def inference(self) -> bool:
        """Whether inference runs it."""
        return self.runs == "always"


@dataclass(frozen=True)
class CostReport:
    """A network's cost.

    `params` are trainable elements, auxiliary heads included; `buffers` elements of the
    ``state_dict`` that are not trained; `macs` multiply-adds of convolutions (transposed ones and blurs included) and linear
    layers of the inference graph for one sample; `activation_bytes` and `saved_bytes` (what
    autograd keeps for one training step) are for `batch` samples.
    `layers` are in execution order, without the inputs.
    """

    model: str
    inputs: tuple[tuple[str, tuple[int, ...]], ...]
    output: tuple[int, ...]
    auxiliary: tuple[tuple[str, tuple[int, ...]], ...]
    depth: int
    weight_bytes: int
    inference_weight_bytes: int  # without auxiliary heads
    layers: tuple[LayerCost, ...]
    batch: int = 1
    variant: str = ""  # what an edit left out of the model: ``without shortcuts``
    resources: Resources | None = None  # memory and time, where they were asked for
    claims: tuple[Claim, ...] = ()  # what the spec expects, where that was asked for

    @property
    def title(self) -> str:
        """The model's name, with what an edit left out."""
        return f"{self.model} {self.variant}".rstrip()

    @property
    def input(self) -> tuple[int, ...]:
        """The shape of the first input."""
        return self.inputs[0][1]

    @cached_property
    def params(self) -> int:
        return sum(layer.params for layer in self.layers)

    @cached_property
    def inference_params(self) -> int:
        """Parameters without those that only auxiliary heads use."""
        return sum(layer.params for layer in self.layers if layer.inference)

    @cached_property
    def buffers(self) -> int:
        return sum(layer.buffers for layer in self.layers)

    @cached_property
    def inference_buffers(self) -> int:
        """Buffers without those of auxiliary heads."""
        return sum(layer.buffers for layer in self.layers if layer.inference)

    @cached_property
    def macs(self) -> int:
        return sum(layer.macs for layer in self.layers if layer.inference)

    @cached_property
    def training_macs(self) -> int:
        """Multiply-adds of one forward pass in training, auxiliary heads included."""
        return sum(layer.macs for layer in self.layers if layer.runs != "never")

    @cached_property
    def other_ops(self) -> int:
        return sum(layer.other_ops for layer in self.layers if layer.inference)

    @cached_property
    def activation_bytes(self) -> int:
        return sum(layer.activation_bytes for layer in self.layers if layer.inference)

    @cached_property
    def saved_bytes(self) -> int:
        return sum(layer.saved_bytes for layer in self.layers)

    @property
    def conv_params(self) -> int:
        return self._params_of(Category.CONV)

    @property
    def linear_params(self) -> int:
        return self._params_of(Category.LINEAR)

    @property
    def norm_params(self) -> int:
        return self._params_of(Category.NORM)

    @property
    def other_params(self) -> int:
        return self.params - self.conv_params - self.linear_params - self.norm_params

    @property
    def convention(self) -> str:
        """What the numbers mean; every report prints it."""
        graph = "the inference graph (without auxiliary heads)" if self.auxiliary else "the forward pass"
        return (
            f"MACs: {MULTIPLY_ADDS}, in {graph} "
            "at batch 1. Other ops: element operations of bias, normalisation, "
            "activation, pooling and merging, apart from MACs; FLOPs = 2 x MACs + other ops. "
            f"Params: trainable elements. Bytes: float32{self._conditions}."
        )

    @property
    def _conditions(self) -> str:
        """What else bytes and times are of, where it is not the usual."""
        told = "" if self.batch == 1 else f" at batch {self.batch}"
        found = self.resources
        if found is None:
            return told
        if found.dtype != "float32":
            told += f"; {found.dtype} those of the peak, of inference's weights, and those moved"
        if found.work.training:
            told += f". The update by {found.training.optimizer} is in totals and in no layer's row"
        return told

    def at_batch(self, batch: int) -> CostReport:
        """This report with the bytes of `batch` samples; the receiver is for one.

        Parameters do not change, and MACs are of one sample by their definition.
        """
        if self.batch != 1 or batch < 1:
            raise ValueError(f"cannot go from batch {self.batch} to batch {batch}")
        layers = tuple(
            layer._replace(
                activation_bytes=layer.activation_bytes * batch,
                saved_bytes=(layer.saved_bytes - layer.saved_fixed_bytes) * batch + layer.saved_fixed_bytes,
            )
            for layer in self.layers
        )
        return replace(self, layers=layers, batch=batch)

    def _params_of(self, category: Category) -> int:
        return sum(layer.params for layer in self.layers if layer.category is category)
