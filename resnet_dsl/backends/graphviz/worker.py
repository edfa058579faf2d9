"""The program that draws, run by path in a process of its own (see `render`): DOT in, picture out.

It imports nothing of ours: a process that only draws should start quickly and know little.
Usage: ``worker.py FORMAT SECONDS``; the exit codes below are what `render` reads.
"""

from __future__ import annotations

import math
import sys

UNAVAILABLE = 3
FAILED = 4
MEMORY_BYTES = 2 << 30


def main() -> int:
    _limit(float(sys.argv[2]))
    text = sys.stdin.buffer.read().decode("utf-8")
    for engine in (_bundled, _installed):
        try:
            picture = engine(text, sys.argv[1])
        except Exception as error:  # noqa: BLE001 - whatever an engine raises is its way to say no
            sys.stderr.write(f"{type(error).__name__}: {error}")
            return FAILED
        if picture is not None:
            sys.stdout.buffer.write(picture)
            sys.stdout.buffer.flush()
            return 0
    return UNAVAILABLE


def _bundled(text: str, form: str) -> bytes | None:
    """The Graphviz that pygraphviz's wheels carry; the same everywhere, so it comes first."""
    try:
        import pygraphviz
    except ImportError:  # not installed, or built against a Graphviz that is gone
        return None
    picture: bytes = pygraphviz.AGraph(string=text).draw(format=form, prog="dot")
    return picture


def _installed(text: str, form: str) -> bytes | None:
    """``dot`` on the PATH."""
    import graphviz

    try:
        picture: bytes = graphviz.pipe("dot", form, text.encode("utf-8"), quiet=True)
    except graphviz.ExecutableNotFound:
        return None
    except graphviz.CalledProcessError as error:  # whose own words are about the command line
        raise ValueError((error.stderr or b"no reason given").decode("utf-8", "replace").strip()) from None
    return picture


def _limit(seconds: float) -> None:
    """Bounds on this process and its children, should the one that started it go away first."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    limits = (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, math.ceil(seconds) + 1),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, bound in limits:
        try:
            hard = resource.getrlimit(kind)[1]
            resource.setrlimit(kind, (bound if hard == resource.RLIM_INFINITY else min(bound, hard), hard))
        except (OSError, ValueError):  # macOS knows some of these without enforcing them
            continue


if __name__ == "__main__":
    sys.exit(main())
