"""Comparing networks: what is what, what changed, and that the rows add up to the totals."""

from __future__ import annotations

import pytest

import resnet_dsl
from resnet_dsl.analysis.changes import Change
from resnet_dsl.analysis.compare import Comparison, compare
from resnet_dsl.ir.graph import Network
from tests.conftest import ROOT

HEAD = "model net(classes: int = 10) {\n input image [3, 16, 16]\n"
UNIT = """\
block unit(x, width: int) {
  y = x -> conv(width, 3) -> bn -> relu -> conv(width, 3) -> bn
  shortcut s = x -> downsample: conv(width, 1, bias = false)
  return add(y, s) -> relu
}
"""
TAIL = " -> gap -> flatten -> fc: linear(classes)\n}\n"


def network(body: str, tail: str = TAIL) -> Network:
    return resnet_dsl.loads(UNIT + HEAD + body + tail)["net"].network


def compared(before: str, after: str) -> Comparison:
    return compare(network(before), network(after))


def figure(found: Comparison, name: str) -> tuple[int, int]:
    return next((entry.before, entry.after) for entry in found.figures if entry.name == name)


def rows(found: Comparison, kind: str) -> list[Change]:
    return [change for change in found.changes if change.kind == kind]


BASE = " return image -> stem: conv(8, 3) -> bn -> relu -> a: unit(8) -> b: unit(16)"


def test_a_network_equals_itself() -> None:
    found = compared(BASE, BASE)
    assert found.equal
    assert not found.changes
    assert not found.keys


def test_an_operator_between_others_is_the_only_new_one() -> None:
    found = compared(
        " return image -> conv(8, 3) -> relu -> conv(8, 5) -> relu",
        " return image -> conv(8, 3) -> relu -> conv(8, 1) -> relu -> conv(8, 5) -> relu",
    )
    assert [change.path for change in rows(found, "added")] == ["conv2", "relu2"]
    assert [(change.old_path, change.path) for change in rows(found, "changed")] == [
        ("conv2", "conv3"),
        ("relu2", "relu3"),
    ]
    assert found.keys.renamed == (("conv2", "conv3"),)
    assert [entry.key for entry in found.keys.added] == ["conv3.weight", "conv3.bias"]
    assert [old.key for old, _ in found.keys.reshaped] == ["conv2.weight"]


def test_a_block_that_is_new_or_gone_is_one_row() -> None:
    longer = BASE + " -> c: unit(16)"
    (row,) = rows(compared(BASE, longer), "added")
    params = 2 * (16 * 16 * 9 + 2 * 16) + 16 * 16
    assert (row.path, row.what, row.operators, row.params) == ("c", "unit", 8, params)
    assert row.macs == 16 * 16 * (2 * 16 * 16 * 9 + 16 * 16)
    (row,) = rows(compared(longer, BASE), "removed")
    assert (row.path, row.old_path, row.params) == ("", "c", -params)


def test_another_argument_is_told_with_its_values() -> None:
    found = compared(BASE, BASE.replace("conv(8, 3)", "conv(8, 3, 2)"))
    (row,) = rows(found, "changed")
    assert row.path == "stem"
    assert [(entry.name, entry.before, entry.after) for entry in row.details] == [
        ("stride", "1", "2"),
        ("output", "8x16x16", "8x8x8"),
    ]
    assert {change.path for change in rows(found, "resized")} >= {"bn1", "relu1", "a.conv1", "b.conv2"}
    assert not found.keys


def test_one_activation_in_anothers_place() -> None:
    (row,) = compared(BASE, BASE.replace("relu", "silu")).changes
    assert row.kind == "changed"
    assert ("operator", "relu", "silu") in row.details


def test_other_wiring_alone_is_a_change() -> None:
    before = " y = image -> conv(4, 3) -> relu\n z = y -> conv(4, 3)\n return mul(z, y)"
    (row,) = compared(before, before.replace("mul(z, y)", "mul(z, z)")).changes
    assert row.kind == "changed"
    assert row.details == (("operands", "conv2, relu1", "conv2, conv2"),)


def test_wider_layers_keep_their_partners() -> None:
    found = compared(
        " return image -> conv(8, 3) -> conv(16, 3) -> conv(32, 3)",
        " return image -> conv(12, 3) -> conv(24, 3) -> conv(48, 3)",
    )
    assert {(change.kind, change.path) for change in found.changes} == {
        *(("changed", f"conv{number}") for number in (1, 2, 3)),
        *(("resized", name) for name in ("gap1", "flatten1", "fc")),  # of other channels
    }


def test_a_run_that_moves_to_another_level_keeps_its_partner() -> None:
    found = compared(
        " return image -> conv(8, 3) -> bn -> relu -> a: unit(8)",
        " return image -> stem: seq { conv(8, 3) -> bn -> relu } -> a: unit(8)",
    )
    assert {change.kind for change in found.changes} == {"changed"}
    assert found.keys.renamed == (("conv1", "stem.0"), ("bn1", "stem.1"))


def test_order_of_keys() -> None:
    before = " u = image -> a: conv(4, 3)\n v = image -> b: conv(4, 3)\n return add(u, v)"
    after = " v = image -> b: conv(4, 3)\n u = image -> a: conv(4, 3)\n return add(u, v)"
    found = compared(before, after)
    assert not found.keys.same_order
    assert not found.equal
    assert not found.keys.added


def test_a_level_beyond_the_limit_is_paired_by_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resnet_dsl.analysis.alignment._MAX_CELLS", 0)
    found = compared(BASE, BASE.replace("conv(8, 3)", "conv(8, 5)"))
    (row,) = found.changes
    assert row.path == "stem"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("resnet50.rdl", "resnet50_v1.rdl"),
        ("resnet50.rdl", "resnet18.rdl"),
        ("resnet50.rdl", "googlenet2014.rdl"),
        ("cifar_resnet20.rdl", "cifar_plain20.rdl"),
    ],
)
def test_rows_add_up_to_the_totals(before: str, after: str) -> None:
    sides = [resnet_dsl.load(ROOT / "specs" / name) for name in (before, after)]
    networks = [next(iter(side.models.values())) for side in sides]
    found = compare(*[entry.network for entry in networks])
    assert figure(found, "params") == tuple(entry.params for entry in networks)
    assert figure(found, "macs") == tuple(entry.macs for entry in networks)
    for name in ("params", "macs"):
        old, new = figure(found, name)
        assert sum(getattr(change, name) for change in found.changes) == new - old
    old, new = figure(found, "operators")
    signs = {"added": 1, "removed": -1}
    assert sum(signs.get(change.kind, 0) * change.operators for change in found.changes) == new - old
    old, new = figure(found, "keys")
    assert len(found.keys.added) - len(found.keys.removed) == new - old


def test_there_and_back_is_symmetric() -> None:
    there = compared(BASE, BASE + " -> c: unit(8)")
    back = compared(BASE + " -> c: unit(8)", BASE)
    assert [(entry.before, entry.after) for entry in there.figures] == [
        (entry.after, entry.before) for entry in back.figures
    ]
    assert {entry.key for entry in there.keys.added} == {entry.key for entry in back.keys.removed}
