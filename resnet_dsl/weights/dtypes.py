"""Element types: their names in files and in torch, conversions, and values that are no numbers.

All of it works on little-endian bytes, so that a safetensors file needs no torch. What is done to
every element is done by slices and translations of bytes, at memory speed, where it can be.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Callable

# safetensors' name of a dtype: torch's, bytes of an element.
SAFETENSORS: dict[str, tuple[str, int]] = {
    "BOOL": ("bool", 1),
    "U8": ("uint8", 1),
    "I8": ("int8", 1),
    "U16": ("uint16", 2),
    "I16": ("int16", 2),
    "U32": ("uint32", 4),
    "I32": ("int32", 4),
    "U64": ("uint64", 8),
    "I64": ("int64", 8),
    "F8_E4M3": ("float8_e4m3fn", 1),
    "F8_E5M2": ("float8_e5m2", 1),
    "F16": ("float16", 2),
    "BF16": ("bfloat16", 2),
    "F32": ("float32", 4),
    "F64": ("float64", 8),
    "C64": ("complex64", 8),
}
NAMES = {torch_name: name for name, (torch_name, _) in SAFETENSORS.items()}
SIZES = dict(SAFETENSORS.values())  # bytes of an element, by torch's name

_CHUNK_ELEMENTS = 1 << 18
_STRUCT = {"int8": "b", "uint8": "B", "int16": "h", "uint16": "H", "int32": "i", "uint32": "I", "int64": "q"}
_FLOATS = {"float16": "e", "float64": "d"}


def converter(source: str, target: str) -> Callable[[bytes], bytes] | None:
    """What turns elements of one dtype into another's, None where that is no plain conversion.

    Floats become float32 and whole numbers int64, as networks have them. Half precision and whole
    numbers keep their values; float64 is rounded.
    """
    if target == "float32" and source == "bfloat16":
        return _widened_bfloat
    if target == "float32" and source in _FLOATS:
        return lambda data: _by_elements(data, _FLOATS[source], SIZES[source], "f")
    if target == "int64" and source in _STRUCT:
        return lambda data: _by_elements(data, _STRUCT[source], SIZES[source], "q")
    return None


def _widened_bfloat(data: bytes) -> bytes:
    """A bfloat16 is the upper half of a float32."""
    wide = bytearray(2 * len(data))
    wide[2::4] = data[0::2]
    wide[3::4] = data[1::2]
    return bytes(wide)


def _by_elements(data: bytes, form: str, size: int, target: str) -> bytes:
    converted = []
    for start in range(0, len(data), _CHUNK_ELEMENTS * size):
        chunk = data[start : start + _CHUNK_ELEMENTS * size]
        numbers = array(target, struct.unpack(f"<{len(chunk) // size}{form}", chunk))
        if sys.byteorder == "big":
            numbers.byteswap()
        converted.append(numbers.tobytes())
    return b"".join(converted)


# --- values that are no numbers --------------------------------------------------------------------


def _table(mask: int, wanted: int) -> bytes:
    """A translation of bytes to 1 where the bits of `mask` read `wanted`, else 0."""
    return bytes(byte & mask == wanted for byte in range(256))


# A float is infinite or NaN where its exponent is all ones. The exponent lies in the last byte of an
# element and, but for half precision, in the one before it.
_EXPONENTS: dict[str, tuple[bytes, bytes | None]] = {
    "float16": (_table(0x7C, 0x7C), None),
    "bfloat16": (_table(0x7F, 0x7F), _table(0x80, 0x80)),
    "float32": (_table(0x7F, 0x7F), _table(0x80, 0x80)),
    "float64": (_table(0x7F, 0x7F), _table(0xF0, 0xF0)),
}


def count_nonfinite(data: bytes, dtype: str) -> int:
    """How many elements are NaN or infinite; 0 for dtypes that networks do not compute in."""
    if dtype not in _EXPONENTS:
        return 0
    size = SIZES[dtype]
    last, before = _EXPONENTS[dtype]
    total = 0
    for start in range(0, len(data), _CHUNK_ELEMENTS * size):
        chunk = data[start : start + _CHUNK_ELEMENTS * size]
        marks = chunk[size - 1 :: size].translate(last)
        if 1 not in marks:
            continue
        if before is None:
            total += marks.count(1)
            continue
        others = chunk[size - 2 :: size].translate(before)
        total += (int.from_bytes(marks, "little") & int.from_bytes(others, "little")).bit_count()
    return total
