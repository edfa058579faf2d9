"""From DOT text to a picture, in a process of its own.

Layout engines are C: some graphs keep them busy for hours or crash them, and neither may happen to
the process that asked. So a child draws, within limits of time and memory, and is killed with
everything it started when it takes too long.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from resnet_dsl.backends.graphviz import worker
from resnet_dsl.backends.graphviz.svg import UnsafeSvg, plain_svg

FORMATS = ("svg", "png", "pdf")
SECONDS = 10.0
PNG_DPI = 192

# Not every engine heeds SOURCE_DATE_EPOCH; as many digits as there were keep what else is told by place.
_DATE = re.compile(rb"(/CreationDate \(D:)\d{14}")
_EPOCH = "0"  # keeps the time of drawing out of PDFs


class RenderError(Exception):
    """No picture; `str()` says why in a sentence."""


class RenderUnavailable(RenderError):
    """There is nothing to draw with."""


class RenderTimeout(RenderError):
    """The layout was not done in time."""


class RenderFailed(RenderError):
    """The engine refused the text or broke."""


def render(dot: str, format: str, *, seconds: float = SECONDS) -> bytes:
    """The picture of a DOT text as ``svg``, ``png`` or ``pdf``.

    Draws with pygraphviz, whose wheels carry Graphviz, else with ``dot`` on the PATH. The same text
    and engine give the same bytes. Raises `ValueError` for another format, and `RenderUnavailable`,
    `RenderTimeout` or `RenderFailed` where there is no picture.
    """
    if format not in FORMATS:
        raise ValueError(f"{format!r} is no picture format: {', '.join(FORMATS)}")
    picture = _drawn(_with_resolution(dot) if format == "png" else dot, format, seconds)
    if format == "pdf":
        return _DATE.sub(rb"\g<1>19700101000000", picture)
    if format != "svg":
        return picture
    try:
        return plain_svg(picture)
    except UnsafeSvg as error:
        raise RenderFailed(f"the engine's SVG is not one to hand on: {error}") from None


def layout(dot: str, *, seconds: float = SECONDS) -> dict[str, Any]:
    """Where everything of a DOT text stands, in the form of ``dot -Tjson``. Raises as `render` does."""
    found: dict[str, Any] = json.loads(_drawn(dot, "json", seconds))
    return found


def _with_resolution(dot: str) -> str:
    """The text with the resolution of PNGs, which an SVG would be scaled by."""
    end = dot.rfind("}")
    return dot if end < 0 else f"{dot[:end]}graph [dpi={PNG_DPI}]\n{dot[end:]}"


def _drawn(dot: str, format: str, seconds: float) -> bytes:
    child = subprocess.Popen(  # noqa: S603 - our own program, with arguments of ours
        # -P keeps a pygraphviz.py that lies in the current folder out.
        [sys.executable, "-P", str(Path(worker.__file__)), format, str(seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"SOURCE_DATE_EPOCH": _EPOCH, **os.environ, "TZ": "UTC"},
        start_new_session=True,
    )
    try:
        picture, errors = child.communicate(dot.encode("utf-8", "replace"), timeout=seconds)
    except BaseException as error:
        # Not after success: the child is gone then, and its number may be another's.
        _kill(child)
        if isinstance(error, subprocess.TimeoutExpired):
            told = f"the layout took more than {seconds:g} s; a coarser level draws faster"
            if format == "png":  # whose pixels may be what took so long
                told = (
                    f"a PNG of this took more than {seconds:g} s; as svg, or at a coarser level, it is faster"
                )
            raise RenderTimeout(told) from None
        raise
    return _judged(child.returncode, picture, errors.decode("utf-8", "replace"))


def _judged(code: int, picture: bytes, errors: str) -> bytes:
    if code == 0 and picture:
        return picture
    if code == worker.UNAVAILABLE:
        raise RenderUnavailable(
            "there is no Graphviz to draw with: `pip install pygraphviz`, or install the system's "
            "package `graphviz`, which puts `dot` on the PATH"
        )
    if code < 0:
        raise RenderFailed(f"the layout engine was stopped by signal {-code}; a coarser level needs less")
    last = errors.strip().splitlines()[-1:] or ["no reason given"]
    raise RenderFailed(f"the layout engine failed: {last[0]}")


def _kill(child: subprocess.Popen[bytes]) -> None:
    """Ends the child and all that it started, and waits for it."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe is not None:
            pipe.close()
    child.wait()
