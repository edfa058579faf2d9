"""Back to the last moment at which every number was finite.

The loss is looked at once an interval, because reading it makes the host wait for the device. A copy
of the weights and the optimizer's state is kept on the device at each such moment, so that an
interval that ended in NaN can be run again, slowly, to see where it began.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

from resnet_dsl.training.averaging import WeightAverage


class Rewind:
    """Copies of the tensors that `tensors` lists, of torch's random state, and of an average's count.

    The tensors are written in place when going back, so captured CUDA graphs stay valid. A list that
    has grown since (an optimizer makes its state on its first step) is copied afresh.
    """

    def __init__(
        self, tensors: Callable[[], list[Tensor]], average: WeightAverage | None, device: str
    ) -> None:
        self._tensors, self._average, self._device = tensors, average, device
        self._updates = 0
        self._copies: list[Tensor] = []
        self._random: tuple[Tensor, Tensor | None] | None = None

    @torch.no_grad()
    def keep(self) -> None:
        """What is now becomes what `back` returns to."""
        current = self._tensors()
        if len(current) == len(self._copies):
            torch._foreach_copy_(self._copies, current)
        else:
            self._copies = [each.clone() for each in current]
        self._random = (torch.get_rng_state(), self._device_random())
        if self._average is not None:
            self._updates = self._average.updates

    @torch.no_grad()
    def back(self) -> None:
        """Puts everything back. State that did not exist then becomes zero, as optimizers begin."""
        current = self._tensors()
        torch._foreach_copy_(current[: len(self._copies)], self._copies)
        for fresh in current[len(self._copies) :]:
            fresh.zero_()
        assert self._random is not None, "nothing was kept"
        torch.set_rng_state(self._random[0])
        if self._random[1] is not None:
            torch.cuda.set_rng_state(self._random[1], self._device)
        if self._average is not None:
            self._average.updates = self._updates

    def _device_random(self) -> Tensor | None:
        return torch.cuda.get_rng_state(self._device) if self._device.startswith("cuda") else None


def state_tensors(model: nn.Module, optimizer: torch.optim.Optimizer) -> list[Tensor]:
    """Every tensor a step may change, those of the optimizer last: they come to be on its first step."""
    found: list[Tensor] = [*model.parameters(), *model.buffers()]
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            state: dict[str, Any] = optimizer.state.get(parameter, {})
            found += [state[key] for key in sorted(state) if isinstance(state[key], Tensor)]
    return [own_part(each.detach()) for each in found]


def own_part(tensor: Tensor) -> Tensor:
    """Of a tensor that is cut into shards, this process's; it shares their memory."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


@contextmanager
def watching(model: nn.Module) -> Iterator[list[str]]:
    """While entered, fills a list with the paths of modules whose output is not finite, in order.

    Inner modules end before those around them, so the first is the one where it began. The hooks
    read every output on the host and so are slow; they need the model itself, not a compiled one.
    """
    found: list[str] = []

    def note(path: str) -> Callable[[nn.Module, Any, Any], None]:
        def hook(module: nn.Module, _inputs: Any, outputs: Any) -> None:
            if not found and not all(_finite(each) for each in _tensors_in(outputs)):
                found.append(path)

        return hook

    handles = [
        module.register_forward_hook(note(path or "the model's output"))
        for path, module in model.named_modules()
    ]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def first_bad_parameter(model: nn.Module, *, gradient: bool = False) -> str:
    """The path of the first parameter whose value, or gradient, is not finite; empty where none is."""
    for name, parameter in model.named_parameters():
        values = parameter.grad if gradient else parameter
        if values is not None and not _finite(values):
            return name
    return ""


def _tensors_in(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for each in value:
            yield from _tensors_in(each)


def _finite(values: Tensor) -> bool:
    return not values.is_floating_point() or bool(torch.isfinite(values).all())
