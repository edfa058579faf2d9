"""Every example in the docs is run, and every output shown there is the program's own.

`document` says what the fenced blocks and the comments in them mean. ``--update`` rewrites the
tables and the outputs of commands.
"""

from __future__ import annotations

import ast
import doctest
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import resnet_dsl
from resnet_dsl.cli.main import main
from resnet_dsl.diagnostics.catalog import entries
from resnet_dsl.semantics.names import FACTS, FUNCTIONS, TYPES
from resnet_dsl.source import Source
from resnet_dsl.syntax import tree
from resnet_dsl.syntax.parser import parse
from tests.conftest import ROOT, Golden
from tests.docs.claims import check_claims, compiled
from tests.docs.document import Fence, example, fences, named_files, write_files
from tests.docs.tables import renewed

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
LANGUAGE = sorted((DOCS / "language").glob("*.md"))  # the reference, page by page

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_PICTURE = re.compile(r"!\[[^\]]*\]\(([^)\s]+\.svg)\)")
_PLACES = {"width", "height", "viewBox", "transform", "d", "points", "x", "y", "cx", "cy", "rx", "ry"}
_PATH = re.compile(r"`((?:resnet_dsl|tests|specs|docs)/[\w./]+)(?:::(\w+))?`")
_FILE = re.compile(r"`(\w+\.(?:py|lark|rdl|py\.j2))`")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def titled(page: Path) -> str:
    """A page's name in the names of its tests."""
    return page.relative_to(DOCS).as_posix()


def blocks(language: str) -> list[Any]:
    """Every fence of a language, each with its page."""
    return [
        pytest.param(page, fence, id=f"{titled(page)}:{fence.line}")
        for page in PAGES
        for fence in fences(page.read_text(encoding="utf-8"))
        if fence.language == language and "needs" not in fence.options
    ]


# --- specs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("page", "fence"), blocks("rdl"))
def test_example_is_what_it_claims(page: Path, fence: Fence, tmp_path: Path) -> None:
    write_files(page.read_text(encoding="utf-8"), tmp_path)
    claimed = example(fence)
    path = tmp_path / claimed.name
    path.write_text(claimed.text, encoding="utf-8")
    include = [tmp_path / folder for folder in fence.options.get("include", "").split(",") if folder]
    program, diagnostics = compiled(path, include, is_whole=claimed.has_model)
    found = [entry.code for entry in diagnostics]
    if not claimed.is_wrapped or claimed.codes or program is None:
        assert found == claimed.codes, str(resnet_dsl.SpecError(diagnostics))
    if program is None:
        assert not claimed.facts
        assert not claimed.shapes
        return
    check_claims(program, claimed, path)
    for network in program.models.values():
        compile(network.to_pytorch(), network.name, "exec")
        network.to_dot()


# --- what is shown -------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=titled)
def test_what_is_shown_is_what_the_program_says(
    page: Path, golden: Golden, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = renewed(page.read_text(encoding="utf-8"))
    write_files(text, tmp_path)
    (tmp_path / "specs").symlink_to(ROOT / "specs")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    run_scripts(text)
    parts: list[str] = []
    end = 0
    for fence in fences(text):
        if fence.language == "console":
            parts += [text[end : fence.start], "".join(dialogue(fence.text))]
            end = fence.end
    golden(page, "".join([*parts, text[end:]]))
    for picture in _PICTURE.findall(text):
        drawn = tmp_path / Path(picture).name  # by a command of the page
        if drawn.is_file():
            kept, new = page.parent / picture, drawn.read_text(encoding="utf-8")
            if not kept.is_file() or contents(kept.read_text(encoding="utf-8")) != contents(new):
                golden(kept, new)


def contents(picture: str) -> list[tuple[str, str, tuple[tuple[str, str], ...]]]:
    """What a picture holds, element by element, without places and sizes: they follow the fonts of
    the machine that draws."""
    return [
        (
            element.tag,
            (element.text or "").strip(),
            tuple(sorted((name, said) for name, said in element.attrib.items() if name not in _PLACES)),
        )
        for element in ElementTree.fromstring(picture).iter()
    ]


def run_scripts(page: str) -> None:
    """The scripts of a page, for the files that they leave in the folder."""
    for fence in fences(page):
        if fence.language == "python" and "run" in fence.words:
            exec(compile(fence.text, "<page>", "exec"), {})


def dialogue(text: str) -> Iterator[str]:
    """The commands of a block, each with what it prints now."""
    for line in text.splitlines():
        if line.startswith("$ "):
            program, *arguments = shlex.split(line[2:])
            assert program in {"resnet-dsl", "python"}
            output = (run_python if program == "python" else run_command)(arguments).rstrip("\n")
            yield f"{line}\n{output}\n" if output else f"{line}\n"


def run_command(arguments: list[str]) -> str:
    printed = StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        main(arguments)
    return printed.getvalue()


def run_python(arguments: list[str]) -> str:
    """A script of the folder, in a process of its own as a reader would run it."""
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize(("page", "fence"), blocks("pycon"))
def test_python_at_the_prompt(
    page: Path, fence: Fence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(page.read_text(encoding="utf-8"), tmp_path)
    monkeypatch.chdir(tmp_path)
    run_scripts(page.read_text(encoding="utf-8"))
    typed = doctest.DocTestParser().get_doctest(fence.text, {}, page.name, str(page), fence.line)
    printed = StringIO()
    assert doctest.DocTestRunner().run(typed, out=printed.write).failed == 0, printed.getvalue()


# --- what is named -------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=titled)
def test_what_is_named_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"RDL\d{3}\b", text)) <= set(entries())
    for path, test in _PATH.findall(text):
        assert (ROOT / path).exists(), path
        if test:
            assert test in functions(ROOT / path), f"{path} has no {test}"
    for name in _FILE.findall(text):
        assert name in {"model.py", *named_files(text)} or any((ROOT / "resnet_dsl").rglob(name)), name
    for link in _LINK.findall(text):
        if not link.startswith("https://"):
            file, _, anchor = link.partition("#")
            target = page.parent / file if file else page
            assert target.exists(), link
            assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), link


def functions(path: Path) -> set[str]:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return {node.name for node in body if isinstance(node, ast.FunctionDef)}


def anchors(page: str) -> set[str]:
    """The names by which GitHub links to a page's headings."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(page)}


# --- completeness --------------------------------------------------------------------------------


def test_reference_shows_every_construct() -> None:
    kinds = {
        name
        for name, kind in vars(tree).items()
        if isinstance(kind, type) and kind.__module__.startswith(tree.__name__)
    }
    kinds.remove("Broken")  # what stands for a declaration with mistakes
    shown: set[str] = set()
    for page in LANGUAGE:
        for fence in fences(page.read_text(encoding="utf-8")):
            if fence.language == "rdl":
                parsed, _ = parse(Source("example", example(fence).text))
                shown |= {type(node).__name__ for node in nodes(parsed)}
    assert shown >= kinds


def nodes(root: object) -> Iterator[object]:
    """Every node of a tree; nodes are tuples, and so are lists of them."""
    if isinstance(root, tuple):
        if type(root).__module__.startswith(tree.__name__):
            yield root
        for item in root:
            yield from nodes(item)


@pytest.mark.parametrize("word", [*FUNCTIONS, *TYPES, *FACTS])
def test_reference_names_every_word(word: str) -> None:
    pages = [page.read_text(encoding="utf-8") for page in LANGUAGE]
    assert any(re.search(rf"`[^`\n]*\b{word}\b[^`\n]*`", page) for page in pages)


def test_index_leads_to_every_page_of_the_reference() -> None:
    index = (DOCS / "language" / "README.md").read_text(encoding="utf-8")
    listed = [link for link in _LINK.findall(index) if "/" not in link]
    assert sorted([*listed, "README.md"]) == [page.name for page in LANGUAGE]
