"""safetensors files, read and written.

The format: the length of a header in 8 bytes, little-endian; the header, JSON that gives each
tensor its dtype, shape and place; the tensors' bytes. A file is a stranger's, so all that the header
claims is compared with the file before it is believed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import partial
from math import prod
from pathlib import Path
from typing import Any

from resnet_dsl.analysis.keys import StateEntry
from resnet_dsl.weights.checkpoint import MAX_DIMENSIONS, MAX_KEY, MAX_TENSORS, Checkpoint, TensorInfo
from resnet_dsl.weights.dtypes import NAMES, SAFETENSORS
from resnet_dsl.weights.errors import refuse

MAX_HEADER_BYTES = 1 << 24  # about 150 bytes a tensor
LENGTH_BYTES = 8  # a file begins with the length of its header

_METADATA = "__metadata__"


class _DamagedError(Exception):
    """The header is wrong; `str()` says how."""


def read_safetensors(path: Path, size: int) -> Checkpoint:
    """The tensors that a safetensors file of `size` bytes holds, by natural order of their keys.

    Raises `CheckpointError` RDL923 where the file is damaged, RDL924 where it is over a limit.
    """
    try:
        header = _header(path, size)
        table, metadata = _parsed(header)
        if len(table) > MAX_TENSORS:
            refuse("RDL924", path, what="tensors", count=len(table), limit=MAX_TENSORS)
        places = {key: _place(key, value) for key, value in table.items()}
        _check_places(places, size - LENGTH_BYTES - len(header))
    except _DamagedError as error:
        refuse("RDL923", path, reason=str(error))
    except OSError as error:
        refuse("RDL920", path, reason=(error.strerror or str(error)).lower())
    offset = LENGTH_BYTES + len(header)
    starts = {key: offset + start for key, (_, start, _) in places.items()}
    tensors = [info for info, _, _ in places.values()]
    return Checkpoint(path, "safetensors", tensors, partial(_read, path, starts), metadata=metadata)


def _header(path: Path, size: int) -> bytes:
    if size < LENGTH_BYTES + 2:
        raise _DamagedError(f"{size} bytes are too few for a header")
    with path.open("rb") as file:
        length = int.from_bytes(file.read(LENGTH_BYTES), "little")
        if length <= min(size - LENGTH_BYTES, MAX_HEADER_BYTES):
            return file.read(length)
    if length <= size - LENGTH_BYTES:
        refuse("RDL924", path, what="bytes of header", count=length, limit=MAX_HEADER_BYTES)
    raise _DamagedError(f"its header claims {length:,} bytes, the file has {size:,}")


def _parsed(header: bytes) -> tuple[dict[str, Any], dict[str, str]]:
    """The header's entries, and its metadata."""
    if not header.startswith(b"{"):
        raise _DamagedError("its header is no JSON object")
    try:
        table = json.loads(header.decode("utf-8"), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise _DamagedError(f"its header is no JSON ({str(error)[:80]})") from None
    metadata = table.pop(_METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise _DamagedError(f"`{_METADATA}` is no object of strings")
    return table, metadata


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _DamagedError(f"its header has the key `{twice[:80]}` twice")
    return table


def _place(key: str, value: Any) -> tuple[TensorInfo, int, int]:
    """A tensor with the start and end of its bytes, as its entry claims."""
    if len(key) > MAX_KEY:
        raise _DamagedError(f"a key has {len(key):,} characters, over the limit of {MAX_KEY:,}")
    if not isinstance(value, dict) or value.keys() != {"dtype", "shape", "data_offsets"}:
        raise _DamagedError(f"`{key}` has no dtype, shape and data_offsets, or has more")
    dtype, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if not isinstance(dtype, str) or dtype not in SAFETENSORS:
        raise _DamagedError(f"`{key}` is of the unknown dtype {str(dtype)[:20]!r}")
    if not _whole(shape) or len(shape) > MAX_DIMENSIONS:
        raise _DamagedError(f"the shape of `{key}` is no short list of sizes")
    if not _whole(offsets) or len(offsets) != 2:
        raise _DamagedError(f"the data_offsets of `{key}` are no start and end")
    start, end = offsets
    name, size = SAFETENSORS[dtype]
    if end - start != prod(shape) * size:
        raise _DamagedError(
            f"`{key}` of shape {shape} needs {prod(shape) * size:,} bytes, not {end - start:,}"
        )
    return TensorInfo(key, tuple(shape), name), start, end


def _whole(values: Any) -> bool:
    """Whether this is a list of whole numbers that a file could need."""
    return isinstance(values, list) and all(type(value) is int and 0 <= value < 1 << 63 for value in values)


def _check_places(places: Mapping[str, tuple[TensorInfo, int, int]], size: int) -> None:
    """Tensors lie one behind the other, and fill the rest of the file."""
    end, before = 0, ""
    for key, (_, start, stop) in sorted(places.items(), key=lambda item: item[1][1:]):
        if start < end:
            raise _DamagedError(f"`{key}` and `{before}` overlap")
        if start > end:
            raise _DamagedError(f"{start - end:,} bytes before `{key}` belong to no tensor")
        if stop > size:
            raise _DamagedError(
                f"`{key}` ends {stop - size:,} bytes behind the end of the file: is it truncated?"
            )
        end, before = stop, key
    if end != size:
        raise _DamagedError(f"the last {size - end:,} bytes belong to no tensor")


def _read(path: Path, starts: Mapping[str, int], tensor: TensorInfo) -> bytes:
    with path.open("rb") as file:
        file.seek(starts[tensor.key])
        data = file.read(tensor.bytes_count)
    if len(data) != tensor.bytes_count:
        refuse("RDL923", path, reason="it changed while it was read")
    return data


def safetensors_bytes(tensors: Iterable[tuple[StateEntry, bytes]]) -> bytes:
    """A safetensors file with these tensors, keys and bytes in the order given. Same input, same bytes."""
    header: dict[str, Any] = {}
    parts: list[bytes] = []
    end = 0
    for entry, data in tensors:
        start, end = end, end + len(data)
        shape = [int(size) for size in entry.shape]
        header[entry.key] = {"dtype": NAMES[entry.dtype], "shape": shape, "data_offsets": [start, end]}
        parts.append(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % LENGTH_BYTES)  # the data begins at a multiple of 8
    return b"".join([len(text).to_bytes(LENGTH_BYTES, "little"), text, *parts])
