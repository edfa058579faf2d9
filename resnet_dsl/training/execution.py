"""How a run is executed: device, precision, memory format, compilation, CUDA graphs.

None of this is the recipe's: it changes how fast the same training goes, and the last bits of its
numbers. A GPU gets everything that its torch can do; a CPU computes in float32, eagerly, as there
compiling takes longer than most runs and bfloat16 is slow without matrix units for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn

from resnet_dsl.training.errors import TrainingError

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


@dataclass(frozen=True, slots=True)
class Execution:
    """One way of executing a run. `precision` is what convolutions and products compute in.

    Weights, their gradients and the optimizer's state are float32 in any case.
    """

    device: str = "cpu"
    precision: str = "float32"
    channels_last: bool = False
    compiled: bool = False
    graphs: bool = False

    @property
    def on_gpu(self) -> bool:
        return self.device.startswith("cuda")

    @property
    def dtype(self) -> torch.dtype:
        return DTYPES[self.precision]

    @property
    def words(self) -> str:
        """``cuda: bfloat16, channels_last, compiled, CUDA graphs``; ``cpu: float32, eager``."""
        parts = [self.precision]
        parts += ["channels_last"] if self.channels_last else []
        parts += ["compiled"] if self.compiled else ["eager"]
        parts += ["CUDA graphs"] if self.graphs else []
        return f"{self.device}: {', '.join(parts)}"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def place(self, model: nn.Module) -> nn.Module:
        """The model on the device, its weights in the memory format."""
        model = model.to(self.device)
        if self.channels_last:
            model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
        return model

    def lay(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) in the memory format; other tensors as they are."""
        if self.channels_last and images.ndim == 4:
            return images.contiguous(memory_format=torch.channels_last)
        return images

    def autocast(self) -> AbstractContextManager[Any]:
        """Around forward pass and loss. bfloat16 has float32's range, so no loss scaler is needed."""
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(torch.device(self.device).type, self.dtype)

    def compile(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """`call` through `torch.compile`, where this execution compiles."""
        return torch.compile(call, dynamic=False) if self.compiled else call

    def synchronize(self) -> None:
        """Waits for the device; for measuring, never in a step."""
        if self.on_gpu:
            torch.cuda.synchronize(self.device)


def choose_execution(
    device: str = "auto", *, eager: bool = False, precision: str = "auto", compiled: bool | None = None
) -> Execution:
    """The fastest execution that `device` offers, less what the caller turns off.

    `eager` turns all of it off: float32, contiguous, one operator at a time. Raises `TrainingError`
    RDL940 for a device that is not there.
    """
    device = _present(device)
    base = Execution(device)
    if device.startswith("cuda") and not eager:
        base = Execution(
            device,
            precision="bfloat16" if has_bfloat16() else "float32",
            channels_last=True,
            compiled=find_spec("triton") is not None,
            graphs=True,
        )
    if precision != "auto":
        base = replace(base, precision=precision)
    if compiled is not None:
        base = replace(base, compiled=compiled)
    return base


def has_bfloat16() -> bool:
    """Whether the GPU computes in bfloat16; older ones imitate it, slower than float32."""
    return bool(torch.cuda.is_bf16_supported(including_emulation=False))


def _present(device: str) -> str:
    """A device's name, ``auto`` resolved; RDL940 where torch cannot use it."""
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.zeros(1, device=device).item()  # some devices, such as `meta`, hold no numbers
    except (RuntimeError, AssertionError) as error:
        reason = str(error).strip().splitlines()[0]
        raise TrainingError("RDL940", device=device, reason=reason) from error
    return device


@contextmanager
def fast_kernels(execution: Execution) -> Iterator[None]:
    """Lets cuDNN try its kernels on the first batch of each shape: shapes are static here."""
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = execution.on_gpu
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before
