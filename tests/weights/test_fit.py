"""What loads, with torch as the judge: saved, compared, loaded, and the same outputs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st

import resnet_dsl
from resnet_dsl.analysis.keys import state_dict_entries
from resnet_dsl.compiled import CompiledNetwork
from resnet_dsl.diagnostics.model import Severity
from resnet_dsl.weights.errors import CheckpointError
from tests.weights.saving import FORMATS, State, save_legacy, save_torch


def outputs(module: torch.nn.Module) -> torch.Tensor:
    with torch.no_grad():
        result: torch.Tensor = module.eval()(torch.linspace(-1, 1, 768).reshape(1, 3, 16, 16))
    return result


def loaded(net: CompiledNetwork, state: State) -> torch.nn.Module:
    module = net.build()
    module.load_state_dict(state)
    return module


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_saved_loads_and_computes_the_same(
    net: CompiledNetwork, state: State, tmp_path: Path, form: str
) -> None:
    name, save = FORMATS[form]
    save(state, tmp_path / name)
    found = net.weights(tmp_path / name)
    assert found.loads
    assert found.diagnostics == ()
    assert found.loaded == len(state)
    assert torch.equal(outputs(net.build(tmp_path / name)), outputs(loaded(net, state)))
    for key, tensor in found.state_dict().items():
        assert torch.equal(tensor, state[key])


def test_the_file_written_has_the_keys_in_the_specs_order(
    net: CompiledNetwork, state: State, tmp_path: Path
) -> None:
    save_torch({f"module.{key}": tensor for key, tensor in reversed(state.items())}, tmp_path / "w.pth")
    found = net.weights(tmp_path / "w.pth", rename=["module.="])
    (tmp_path / "out.safetensors").write_bytes(found.safetensors())
    read = safetensors.torch.load_file(tmp_path / "out.safetensors")
    assert list(read) == [entry.key for entry in state_dict_entries(net.network)]
    assert all(torch.equal(read[key], tensor) for key, tensor in state.items())
    again = net.weights(tmp_path / "out.safetensors")
    assert again.safetensors() == found.safetensors()


def test_views_are_read_as_they_look(net: CompiledNetwork, state: State, tmp_path: Path) -> None:
    turned = dict(state)
    turned["fc.weight"] = state["fc.weight"].t().contiguous().t()
    turned["fc.bias"] = torch.zeros(1).expand(10)
    turned["conv1.weight"] = state["conv1.weight"].to(memory_format=torch.channels_last)
    save_torch(turned, tmp_path / "w.pth")
    read = net.weights(tmp_path / "w.pth").state_dict()
    assert all(torch.equal(read[key], tensor) for key, tensor in turned.items())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("form", FORMATS)
def test_other_precisions_are_converted_and_told(
    net: CompiledNetwork, state: State, tmp_path: Path, form: str, dtype: torch.dtype
) -> None:
    name, save = FORMATS[form]
    other = {key: tensor.to(dtype) if tensor.is_floating_point() else tensor for key, tensor in state.items()}
    save(other, tmp_path / name)
    found = net.weights(tmp_path / name)
    assert [(entry.code, entry.severity) for entry in found.diagnostics] == [("RDL933", Severity.NOTE)]
    for key, tensor in found.state_dict().items():
        assert torch.equal(tensor, other[key].float() if other[key].is_floating_point() else other[key])


def test_files_older_than_the_counters(net: CompiledNetwork, state: State, tmp_path: Path) -> None:
    old = {key: tensor for key, tensor in state.items() if "num_batches" not in key}
    save_legacy(old, tmp_path / "w.pth")
    found = net.weights(tmp_path / "w.pth")
    assert found.loads
    assert [entry.code for entry in found.diagnostics] == ["RDL937"]
    torch_says = net.build()
    torch_says.load_state_dict(old)  # torch takes them too
    assert torch.equal(outputs(net.build(tmp_path / "w.pth")), outputs(torch_says))
    old["bn1.num_batches_tracked"] = torch.tensor(1)
    save_torch(old, tmp_path / "some.pth")  # one is there: the others are missing
    assert len(net.weights(tmp_path / "some.pth").comparison.missing) == 6


WRAPPERS: list[tuple[Callable[[State], Any], str]] = [
    (lambda state: {"state_dict": state, "epoch": 3}, "state_dict"),
    (lambda state: {"model": state, "optimizer": {"state": {0: {"exp_avg": torch.zeros(2)}}}}, "model"),
    (lambda state: {"run": {"net": state}, "best": torch.tensor(0.5)}, "run.net"),
]


@pytest.mark.parametrize(("wrap", "way"), WRAPPERS, ids=[way for _, way in WRAPPERS])
def test_wrappers_are_found_and_said(
    net: CompiledNetwork, state: State, tmp_path: Path, wrap: Callable[[State], Any], way: str
) -> None:
    torch.save(wrap(state), tmp_path / "w.pth")
    found = net.weights(tmp_path / "w.pth")
    assert found.loads
    assert found.checkpoint.wrapper == way


def test_among_several_state_dicts_one_can_be_named(
    net: CompiledNetwork, state: State, tmp_path: Path
) -> None:
    average = {key: tensor * 2 for key, tensor in state.items()}
    torch.save({"model_ema": average, "model": state}, tmp_path / "w.pth")
    found = net.weights(tmp_path / "w.pth")
    assert (found.checkpoint.wrapper, list(found.checkpoint.others)) == ("model", ["model_ema"])
    other = net.weights(tmp_path / "w.pth", key="model_ema").state_dict()
    assert torch.equal(other["fc.bias"], average["fc.bias"])
    with pytest.raises(CheckpointError, match="it has `model_ema`, `model`"):
        net.weights(tmp_path / "w.pth", key="ema")


@given(
    st.lists(st.floats(width=16), min_size=1, max_size=40),
    st.sampled_from([torch.float16, torch.bfloat16, torch.float64]),
)
def test_conversion_is_torchs(values: list[float], dtype: torch.dtype) -> None:
    from resnet_dsl.weights.dtypes import converter, count_nonfinite

    tensor = torch.tensor(values, dtype=dtype)
    data = tensor.view(torch.uint8).numpy().tobytes()
    name = str(dtype).removeprefix("torch.")
    convert = converter(name, "float32")
    assert convert is not None
    made = torch.frombuffer(bytearray(convert(data)), dtype=torch.float32)
    assert torch.equal(made.nan_to_num(7), tensor.float().nan_to_num(7))
    for form, content in ((name, data), ("float32", convert(data))):
        assert count_nonfinite(content, form) == int((~torch.isfinite(tensor)).sum())


def test_a_family_member_loads_by_its_name(specs: Path, tmp_path: Path) -> None:
    net = resnet_dsl.load(specs / "cifar_resnet20.rdl")["cifar_resnet20"]
    save_torch(net.build().state_dict(), tmp_path / "w.pth")
    assert net.weights(tmp_path / "w.pth").loads
