"""The house rules that no linter knows: contracts on imports, and who may print and write."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter import cli as importlinter

# The rooms whose work is to talk to the outside: commands print, training keeps a run's folder.
MAY_PRINT_AND_WRITE = {"cli", "training"}
EXCEPTIONS = {
    # The parser keeps its tables in the user's cache folder, which has to be there.
    ("syntax/tables.py", "mkdir"),
    ("syntax/tables.py", "staged."),
    # A process of its own, whose streams are pipes to the one that asked for a picture.
    ("backends/graphviz/worker.py", "sys."),
}
WRITES = {
    "write_text",
    "write_bytes",
    "mkdir",
    "touch",
    "unlink",
    "rename",
    "rmdir",
    "symlink_to",
    "hardlink_to",
}
WRITING_MODES = set("wax+")


def sources(root: Path) -> Iterator[Path]:
    package = root / "resnet_dsl"
    for path in sorted(package.rglob("*.py")):
        if path.relative_to(package).parts[0] not in MAY_PRINT_AND_WRITE:
            yield path


def calls(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of every call in a file that prints or writes."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and _talks(node):
            yield node.lineno, ast.unparse(node)


def _talks(node: ast.Call) -> bool:
    match node.func:
        case ast.Name(id="print"):
            return True
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "stderr")):
            return True
        case ast.Name(id="open") | ast.Attribute(attr="open"):
            modes = [argument.value for argument in ast.walk(node) if isinstance(argument, ast.Constant)]
            return any(
                isinstance(mode, str) and len(mode) < 4 and WRITING_MODES & set(mode) for mode in modes
            )
        case ast.Attribute(attr=name):
            return name in WRITES
    return False


def test_only_two_rooms_print_and_write(root: Path) -> None:
    package = root / "resnet_dsl"
    found = [
        f"{path.relative_to(package)}:{line}: {call}"
        for path in sources(root)
        for line, call in calls(path)
        if not any(path == package / file and name in call for file, name in EXCEPTIONS)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("line", "talks"),
    [
        ("print(1)", True),
        ("sys.stderr.write('x')", True),
        ("open(path, 'w')", True),
        ("path.open('xb')", True),
        ("path.open('rb')", False),
        ("open(path)", False),
        ("path.write_text('')", True),
        ("lark.open('grammar.lark')", False),
    ],
)
def test_the_rule_sees_what_it_should(line: str, talks: bool, tmp_path: Path) -> None:
    path = tmp_path / "sample.py"
    path.write_text(line)
    assert bool(list(calls(path))) is talks


def test_imports_keep_the_contracts(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    assert importlinter.lint_imports(no_cache=True) == importlinter.EXIT_STATUS_SUCCESS
