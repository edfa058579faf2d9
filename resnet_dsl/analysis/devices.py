"""Devices that times are estimated for: peak rates and memory, with where the figures stand.

Rates are dense (no structured sparsity), as makers publish them; what kernels reach is less. A
device of one's own is written ``flops=20e12,bandwidth=900e9``.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from types import MappingProxyType
from typing import NamedTuple

from resnet_dsl.diagnostics.suggest import all_known, did_you_mean

# Bytes of one element as it lies in memory; TF32 rounds float32 operands inside the matrix units.
DTYPE_BYTES: Mapping[str, int] = MappingProxyType({"float32": 4, "tf32": 4, "bfloat16": 2, "float16": 2})

_SUFFIXES = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
_KEYS = ("flops", "bandwidth", "vector", "memory")
_EXAMPLE = "`flops=20e12,bandwidth=900e9`"


class DeviceError(ValueError):
    """A device, or a rate of it, that nobody knows; the message says what there is instead."""


class Device(NamedTuple):
    """Peak rates of one device.

    `matrix_flops` are floating-point operations a second of convolutions and matrix products, by
    dtype (one multiply-add is two); `vector_flops` those of everything else. `bandwidth` is of main
    memory, in bytes a second. `memory_bytes` is 0 where it is not known.
    """

    name: str
    title: str
    matrix_flops: Mapping[str, float]
    vector_flops: float
    bandwidth: float
    memory_bytes: int = 0
    source: str = ""

    def rate(self, dtype: str) -> float:
        """Matrix operations a second. Raises `DeviceError` where none is known for the dtype."""
        if dtype in self.matrix_flops:
            return self.matrix_flops[dtype]
        known = ", ".join(self.matrix_flops)
        raise DeviceError(f"{self.title} has no rate for `{dtype}`; it has {known}")

    @property
    def ridge(self) -> float:
        """FLOPs a byte above which float32 work is bound by arithmetic and not by memory."""
        return self.matrix_flops["float32"] / self.bandwidth


_HOPPER = MappingProxyType({"float32": 67e12, "tf32": 494.7e12, "bfloat16": 989.4e12, "float16": 989.4e12})

_DEVICES = (
    Device(
        "h200",
        "NVIDIA H200 SXM",
        _HOPPER,
        67e12,
        4.8e12,
        141 * 10**9,
        "NVIDIA H100 Tensor Core GPU Architecture whitepaper, dense rates (one chip in both); memory: H200 datasheet",
    ),
    Device(
        "h100",
        "NVIDIA H100 SXM",
        _HOPPER,
        67e12,
        3.35e12,
        80 * 10**9,
        "NVIDIA H100 Tensor Core GPU Architecture whitepaper, dense rates; memory: H100 datasheet",
    ),
    Device(
        "a100",
        "NVIDIA A100 SXM 80 GB",
        MappingProxyType({"float32": 19.5e12, "tf32": 156e12, "bfloat16": 312e12, "float16": 312e12}),
        19.5e12,
        2.039e12,
        80 * 10**9,
        "NVIDIA A100 Tensor Core GPU datasheet (2021)",
    ),
    Device(
        "rtx4090",
        "NVIDIA GeForce RTX 4090",
        MappingProxyType({"float32": 82.6e12, "tf32": 82.6e12, "bfloat16": 165.2e12, "float16": 165.2e12}),
        82.6e12,
        1.008e12,
        24 * 10**9,
        "NVIDIA Ada GPU architecture whitepaper, appendix A; float32 accumulation",
    ),
    Device(
        "laptop-cpu",
        "laptop CPU (AMD Ryzen 7 7840U)",
        # 8 cores at the base clock of 3.3 GHz, each two 256-bit fused multiply-adds a cycle.
        MappingProxyType({"float32": 8 * 3.3e9 * 32}),
        8 * 3.3e9 * 32,
        7500e6 * 16,  # LPDDR5X-7500 on 128 bits
        0,
        "AMD's product page: 8 cores, 3.3 GHz base, LPDDR5X-7500; Zen 4: two 256-bit FMA a cycle",
    ),
)
DEVICES: Mapping[str, Device] = MappingProxyType({device.name: device for device in _DEVICES})


def device(text: str) -> Device:
    """A device by its name, or from ``flops=20e12,bandwidth=900e9``. Raises `DeviceError`.

    Case, spaces, hyphens and underscores in a name do not matter. Further keys are ``vector``
    (operations a second outside convolutions, by default `flops`) and ``memory`` (bytes); numbers
    may end in k, M, G, T or P.
    """
    if "=" in text:
        return _custom(text)
    plain = {_plain(name): name for name in DEVICES}
    name = plain.get(_plain(text))
    if name is not None:
        return DEVICES[name]
    raise DeviceError(
        f"there is no device `{text}`; {all_known(text.lower(), DEVICES)}; any other is written {_EXAMPLE}"
    )


def _plain(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())


def _custom(text: str) -> Device:
    found: dict[str, float] = {}
    for part in text.split(","):
        key, _, value = part.partition("=")
        key = key.strip()
        if key not in _KEYS:
            raise DeviceError(f"a device has no `{key}`; {did_you_mean(key, _KEYS)}")
        if key in found:
            raise DeviceError(f"`{key}` is given twice")
        found[key] = _number(key, value.strip())
    for key in ("flops", "bandwidth"):
        if key not in found:
            raise DeviceError(f"`{text}` lacks `{key}`; write {_EXAMPLE}")
    flops = found["flops"]
    return Device(
        "custom",
        "custom device",
        MappingProxyType(dict.fromkeys(DTYPE_BYTES, flops)),
        found.get("vector", flops),
        found["bandwidth"],
        int(found.get("memory", 0)),
        "given on the command line",
    )


def _number(key: str, text: str) -> float:
    scale = _SUFFIXES.get(text[-1:], 1.0)
    try:
        value = float(text[:-1] if scale != 1.0 else text) * scale
    except ValueError:
        value = -1.0
    if not (isfinite(value) and value > 0):
        raise DeviceError(f"`{text}` is no rate for `{key}`; write a positive number such as 900e9 or 900G")
    return value
