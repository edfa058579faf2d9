"""The walk-through "Adding an operator" is done as it is written: one file, and nothing else.

Its code becomes a file of the registry's package for the length of a test. It then has to pass
every test that operators have, and a spec that uses it has to come out of every command.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

import resnet_dsl
import resnet_dsl.ops as package
from resnet_dsl.cli.main import main
from resnet_dsl.ops.record import Operator
from resnet_dsl.ops.registry import operators
from tests.conftest import ROOT
from tests.docs.claims import check_claims
from tests.docs.document import Fence, example, fences

PAGE = ROOT / "docs" / "architecture.md"
NAME = "space_to_depth"
FILE = f"resnet_dsl/ops/{NAME}.py"


def only_fence(wanted: Callable[[Fence], bool]) -> Fence:
    (fence,) = [fence for fence in fences(PAGE.read_text(encoding="utf-8")) if wanted(fence)]
    return fence


@pytest.fixture
def code() -> str:
    return only_fence(lambda fence: fence.file == FILE).text


@pytest.fixture
def operator(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Operator]:
    """The walk-through's operator, found by the registry like every other."""
    folder = tmp_path / "ops"
    folder.mkdir()
    (folder / f"{NAME}.py").write_text(code, encoding="utf-8")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    operators.cache_clear()
    yield operators()[NAME]
    monkeypatch.undo()
    sys.modules.pop(f"{package.__name__}.{NAME}")
    vars(package).pop(NAME)
    operators.cache_clear()


@pytest.fixture
def spec(operator: Operator, tmp_path: Path) -> Path:
    fence = only_fence(lambda fence: fence.options.get("needs") == NAME)
    path = tmp_path / (fence.file or "")
    path.write_text(fence.text, encoding="utf-8")
    return path


def test_it_is_not_in_the_table_yet() -> None:
    assert NAME not in operators(), "the walk-through needs another operator to add"


def test_the_code_keeps_the_house_rules(code: str) -> None:
    for arguments in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *arguments, "--stdin-filename", FILE, "-"],
            input=code,
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_it_passes_every_test_that_operators_have(operator: Operator) -> None:
    ran: dict[str, int] = {}
    for name, test, arguments in oracles():
        if arguments["operator"] is operator:
            test(**arguments)
            ran[name] = ran.get(name, 0) + 1
    valid = sum(not entry.error for entry in operator.examples)
    assert ran["test_shape_is_that_of_torch"] == valid
    assert ran["test_invalid_example_gives_exactly_its_diagnostic"] == len(operator.examples) - valid
    assert ran["test_record_is_complete"] == 1


def oracles() -> Iterator[tuple[str, Callable[..., None], dict[str, Any]]]:
    """The tests in ``tests/ops``, parametrised over the table as it is now."""
    for name, test in vars(fresh(ROOT / "tests" / "ops" / "test_operators.py")).items():
        for mark in getattr(test, "pytestmark", []):
            names, sets = mark.args
            names = [names] if isinstance(names, str) else names
            for values in sets:
                yield name, test, dict(zip(names, getattr(values, "values", (values,)), strict=True))


def fresh(path: Path) -> ModuleType:
    """A file of tests, loaded anew."""
    found = importlib.util.spec_from_file_location("operators_tests", path)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_a_spec_that_uses_it_is_what_it_claims(spec: Path) -> None:
    program = resnet_dsl.load(spec)
    fence = only_fence(lambda fence: fence.options.get("needs") == NAME)
    check_claims(program, example(fence), spec)


def test_every_command_takes_it(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["check", str(spec)]) == 0
    assert main(["ops", NAME]) == 0
    assert main(["show", str(spec)]) == 0
    capsys.readouterr()
    assert main(["report", str(spec), "--format", "json"]) == 0
    layers = json.loads(capsys.readouterr().out)["layers"]
    assert [layer["out_shape"] for layer in layers if layer["op"] == NAME] == [[48, 8, 8]]
    assert main(["draw", str(spec), "-o", "patches.dot"]) == 0
    assert "space to depth" in Path("patches.dot").read_text(encoding="utf-8")


def test_its_network_runs_in_torch(spec: Path) -> None:
    model = resnet_dsl.load(spec)["patches"].build().eval()
    images = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        features = torch.nn.functional.pixel_unshuffle(images, 4)
        features = torch.relu(model.bn1(model.conv1(features)))  # type: ignore[operator]
        wanted = model.fc(features.mean((2, 3)))  # type: ignore[operator]
        torch.testing.assert_close(model(images), wanted)
