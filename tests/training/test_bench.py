"""`resnet-dsl bench`, and the benchmarks of training, with tiny sizes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from resnet_dsl.cli.app import create_app
from resnet_dsl.training.comparison import verdict

SPEC = """\
model tiny(classes: int = 10) {
  input image [1, 8, 8]
  return image -> conv(4, 3) -> bn -> relu -> gap -> flatten -> fc: linear(classes)
}

model maps {
  input image [3, 8, 8]
  return image -> conv(2, 3)
}

model two {
  input a [3, 8, 8]
  input b [3, 8, 8]
  return add(a, b) -> conv(2, 3)
}

train quick for tiny {
  data      = digits
  optimizer = sgd(lr = 0.1)
  epochs    = 1
  batch     = 16
}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.rdl"
    path.write_text(SPEC)
    return path


def bench(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(
        create_app(), ["bench", *arguments, "--device", "cpu", "--seconds", "0.02", "--skip", "compiled"]
    )
    return done.exit_code, done.stdout, done.stderr


def test_a_line_a_way_with_the_roofline_beside(spec: Path) -> None:
    code, out, err = bench(str(spec), "--model", "tiny")
    assert code == 0, err
    lines = out.splitlines()
    assert lines[0].startswith("tiny, training steps of 16 images of 1x8x8, on cpu")
    assert [line.split()[0] for line in lines[3:6]] == ["eager", "+", "+"]
    assert all(" by memory" in line or " by compute" in line for line in lines[3:6])
    assert "Input alone: " in out
    assert "is quickest: " in lines[-1]
    assert "bound by" in lines[-1]


def test_the_figures_for_programs(spec: Path) -> None:
    code, out, err = bench(str(spec), "--model", "maps", "--batch", "3", "--format", "json")
    assert code == 0, err
    facts = json.loads(out)
    assert (facts["batch"], facts["input"], facts["input_images_per_second"]) == (3, [3, 8, 8], None)
    assert [row["way"] for row in facts["ways"]] == ["eager", "channels_last", "bfloat16"]
    for row in facts["ways"]:
        assert row["images_per_second"] == pytest.approx(3 / row["seconds"])
        roof = row["roofline"]
        assert (
            roof["images_per_second"] <= 3 / max(roof["arithmetic_seconds"], roof["traffic_seconds"]) * 1.001
        )
    assert facts["environment"]["packages"]["torch"]


def test_what_cannot_be_measured_is_said(spec: Path) -> None:
    code, _, err = bench(str(spec), "--model", "two")
    assert code == 1
    assert "error[RDL944]: `two` has 2 inputs" in err
    assert bench(str(spec), "--model", "tiny", "--recipe", "slow")[0] == 2
    code, _, err = bench(str(spec), "--model", "tiny", "--skip", "graphs")
    assert code == 2
    assert "eager, channels_last, bfloat16, compiled" in err.replace("\n", " ")


def test_the_verdict_names_what_bounds_a_run() -> None:
    line = {"images_per_second": 1000.0, "arithmetic_seconds": 0.01, "traffic_seconds": 0.016}
    row = {"way": "compiled", "seconds": 0.02, "images_per_second": 800.0}
    rows = [{"way": "eager", "failure": "out of memory", "roofline": line}]
    assert verdict(rows) == "no way could be measured"
    by_memory = verdict([*rows, {**row, "roofline": {**line, "bound_by": "memory"}}], 900.0)
    assert by_memory == (
        "compiled is quickest: 20 ms a step, of which arithmetic needs 10 ms and memory traffic, nothing fused, "
        "16 ms. It is bound by memory traffic, at 80% of the roofline."
    )
    by_input = verdict([*rows, {**row, "roofline": {**line, "bound_by": "compute"}}], 700.0)
    assert "bound by arithmetic, at 80%" in by_input
    assert "bound by its input, at 700 images/s" in by_input
    assert "Caution" not in verdict([{**row, "spread": 0.1, "roofline": {**line, "bound_by": "memory"}}])
    shaky = verdict([{**row, "spread": 0.8, "roofline": {**line, "bound_by": "memory"}}])
    assert "Caution: rounds of compiled differ by 80%" in shaky
    far = {**line, "images_per_second": 2000.0, "bound_by": "memory"}
    assert "Neither explains it (40% of the roofline)" in verdict([{**row, "roofline": far}])


@pytest.mark.slow
def test_the_benchmarks_run_with_tiny_sizes(root: Path, tmp_path: Path) -> None:
    def run(script: str, *options: str) -> dict[str, object]:
        out = tmp_path / f"{script}.json"
        command = [sys.executable, str(root / "benchmarks" / script), *options, "--out", str(out)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)
        assert done.returncode in {0, 1}, done.stderr  # 1: a target missed, which tiny sizes may
        assert "Traceback" not in done.stderr
        found: dict[str, object] = json.loads(out.read_text())
        return found

    loop = run("loop.py", "--pairs", "2", "--steps", "2", "--batch", "4")
    assert loop["pairs"] == 2
    sizes = ["--device", "cpu", "--networks", "resnet18", "--batch", "2", "--size", "32"]
    training = run("gpu_train.py", *sizes, "--seconds", "0.02", "--cifar-images", "128", "--skip-compiled")
    rows = training["rows"]
    assert isinstance(rows, list)
    assert {row["network"] for row in rows} == {"resnet18", "cifar_resnet20"}
    assert all(row["n"] == 5 and row["images_per_second"] > 0 for row in rows)
