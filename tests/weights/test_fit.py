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

State = dict[str, torch.Tensor]
Save = Callable[[State, Path], object]


def save_torch(state: State, path: Path) -> None:
    torch.save(state, path)


def save_legacy(state: State, path: Path) -> None:
    torch.save(state, path, _use_new_zipfile_serialization=False)


FORMATS: dict[str, tuple[str, Save]] = {
    "safetensors": ("w.safetensors", safetensors.torch.save_file),
    "torch": ("w.pth", save_torch),
    "legacy torch": ("w.bin", save_legacy),
}


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


def test_what_is_no_conversion_is_an_error(net: CompiledNetwork, state: State, tmp_path: Path) -> None:
    save_torch({**state, "fc.bias": torch.arange(10)}, tmp_path / "w.pth")
    found = net.weights(tmp_path / "w.pth")
    assert not found.loads
    assert {entry.code for entry in found.diagnostics} == {"RDL930", "RDL932"} or {
        entry.code for entry in found.diagnostics
    } == {"RDL931", "RDL932"}
    with pytest.raises(CheckpointError, match=r"fc\.bias \(int64\)"):
        net.build(tmp_path / "w.pth")


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


def test_the_first_difference_has_its_line_and_instance(
    net: CompiledNetwork, state: State, tmp_path: Path
) -> None:
    del state["layer2.downsample.1.weight"]
    state["extra.weight"] = torch.zeros(2)
    state["fc.weight"] = torch.zeros(7, 12)
    save_torch(state, tmp_path / "w.pth")
    found = net.weights(tmp_path / "w.pth")
    assert found.difference is not None
    assert found.difference.key == "layer2.downsample.1.weight"
    (said,) = found.diagnostics
    assert said.code == "RDL930"
    assert said.where == "layer2 = unit(width = 12)"
    assert said.span is not None
    assert said.span.start_position.line == 11
    assert "1 missing, 1 unexpected, 1 of another shape" in said.message
    assert "`layer2.downsample.1.weight` [12] is not in the checkpoint" in said.label


def test_another_number_of_classes_is_guessed(net: CompiledNetwork, state: State, tmp_path: Path) -> None:
    state |= {"fc.weight": torch.zeros(7, 12), "fc.bias": torch.zeros(7)}
    save_torch(state, tmp_path / "w.pth")
    (said,) = net.weights(tmp_path / "w.pth").diagnostics
    assert (said.code, said.label) == ("RDL931", "`fc.weight` is [10, 12] here and [7, 12] there")
    assert "`--set classes=7`" in said.help


def test_partial_loads_what_fits_and_counts(net: CompiledNetwork, state: State, tmp_path: Path) -> None:
    state |= {"fc.weight": torch.zeros(7, 12), "fc.bias": torch.zeros(7), "more": torch.zeros(1)}
    save_torch(state, tmp_path / "w.pth")
    with pytest.raises(CheckpointError, match="RDL930"):
        net.build(tmp_path / "w.pth")
    found = net.weights(tmp_path / "w.pth", partial=True)
    assert found.loads
    assert (found.loaded, found.comparison.left) == (len(state) - 3, 2)
    (said,) = found.diagnostics
    assert (said.code, said.severity) == ("RDL938", Severity.WARNING)
    module = net.build(tmp_path / "w.pth", partial=True)
    for key, tensor in module.state_dict().items():
        assert key.startswith("fc.") or torch.equal(tensor, state[key])


def test_partial_with_nothing_in_common_is_an_error(net: CompiledNetwork, tmp_path: Path) -> None:
    save_torch({"a": torch.zeros(2)}, tmp_path / "w.pth")
    found = net.weights(tmp_path / "w.pth", partial=True)
    assert not found.loads
    assert [entry.code for entry in found.diagnostics] == ["RDL939"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("form", FORMATS)
def test_values_that_are_no_numbers(
    net: CompiledNetwork, state: State, tmp_path: Path, form: str, value: float
) -> None:
    name, save = FORMATS[form]
    state["layer1.conv2.weight"].flatten()[[0, 5]] = value
    save(state, tmp_path / name)
    found = net.weights(tmp_path / name)
    assert not found.loads
    (said,) = found.diagnostics
    assert (said.code, said.message.partition(": ")[2]) == ("RDL934", "layer1.conv2.weight (2)")
    taken = net.weights(tmp_path / name, allow_nonfinite=True)
    assert taken.loads
    assert [entry.severity for entry in taken.diagnostics] == [Severity.WARNING]


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


def test_two_tensors_of_one_key_are_refused(net: CompiledNetwork, state: State, tmp_path: Path) -> None:
    state["layer3.conv1.weight"] = torch.zeros(2)
    save_torch(state, tmp_path / "w.pth")
    found = net.weights(tmp_path / "w.pth", rename=["layer3=layer1", "nowhere=somewhere"])
    codes = [entry.code for entry in found.diagnostics]
    assert codes == ["RDL935", "RDL936", "RDL930"]
    assert not found.loads


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
