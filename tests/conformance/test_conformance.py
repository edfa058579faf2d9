"""Every reference entry that a spec answers to passes every check it has figures for."""

from __future__ import annotations

import pytest

from .entries import Entry, checks, entries, network

# Networks that the project already promises: a missing spec is a failure, not a row left out.
PROMISED = {
    *("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d", "wide_resnet50_2"),
    *("resnet50_v1", "plain18", "plain34", "resnet18_a", "resnet34_a", "cifar_plain20", "cifar_plain56"),
    *(f"cifar_resnet{depth}{form}" for depth in (20, 32, 56, 110, 1202) for form in ("", "_b")),
}
ENTRIES = entries()


def test_every_promised_model_is_compared() -> None:
    compared = {entry.model for entry in ENTRIES if network(entry) is not None}
    assert compared >= PROMISED


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_entry(entry: Entry) -> None:
    net = network(entry)
    if net is None:
        pytest.skip("no spec has this model yet")
    failed = [name for name, check in checks(entry, net) if not check()]
    assert not failed
