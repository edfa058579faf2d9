"""``resnet-dsl audit``: a table of many networks, and the plot beside it."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest

import resnet_dsl
from resnet_dsl.analysis.family import FamilyRow
from resnet_dsl.analysis.peak import inference_peak
from resnet_dsl.analysis.training_memory import training_memory
from resnet_dsl.backends.report.naming import Box, place_names
from resnet_dsl.backends.report.scatter import render_scatter
from tests.cli.command import Run

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def specs(tmp_path: Path) -> list[Path]:
    """Two files; the first has two models, the smaller one last."""
    text = "model {} {{ input image [3, 8, 8]\n  return image -> conv({}, 3) -> relu -> gap -> flatten -> fc: linear(4) }}\n"
    first, second = tmp_path / "first.rdl", tmp_path / "second.rdl"
    first.write_text(text.format("middle", 16) + text.format("small", 4))
    second.write_text(text.format("large", 64).replace("relu ->", "relu -> conv(64, 3) ->"))
    return [first, second]


def models(text: str) -> list[str]:
    return [row["model"] for row in json.loads(text)["models"]]


def test_figures_are_those_of_the_report(run: Run, specs: list[Path]) -> None:
    result = run("audit", *specs, "--format", "json")
    assert (result.code, result.err) == (0, "")
    rows = json.loads(result.out)["models"]
    assert [row["model"] for row in rows] == ["middle", "small", "large"]
    for row in rows:
        network = resnet_dsl.load(specs[0].parent / row["spec"])[row["model"]]
        assert row["params"] == network.params
        assert row["macs"] == network.macs
        assert row["depth"] == network.depth
        assert row["peak_bytes"] == inference_peak(network.network).bytes
        assert row["step_bytes"] == training_memory(network.network).peak_bytes
        assert row["seconds"] is None


@pytest.mark.parametrize(
    ("words", "order"),
    [
        ([], ["middle", "small", "large"]),
        (["--sort", "params"], ["small", "middle", "large"]),
        (["--sort", "macs", "--descending"], ["large", "middle", "small"]),
        (["--sort", "name"], ["large", "middle", "small"]),
        (["--sort", "step"], ["small", "middle", "large"]),
        (["--sort", "depth"], ["middle", "small", "large"]),
        (["--sort", "time", "--device", "flops=1e9,bandwidth=1e9"], ["small", "middle", "large"]),
    ],
)
def test_order(run: Run, specs: list[Path], words: list[str], order: list[str]) -> None:
    assert models(run("audit", *specs, "--format", "json", *words).out) == order


def test_table(run: Run, specs: list[Path]) -> None:
    lines = run("audit", *specs).out.splitlines()
    assert lines[0].split() == [
        "model",
        "spec",
        "input",
        "params",
        "MACs",
        *"peak memory step memory depth".split(),
    ]
    assert lines[2].startswith("middle  first.rdl")
    assert lines[-2].startswith("MACs of one sample; peak memory of inference's activations in float32")
    assert "spec" not in run("audit", specs[0]).out.splitlines()[0]
    assert "time" in run("audit", specs[0], "--device", "h100").out.splitlines()[0]


def test_markdown_and_csv(run: Run, specs: list[Path]) -> None:
    markdown = run("audit", *specs, "--format", "md").out.splitlines()
    assert markdown[0] == "| model | spec | input | params | MACs | peak memory | step memory | depth |"
    assert markdown[2].startswith("| `middle` | `first.rdl` | 3x8x8 | 516 |")
    rows = list(csv.DictReader(StringIO(run("audit", *specs, "--format", "csv").out)))
    assert [row["model"] for row in rows] == ["middle", "small", "large"]
    assert rows[0]["params"] == "516"
    assert rows[0]["seconds"] == ""


def test_batch_and_dtype(run: Run, specs: list[Path]) -> None:
    def peak(*words: str) -> int:
        rows = json.loads(run("audit", specs[1], "--format", "json", *words).out)["models"]
        return int(rows[0]["peak_bytes"])

    def step(*words: str) -> int:
        return int(
            json.loads(run("audit", specs[1], "--format", "json", *words).out)["models"][0]["step_bytes"]
        )

    assert step("--optimizer", "adam") > step() > step("--optimizer", "sgd")
    assert peak("--batch", "8") == 8 * peak()
    assert 2 * peak("--dtype", "bfloat16") == peak()


def test_scatter(run: Run, specs: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "plot.svg"
    result = run("audit", *specs, "--scatter", file, "--device", "h100")
    assert (result.code, result.err) == (0, f"wrote {file}\n")
    root = ElementTree.fromstring(file.read_text())
    assert len(root.findall(f"{SVG}circle")) == 3
    texts = {text.text for text in root.findall(f"{SVG}text")}
    assert texts >= {"small", "middle", "large", "parameters", "time of a batch, at least"}
    assert "inference on NVIDIA H100 SXM in float32 at batch 1; no run is faster" in texts
    before = file.read_bytes()
    run("audit", *specs, "--scatter", file, "--device", "h100")
    assert file.read_bytes() == before


def test_usage(run: Run, specs: list[Path], tmp_path: Path) -> None:
    assert "times need a device" in run("audit", *specs, "--sort", "time").err
    assert "is no .svg file" in run("audit", *specs, "--scatter", tmp_path / "plot.png").err
    result = run("audit", *specs, "--device", "h1000")
    assert result.code == 2
    assert "did you mean `h100`?" in result.err


def test_mistakes_of_all_files_are_told(run: Run, specs: list[Path], wrong: Path) -> None:
    result = run("audit", *specs, wrong)
    assert (result.code, result.out) == (1, "")
    assert "error[RDL" in result.err


def row(model: str, params: int, macs: int) -> FamilyRow:
    return FamilyRow("a.rdl", model, (3, 8, 8), params, macs, 1000, 5000, 3)


def test_a_plot_takes_any_row() -> None:
    hostile = '</text><script>alert(1)</script>&"'
    text = render_scatter([row(hostile, 0, 0), row("x" * 500, 10**15, 10**18), row("b", 7, 0)], hostile)
    root = ElementTree.fromstring(text)
    assert not list(root.iter(f"{SVG}script"))
    assert len(root.findall(f"{SVG}circle")) == 3
    for circle in root.findall(f"{SVG}circle"):
        assert 92 <= float(circle.attrib["cx"]) <= 924
        assert 72 <= float(circle.attrib["cy"]) <= 536
    assert ElementTree.fromstring(render_scatter([])) is not None


def test_models_of_one_name_are_called_by_their_files() -> None:
    rows = [
        row("net", 10, 50)._replace(spec=spec, params=params)
        for spec, params in (("a<b.rdl", 10), ("c.rdl", 900))
    ]
    root = ElementTree.fromstring(render_scatter([*rows, row("other", 10**6, 10**7)]))
    texts = [text.text or "" for text in root.findall(f"{SVG}text")]
    assert {"a<b.rdl: net", "c.rdl: net", "other"} <= set(texts)
    told = [title.text or "" for title in root.iter(f"{SVG}title")]
    assert [text.partition(" parameters")[0] for text in told[-3:]] == [
        "a<b.rdl: net: 10",
        "c.rdl: net: 900",
        "other: 1.000 M",
    ]


def test_names_never_lie_over_each_other() -> None:
    rows = [row(f"network{number}", 1000 + number, 5000) for number in range(40)]
    root = ElementTree.fromstring(render_scatter(rows))
    names = [text for text in root.findall(f"{SVG}text") if (text.text or "").startswith("network")]
    assert 1 <= len(names) < 40
    places = [(text.attrib["x"], text.attrib["y"], text.attrib["text-anchor"]) for text in names]
    assert len(set(places)) == len(places)


def test_crowded_dots_are_named_at_the_end_of_lines() -> None:
    """Dots in one place: some names beside them, the others a little away."""
    rows = [row(f"network{number}", 1000 + number, 5000) for number in range(4)]
    root = ElementTree.fromstring(
        render_scatter([*rows, row("low", 10, 50), row("high", 10**5, 10**6)], "MACs of one sample")
    )
    texts = [text.text or "" for text in root.findall(f"{SVG}text")]
    assert {entry.model for entry in rows} <= set(texts)
    assert "MACs of one sample" in texts


def test_a_plot_tells_how_many_dots_have_no_name() -> None:
    rows = [row(f"network{number}", 1000 + number, 5000) for number in range(90)]
    texts = [text.text or "" for text in ElementTree.fromstring(render_scatter(rows)).findall(f"{SVG}text")]
    named = sum(text.startswith("network") for text in texts)
    assert 0 < named < 90
    assert any(text.startswith(f"no room for {90 - named} of 90 names") for text in texts)


def test_no_name_or_leader_lies_over_another() -> None:
    page = Box(0, 0, 600, 400)
    dots = [(300.0 + 5 * (number % 6), 200.0 + 5 * (number // 6)) for number in range(36)]
    names = [name for name in place_names(dots, [60.0] * 36, 4.0, page) if name is not None]
    assert any(name.leader for name in names)
    circles = [Box(x - 4, y - 4, x + 4, y + 4) for x, y in dots]
    for number, name in enumerate(names):
        assert name.box.within(page)
        others = [other.box for other in names[:number]] + circles
        assert not any(name.box.meets(other) for other in others)
        for other in names[:number]:
            for a, b in ((name, other), (other, name)):
                assert a.leader is None or not b.box.meets_line(a.leader)


def test_a_name_gives_way_where_all_find_room_then() -> None:
    """Twelve pairs of equal dots, so near that most names need a line, and some of them another's place."""
    page = Box(0, 0, 900, 600)
    dots = [(200.0 + 30 * (number // 2), 300.0 - 12 * (number // 2)) for number in range(24)]
    names = place_names(dots, [100.0 + number for number in range(24)], 4.5, page)
    assert None not in names
    assert names == place_names(dots, [100.0 + number for number in range(24)], 4.5, page)
    assert sum(name is not None and name.leader is None for name in names) >= 4


@pytest.mark.parametrize("command", ["report", "audit", "show"])
def test_figures_are_shown_where_expectations_do_not_hold(run: Run, specs: list[Path], command: str) -> None:
    text = specs[1].read_text()
    specs[1].write_text(text.replace(" }", "\n  expect params < 10 and depth == 1 }"))
    result = run(command, specs[1])
    assert result.code == 1
    assert "large" in result.out
    assert result.err.count("error[RDL601]") == 2
    specs[1].write_text(text.replace("relu", "rely"))
    broken = run(command, specs[1])
    assert (broken.code, broken.out) == (1, "")
