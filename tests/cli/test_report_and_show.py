"""`report` and `show`: what they print, in every form, and what they refuse."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import pytest

from tests.cli.command import Run

TWO_MODELS = """
block unit(x) {
  return x -> conv(x.c, 3)
}
model family(width: int, size: int = 8) {
  input image [3, size, size]
  return image -> conv(width, 3) -> one: unit
}
model narrow = family(4)
model wide = family(8)
"""


@pytest.fixture
def two(tmp_path: Path) -> Path:
    path = tmp_path / "two.rdl"
    path.write_text(TWO_MODELS)
    return path


def test_the_table_of_a_published_net(run: Run, specs: Path) -> None:
    result = run("report", specs / "resnet50.rdl", "--by", "stage")
    assert result.code == 0
    assert result.err == ""
    lines = result.out.splitlines()
    assert lines[0] == "resnet50: 3x224x224 -> 1000, depth 50, batch 1"
    assert [line.split()[0] for line in lines[4:10]] == [
        "conv1",
        "layer1",
        "layer2",
        "layer3",
        "layer4",
        "gap1",
    ]
    assert "25,557,032" in result.out
    assert "4,089,184,256" in result.out
    assert "multiply-adds" in result.out


def test_rows_are_blocks_where_there_are_blocks(run: Run, tiny: Path, two: Path) -> None:
    assert run("report", tiny).out.splitlines()[2].startswith("layer ")
    assert run("report", two, "--model", "wide").out.splitlines()[2].startswith("block ")


def test_json_is_one_object_or_a_list(run: Run, tiny: Path, two: Path) -> None:
    one = json.loads(run("report", tiny, "--format", "json").out)
    assert (one["model"], one["input"], one["output"]) == ("tiny", [3, 8, 8], [10])
    assert [layer["path"] for layer in one["layers"]] == ["conv1", "bn1", "relu1", "gap1", "flatten1", "fc"]
    both = json.loads(run("report", two, "--format", "json").out)
    assert [entry["model"] for entry in both] == ["narrow", "wide"]
    chosen = json.loads(run("report", two, "--model", "wide", "--format", "json").out)
    assert chosen["model"] == "wide"


def test_csv_and_markdown(run: Run, tiny: Path) -> None:
    rows = list(csv.DictReader(StringIO(run("report", tiny, "--format", "csv", "--by", "op").out)))
    assert [row["path"] for row in rows] == ["conv1", "bn1", "relu1", "gap1", "flatten1", "fc"]
    assert run("report", tiny, "--format", "md").out.startswith("# tiny\n")


def test_another_input_and_batch(run: Run, tiny: Path) -> None:
    base = json.loads(run("report", tiny, "--format", "json").out)
    larger = json.loads(run("report", tiny, "--input", "3x16x16", "--format", "json").out)
    assert larger["input"] == [3, 16, 16]
    assert larger["params"] == base["params"]
    assert larger["macs"] == 4 * (base["macs"] - 40) + 40
    more = json.loads(run("report", tiny, "--batch", "8", "--format", "json").out)
    assert (more["batch"], more["macs"], more["params"]) == (8, base["macs"], base["params"])


def test_parameters_of_the_model(run: Run, tiny: Path) -> None:
    data = json.loads(run("report", tiny, "--set", "classes=7", "--format", "json").out)
    assert data["output"] == [7]


@pytest.mark.parametrize("shape", ["3x", "x3", "3x0x3", "3,8,8", "-3x8x8", "3x8x8x8x8", "1e9", "9" * 40, ""])
def test_what_is_no_shape_is_a_usage_error(run: Run, tiny: Path, shape: str) -> None:
    result = run("report", tiny, f"--input={shape}")
    assert result.code == 2
    assert "3x224x224" in result.err
    assert result.out == ""


@pytest.mark.parametrize(
    "arguments",
    [["--batch", "0"], ["--batch", "many"], ["--by", "net"], ["--format", "xml"], ["--model", "thing"]],
)
def test_usage_errors(run: Run, tiny: Path, arguments: list[str]) -> None:
    result = run("report", tiny, *arguments)
    assert result.code == 2
    assert result.out == ""


def test_an_input_that_does_not_fit_is_a_mistake(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "line.rdl"
    path.write_text("model line { input row [8]\n  return row -> linear(2) }\n")
    result = run("report", path, "--input", "3x5x5")
    assert result.code == 1
    assert "RDL403" in result.err


@pytest.mark.parametrize("command", ["report", "show"])
def test_a_wrong_spec_prints_nothing(run: Run, command: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.rdl"
    path.write_text("model m() {\n  input x [3, 8, 8]\n  return x -> convv(3, 3)\n}\n")
    result = run(command, path)
    assert result.code == 1
    assert result.out == ""
    assert "did you mean `conv`" in result.err


def test_a_terminal_of_no_letters_shows_the_report(start: Run, specs: Path) -> None:
    result = start("report", specs / "digits_resnet8.rdl", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert result.code == 0
    assert "77,754" in result.out


def test_show_prints_every_node(run: Run, tiny: Path) -> None:
    lines = run("show", tiny).out.splitlines()
    assert lines[0] == "model tiny(classes=10)"
    assert lines[1] == "  %0 image = input(shape=[3, 8, 8]) : 3x8x8"
    assert lines[6] == "  %5 flatten1 = flatten() %4 : 4"
    assert lines[-1] == "  output %6 : 10"


def test_show_several_models(run: Run, two: Path) -> None:
    out = run("show", two).out
    assert out.startswith("model narrow = family(")
    assert "\n\nmodel wide = family(" in out


def test_show_as_json(run: Run, tiny: Path, two: Path) -> None:
    one = json.loads(run("show", tiny, "--format", "json").out)
    assert [node["op"] for node in one["nodes"]][:3] == ["input", "conv", "bn"]
    assert [entry["model"] for entry in json.loads(run("show", two, "--format", "json").out)] == [
        "narrow",
        "wide",
    ]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("8x9x3", "channels come first: 3x8x9, not 8x9x3"),
        ("8x8x3", "channels come first: 3x8x8, not 8x8x3"),
        ("8", "`8` is no shape of a map: write channels, height and width, as in 3x224x224"),
        ("8x8", "`8x8` is no shape of a map: write channels, height and width, as in 3x224x224"),
        ("1x3x8x8", "`1x3x8x8` is no shape of a map"),
        ("3,8,8", "`3,8,8` is no shape of a map"),
    ],
)
def test_how_a_shape_is_written(run: Run, tiny: Path, given: str, told: str) -> None:
    result = run("report", tiny, "--input", given)
    assert (result.code, result.out) == (2, "")
    assert told in " ".join(result.err.split())


@pytest.mark.parametrize("given", ["3x8x9", "4x9x9", "3x9x3", "3x3x9"])
def test_shapes_that_are_channels_first(run: Run, tiny: Path, given: str) -> None:
    result = run("report", tiny, "--input", given)
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"tiny: {given} -> 10")


def test_a_vector_has_one_number(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "line.rdl"
    path.write_text("model line { input row [8]\n  return row -> linear(2) }\n")
    assert run("report", path, "--input", "16").out.startswith("line: 16 -> 2")
