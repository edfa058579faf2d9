"""`evaluate`: weights that know their spec, and weights that do not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from resnet_dsl.cli.judgement import judgement_text
from resnet_dsl.training.held_out import DataPart, Evaluation
from resnet_dsl.training.judging import Judgement
from tests.after.conftest import PARTS, SPEC, Command
from tests.training.sources import write_folders


def test_a_run_knows_its_spec_and_recipe(run_folder: Path, command: Command) -> None:
    done = command("evaluate", run_folder, "--threads", "1", "--device", "cpu", "--format", "json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    wanted = json.loads((run_folder / "metrics.jsonl").read_text().splitlines()[-1])
    assert (found["model"], found["recipe"], found["part"]) == ("tiny", "quick", "test")
    assert found["accuracy"] == wanted["test_accuracy"]
    assert found["loss"] == wanted["test_loss"]
    assert sum(map(sum, found["confusion"])) == found["images"] == 359
    assert sum(row[number] for number, row in enumerate(found["confusion"])) == found["correct"]
    assert [row["count"] for row in found["classes"]] == [sum(row) for row in found["confusion"]]
    assert found["top5"] >= found["accuracy"]


def test_the_copy_of_the_spec_is_the_one_that_was_trained(run_folder: Path) -> None:
    assert (run_folder / "spec" / "tiny.rdl").read_text() == SPEC
    assert (run_folder / "spec" / "parts.rdl").read_text() == PARTS


def test_a_single_file_in_text(run_folder: Path, tmp_path: Path, command: Command) -> None:
    moved = tmp_path / "w.safetensors"
    moved.write_bytes((run_folder / "last.safetensors").read_bytes())
    done = command("evaluate", moved, "--part", "validation", "--threads", "1")
    assert done.exit_code == 0, done.stderr
    assert "tiny with " in done.stderr
    assert "validation part of digits, 179 images" in done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("top-1 ")
    assert "top-5 " in lines[0]
    assert lines[2].split() == ["class", "count", "precision", "recall"]
    assert "confusion: a row for each true class, a column for each predicted one" in lines


def test_bare_tensors_need_a_spec(run_folder: Path, spec: Path, command: Command) -> None:
    save_file(load_file(run_folder / "best.safetensors"), "bare.safetensors")
    alone = command("evaluate", "bare.safetensors")
    assert alone.exit_code == 1
    assert "error[RDL950]" in alone.stderr
    assert "resnet-dsl evaluate bare.safetensors SPEC" in alone.stderr
    words = ["bare.safetensors", spec, "--set", "width=6", "--threads", "1", "--format", "json"]
    beside = command("evaluate", *words)
    assert beside.exit_code == 0, beside.stderr
    whole = command("evaluate", run_folder, "--threads", "1", "--format", "json")
    assert json.loads(beside.stdout)["accuracy"] == json.loads(whole.stdout)["accuracy"]
    other = command("evaluate", "bare.safetensors", spec)
    assert other.exit_code == 1
    assert "error[RDL93" in other.stderr


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        ('{"origin": {"files": {"../x.rdl": ""}}}', "its metadata is damaged"),
        ('{"origin": {"files": []}}', "its metadata is damaged"),
        ('{"origin": 1}', "its metadata names no spec"),
        ("[" * 100_000, "its metadata names no spec"),
        ("no json", "its metadata names no spec"),
    ],
)
def test_foreign_metadata_is_refused(
    run_folder: Path, tmp_path: Path, command: Command, origin: str, said: str
) -> None:
    path = tmp_path / "w.safetensors"
    save_file(load_file(run_folder / "best.safetensors"), path, {"resnet_dsl": origin})
    done = command("evaluate", path)
    assert done.exit_code == 1
    assert f"{said}" in done.stderr
    assert list(tmp_path.parent.glob("x.rdl")) == []


def test_a_spec_that_has_changed_since_is_noticed(run_folder: Path, tmp_path: Path, command: Command) -> None:
    from safetensors import safe_open

    with safe_open(run_folder / "best.safetensors", "pt") as file:
        facts = json.loads(file.metadata()["resnet_dsl"])
    facts["spec_sha256"] = "0" * 64
    path = tmp_path / "w.safetensors"
    save_file(load_file(run_folder / "best.safetensors"), path, {"resnet_dsl": json.dumps(facts)})
    done = command("evaluate", path, "--threads", "1")
    assert done.exit_code == 0
    assert "warning[RDL952]" in done.stderr


@pytest.mark.parametrize("words", [["--model", "tiny"], ["--set", "width=2"], ["--part", "all"]])
def test_mistakes_of_the_command(run_folder: Path, command: Command, words: list[str]) -> None:
    assert command("evaluate", run_folder, *words).exit_code == 2


def test_many_classes_are_told_in_short() -> None:
    confusion = [[0] * 30 for _ in range(30)]
    for number in range(30):
        confusion[number][number] = 10
    confusion[3][4], confusion[7][2] = 5, 2
    judged = Judgement(0.5, 300 / 307, 300, 307, {"top5": 1.0}, tuple(map(tuple, confusion)))
    names = tuple(f"kind{number}" for number in range(30))
    text = judgement_text(Evaluation("data", DataPart.TEST, 307, names, judged, 1.0))
    lines = text.splitlines()
    assert lines[0] == "top-1 97.72% (300 of 307), top-5 100.00%, loss 0.5000"
    assert "the 20 of 30 classes with the lowest recall" in lines
    assert lines[4].split() == ["kind3", "15", "100.00%", "66.67%"]
    assert "the commonest of 7 mistakes" in lines
    assert lines[-2].split() == ["kind3", "kind4", "5"]
    assert lines[-1].split() == ["kind7", "kind2", "2"]


def test_of_masks_pixels_are_counted() -> None:
    judged = Judgement(0.5, 0.75, 3, 4, {"mean_iou": 0.6}, ((2, 0), (1, 1)))
    found = Evaluation("masks", DataPart.TEST, 1, ("sky", "dog"), judged, 0.1)
    assert judgement_text(found).startswith("accuracy 75.00% (3 of 4 pixels), mean IoU 60.00%")


def test_of_key_points_pck_is_told() -> None:
    judged = Judgement(0.5, 0.75, 3, 4, {"pck": 0.75})
    found = Evaluation("points", DataPart.TEST, 1, (), judged, 0.1)
    assert judgement_text(found) == (
        "accuracy 75.00% (3 of 4 key points), PCK at a tenth 75.00%, loss 0.5000"
    )


def test_of_key_points_each_joint_is_told() -> None:
    joints = ((3, 4), (0, 0), (1, 2))
    judged = Judgement(0.5, 4 / 6, 4, 6, {"pck": 4 / 6}, joints=joints)
    found = Evaluation("points", DataPart.TEST, 4, ("nose", "left\x1b[2J", "right_hip"), judged, 0.1)
    lines = judgement_text(found).splitlines()
    assert lines[2].split() == ["joint", "count", "PCK"]
    assert lines[3].split() == ["nose", "4", "75.00%"]
    assert lines[4].split()[-2:] == ["0", "-"]
    assert "\x1b" not in lines[4]
    many = Judgement(0.5, 0.5, 30, 60, {"pck": 0.5}, joints=tuple((number % 3, 2) for number in range(30)))
    text = judgement_text(Evaluation("points", DataPart.TEST, 2, (), many, 0.1))
    assert "the 20 of 30 joints with the lowest PCK" in text
    assert len(text.splitlines()) == 4 + 20


def test_images_that_cannot_be_read_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    monkeypatch.chdir(tmp_path)
    for part, each in (("train", 10), ("val", 4), ("test", 4)):
        write_folders(Path("data") / part, ["a", "b"], each)
    for part, name in (("train", "000"), ("val", "000"), ("test", "002"), ("test", "003")):
        (Path("data") / part / "a" / f"{name}.png").write_bytes(b"no image")
    Path("net.rdl").write_text(
        "model net {\n  input image [3, 8, 8]\n  return image -> gap -> flatten -> linear(2)\n}\n"
        'train once for net {\n  data = images(folder = "data")\n'
        "  optimizer = sgd(lr = 0.1)\n  epochs = 1\n  batch = 4\n}\n"
    )
    done = command("train", "net.rdl", "--out", "run", "--threads", "1")
    assert done.exit_code == 0, done.stderr
    found = command("evaluate", "run", "--threads", "1")
    assert found.exit_code == 0, found.stderr
    assert "test part of images, 6 images" in found.stderr
    assert "2 images could not be read and were left out: " in found.stderr
    assert "002.png" in found.stderr
    told = json.loads(command("evaluate", "run", "--threads", "1", "--format", "json").stdout)
    assert (told["images"], told["judged"], len(told["left_out"])) == (6, 6, 2)
