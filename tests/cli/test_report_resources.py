"""`report` with a device, as another tool counts, and explained."""

from __future__ import annotations

import csv
import json
import re
from io import StringIO
from pathlib import Path

import pytest

from tests.cli.command import Run


def test_memory_and_field_are_always_there(run: Run, specs: Path) -> None:
    out = run("report", specs / "resnet50.rdl").out
    for text in ("peak ", "step ", "field ", "427x427"):
        assert text in out
    data = json.loads(run("report", specs / "resnet50.rdl", "--format", "json").out)["resources"]
    assert data["receptive_field"] == {"path": "layer4.2.conv2", "height": 427, "width": 427, "jump": 32}
    assert data["peak_bytes"] == 14_249_984
    assert data["training"]["optimizer_bytes"] == 4 * 25_557_032
    assert "time" not in data


def test_a_device_gives_times(run: Run, specs: Path) -> None:
    arguments = ("report", specs / "resnet50.rdl", "--device", "h200", "--batch", "8")
    out = run(*arguments, "--by", "stage").out
    assert "NVIDIA H200 SXM" in out
    assert "bound by" in out
    data = json.loads(run(*arguments, "--format", "json").out)
    time = data["resources"]["time"]
    assert (time["device"], time["training"]) == ("h200", False)
    assert time["seconds"] == pytest.approx(sum(layer["seconds"] for layer in data["layers"]))
    rows = list(csv.DictReader(StringIO(run(*arguments, "--format", "csv", "--by", "stage").out)))
    assert sum(float(row["seconds"]) for row in rows) == pytest.approx(time["seconds"])
    assert {row["bound"] for row in rows} <= {"compute", "memory"}
    assert "FLOPs/byte" in run(*arguments, "--format", "md").out


def test_work_without_a_device(run: Run, specs: Path) -> None:
    arguments = ("report", specs / "resnet18.rdl", "--batch", "2")
    data = json.loads(run(*arguments, "--format", "json").out)
    work = data["resources"]["work"]
    assert (work["training"], work["macs"]) == (False, 2 * data["macs"])
    assert work["flops"] == 2 * (2 * data["macs"] + data["other_ops"])
    assert work["intensity"] == pytest.approx(work["flops"] / work["moved_bytes"])
    for name in ("flops", "moved_bytes"):
        assert work[name] == sum(layer[name] for layer in data["layers"])
    assert not {"seconds", "bound"} & set(data["layers"][0])
    (row,) = csv.DictReader(StringIO(run(*arguments, "--format", "csv", "--by", "model").out))
    assert float(row["intensity"]) == pytest.approx(work["intensity"])
    assert "seconds" not in row
    for form in ("table", "md"):
        assert (
            "FLOPs per byte moved, inference at batch 2 in float32" in run(*arguments, "--format", form).out
        )


def test_a_training_step_needs_no_device(run: Run, specs: Path) -> None:
    arguments = ("report", specs / "resnet18.rdl", "--batch", "2", "--training")
    work = json.loads(run(*arguments, "--format", "json").out)["resources"]["work"]
    first = 64 * 3 * 7 * 7 * 112 * 112  # whose operand needs no gradient
    assert work["macs"] == 2 * (3 * 1_814_073_344 - first)
    out = run(*arguments).out
    assert re.search(rf"^step MACs +{work['macs']:,} ", out, re.MULTILINE)
    assert re.search(rf"^step FLOPs +{work['flops']:,} ", out, re.MULTILINE)
    assert "the update by momentum included" in out
    assert "FLOPs per byte moved, a training step at batch 2" in out


def test_csv_has_the_field_of_every_layer(run: Run, specs: Path) -> None:
    arguments = ("report", specs / "resnet18.rdl", "--by", "op", "--format")
    rows = list(csv.DictReader(StringIO(run(*arguments, "csv").out)))
    layers = json.loads(run(*arguments, "json").out)["layers"]
    assert [row["path"] for row in rows] == [layer["path"] for layer in layers]
    for row, layer in zip(rows, layers, strict=True):
        known = layer["receptive_field"] is not None
        assert row["receptive_field"] == ("x".join(map(str, layer["receptive_field"])) if known else "")
        assert row["jump"] == (f"{layer['jump']:g}" if known else "")
    assert (rows[0]["receptive_field"], rows[0]["jump"]) == ("7x7", "2")


def test_training_takes_longer(run: Run, specs: Path) -> None:
    def seconds(*more: str) -> float:
        out = run("report", specs / "resnet18.rdl", "--device", "a100", "--format", "json", *more).out
        return float(json.loads(out)["resources"]["time"]["seconds"])

    assert 2.5 < seconds("--training") / seconds() < 20
    assert seconds("--dtype", "bfloat16") < seconds()


def test_dtypes_change_bytes(run: Run, specs: Path) -> None:
    wide, narrow = (
        json.loads(run("report", specs / "resnet18.rdl", "--format", "json", "--dtype", dtype).out)[
            "resources"
        ]
        for dtype in ("float32", "bfloat16")
    )
    counters = 8 * 20
    assert wide["weight_bytes"] - counters == 2 * (narrow["weight_bytes"] - counters)
    assert wide["peak_bytes"] == 2 * narrow["peak_bytes"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--device", "h300"], "did you mean `h200`"),
        (["--device", "flops=1"], "lacks `bandwidth`"),
        (["--device", "laptop-cpu", "--dtype", "float16"], "no rate for `float16`"),
        (["--as", "torchinf"], "did you mean `torchinfo`"),
        (["--as", "thop", "--explain"], "stands alone"),
        (["--as", "thop", "--training"], "it does nothing beside `--as`"),
        (["--explain", "--batch", "1"], "it does nothing beside `--explain`"),
        (["--paths", "--optimizer", "adam"], "it does nothing beside `--paths`"),
        (["--decay", "0.5"], "it goes with `--paths`"),
        (["--figure", "4.1e9"], "it goes with `--explain`"),
        (["--function", "relu"], "it goes with `--as`"),
        (["--explain", "--format", "csv"], "table, md or json"),
    ],
)
def test_usage_errors(run: Run, tiny: Path, arguments: list[str], message: str) -> None:
    result = run("report", tiny, *arguments)
    assert result.code == 2
    assert result.out == ""
    assert message in " ".join(result.err.replace("│", " ").split())


def test_as_another_tool(run: Run, specs: Path) -> None:
    out = run("report", specs / "resnet50.rdl", "--as", "ptflops").out
    assert out.startswith("resnet50 as ptflops 0.7.5, pytorch backend counts: 4,132,436,968 MACs\n")
    assert "+43,252,712 (+1.06 %)" in out
    data = json.loads(run("report", specs / "resnet50.rdl", "--as", "fvcore", "--format", "json").out)
    assert data["total"] == sum(line["amount"] for line in data["lines"]) == 4_111_512_576
    rows = list(
        csv.DictReader(StringIO(run("report", specs / "unet.rdl", "--as", "thop", "--format", "csv").out))
    )
    assert sum(int(row["amount"]) for row in rows) == 167_322_556_672
    assert (
        "| total MACs | | 167,322,556,672 |"
        in run("report", specs / "unet.rdl", "--as", "thop", "--format", "md").out
    )


def test_explained(run: Run, specs: Path) -> None:
    out = run("report", specs / "resnet50.rdl", "--explain").out
    assert "3,857,973,248" in out
    assert "3.8 x 10^9" in out
    data = json.loads(run("report", specs / "resnet50.rdl", "--explain", "--format", "json").out)
    assert {remark["topic"] for remark in data["remarks"]} >= {"params", "MACs", "stride", "FLOPs", "tool"}
    assert (
        "| stride | 3,857,973,248 |"
        in run("report", specs / "resnet50.rdl", "--explain", "--format", "md").out
    )


def test_a_device_says_what_fits(run: Run, specs: Path) -> None:
    arguments = ("report", specs / "resnet50.rdl", "--device", "rtx4090", "--batch", "1024", "--training")
    data = json.loads(run(*arguments, "--format", "json").out)["resources"]
    memory, step = data["memory"], data["training"]["peak_bytes"]
    assert memory["bytes"] == 24 * 10**9
    assert memory["training"] == {"bytes": step, "fits": False, "largest_batch": 274}
    assert memory["inference"]["fits"] is True
    for form in ("table", "md", "html"):
        out = run(*arguments, "--format", form).out
        assert f"does not fit, needs {step / (24 * 10**9):.2f} times the memory" in out
        assert "the largest batch that fits is 274" in out
        assert "24.00 GB" in out
    assert "too large, batch ≤ 274" in run(*arguments, "--format", "html").out
    out = run("report", specs / "resnet50.rdl", "--device", "flops=20T,bandwidth=900G,memory=1M").out
    assert "not one sample fits" in out
    unknown = run("report", specs / "resnet50.rdl", "--device", "laptop-cpu", "--format", "json").out
    assert "memory" not in json.loads(unknown)["resources"]


def test_a_row_a_model_keeps_memory_and_field(run: Run, specs: Path) -> None:
    arguments = ("report", specs / "resnet50.rdl", "--by", "model", "--device", "rtx4090", "--training")
    plain, adam = (run(*arguments, "--optimizer", name).out for name in ("momentum", "adamw"))
    assert plain != adam
    for title in ("peak", "step", "field", "training to"):
        assert title in plain.splitlines()[0]
    assert "427x427" in plain
    whole = run(*arguments[:2], *arguments[4:]).out
    (time,) = re.findall(r"^time +(\S+ \S+)", whole, re.MULTILINE)
    assert plain.splitlines()[2].endswith(time)
    (row,) = csv.DictReader(StringIO(run(*arguments, "--format", "csv").out))
    data = json.loads(run(*arguments, "--format", "json").out)["resources"]
    assert int(row["peak_bytes"]) == data["peak_bytes"]
    assert int(row["step_bytes"]) == data["training"]["peak_bytes"]
    assert int(row["largest_training_batch"]) == data["memory"]["training"]["largest_batch"]
    assert (row["receptive_field"], row["jump"]) == ("427x427", "32")


def test_totals_say_what_rows_lack_and_which_dtype_bytes_are_of(run: Run, specs: Path) -> None:
    arguments = ("report", specs / "resnet18.rdl", "--device", "h200", "--dtype", "bfloat16", "--training")
    words = " ".join(run(*arguments).out.split())
    assert "of it the optimizer's step, which has no row" in words
    assert "Bytes: float32; bfloat16 those of the peak" in words
    assert "The update by momentum is in totals and in no layer's row" in words
    assert "no layer's row" not in run(*arguments[:-1]).out


def test_another_tools_figure_of_the_generated_module(run: Run, specs: Path) -> None:
    arguments = ("report", specs / "resnet50.rdl", "--as", "ptflops")
    modules, generated = (run(*arguments, *more).out for more in ((), ("--generated",)))
    assert "see `--function` and `--generated`" in " ".join(modules.split())
    assert "`--function`" not in generated
    assert "Some operators are taken to be called as functions." in " ".join(generated.split())
    by_name = run(*arguments, "--function", "relu", "--function", "gap", "--function", "maxpool").out
    assert generated == by_name
    for wrong in ((*arguments[:2], "--generated"), (*arguments, "--generated", "--function", "relu")):
        assert run(*wrong).code == 2


def test_papers_count(run: Run, specs: Path) -> None:
    assert (
        "resnet50 as papers count: 4,089,184,256 FLOPs"
        in run("report", specs / "resnet50.rdl", "--as", "paper").out
    )
