"""`resnet-dsl weights`, and `compile --weights`: what is printed, written, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import safetensors.torch
import torch

import resnet_dsl
from tests.cli.command import Run

State = dict[str, torch.Tensor]


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def state(tiny: Path) -> State:
    state: State = resnet_dsl.load(tiny)["tiny"].build().state_dict()
    return state


def test_a_line_where_all_fits(run: Run, tiny: Path, state: State) -> None:
    torch.save({"state_dict": state}, "w.pth")
    result = run("weights", tiny.name, "w.pth")
    assert (result.code, result.err) == (0, "")
    assert result.out == "w.pth (torch, under `state_dict`) fits tiny: 8 tensors\n"


def test_a_rule_that_the_tool_names_is_one_that_it_takes(run: Run, tiny: Path, state: State) -> None:
    torch.save({f"module.{key}".replace("fc", "head"): tensor for key, tensor in state.items()}, "w.pth")
    result = run("weights", tiny.name, "w.pth", "-o", "out.safetensors")
    assert result.code == 1
    assert "missing" in result.out
    assert "error[RDL930]: `w.pth` does not fit tiny: 8 missing, 8 unexpected" in result.err
    assert "tiny.rdl:3" in result.err
    assert not Path("out.safetensors").exists()
    proposed = next(line for line in result.err.splitlines() if "--rename" in line)
    options = proposed[proposed.index("--rename") :].split()
    result = run("weights", tiny.name, "w.pth", *options, "-o", "out.safetensors")
    assert result.code == 0
    assert result.out.endswith("out.safetensors: 8 tensors\n")
    read = safetensors.torch.load_file("out.safetensors")
    assert list(read) == list(state)
    assert all(torch.equal(read[key], state[key]) for key in state)


def test_for_programs(run: Run, tiny: Path, state: State) -> None:
    del state["fc.bias"]
    safetensors.torch.save_file({**state, "a\x1b[2J": torch.ones(2)}, "w.safetensors")
    result = run("weights", tiny.name, "w.safetensors", "--format", "json")
    assert (result.code, result.err) == (1, "")
    data = json.loads(result.out)
    assert data["missing"] == [{"key": "fc.bias", "shape": [10], "dtype": "float32"}]
    assert data["unexpected"] == [{"key": "a\x1b[2J", "shape": [2], "dtype": "float32"}]
    assert data["tensors"] == {"network": 8, "checkpoint": 8, "loaded": 7, "left": 1}
    assert [entry["code"] for entry in data["diagnostics"]] == ["RDL930"]
    assert "\x1b" not in result.out
    result = run("weights", tiny.name, "nowhere", "--format", "json")
    assert (result.code, json.loads(result.out)["diagnostics"][0]["code"]) == (1, "RDL920")


def test_hostile_keys_stay_text(run: Run, tiny: Path, state: State) -> None:
    torch.save({**state, "a\x1b[2J\nerror: b\u202e": torch.ones(2)}, "w.pth")
    result = run("weights", tiny.name, "w.pth")
    assert not {"\x1b", "\u202e"} & set(result.out + result.err)
    assert "a\\x1b[2J\\nerror: b\\u202e" in result.out


def test_partial(run: Run, tiny: Path, state: State) -> None:
    state["fc.weight"] = torch.zeros(3, 4)
    torch.save(state, "w.pth")
    result = run("weights", tiny.name, "w.pth", "--partial", "-o", "out.safetensors")
    assert result.code == 0
    assert (
        "warning[RDL938]: 7 of the 8 tensors of tiny come from `w.pth`, 1 stay at their start" in result.err
    )
    assert len(safetensors.torch.load_file("out.safetensors")) == 7


def test_parameters_and_members_of_a_family(run: Run, tiny: Path, state: State) -> None:
    torch.save(state, "w.pth")
    assert run("weights", tiny.name, "w.pth", "--set", "classes=7").code == 1
    tiny.write_text(tiny.read_text() + "\nmodel small = tiny(classes = 7) {\n}\n")
    result = run("weights", tiny.name, "w.pth")
    assert (result.code, result.out) == (0, "w.pth (torch) fits tiny: 8 tensors\n")
    torch.save({"a": torch.ones(2)}, "other.pth")
    result = run("weights", tiny.name, "other.pth")
    assert result.code == 2
    assert "the spec has 2 models; it fits none of them" in result.err


@pytest.mark.parametrize("rule", ["module", "a..b=c", "a*=b", "\x1b="])
def test_a_malformed_rule_is_a_usage_error(run: Run, tiny: Path, state: State, rule: str) -> None:
    torch.save(state, "w.pth")
    result = run("weights", tiny.name, "w.pth", "--rename", rule)
    assert "\x1b" not in result.err
    assert result.code == (2 if rule != "\x1b=" else 0)


def test_compile_puts_the_weights_beside_the_module(run: Run, tiny: Path, state: State) -> None:
    torch.save({f"module.{key}": tensor for key, tensor in state.items()}, "w.pth")
    result = run("compile", tiny.name, "--weights", "w.pth")
    assert result.code == 1
    assert "--rename module.=" in result.err
    assert not Path("generated").exists()
    result = run("compile", tiny.name, "--weights", "w.pth", "--rename", "module.=")
    assert result.code == 0
    assert "weights.safetensors" in result.out
    scope: dict[str, object] = {"__name__": "tiny"}
    exec(Path("generated/tiny/model.py").read_text(), scope)
    build = scope["build"]
    assert callable(build)
    read = safetensors.torch.load_file("generated/tiny/weights.safetensors")
    build().load_state_dict(read)
    assert all(torch.equal(read[key], state[key]) for key in state)
    assert "up to date" in run("compile", tiny.name, "--weights", "w.pth", "--rename", "module.=").out
    tiny.write_text(tiny.read_text() + "\nmodel other = tiny() {\n}\n")
    assert run("compile", tiny.name, "--weights", "w.pth").code == 2


def test_safetensors_need_neither_torch_nor_numpy(tiny: Path, state: State) -> None:
    halves = {key: tensor.half() if tensor.is_floating_point() else tensor for key, tensor in state.items()}
    safetensors.torch.save_file(halves, "w.safetensors")
    torch.save(state, "w.pth")
    code = (
        "import sys\n"
        "for name in ('torch', 'numpy', 'safetensors'): sys.modules[name] = None\n"
        "from resnet_dsl.cli.main import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )

    def without_torch(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, "weights", tiny.name, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    done = without_torch("w.safetensors", "-o", "out.safetensors")
    assert done.returncode == 0, done.stderr
    assert safetensors.torch.load_file("out.safetensors")["fc.bias"].dtype == torch.float32
    done = without_torch("w.pth")
    assert done.returncode == 1
    assert "error[RDL928]" in done.stderr
    assert 'pip install "resnet-dsl[train]"' in done.stderr
