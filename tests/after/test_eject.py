"""`train --eject` writes a script that takes the very steps of the command."""

from __future__ import annotations

import ast
import json
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from resnet_dsl.training.eject.literals import literal
from tests.after.conftest import Command
from tests.after.ejected import CASES, QUICK, SLOW, Case, write
from tests.training.sources import write_folders

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pickle")


@pytest.fixture
def losses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every loss that anybody calls `backward` on, in order."""
    seen: list[float] = []
    backward: Callable[..., None] = torch.Tensor.backward

    def recording(loss: torch.Tensor, *others: object, **more: object) -> None:
        seen.append(loss.item())
        backward(loss, *others, **more)

    monkeypatch.setattr(torch.Tensor, "backward", recording)
    return seen


def ejected(case: Case, command: Command) -> str:
    spec = write(case)
    done = command("train", spec, "--eject", "own.py", "--force")  # another case left one there
    assert done.exit_code == 0, done.stderr
    assert "own.py: trains tiny as the recipe quick says" in done.stdout
    assert not Path("runs").exists()
    return Path("own.py").read_text()


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_scripts_are_clean_and_come_out_the_same_again(command: Command) -> None:
    for number, case in enumerate(CASES.values()):
        if Path("data").exists():
            Path("data").rename(f"data{number}")
        text = ejected(case, command)
        assert "resnet_dsl" not in text
        assert text.isascii()
        Path(f"script{number}.py").write_text(text)
        assert number % 6 or ejected(case, command) == text
    for words in (["format", "--diff"], ["check", "--no-cache", "--select", "E,F,I,B,UP,ARG001"]):
        ruff = [sys.executable, "-m", "ruff", *words, "--isolated", "."]
        result = subprocess.run(ruff, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("name", QUICK)
def test_losses_and_weights_are_the_same(
    name: str, command: Command, losses: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    same_run(CASES[name], command, losses, capsys)


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_other_recipes_too(
    name: str, command: Command, losses: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    same_run(CASES[name], command, losses, capsys)


def same_run(case: Case, command: Command, losses: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    ejected(case, command)
    trained = command("train", "tiny.rdl", "--threads", "1")
    assert trained.exit_code == 0, trained.stderr
    expected = losses.copy()
    losses.clear()
    runpy.run_path("own.py", run_name="__main__")
    assert len(expected) >= 2
    assert losses == expected
    ours, theirs = load_file("runs/tiny/best.safetensors"), torch.load("own.pt", weights_only=True)
    assert ours.keys() == theirs.keys()
    assert [key for key in ours if not torch.equal(ours[key], theirs[key])] == []
    said = capsys.readouterr().out
    assert trained.stdout.partition(",")[0].startswith("held-out accuracy ")
    assert trained.stdout.partition(", weights")[0] in said
    records = [json.loads(line) for line in Path("runs/tiny/metrics.jsonl").read_text().splitlines()]
    for record in records[:-1]:
        assert f"validation loss {record['validation_loss']:.6f}" in said
    assert f"loss {records[-1]['test_loss']:.9f}" in said


NAMES = """block evaluate(x, width: int) { return x -> conv(width, 3) -> bn -> relu }
block epoch(x, width: int) { return x -> conv(width, 3) -> bn -> relu }
model Path {
  input image [1, 8, 8]
  y = image -> a: evaluate(4) -> epoch: epoch(8) -> bn -> relu
  return y -> Samples: conv(4, 3) -> gap -> flatten -> fc: linear(10)
}
train quick for Path {
  data = digits
  optimizer = sgd(lr = 0.1)
  epochs = 1
  batch = 256
}
"""


@pytest.mark.parametrize("name", ["Path", "loss", "main", "model", "images", "generator", "Samples", "words"])
def test_names_of_the_network_and_of_the_script_do_not_meet(
    name: str, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("tiny.rdl").write_text(NAMES.replace("Path", name))
    done = command("train", "tiny.rdl", "--eject", "own.py")
    assert done.exit_code == 0, done.stderr
    runpy.run_path("own.py", run_name="__main__")
    assert "held-out accuracy" in capsys.readouterr().out


HOSTILE = """it's "a\\b" {{ 7 * 7 }} {% x %} \u00fc\n\"\"\" + print(1) #"""


def test_a_folder_is_a_text_in_the_script(tmp_path: Path, command: Command) -> None:
    folder = tmp_path / HOSTILE.replace("\n", " ")
    write_folders(folder, ["a", "b"], 10)
    recipe = write(CASES["pictures"])
    done = command(
        "train",
        recipe,
        "--set",
        f"train.data.folder={json.dumps(str(folder), ensure_ascii=False)}",
        "--eject",
        "own.py",
    )
    assert done.exit_code == 0, done.stderr
    assert runpy.run_path("own.py")["FOLDER"] == folder


@pytest.mark.parametrize("text", ["plain", "it's", 'a "b"', HOSTILE, "\\", "\x00\u2028", "'\"'\"'"])
def test_literals(text: str) -> None:
    assert literal(text).isascii()
    assert ast.literal_eval(literal(text)) == text


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        ('shards(folder = "data")', "RDL956", "`data = shards`"),
        ('coco(folder = "data", size = 8)', "RDL956", "its class `Samples`"),
        ('coco_keypoints(folder = "data")', "RDL956", "`data = coco_keypoints`"),
        ('cifar10(folder = "nowhere")', "RDL970", "there is no such folder"),
        ('images(folder = "nowhere", size = 8)', "RDL970", "there is no such folder"),
        ("synthetic(size = [3, 8, 8])", "RDL903", "takes images of 1 channels"),
        ("synthetic(size = [1, 8, 8], classes = 9)", "RDL904", "[10]"),
        ("synthetic(task = keypoints, size = [1, 8, 8])", "RDL976", "train.loss=mse"),
    ],
)
def test_what_a_script_cannot_hold(command: Command, data: str, code: str, said: str) -> None:
    done = command("train", write(Case(data=data)), "--eject", "own.py")
    assert done.exit_code == 1, done.stdout
    assert f"error[{code}]" in done.stderr
    assert said in done.stderr
    assert not Path("own.py").exists()
