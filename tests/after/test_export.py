"""`export` writes files that others can run, and only after it has run them itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

import resnet_dsl
from resnet_dsl.training import exporting
from resnet_dsl.training.errors import TrainingError
from resnet_dsl.training.exporting import Input, export
from tests.after.conftest import Command

IMAGES = torch.randn(5, 1, 8, 8, generator=torch.Generator().manual_seed(1))
INPUTS = [Input("image", (1, 8, 8))]


def trained_module(run_folder: Path) -> nn.Module:
    net = resnet_dsl.loads(
        (run_folder / "spec" / "parts.rdl").read_text()
        + (run_folder / "spec" / "tiny.rdl").read_text().partition("\n")[2],
        overrides={"width": 6},
    )["tiny"].build()
    net.load_state_dict(load_file(run_folder / "best.safetensors"))
    return net.eval()


@torch.no_grad()
def test_a_run_as_a_program_of_torch(run_folder: Path, tmp_path: Path, command: Command) -> None:
    out = tmp_path / "net.pt2"
    done = command("export", run_folder, "-o", out)
    assert done.exit_code == 0, done.stderr
    assert f"{out}: tiny, torch.export, any batch size" in done.stdout
    assert "outputs agree within 0 (torch" in done.stdout
    program = torch.export.load(out).module()
    assert torch.equal(program(IMAGES), trained_module(run_folder)(IMAGES))
    content = out.read_bytes()
    assert str(tmp_path).encode() not in content
    assert b"site-packages" not in content


@torch.no_grad()
def test_folded_weights_of_a_single_file(run_folder: Path, tmp_path: Path, command: Command) -> None:
    moved = tmp_path / "w.safetensors"
    moved.write_bytes((run_folder / "best.safetensors").read_bytes())
    done = command("export", moved, "-o", tmp_path / "net.pt2", "--fold-bn", "--batch", "5")
    assert done.exit_code == 0, done.stderr
    program = torch.export.load(tmp_path / "net.pt2")
    assert not any("norm" in str(node.target) for node in program.graph.nodes)
    wanted = trained_module(run_folder)(IMAGES)
    torch.testing.assert_close(program.module()(IMAGES), wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
@torch.no_grad()
def test_onnx_runs_elsewhere(run_folder: Path, tmp_path: Path, command: Command) -> None:
    out = tmp_path / "net.onnx"
    done = command("export", run_folder, "--format", "onnx", "-o", out, "--opset", "18", "--fold-bn")
    assert done.exit_code == 0, done.stderr
    assert "ONNX, opset 18, any batch size" in done.stdout
    reference = pytest.importorskip("onnx.reference").ReferenceEvaluator(str(out))
    (given,) = reference.run(None, {"image": IMAGES.numpy()})
    torch.testing.assert_close(
        torch.as_tensor(given), trained_module(run_folder)(IMAGES), rtol=1e-4, atol=1e-5
    )
    before = out.read_bytes()
    assert b"site-packages" not in before
    assert b"stack_trace" not in before
    command("export", run_folder, "--format", "onnx", "-o", out, "--opset", "18", "--fold-bn")
    assert out.read_bytes() == before
    refused = command("export", run_folder, "--format", "onnx", "-o", out, "--opset", "9")
    assert refused.exit_code == 1
    assert "error[RDL954]" in refused.stderr
    assert out.read_bytes() == before


def test_a_spec_has_the_weights_that_training_starts_from(spec: Path, command: Command) -> None:
    done = command("export", spec, "-o", "net.pt2", "--set", "width=3")
    assert done.exit_code == 0, done.stderr
    assert "note: tiny has the weights that training starts from" in done.stderr
    assert Path("net.pt2").stat().st_size > 1_000


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["tiny.rdl", "--opset", "18"], 2, "only ONNX has opsets"),
        (["run", "--model", "tiny"], 2, "a run brings its own model"),
        (["run"], 2, "it has no best.safetensors"),
        (["none.rdl"], 1, "RDL107"),
        (["w.safetensors"], 1, "error[RDL950]"),
    ],
)
def test_mistakes_of_the_command(
    spec: Path, command: Command, words: list[str], code: int, said: str
) -> None:
    from safetensors.torch import save_file

    save_file({"a": torch.ones(1)}, "w.safetensors")
    Path("run").mkdir()
    done = command("export", *words, "-o", "net.pt2")
    assert done.exit_code == code, done.stderr
    assert said in done.stderr
    assert not Path("net.pt2").exists()


class Undecided(nn.Module):
    """Does another thing for a negative sum."""

    def forward(self, x: Tensor) -> Tensor:
        return x if x.sum() > 0 else -x


def test_a_network_that_torch_cannot_follow() -> None:
    with pytest.raises(TrainingError, match="RDL953: PyTorch cannot export net"):
        export(Undecided(), INPUTS, "torch", name="net")


class Noisy(nn.Module):
    """Gives something else each time."""

    def forward(self, x: Tensor) -> Tensor:
        return x + torch.rand_like(x)


def test_outputs_that_differ_are_noticed() -> None:
    with pytest.raises(TrainingError, match="RDL955: the exported network differs from the module by"):
        export(Noisy(), INPUTS, "torch", name="net")


def test_without_the_extra_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, spec: Path, command: Command
) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    done = command("export", spec, "--format", "onnx", "-o", "net.onnx")
    assert done.exit_code == 1
    assert "error[RDL951]" in done.stderr
    assert 'pip install "resnet-dsl[onnx]"' in done.stderr


def test_without_onnxruntime_the_reference_of_onnx_runs_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnx")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    made: list[object] = []
    monkeypatch.setattr(
        exporting,
        "import_module",
        lambda name: (
            SimpleNamespace(ReferenceEvaluator=made.append, __version__="1")
            if name.startswith("onnx.") or name == "onnx"
            else __import__(name)
        ),
    )
    _, checked_by = exporting._onnx_runner(b"bytes", ["image"])
    assert checked_by == "onnx 1, reference"
    assert made == [b"bytes"]


def test_without_torch_the_message_says_what_to_install(spec: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from resnet_dsl.cli.main import main\n"
        "sys.exit(main(['export', sys.argv[1], '-o', 'net.pt2']))"
    )
    done = subprocess.run([sys.executable, "-c", code, spec], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "error[RDL901]" in done.stderr


def test_the_ending_says_the_form(spec: Path, command: Command) -> None:
    onnx = pytest.importorskip("onnx")
    done = command("export", spec, "-o", "net.onnx")
    assert done.exit_code == 0, done.stderr
    assert "ONNX, opset " in done.stdout
    graph = onnx.load("net.onnx").graph
    axes = [end.type.tensor_type.shape.dim[0].dim_param for end in (*graph.input, *graph.output)]
    assert axes == ["batch", "batch"]
    torn = command("export", spec, "-o", "net.onnx", "--format", "torch")
    assert torn.exit_code == 2
    assert "the ending of `--format onnx`" in torn.stderr


def test_what_is_not_there_is_told_as_such(tmp_path: Path, command: Command) -> None:
    missing = command("export", tmp_path / "missing", "-o", "net.pt2")
    assert missing.exit_code == 2
    assert "no run's folder" in missing.stderr
    (tmp_path / "empty").mkdir()
    for name in ("export", "evaluate"):
        empty = command(name, tmp_path / "empty", *(["-o", "net.pt2"] if name == "export" else []))
        assert empty.exit_code == 2
        assert "best.safetensors" in empty.stderr


def test_weights_that_do_not_fit_name_an_option_that_there_is(
    run_folder: Path, spec: Path, command: Command
) -> None:
    weights = run_folder / "best.safetensors"
    done = command("export", spec, "--weights", weights, "--set", "width=3", "-o", "net.pt2")
    assert done.exit_code == 1
    assert "`--partial`" not in done.stderr
