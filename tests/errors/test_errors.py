"""Every mistake's text: each `.rdl` here has beside it an `.err`, what the compiler says of it.

Fixtures are read by their names, so that a text says `case.rdl` and no folder. Files that
fixtures import lie in a folder `files`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import resnet_dsl
from resnet_dsl.diagnostics.catalog import entries
from resnet_dsl.diagnostics.model import Diagnostic, SpecError
from resnet_dsl.diagnostics.render import render_text

HERE = Path(__file__).resolve().parent
CASES = sorted(path for path in HERE.glob("*/*.rdl") if path.parent.name != "files")
ROOT = HERE.parent.parent

# Codes that need a file system, a command line or a training run: where they are tested.
ELSEWHERE = {
    "RDL107": "errors/test_files.py",
    "RDL222": "errors/test_overrides.py",
    "RDL339": "errors/test_overrides.py",
    **dict.fromkeys(("RDL351", "RDL352", "RDL353", "RDL354", "RDL355"), "errors/test_edits.py"),
    "RDL807": "errors/test_files.py",
    "RDL810": "errors/test_files.py",
    "RDL812": "errors/test_bombs.py",
    **{code: "training" for code in entries() if code.startswith(("RDL90", "RDL91", "RDL94", "RDL97"))},
    **{code: "after" for code in entries() if code.startswith(("RDL95", "RDL96"))},
    **{code: "weights" for code in entries() if code.startswith(("RDL92", "RDL93"))},
    **{code: "cli/test_breaking.py" for code in entries() if code.startswith("RDL98")},
}


def diagnostics_of(path: Path) -> tuple[Diagnostic, ...]:
    """What compiling a file says: its mistakes, or the warnings of a spec that is right."""
    try:
        return resnet_dsl.load(path.name).diagnostics
    except SpecError as error:
        return error.diagnostics


@pytest.mark.parametrize("case", [path.relative_to(HERE).as_posix() for path in CASES])
def test_the_text_of_a_mistake(
    case: str, golden: Callable[[str | Path, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = HERE / case
    monkeypatch.chdir(path.parent)
    found = diagnostics_of(path)
    assert found, "a fixture has at least one mistake"
    for diagnostic in found:
        assert diagnostic.span is not None
        assert diagnostic.message.strip()
    golden(path.with_suffix(".err"), render_text(found) + "\n")


def test_no_text_is_left_over() -> None:
    texts = {path.relative_to(HERE).with_suffix("") for path in HERE.glob("*/*.err")}
    assert texts == {path.relative_to(HERE).with_suffix("") for path in CASES}


def test_every_code_of_the_catalog_has_a_fixture() -> None:
    told = set(re.findall(r"^\w+\[(RDL\d{3})\]", _texts(HERE.glob("*/*.err")), re.MULTILINE))
    assert told | ELSEWHERE.keys() == entries().keys()
    assert not told & ELSEWHERE.keys()


@pytest.mark.parametrize("code", ELSEWHERE)
def test_codes_without_a_fixture_have_a_test(code: str) -> None:
    place = ROOT / "tests" / ELSEWHERE[code]
    text = _texts(place.rglob("*.py") if place.is_dir() else [place])
    assert code in text or entries()[code].message.partition("{")[0] in text


def test_the_source_reports_what_the_catalog_holds() -> None:
    source = ROOT / "resnet_dsl"
    files = [path for path in source.rglob("*.py") if not path.name.startswith("catalog")]
    used = set(re.findall(r'"(RDL\d{3})"', _texts(files)))
    assert used == entries().keys()


@pytest.mark.parametrize("code", entries())
def test_an_entry_says_what_a_reader_needs(code: str) -> None:
    entry = entries()[code]
    assert entry.title.strip()
    assert entry.message.strip()
    assert entry.explanation.strip()
    assert entry.severity in {"error", "warning", "note"}
    assert not entry.message.endswith("."), "a message is no sentence of its own: `help` follows it"


def _texts(paths: object) -> str:
    assert hasattr(paths, "__iter__")
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in paths)
