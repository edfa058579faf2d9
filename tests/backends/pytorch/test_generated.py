"""Generated code: it runs, equals the graph, reads as formatted, and imports only torch.

Here for fixtures that exercise the generator; for every shipped model in `tests/specs`.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import resnet_dsl
from resnet_dsl import CompiledNetwork
from resnet_dsl.analysis.keys import state_dict_entries
from resnet_dsl.backends.pytorch.code import WIDTH
from tests.conftest import ROOT, Golden
from tests.specs.shipped import SPECS, names, program

FIXTURES = ROOT / "tests" / "fixtures"


@cache
def _networks() -> dict[str, CompiledNetwork]:
    """Every model of the flagships and of the fixtures that exercise the generator."""
    found: dict[str, CompiledNetwork] = {}
    for path in [*sorted(SPECS.glob("*.rdl")), *sorted(FIXTURES.glob("*.rdl"))]:
        found.update(program(path).models)
    return found


NAMES = sorted(name for path in FIXTURES.glob("*.rdl") for name in names(path))


def _inputs(net: CompiledNetwork, batch: int = 2) -> list[torch.Tensor]:
    shapes = [net.network.node(node).shape.plain() for node in net.network.inputs]
    return [torch.empty(batch, *shape) for shape in shapes]


def _on_meta(net: CompiledNetwork) -> torch.nn.Module:
    with torch.device("meta"):
        return net.build()


@pytest.mark.parametrize("name", NAMES)
def test_state_dict_is_the_graphs(name: str) -> None:
    net = _networks()[name]
    module = _on_meta(net)
    built = [
        (key, tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."))
        for key, tensor in module.state_dict().items()
    ]
    assert built == [
        (entry.key, tuple(entry.shape), entry.dtype) for entry in state_dict_entries(net.network)
    ]


@pytest.mark.parametrize("name", NAMES)
def test_shape_params_and_macs_are_torchs(name: str) -> None:
    net = _networks()[name]
    module = _on_meta(net).eval()
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        output = module(*_inputs(net, batch=1))
    assert tuple(output.shape[1:]) == tuple(net.network.node(net.network.output).shape.plain())
    assert counter.get_total_flops() == 2 * net.macs
    assert sum(parameter.numel() for parameter in module.parameters()) == net.params


@pytest.mark.parametrize("name", NAMES)
def test_training_gives_auxiliary_outputs(name: str) -> None:
    net = _networks()[name]
    module = _on_meta(net).train()
    with torch.device("meta"):
        output = module(*_inputs(net))
    shapes = [tuple(one.shape[1:]) for one in (output if isinstance(output, tuple) else (output,))]
    nodes = [net.network.output, *[entry.node for entry in net.network.auxiliary]]
    assert shapes == [tuple(net.network.node(node).shape.plain()) for node in nodes]


def test_code_is_formatted_and_clean(tmp_path: Path) -> None:
    for name, net in _networks().items():
        (tmp_path / f"{name}.py").write_text(net.to_pytorch())
    for command in (["format", "--check"], ["check", "--no-cache"]):
        result = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("name", NAMES)
def test_code_imports_only_torch(name: str) -> None:
    text = _networks()[name].to_pytorch()
    imported = {
        alias.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert imported <= {"torch", "torch.nn.functional", "collections"}
    long = [line for line in text.splitlines() if len(line) > WIDTH and '"""' not in line]
    assert all(not line.lstrip().startswith(("self", "return", "def")) or "  # " in line for line in long)


@pytest.mark.parametrize("name", ["goog", "hg", "moved", "senet", "vary", "weird"])
def test_golden(name: str, golden: Golden) -> None:
    golden(f"expected/{name}.py.txt", _networks()[name].to_pytorch())


def test_code_does_not_grow_with_depth() -> None:
    networks = _networks()
    lines = {
        depth: len(networks[f"cifar_resnet{depth}"].to_pytorch().splitlines()) for depth in (20, 110, 1202)
    }
    assert max(lines.values()) - min(lines.values()) <= 2


def test_resnet50_is_about_150_lines() -> None:
    text = _networks()["resnet50"].to_pytorch()
    assert len(text.splitlines()) <= 150
    assert text.count("class ") == 2


def test_file_checks_itself(tmp_path: Path) -> None:
    file = tmp_path / "model.py"
    file.write_text(_networks()["digits_resnet8"].to_pytorch())
    result = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, check=True)
    assert result.stdout == "digits_resnet8: 77,754 parameters, output (1, 10)\n"


def test_factory_is_build_too() -> None:
    namespace: dict[str, object] = {"__name__": "generated"}
    exec(_networks()["resnet18"].to_pytorch(), namespace)
    assert namespace["resnet18"] is namespace["build"]


def test_features_and_head_make_forward() -> None:
    module = _networks()["digits_resnet8"].build().eval()
    image = torch.randn(2, 1, 8, 8)
    with torch.no_grad():
        features = module.forward_features(image)  # type: ignore[operator]  # a method of generated code
        assert tuple(features.shape) == (2, 64, 2, 2)
        assert torch.equal(module.forward_head(features), module(image))  # type: ignore[operator]


@pytest.mark.parametrize("name", ["digits_resnet8", "goog", "weird", "densenet", "moved"])
def test_torch_export_and_fx(name: str) -> None:
    net = _networks()[name]
    module = net.build().eval()
    inputs = [torch.randn_like(one) for one in _inputs(net)]
    with torch.no_grad():
        expected = module(*inputs)
        exported = torch.export.export(module, tuple(inputs)).module()(*inputs)
        traced = torch.fx.symbolic_trace(module)(*inputs)
    torch.testing.assert_close(exported, expected)
    torch.testing.assert_close(traced, expected)


def test_initial_weights_are_the_specs() -> None:
    module = _networks()["vary"].build()
    state = module.state_dict()
    assert state["a.conv1.weight"].abs().sum() == 0
    assert state["a.bn1.weight"].abs().sum() == 0
    assert state["conv1.weight"].std() > 0
    wide = _networks()["resnet18"].build().state_dict()["layer4.0.conv1.weight"]
    assert wide.std().item() == pytest.approx((2 / (512 * 9)) ** 0.5, rel=0.02)  # He: fan out


def test_same_network_same_text() -> None:
    first = resnet_dsl.load(FIXTURES / "nets.rdl")
    second = resnet_dsl.load(FIXTURES / "nets.rdl")
    assert [first[name].to_pytorch() for name in first] == [second[name].to_pytorch() for name in second]
