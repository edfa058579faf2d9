"""Generated code keeps its own names apart from the spec's, and its loops keep the spec's keys."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

import resnet_dsl
from resnet_dsl import CompiledNetwork
from resnet_dsl.analysis.keys import state_dict_entries
from tests.conftest import ROOT


def _net(body: str, before: str = "") -> CompiledNetwork:
    return resnet_dsl.loads(f"{before}\nmodel net() {{\n  input image [3, 8, 8]\n{body}\n}}\n")["net"]


def _built(net: CompiledNetwork) -> torch.nn.Module:
    """The module, with the keys that the spec names."""
    module = net.build().eval()
    assert list(module.state_dict()) == [entry.key for entry in state_dict_entries(net.network)]
    return module


@pytest.mark.parametrize(
    "steps", ["repeat 5 { conv(3, 3) }", "repeat 4 { conv(3, 3) -> bn -> relu }", "relu -> repeat 6 { relu }"]
)
def test_a_returned_repeat_without_a_label_is_a_loop(steps: str) -> None:
    net = _net(f"  return image -> {steps}")
    assert "for number in range(" in net.to_pytorch()
    module = _built(net)
    assert module(torch.zeros(1, 3, 8, 8)).shape == (1, 3, 8, 8)


def test_zeros_before_a_labels_number_are_kept() -> None:
    keys = ["b07", "b08", "b09", "b10", "b11", "b12"]
    chain = " -> ".join([f"{key}: conv(3, 3)" for key in keys])
    module = _built(_net(f"  return image -> body: seq {{ {chain} }}"))
    assert list(dict(module.body.named_children())) == keys  # type: ignore[union-attr]


def test_an_identity_after_a_sum_leaves_no_parentheses() -> None:
    net = _net("  y = image -> conv(3, 3)\n  return add(y, image) -> identity")
    assert "        return y + image\n" in net.to_pytorch()


def test_a_parameter_does_not_hide_what_the_constructor_calls() -> None:
    before = """
block project(x, out: int) { return x -> 0: conv(out, 1) -> 1: bn }
block unit(x, project: int, str: int, layer: int, inner: op) {
  let enumerate = 2 * project
  y = x -> conv(enumerate, 3) -> conv(enumerate, 3) -> p: inner(project)
  return y -> repeat 3 { conv(layer, 1) -> conv(str, 3) -> relu }
}
"""
    body = "  return image -> a: unit(4, 5, 6, project) -> b: unit(5, 6, 7, project)"
    module = _built(_net(body, before))
    assert module(torch.zeros(1, 3, 8, 8)).shape == (1, 6, 8, 8)


def test_a_loop_does_not_overwrite_a_tensor_of_the_spec() -> None:
    net = _net(
        "  number = image -> first: conv(3, 3)\n"
        "  y = number -> repeat 5 { conv(3, 3) }\n"
        "  return add(y, number)"
    )
    module = _built(net)
    image = torch.randn(1, 3, 8, 8)
    with torch.no_grad():
        number = y = module.get_submodule("first")(image)
        for index in range(5):
            y = module.get_submodule(str(index))(y)
        assert torch.equal(module(image), y + number)


def test_tensors_may_be_called_like_functions_of_python() -> None:
    net = _net(
        "  getattr = image -> 0: conv(3, 3)\n  str = getattr -> 1: conv(3, 3)\n  return add(str, getattr)"
    )
    assert _built(net)(torch.zeros(1, 3, 8, 8)).shape == (1, 3, 8, 8)


def test_classes_of_one_block_are_told_apart_by_what_differs() -> None:
    before = """
block unit(x, gate: bool, stride: int = 1) {
  y = x -> conv(3, 3)
  if gate { z = y -> sigmoid } else { z = y -> relu }
  if stride == 1 { shortcut s = x }
  else {
    shortcut s = x -> project: conv(3, 1, stride)
    z = z -> maxpool(stride)
  }
  return add(z, s)
}
"""
    steps = "a: unit(true) -> b: unit(false) -> c: unit(false, 2) -> d: unit(false, 4)"
    text = _net(f"  return image -> {steps}", before).to_pytorch()
    names = [line.split("(")[0] for line in text.splitlines() if line.startswith("class ")]
    assert names == ["class UnitGate", "class Unit", "class UnitProject", "class Net"]


def test_classes_that_no_word_tells_apart_are_numbered() -> None:
    before = """
block unit2(x, act: op) {
  y = x -> conv(3, 3) -> act
  return add(y, x)
}
"""
    text = _net("  return image -> a: unit2(sigmoid) -> b: unit2(relu)", before).to_pytorch()
    assert "class Unit2(" in text
    assert "class Unit2_2(" in text


def test_a_parameter_does_not_hide_a_class_that_torch_lacks() -> None:
    before = "block unit(x, DropPath: int) { return x -> conv(DropPath, 3) -> drop_path(0.5) }"
    module = _built(_net("  return image -> a: unit(4) -> b: unit(5)", before))
    assert module(torch.zeros(1, 3, 8, 8)).shape == (1, 5, 8, 8)


@pytest.mark.parametrize(
    ("join", "step", "code"),
    [
        ("add", "one_minus", "x + (1 - x)"),
        ("add", "add(y)", "x + (x + y)"),
        ("add", "mul(y)", "x + x * y"),
        ("mul", "one_minus", "x * (1 - x)"),
        ("mul", "times(0.1)", "x * (x * 0.1)"),
        ("mul", "mul(y)", "x * (x * y)"),
    ],
)
def test_operands_are_joined_in_the_specs_order(join: str, step: str, code: str) -> None:
    """(x + y) + z and x + (y + z) are two numbers in floating point."""
    before = f"block part(x, y) {{ return x -> {step} }}"
    net = _net(f"  x = image -> relu\n  y = x -> tanh\n  z = x -> part(y)\n  return {join}(x, z)", before)
    assert f"return {code}\n" in net.to_pytorch()
    module = _built(net)
    x = torch.randn(1, 3, 8, 8).relu()
    assert torch.equal(module(x), eval(code, {"x": x, "y": x.tanh()}))


@pytest.mark.parametrize(
    ("text", "before"),
    [
        (
            "  return image -> m: repeat 3 as i { u([0.1, 0.3, 0.2][i], [0.1, 0.5, 0.2][i]) }",
            "block u(x, a: float, b: float) {\n  return x -> conv(3, 1) -> leaky_relu(a) -> dropout(b) -> conv(3, 1)\n}",
        ),
        (
            "  return image -> repeat 4 as i { u(4 + i * 2, 0.1 * (i + 1)) }",
            "block u(x, w: int, r: float) {\n  return x -> conv(w, 1) -> times(r * 0.5) -> times(r * 0.5) -> relu\n}",
        ),
        ("  return image -> s: seq { conv(4, 1) -> repeat 2 { conv(4, 1) -> bn -> leaky_relu(0.1) } }", ""),
        (
            "  y1 = image -> conv(4, 1) -> conv(8, 3) -> bn -> identity\n  return add(y1, y1)",
            "",
        ),
        (
            "  return image -> a: unit(relu) -> b: unit(sigmoid) -> c: other",
            """
block unit(x, act: op) { return x -> first: conv(3, 1, init = normal) -> act -> second: conv(3, 1) }
block other(x) { return x -> conv(3, 1) -> conv(3, 1) }
""",
        ),
        (
            "  return image -> a: unit(0.1, 0.2) -> b: unit(0.3, 0.4)",
            """
block unit(x, r: float, q: float) {
  y = x -> a_long_name_of_a_convolution: conv(3, 1)
  return add(x, y) -> a_long_name_of_a_scale: scale(0.1) -> dropout(r + q)
}
""",
        ),
    ],
)
def test_odd_nets_are_formatted_and_run(text: str, before: str, tmp_path: Path) -> None:
    net = _net(text, before)
    file = tmp_path / "net.py"
    file.write_text(net.to_pytorch(), encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    config = ["--config", str(ROOT / "generated" / "ruff.toml")]
    assert subprocess.run([*ruff, "format", "--check", *config, str(file)], check=False).returncode == 0
    assert subprocess.run([*ruff, "check", *config, str(file)], check=False).returncode == 0
    assert _built(net)(torch.zeros(2, 3, 8, 8)).shape[0] == 2


def test_a_let_does_not_hide_a_module_that_is_handed_in() -> None:
    before = """
block unit(x, width: int) {
  let inner = width // 2
  return x -> one: conv(inner, 1) -> two: conv(inner, 1) -> three: conv(width, 1)
}
block small(x, c: int) { return x -> conv(c, 1) }
block large(x, c: int) { return x -> conv(c, 3) -> conv(c, 3) }
block holder(x, width: int, part: op) {
  let inner = width // 2
  a = x -> one: conv(inner, 1) -> two: conv(inner, 1) -> inner: part(c = width)
  return a -> three: conv(inner, 1)
}
"""
    steps = "a: unit(4) -> b: unit(8) -> c: holder(4, small) -> d: holder(8, large)"
    module = _built(_net(f"  return image -> {steps}", before))
    assert module(torch.zeros(1, 3, 8, 8)).shape == (1, 4, 8, 8)
    with torch.no_grad():
        assert sum(value.numel() for value in module.parameters()) > 0
