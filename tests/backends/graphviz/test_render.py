"""Drawing: formats, limits, and what happens where there is nothing to draw with."""

from __future__ import annotations

import os
import re
import struct
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from resnet_dsl.backends.graphviz import (
    RenderError,
    RenderFailed,
    RenderTimeout,
    RenderUnavailable,
    render,
    to_dot,
    worker,
)
from tests.backends.graphviz.conftest import Net

SMALL = 'digraph "m" { a -> b [label=x] }'


def test_each_format_is_what_it_says(net: Net) -> None:
    text = to_dot(net("residual"))
    assert render(text, "svg").startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<svg ')
    assert render(text, "png").startswith(b"\x89PNG\r\n\x1a\n")
    assert render(text, "pdf").startswith(b"%PDF-")


@pytest.mark.parametrize("form", ["svg", "png", "pdf"])
def test_the_same_text_gives_the_same_bytes(form: str) -> None:
    assert render(SMALL, form) == render(SMALL, form)


def test_a_pdf_tells_no_time() -> None:
    (date,) = re.findall(rb"/CreationDate \(([^)]*)\)", render(SMALL, "pdf"))
    assert date == b"D:19700101000000Z"


def test_an_svg_names_no_engine_and_keeps_titles(net: Net) -> None:
    svg = render(to_dot(net("residual")), "svg")
    assert b"<!--" not in svg
    assert b"DOCTYPE" not in svg
    assert b"graphviz" not in svg.lower()
    root = ElementTree.fromstring(svg)
    titles = {element.text for element in root.iter("{http://www.w3.org/2000/svg}title")}
    assert {"residual", "layer1.0.conv1", "layer1.0.add1", "cluster layer2"} <= titles


def test_a_png_is_sharp_and_white(net: Net) -> None:
    text = to_dot(net("residual"), "stage")
    points = float(render(text, "svg").split(b'width="')[1].split(b"pt")[0])
    pixels: int = struct.unpack(">I", render(text, "png")[16:20])[0]
    assert pixels / points * 72 == pytest.approx(192, rel=0.02)
    assert "bgcolor=white" in text


def test_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="'exe'"):
        render(SMALL, "exe")


@pytest.mark.parametrize("text", ["", "digraph {", "not dot", "digraph { a -> }"])
def test_text_that_is_no_graph_fails_in_a_sentence(text: str) -> None:
    with pytest.raises(RenderFailed, match="the layout engine failed: "):
        render(text, "svg")


def nasty(nodes: int) -> str:
    """A graph in which everything leads to everything: layout takes time like its cube."""
    edges = (f"n{i} -> n{j} [label=x]" for i in range(nodes) for j in range(i + 1, nodes))
    return f"digraph {{ {'; '.join(edges)} }}"


def test_a_layout_that_takes_too_long_is_killed() -> None:
    start = time.monotonic()
    with pytest.raises(RenderTimeout, match="more than 0.5 s"):
        render(nasty(300), "svg", seconds=0.5)
    assert time.monotonic() - start < 20  # without the limit it would be minutes


def test_a_png_that_takes_too_long_names_svg() -> None:
    with pytest.raises(RenderTimeout, match=r"a PNG of this took more than 0.5 s; as svg"):
        render(nasty(300), "png", seconds=0.5)


def fake_worker(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Puts another program in the place of the one that draws."""
    program = folder / "worker.py"
    program.write_text(body, encoding="utf-8")
    monkeypatch.setattr(worker, "__file__", str(program))


@pytest.mark.skipif(os.name != "posix", reason="process groups")
def test_what_the_child_started_is_killed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = tmp_path / "pid"
    fake_worker(
        tmp_path,
        monkeypatch,
        "import subprocess, sys, pathlib, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"pathlib.Path({str(note)!r}).write_text(str(child.pid))\n"
        "time.sleep(600)\n",
    )
    with pytest.raises(RenderTimeout):
        render(SMALL, "svg", seconds=3)
    pid = int(note.read_text())
    for _ in range(100):
        if not _lives(pid):
            return
        time.sleep(0.05)
    pytest.fail("the child's own child is still there")


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")  # a process that nobody waits for stays as a zombie
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_crash_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_worker(tmp_path, monkeypatch, "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    with pytest.raises(RenderFailed, match="signal 11"):
        render(SMALL, "svg")


def test_an_svg_that_acts_is_not_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_worker(tmp_path, monkeypatch, "print('<svg><script>alert(1)</script></svg>')\n")
    with pytest.raises(RenderFailed, match="<script>"):
        render(SMALL, "svg")


def without_pygraphviz(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hides pygraphviz from the child, behind one that cannot be imported, and empties the PATH."""
    hidden = folder / "hidden"
    hidden.mkdir()
    (hidden / "pygraphviz.py").write_text("raise ImportError('blocked by a test')\n")
    empty = folder / "empty"
    empty.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(hidden))
    monkeypatch.setenv("PATH", str(empty))


def test_no_engine_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_pygraphviz(tmp_path, monkeypatch)
    with pytest.raises(RenderUnavailable, match=r"pip install pygraphviz.*graphviz"):
        render(SMALL, "svg")


@pytest.mark.skipif(os.name != "posix", reason="a program is a script")
def test_dot_on_the_path_draws_where_pygraphviz_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_pygraphviz(tmp_path, monkeypatch)
    program = tmp_path / "empty" / "dot"
    program.write_text(
        f"#!{sys.executable}\nimport sys\n"
        "text = sys.stdin.read()\n"
        "assert '-Tsvg' in sys.argv and 'a -> b' in text\n"
        "print('<svg xmlns=\"http://www.w3.org/2000/svg\"><title>by dot</title></svg>')\n"
    )
    program.chmod(0o755)
    assert b"by dot" in render(SMALL, "svg")


def test_a_module_in_the_current_folder_is_not_picked_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pygraphviz.py").write_text("raise SystemExit('picked up')\n")
    monkeypatch.chdir(tmp_path)
    assert b"<svg" in render(SMALL, "svg")


def test_all_errors_are_of_one_kind() -> None:
    assert all(issubclass(kind, RenderError) for kind in (RenderUnavailable, RenderTimeout, RenderFailed))
