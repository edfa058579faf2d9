"""What does not fit: the first difference and its line, what `partial` loads, and values that are no numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from resnet_dsl.compiled import CompiledNetwork
from resnet_dsl.diagnostics.model import Severity
from resnet_dsl.weights.errors import CheckpointError
from tests.weights.saving import FORMATS, State, save_torch


def test_what_is_no_conversion_is_an_error(net: CompiledNetwork, state: State, tmp_path: Path) -> None:
    save_torch({**state, "fc.bias": torch.arange(10)}, tmp_path / "w.pth")
    found = net.weights(tmp_path / "w.pth")
    assert not found.loads
    assert {entry.code for entry in found.diagnostics} == {"RDL930", "RDL932"} or {
        entry.code for entry in found.diagnostics
    } == {"RDL931", "RDL932"}
    with pytest.raises(CheckpointError, match=r"fc\.bias \(int64\)"):
        net.build(tmp_path / "w.pth")


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


def test_two_tensors_of_one_key_are_refused(net: CompiledNetwork, state: State, tmp_path: Path) -> None:
    state["layer3.conv1.weight"] = torch.zeros(2)
    save_torch(state, tmp_path / "w.pth")
    found = net.weights(tmp_path / "w.pth", rename=["layer3=layer1", "nowhere=somewhere"])
    codes = [entry.code for entry in found.diagnostics]
    assert codes == ["RDL935", "RDL936", "RDL930"]
    assert not found.loads
