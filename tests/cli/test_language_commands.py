"""``explain``, ``ops`` and ``new``: the commands that need no spec."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resnet_dsl.diagnostics.catalog import entries
from resnet_dsl.ops.registry import operators
from tests.cli.command import Run


def test_every_code_is_listed_and_explained(run: Run) -> None:
    listed = run("explain").out
    for code, entry in entries().items():
        assert f"{code}  {entry.title}\n" in listed
        result = run("explain", code)
        assert result.code == 0
        assert result.out.startswith(f"{code}: {entry.title}\n")
        assert "{" not in result.out.replace("`{`", "").replace("{ ", ""), f"an unfilled field in {code}"


@pytest.mark.parametrize("spelling", ["RDL401", "rdl401", "401", "[RDL401]"])
def test_a_code_may_be_spelled_as_it_is_met(run: Run, spelling: str) -> None:
    assert run("explain", spelling).out.startswith("RDL401: ")


def test_an_unknown_code(run: Run) -> None:
    result = run("explain", "RDL4011")
    assert result.code == 2
    assert "did you mean" in result.err


def test_explain_as_json(run: Run) -> None:
    entry = json.loads(run("explain", "RDL401", "--format", "json").out)
    assert entry["code"] == "RDL401"
    assert entry["title"]
    assert len(json.loads(run("explain", "--format", "json").out)) == len(entries())


def test_every_operator_is_listed_and_described(run: Run) -> None:
    listed = run("ops").out.splitlines()
    assert [line.split()[0] for line in listed] == list(operators())
    for name, operator in operators().items():
        out = run("ops", name).out
        assert out.startswith(f"{name}(")
        assert operator.summary in out
        assert operator.reference in out
        for parameter in operator.parameters:
            assert f"\n{parameter.name} " in out


def test_operators_as_json(run: Run) -> None:
    table = json.loads(run("ops", "--format", "json").out)
    assert [row["name"] for row in table] == list(operators())
    conv = json.loads(run("ops", "conv", "--format", "json").out)
    assert conv["operands"] == {"min": 1, "max": 1}
    by_name = {row["name"]: row for row in conv["parameters"]}
    assert by_name["out"]["required"]
    assert by_name["out"]["default"] is None
    assert by_name["stride"]["default"] == 1
    assert by_name["pad"]["default"] == "auto"


def test_an_unknown_operator(run: Run) -> None:
    result = run("ops", "conf")
    assert result.code == 2
    assert "did you mean `conv`?" in result.err


def test_an_operator_by_its_name_in_another_library(run: Run) -> None:
    result = run("ops", "BatchNorm2d")
    assert result.code == 2
    assert "here it is called `bn`" in result.err


def test_a_new_spec_compiles_as_it_is(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("new", "my_net")
    assert (result.code, result.err) == (0, "")
    text = Path("my_net.rdl").read_text(encoding="utf-8")
    assert "NAME" not in text
    assert run("check", "my_net.rdl").out == "my_net.rdl: 1 model, no mistakes\n"

    Path("my_net.rdl").write_text("# edited\n", encoding="utf-8")
    result = run("new", "my_net")
    assert result.code == 2
    assert "already" in result.err
    assert Path("my_net.rdl").read_text(encoding="utf-8") == "# edited\n"


@pytest.mark.parametrize("name", ["", "a-b", "../a", "a b", "1a", "a.rdl", "é", "a\n", "/a"])
def test_names_that_are_none(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("new", name).code == 2
    assert not list(tmp_path.iterdir())


def test_an_operator_s_name_is_none_for_a_model(run: Run) -> None:
    assert "`relu` is an operator" in run("new", "relu").err


@pytest.mark.parametrize("name", ["model", "class", "conv", "x", "image", "forward", "unit"])
def test_a_name_that_may_mean_something_else(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """What `new` writes compiles, or `new` refuses the name; it never leaves a broken file."""
    monkeypatch.chdir(tmp_path)
    if run("new", name).code == 0:
        assert run("check", f"{name}.rdl").code == 0
    else:
        assert not list(tmp_path.iterdir())
