"""`compile --fold-bn`: code without batch norms, and weights that fit it."""

from __future__ import annotations

import runpy
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

import resnet_dsl
from tests.after.conftest import Command


def test_code_and_weights_of_the_folded_network(spec: Path, command: Command) -> None:
    whole = resnet_dsl.load(spec)["tiny"].build()
    images = torch.randn(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    whole(images)  # moves the running statistics
    whole.eval()
    save_file(whole.state_dict(), "w.safetensors")

    done = command("compile", spec, "--fold-bn", "--weights", "w.safetensors", "--out", "out")
    assert done.exit_code == 0, done.stderr
    code = Path("out/tiny/model.py").read_text()
    assert "BatchNorm" not in code
    assert "Compiled with batch norms folded" in code
    assert "bn" not in Path("out/tiny/graph.dot").read_text()
    folded = runpy.run_path("out/tiny/model.py")["build"]().eval()
    folded.load_state_dict(load_file("out/tiny/weights.safetensors"))
    with torch.no_grad():
        torch.testing.assert_close(folded(images), whole(images), rtol=1e-5, atol=1e-6)
    before = Path("out/tiny/weights.safetensors").read_bytes()
    command("compile", spec, "--fold-bn", "--weights", "w.safetensors", "--out", "again")
    assert Path("again/tiny/weights.safetensors").read_bytes() == before


def test_a_network_without_batch_norms_is_compiled_as_it_is(spec: Path, command: Command) -> None:
    spec.write_text("model net {\n  input image [1, 8, 8]\n  return image -> conv(2, 3) -> relu\n}\n")
    done = command("compile", spec, "--fold-bn", "--out", "out")
    assert done.exit_code == 0
    assert "note: net has no batch norm to fold" in done.stderr
    assert "folded" not in Path("out/net/model.py").read_text()
