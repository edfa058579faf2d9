"""What torch holds in memory, seen by a dispatch mode on the meta device: no number is computed."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from resnet_dsl import CompiledNetwork


class StoragePeak(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sums the storages that live, but for the module's own, and remembers the most."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        tensors = [*module.parameters(), *module.buffers()]
        self.own = {tensor.untyped_storage()._cdata for tensor in tensors}
        self.sizes: dict[int, int] = {}
        self.watched: dict[int, Any] = {}
        self.now = 0
        self.peak = 0
        self.in_backward = False

    def note(self, tensor: torch.Tensor, reused_bytes: int = 0) -> None:
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key in self.own or key in self.sizes:
            return
        self.sizes[key] = storage.nbytes()
        self.now += storage.nbytes()
        self.peak = max(self.peak, self.now - reused_bytes)

        def gone(_: object) -> None:
            self.now -= self.sizes.pop(key, 0)

        self.watched[key] = weakref.ref(storage, gone)

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        reused_bytes = self._reused_bytes(args) if func is torch.ops.aten.add.Tensor else 0
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, torch.Tensor):
                self.note(leaf, reused_bytes)
        return result

    def _reused_bytes(self, args: tuple[Any, ...]) -> int:
        """What the sum of two gradients overwrites: the first one's storage where nothing else holds
        it. Autograd does so only where no mode watches, so here it is taken off."""
        storage = args[0].untyped_storage()
        alone = torch._C._storage_Use_Count(storage._cdata) == 2  # the tensor's and the one in hand
        return storage.nbytes() if self.in_backward and alone else 0


def meta_module(net: CompiledNetwork) -> nn.Module:
    with torch.device("meta"):
        return net.build()


def meta_inputs(net: CompiledNetwork, batch: int, device: str = "meta") -> list[torch.Tensor]:
    shapes = [net.network.node(index).shape.plain() for index in net.network.inputs]
    return [torch.ones(batch, *map(int, shape), device=device) for shape in shapes]


def inference_bytes(net: CompiledNetwork) -> int:
    """The most that the input and the activations of one sample take."""
    module = meta_module(net).eval()
    peak = StoragePeak(module)
    with peak, torch.no_grad():
        module(*meta_inputs(net, 1))
    return peak.peak


def step_bytes(net: CompiledNetwork, batch: int, device: str = "meta") -> int:
    """The most that inputs, activations and gradients of a training step take.

    On the meta device a few backward passes (mish, prelu, norms) are done in other steps than where
    numbers are computed: `device` "cpu" runs the kernels themselves.
    """
    with torch.device(device):
        module = net.build().train()
    peak = StoragePeak(module)
    with peak:
        inputs = meta_inputs(net, batch, device)  # held to the end, as by whoever calls
        given = module(*inputs)
        outputs = list(given) if isinstance(given, tuple) else [given]
        peak.in_backward = True
        torch.autograd.backward(outputs, [torch.empty_like(output) for output in outputs])
    return peak.peak


def saved_bytes(net: CompiledNetwork, batch: int) -> int:
    """What autograd keeps, each storage once, the module's own left out."""
    module = meta_module(net).train()
    own = {tensor.untyped_storage()._cdata for tensor in [*module.parameters(), *module.buffers()]}
    kept: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        key = tensor.untyped_storage()._cdata
        if key not in own:
            kept[key] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        output = module(*meta_inputs(net, batch))
    assert output is not None
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())
