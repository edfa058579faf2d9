"""The ``state_dict`` worked out without torch: keys, shapes, order and hashes."""

from __future__ import annotations

from pathlib import Path

import pytest

import resnet_dsl
from resnet_dsl.analysis.keys import StateEntry, state_dict_entries, state_dict_sha


def keys_of(spec: str, name: str = "m") -> list[str]:
    return [entry.key for entry in state_dict_entries(resnet_dsl.loads(spec)[name].network)]


def test_entries_of_one_layer_follow_torch() -> None:
    spec = "model m() {\n  input x [3, 8, 8]\n  return x -> conv(4, 3) -> bn\n}\n"
    assert state_dict_entries(resnet_dsl.loads(spec)["m"].network) == [
        StateEntry("conv1.weight", (4, 3, 3, 3), "float32"),
        StateEntry("bn1.weight", (4,), "float32"),
        StateEntry("bn1.bias", (4,), "float32"),
        StateEntry("bn1.running_mean", (4,), "float32"),
        StateEntry("bn1.running_var", (4,), "float32"),
        StateEntry("bn1.num_batches_tracked", (), "int64"),
    ]


def test_a_level_that_is_returned_to_keeps_its_place() -> None:
    spec = """
model m() {
  input x [3, 8, 8]
  return x -> features.0: conv(4, 3) -> other: conv(4, 3) -> features.1: conv(4, 3)
}
"""
    assert keys_of(spec) == [
        "features.0.weight",
        "features.0.bias",
        "features.1.weight",
        "features.1.bias",
        "other.weight",
        "other.bias",
    ]


def test_an_unlabelled_block_adds_no_level() -> None:
    spec = """
block cbr(x, c: int) {
  return x -> conv(c, 3) -> bn(affine = false)
}
model m() {
  input x [3, 8, 8]
  return x -> cbr(4) -> stem: cbr(5)
}
"""
    assert [key for key in keys_of(spec) if key.endswith("weight")] == ["conv1.weight", "stem.conv1.weight"]


def test_entry_text_is_the_line_that_is_hashed() -> None:
    assert str(StateEntry("a.weight", (4, 3), "float32")) == "a.weight:4x3:float32"
    assert str(StateEntry("a.count", (), "int64")) == "a.count::int64"


def test_hash_depends_on_order_only_when_asked() -> None:
    one, two = StateEntry("b", (1,), "float32"), StateEntry("a", (2,), "float32")
    assert state_dict_sha([one, two]) == state_dict_sha([two, one])
    assert state_dict_sha([one, two], ordered=True) != state_dict_sha([two, one], ordered=True)


def test_hashes_of_resnet50_are_those_of_torchvision(specs: Path) -> None:
    entries = state_dict_entries(resnet_dsl.load(specs / "resnet50.rdl")["resnet50"].network)
    assert state_dict_sha(entries) == "442f6a018093d781ba815b5236712e6ca9e001b7a7c1d668efe0ebe1cb2e02f9"
    assert (
        state_dict_sha(entries, ordered=True)
        == "37047546ca86c41e3c2b412d57bf8b0bdce213c13982b409db2d3200d0c0dec3"
    )


@pytest.mark.parametrize("name", ["digits_resnet8", "resnet18_a", "plain18"])
def test_entries_are_those_of_the_built_module(specs: Path, name: str) -> None:
    net = resnet_dsl.load(specs / f"{name}.rdl")[name]
    built = [
        StateEntry(key, tuple(value.shape), str(value.dtype).removeprefix("torch."))
        for key, value in net.build().state_dict().items()
    ]
    assert state_dict_entries(net.network) == built
