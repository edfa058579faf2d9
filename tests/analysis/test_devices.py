"""Devices by name and by hand."""

from __future__ import annotations

import pytest

from resnet_dsl.analysis.devices import DEVICES, DTYPE_BYTES, DeviceError, device


@pytest.mark.parametrize("name", DEVICES)
def test_every_device_says_where_its_figures_stand(name: str) -> None:
    found = DEVICES[name]
    assert found.name == name
    assert found.source
    assert found.bandwidth > 1e10
    assert set(found.matrix_flops) <= set(DTYPE_BYTES)
    assert all(rate >= found.matrix_flops["float32"] for rate in found.matrix_flops.values())


@pytest.mark.parametrize("text", ["rtx4090", "RTX 4090", "rtx-4090", "RTX_4090"])
def test_spelling_of_names_is_free(text: str) -> None:
    assert device(text) is DEVICES["rtx4090"]


def test_a_device_of_ones_own() -> None:
    own = device("flops=20e12,bandwidth=900G")
    assert (own.rate("float32"), own.rate("bfloat16"), own.bandwidth) == (20e12, 20e12, 900e9)
    assert own.vector_flops == 20e12
    full = device("flops=20T, bandwidth=900e9, vector=5T, memory=24G")
    assert (full.vector_flops, full.memory_bytes) == (5e12, 24 * 10**9)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "h300",
            r"`h300`; did you mean `h200`\? Known here: `h200`, .*`laptop-cpu`; .*`flops=20e12,bandwidth",
        ),
        ("rtx4080", "did you mean `rtx4090`"),
        ("", "known here"),
        ("tpu", "known here"),
        ("flop=1,bandwidth=1", "did you mean `flops`"),
        ("flops=1", "lacks `bandwidth`"),
        ("flops=1,flops=2,bandwidth=1", "twice"),
        ("flops=fast,bandwidth=1", "`fast` is no rate"),
        ("flops=-1,bandwidth=1", "`-1` is no rate"),
        ("flops=nan,bandwidth=1", "no rate"),
        ("flops=inf,bandwidth=1", "no rate"),
        ("flops=,bandwidth=1", "no rate"),
        ("=", "a device has no ``"),
    ],
)
def test_what_is_no_device(text: str, message: str) -> None:
    with pytest.raises(DeviceError, match=message):
        device(text)


def test_a_dtype_that_a_device_lacks() -> None:
    with pytest.raises(DeviceError, match="no rate for `bfloat16`; it has float32"):
        DEVICES["laptop-cpu"].rate("bfloat16")
