"""Networks as files that need no spec and no generated code: `torch.export` and ONNX.

The bytes are made, read back, and run beside the module on random inputs; only then does the caller
get them. They hold no paths of the machine that made them.
"""

from __future__ import annotations

import copy
import io
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from math import isfinite
from typing import Any

import torch
from torch import Tensor, nn

from resnet_dsl.training.errors import TrainingError, first_line

TRACED_BATCH = 2  # a free size must not be 1, which torch takes for a fixed one
OTHER_BATCH = 3
TOLERANCE = 1e-4  # of the largest output; other kernels round float32 differently

Outputs = tuple[Tensor, ...]
Call = Callable[[Sequence[Tensor]], Outputs]


@dataclass(frozen=True)
class Input:
    """One input of a network: its name and its shape without the batch."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Exported:
    """A network as bytes; `difference` is the largest one to the module, relative to its outputs."""

    content: bytes
    difference: float
    checked_by: str
    opset: int | None = None


def export(
    module: nn.Module,
    inputs: Sequence[Input],
    form: str,
    *,
    name: str,
    batch: int | None = None,
    opset: int | None = None,
    reference: nn.Module | None = None,
) -> Exported:
    """`module` in inference as ``torch`` (an `ExportedProgram`, for `torch.export.load`) or ``onnx``.

    The batch size is free unless `batch` fixes it. Outputs are compared with those of `reference`,
    or of the module itself. Raises `TrainingError`: RDL951 a package is missing, RDL953 torch cannot
    follow the network, RDL954 no such opset, RDL955 the outputs differ.
    """
    module = copy.deepcopy(module).eval()
    reference = (reference or module).eval()
    sizes = [TRACED_BATCH, OTHER_BATCH] if batch is None else [batch]
    samples = [_samples(inputs, size) for size in sizes]
    if form == "onnx":
        content, written, call, checked_by = _onnx(module, inputs, samples[0], name, batch, opset)
    else:
        content, call = _torch(module, samples[0], name, batch)
        written, checked_by = None, f"torch {torch.__version__}"
    difference = max(_difference(reference, call, sample) for sample in samples)
    if not difference <= TOLERANCE:
        raise TrainingError("RDL955", difference=f"{difference:.3g}", tolerance=TOLERANCE)
    return Exported(content, difference, checked_by, written)


def _samples(inputs: Sequence[Input], batch: int) -> tuple[Tensor, ...]:
    draws = torch.Generator().manual_seed(batch)
    return tuple([torch.randn(batch, *entry.shape, generator=draws) for entry in inputs])


def _name_batch(graph: Any) -> None:
    """Calls the free axis `batch`, wherever it stands alone: torch numbers its symbols."""
    symbol = graph.input[0].type.tensor_type.shape.dim[0].dim_param
    for value in (*graph.input, *graph.output, *graph.value_info):
        for axis in value.type.tensor_type.shape.dim:
            if symbol and axis.dim_param == symbol:
                axis.dim_param = "batch"


def _traced(
    module: nn.Module, samples: tuple[Tensor, ...], name: str, batch: int | None
) -> torch.export.ExportedProgram:
    free = torch.export.Dim("batch") if batch is None else None
    shapes = None if free is None else tuple([{0: free} for _ in samples])
    try:
        with torch.no_grad(), _quiet():
            program = torch.export.export(module, samples, dynamic_shapes=shapes)
    except Exception as error:  # torch raises what its tracer happens to raise
        raise _not_exported(name, batch, error) from error
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # lines and paths of this machine
    return program


def _not_exported(name: str, batch: int | None, error: Exception) -> TrainingError:
    advice = "try a batch of a fixed size: `--batch 1`" if batch is None else "try the other `--format`"
    return TrainingError("RDL953", model=name, reason=first_line(error), help=advice)


def _torch(
    module: nn.Module, samples: tuple[Tensor, ...], name: str, batch: int | None
) -> tuple[bytes, Call]:
    buffer = io.BytesIO()
    with _quiet():
        torch.export.save(_traced(module, samples, name, batch), buffer)
        buffer.seek(0)
        loaded = torch.export.load(buffer).module()

    def call(sample: Sequence[Tensor]) -> Outputs:
        return _as_tuple(loaded(*sample))

    return buffer.getvalue(), call


def _onnx(
    module: nn.Module,
    inputs: Sequence[Input],
    samples: tuple[Tensor, ...],
    name: str,
    batch: int | None,
    opset: int | None,
) -> tuple[bytes, int, Call, str]:
    for package in ("onnx", "onnxscript"):
        try:
            import_module(package)
        except ModuleNotFoundError as error:
            raise TrainingError("RDL951", package=package) from error
    program = _traced(module, samples, name, batch)
    names = [entry.name for entry in inputs]
    try:
        with torch.no_grad(), _quiet():
            made = torch.onnx.export(
                program, (), input_names=names, output_names=["output"], opset_version=opset, verbose=False
            )
            assert made is not None
            model = made.model_proto
    except Exception as error:  # of torch, onnxscript or onnx, as it comes
        raise _not_exported(name, batch, error) from error
    written = next(int(entry.version) for entry in model.opset_import if entry.domain == "")
    if opset is not None and opset != written:
        raise TrainingError("RDL954", model=name, wanted=opset, written=written)
    _strip(model)
    _name_batch(model.graph)
    model.graph.name = name
    content = model.SerializeToString(deterministic=True)
    import_module("onnx").checker.check_model(content)
    call, checked_by = _onnx_runner(content, names)
    return content, written, call, checked_by


def _strip(model: Any) -> None:
    """Takes out what the exporter notes of this machine: stack traces with their paths."""
    owners = [model, model.graph, *model.graph.node, *model.graph.input, *model.graph.output]
    owners += [*model.graph.value_info, *model.graph.initializer, *model.functions]
    for owner in owners:
        del owner.metadata_props[:]


def _onnx_runner(content: bytes, names: Sequence[str]) -> tuple[Call, str]:
    """Something that runs the file: onnxruntime where it is installed, else onnx's own reference."""
    try:
        runtime = import_module("onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3
        session: Any = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        checked_by = f"onnxruntime {runtime.__version__}"
    except ModuleNotFoundError:
        session = import_module("onnx.reference").ReferenceEvaluator(content)
        checked_by = f"onnx {import_module('onnx').__version__}, reference"

    def call(sample: Sequence[Tensor]) -> Outputs:
        values = {name: tensor.numpy() for name, tensor in zip(names, sample, strict=True)}
        return tuple([torch.as_tensor(value) for value in session.run(None, values)])

    return call, checked_by


@torch.no_grad()
def _difference(reference: nn.Module, call: Call, sample: Sequence[Tensor]) -> float:
    """The largest difference of two outputs, relative to the largest output; infinite for NaN."""
    wanted, given = _as_tuple(reference(*sample)), call(sample)
    largest = 0.0
    for one, other in zip(wanted, given, strict=True):
        if one.shape != other.shape:
            return float("inf")
        scale = max(float(one.abs().max()), 1e-30)
        largest = max(largest, float((one - other).abs().max()) / scale)
    return largest if isfinite(largest) else float("inf")


def _as_tuple(outputs: Tensor | Sequence[Tensor]) -> Outputs:
    return (outputs,) if isinstance(outputs, Tensor) else tuple(outputs)


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporters warn of their own internals, and of packages that nothing here needs."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
