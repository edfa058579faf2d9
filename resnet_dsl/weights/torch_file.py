"""torch's own files, and tensors for its modules: the one file of this room that imports torch.

A `.pth` is a pickle, and a pickle is a program. Torch's restricted reader (`weights_only=True`) runs
none of it but the making of tensors and plain values; whatever else a file asks for is refused here,
and there is no option that would allow it.
"""

from __future__ import annotations

import argparse
import pickle
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resnet_dsl.analysis.keys import StateEntry
from resnet_dsl.weights.checkpoint import MAX_DIMENSIONS, MAX_KEY, MAX_TENSORS, Checkpoint, TensorInfo
from resnet_dsl.weights.errors import refuse

if TYPE_CHECKING:
    import torch

MAX_PICKLE_BYTES = 1 << 24  # of values beside the tensors' elements

_MAX_NESTING = 3
_MAX_ENTRIES = 1_000  # looked at in one level of what is no state dict
_GLOBAL = re.compile(r"GLOBAL ([\w.]{1,100}\w)")
# Where several state dicts are equally large, such as a model and its moving average.
_PREFERRED = ("state_dict", "model", "model_state_dict", "net", "network", "weights", "params")


def read_torch(path: Path, entry: str | None, *, is_archive: bool) -> Checkpoint:
    """The state dict in a file that `torch.save` wrote, the one at the dotted way `entry` if given.

    Raises `CheckpointError`: RDL923 damaged, RDL924 over a limit, RDL925 refused, RDL927 no state
    dict, RDL928 torch is not installed.
    """
    try:
        import torch
    except ModuleNotFoundError:
        refuse("RDL928", path)

    if is_archive:
        _check_archive(path)
    root = _loaded(path, mapped=is_archive)
    found = dict(_state_dicts(root, ()))
    way = _chosen(path, found, entry)
    tensors: dict[str, torch.Tensor] = {}
    infos = []
    for key, value in found[way].items():
        if not isinstance(key, str) or not isinstance(value, torch.Tensor):
            continue
        infos.append(_info(path, key, value))
        tensors[key] = value.detach()
    if len(infos) > MAX_TENSORS:
        refuse("RDL924", path, what="tensors", count=len(infos), limit=MAX_TENSORS)

    others = [".".join(other) for other in found if other != way and len(found[other]) * 2 > len(infos)]
    return Checkpoint(
        path,
        "torch",
        infos,
        lambda tensor: _elements(tensors[tensor.key]),
        wrapper=".".join(way),
        others=others,
        in_order=True,
    )


def _check_archive(path: Path) -> None:
    """An archive as torch writes it: nothing is compressed, so nothing can grow when it is read."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
        total = sum(member.file_size for member in members)
        size = path.stat().st_size
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError) as error:
        refuse("RDL923", path, reason=_short(error))
    if any(member.compress_type != zipfile.ZIP_STORED for member in members):
        refuse("RDL923", path, reason="its archive is compressed, which torch never does")
    if total > size:
        refuse("RDL923", path, reason=f"its archive claims {total:,} bytes, the file has {size:,}")
    pickled = max((member.file_size for member in members if member.filename.endswith(".pkl")), default=0)
    if pickled > MAX_PICKLE_BYTES:
        refuse("RDL924", path, what="bytes of pickle", count=pickled, limit=MAX_PICKLE_BYTES)


def _loaded(path: Path, *, mapped: bool) -> Any:
    """What the file holds, its tensors mapped from the file where it is an archive."""
    import torch

    try:
        # Training scripts keep their options beside the weights; a namespace holds values and runs nothing.
        with warnings.catch_warnings(), torch.serialization.safe_globals([argparse.Namespace]):
            warnings.simplefilter("ignore")  # about what is refused, or read, in the next line
            return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except pickle.UnpicklingError as error:
        wanted = _GLOBAL.search(str(error))
        if wanted is not None:
            refuse("RDL925", path, what=wanted[1])
        refuse("RDL923", path, reason="its pickle is none that torch writes")
    except Exception as error:  # noqa: BLE001 - damaged bytes raise whatever they happen to mean
        refuse("RDL923", path, reason=_short(error))


def _short(error: BaseException) -> str:
    """What an exception says first, without the pages that may follow."""
    text = str(error).strip().split("\n")[0].split(". ")[0]
    return text[:160] or type(error).__name__


# --- finding the weights ---------------------------------------------------------------------------


def _state_dicts(value: Any, way: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Mapping[Any, Any]]]:
    """Every mapping with tensors in it, with the way that leads there."""
    import torch

    if not isinstance(value, Mapping):
        return
    if any(isinstance(item, torch.Tensor) for item in value.values()):
        yield way, value
    if len(way) < _MAX_NESTING:
        for key, item in list(value.items())[:_MAX_ENTRIES]:
            if isinstance(key, str):
                yield from _state_dicts(item, (*way, key))


def _chosen(path: Path, found: Mapping[tuple[str, ...], Any], entry: str | None) -> tuple[str, ...]:
    """The way to the state dict that is meant: the largest, unless `entry` says another."""
    if not found:
        refuse("RDL927", path, what="holds no tensors under names, so no state dict")
    if entry is not None:
        for way in found:
            if ".".join(way) == entry:
                return way
        ways = ", ".join(f"`{'.'.join(way)}`" for way in list(found)[:12] if way)
        refuse("RDL927", path, what=f"has no state dict `{entry}`" + (f"; it has {ways}" if ways else ""))

    def rank(way: tuple[str, ...]) -> tuple[int, int]:
        last = way[-1] if way else ""
        return -len(found[way]), _PREFERRED.index(last) if last in _PREFERRED else len(_PREFERRED)

    return min(found, key=rank)


def _info(path: Path, key: str, value: torch.Tensor) -> TensorInfo:
    import torch

    dtype = str(value.dtype).removeprefix("torch.")
    if len(key) > MAX_KEY:
        refuse("RDL924", path, what="characters in a key", count=len(key), limit=MAX_KEY)
    if value.dim() > MAX_DIMENSIONS:
        refuse("RDL924", path, what="dimensions in a tensor", count=value.dim(), limit=MAX_DIMENSIONS)
    if value.layout is not torch.strided or value.device.type != "cpu":
        dtype = f"{dtype} (no dense tensor)"  # a dtype that fits nowhere, so its elements are never read
    return TensorInfo(key, tuple(value.shape), dtype)


# --- bytes from tensors, tensors from bytes ----------------------------------------------------------


def _elements(tensor: torch.Tensor) -> bytes:
    """The elements in C order, little-endian. The caller has checked the shape: a view may be vast."""
    import torch

    flat = tensor.resolve_neg().contiguous().reshape(-1)
    if not flat.numel():
        return b""
    return flat.view(torch.uint8).numpy().tobytes()


def state_dict(tensors: Iterable[tuple[StateEntry, bytes]]) -> dict[str, torch.Tensor]:
    """Tensors for `Module.load_state_dict`, in memory of their own."""
    import torch

    made = {}
    for entry, data in tensors:
        dtype = getattr(torch, entry.dtype)
        shape = tuple(int(size) for size in entry.shape)
        made[entry.key] = (
            torch.frombuffer(bytearray(data), dtype=dtype).reshape(shape)
            if data
            else torch.empty(shape, dtype=dtype)
        )
    return made
