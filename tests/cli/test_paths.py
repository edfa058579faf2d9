"""`report --paths`, `draw --view paths` and `draw --view unravelled`."""

from __future__ import annotations

import csv
import json
from io import StringIO
from math import comb
from pathlib import Path
from xml.etree import ElementTree

import pytest

from resnet_dsl.analysis.paths import LengthRow, Lengths
from resnet_dsl.backends.report.path_rows import binned, number, share_text, total_text
from tests.cli.command import Run

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_table(run: Run, specs: Path) -> None:
    result = run("report", specs / "resnet50.rdl", "--paths")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0] == "resnet50: 65,536 = 2^16 paths, 16 residual joins"
    rows = [line.split() for line in lines[4:21]]
    assert [(int(row[0]), int(row[1].replace(",", ""))) for row in rows] == [
        (k, comb(16, k)) for k in range(17)
    ]
    assert any(line.startswith("effective  0 .. 7 residual branches, mean 3.2, 40.18 %") for line in lines)


def test_lengths_in_layers(run: Run, specs: Path) -> None:
    out = run("report", specs / "resnet50.rdl", "--paths", "--length", "layers").out
    assert out.splitlines()[2].split()[:3] == ["layers", "paths", "share"]
    assert "6 .. 50 weighted layers, mean 28, median 28" in out


def test_a_network_without_shortcuts(run: Run, specs: Path) -> None:
    out = run("report", specs / "resnet50.rdl", "--paths", "--without-shortcuts").out
    assert out.startswith("resnet50 without shortcuts: 1 path\n")
    assert "effective" not in out
    assert "Weight:" not in out


def test_json_is_exact(run: Run, specs: Path) -> None:
    data = json.loads(run("report", specs / "cifar_resnet1202.rdl", "--paths", "--format", "json").out)
    assert int(data["paths"]) == 2**600
    rows = data["branches"]["lengths"]
    assert {row["length"]: int(row["paths"]) for row in rows} == {k: comb(600, k) for k in range(601)}
    assert sum(row["weight"] for row in rows) == pytest.approx(1)
    assert data["layers"]["longest"] == 1202


def test_csv_has_both_measures_unless_one_is_asked_for(run: Run, specs: Path) -> None:
    spec = specs / "unet.rdl"
    rows = list(csv.DictReader(StringIO(run("report", spec, "--paths", "--format", "csv").out)))
    assert [row["measure"] for row in rows] == ["branches"] * 5 + ["layers"] * 5
    assert sum(int(row["paths"]) for row in rows) == 10
    out = run("report", spec, "--paths", "--format", "csv", "--length", "layers").out
    assert {row["measure"] for row in csv.DictReader(StringIO(out))} == {"layers"}


def test_markdown(run: Run, specs: Path) -> None:
    out = run("report", specs / "unet.rdl", "--paths", "--format", "md", "--decay", "1").out
    assert out.startswith("# unet: 5 paths, 4 residual joins\n")
    assert out.count("| 1 | 20.00 % | 20.00 % |") == 5


@pytest.mark.parametrize(
    ("words", "at_fault"),
    [
        (["--paths", "--as", "thop"], "--paths"),
        (["--paths", "--explain"], "--paths"),
        (["--paths", "--by", "op"], "--paths"),
        (["--decay", "0.5"], "--decay"),
        (["--length", "layers"], "--length"),
        (["--paths", "--decay", "nan"], "--decay"),
        (["--paths", "--decay", "-1"], "--decay"),
        (["--paths", "--length", "miles"], "--length"),
        (["--paths", "--format", "html"], "--format"),
    ],
)
def test_usage_of_the_report(run: Run, specs: Path, words: list[str], at_fault: str) -> None:
    result = run("report", specs / "resnet18.rdl", *words)
    assert result.code == 2
    assert at_fault in result.err


def test_too_many_paths(run: Run, tmp_path: Path) -> None:
    spec = tmp_path / "net.rdl"
    doubling = "block double(x) {\n  return add(x, x)\n}\n"
    spec.write_text(
        f"{doubling}model net {{\n  input image [3, 8, 8]\n"
        "  return image -> repeat 9_000 { double } -> repeat 9_000 { double }\n}\n"
    )
    for command in (["report", spec, "--paths"], ["draw", spec, "--view", "paths"]):
        result = run(*command)
        assert result.code == 1
        assert "RDL813" in result.err
    assert not list(tmp_path.glob("*.svg"))


@pytest.mark.parametrize("count", [1, 999, 10**20, 10**21 - 1])
def test_numbers_are_exact_while_they_are_short(count: int) -> None:
    assert int(number(count).replace(",", "")) == count


def test_long_numbers() -> None:
    assert number(2**600) == "4.150e180"
    assert number(10**21) == "1.000e21"
    assert number(99_995 * 10**30) == "1.000e35"
    assert number(99_994 * 10**30) == "9.999e34"
    assert total_text(2**54) == "18,014,398,509,481,984 = 2^54"
    assert [total_text(count) for count in (1, 2, 3, 6)] == ["1", "2", "3", "6"]
    assert [share_text(share) for share in (0, 1e-9, 0.5, 1)] == ["0.00 %", "<0.01 %", "50.00 %", "100.00 %"]


def test_rows_are_taken_together_without_loss() -> None:
    rows = tuple(LengthRow(k, comb(600, k), comb(600, k) / 2**600) for k in range(601))
    bins = binned(Lengths(rows))
    assert 20 < len(bins) <= 42
    assert sum(row.paths for row in bins) == 2**600
    assert sum(row.weight for row in bins) == pytest.approx(1)
    assert [row.high + 1 for row in bins[:-1]] == [row.low for row in bins[1:]]
    assert (bins[0].low, bins[-1].high) == (0, 600)


def chart(run: Run, *words: object) -> ElementTree.Element:
    result = run("draw", *words, "--view", "paths", "-o", "chart.svg")
    assert (result.code, result.err) == (0, "")
    return ElementTree.parse("chart.svg").getroot()


def test_the_chart_tells_what_the_report_does(run: Run, specs: Path) -> None:
    root = chart(run, specs / "cifar_resnet110.rdl")
    told = [element.text or "" for element in root.iter(f"{SVG}title")]
    assert told[0] == "Paths through cifar_resnet110"
    assert told[1 + 27].startswith(f"27 residual branches: {comb(54, 27):,} paths, 10.81 %")
    words = " ".join(element.text or "" for element in root.iter(f"{SVG}text"))
    assert "5 to 17: 95 % of the weight, 0.45 % of the paths" in words
    assert len(list(root.iter(f"{SVG}path"))) == 2


def test_charts_stay_on_the_page(run: Run, specs: Path) -> None:
    for name in ("plain18", "unet", "googlenet2014", "cifar_resnet1202"):
        for element in chart(run, specs / f"{name}.rdl").iter(f"{SVG}rect"):
            left, size = float(element.get("x", 0)), float(element.get("width", 0))
            assert left >= 0
            assert left + size <= 960


def test_the_unravelled_view(run: Run, specs: Path) -> None:
    result = run("draw", specs / "resnet50.rdl", "--view", "unravelled", "-o", "net.svg")
    assert (result.code, result.out) == (0, "net.svg: resnet50, 8 paths through layer1.0 to layer1.2\n")
    words = [element.text for element in ElementTree.parse("net.svg").iter(f"{SVG}text")]
    assert [words.count(f"layer1.{i}") for i in range(3)] == [4, 2, 1]
    result = run(
        "draw", specs / "resnet50.rdl", "--view", "unravelled", "--part", "layer4.1", "-o", "net.dot"
    )
    assert result.out == "net.dot: resnet50, 2 paths through layer4.1\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--view", "unravelled", "--part", "layer3"], "at most 4 are drawn: `--part layer3.0`"),
        (["--view", "unravelled", "--part", "layer9"], "did you mean"),
        (["--view", "unravelled", "--without-shortcuts"], "no residual block"),
        (["--part", "layer3"], "--view unravelled"),
        (["--view", "paths", "--part", "layer3"], "--view unravelled"),
        (["--view", "unravelled", "--decay", "0.5"], "--view paths"),
        (["--view", "paths", "--level", "op"], "--view network"),
        (["--view", "paths", "--decay", "nan"], "--decay"),
        (["--view", "paths", "-o", "chart.png"], ".svg"),
    ],
)
def test_usage_of_the_views(run: Run, specs: Path, words: list[str], told: str) -> None:
    result = run("draw", specs / "resnet50.rdl", *words)
    assert result.code == 2
    assert told in " ".join(result.err.split())
    assert not list(Path().iterdir())
