"""A page of docs as its tests see it: fenced blocks, and what the comments in them claim.

A fence's first word is its language. These are tested:

    ```rdl                 a whole spec: it compiles, without a warning
    ```rdl statements      statements for the body of a model whose input is `x`, 16x32x32
    ```rdl file=NAME       a whole spec under a name that imports and commands of the page can use;
                           without a model in it, it need only be free of mistakes
    ```rdl ... include=DIR a folder that this spec may import from
    ```rdl ... needs=NAME  a spec that needs an operator which the page itself adds
    ```console             `$ resnet-dsl ...` or `$ python FILE`, and what it prints, in a folder with the
                           named specs and scripts
    ```pycon               Python at the prompt, in that folder, run as a doctest
    ```python run          a script that is run in that folder before the commands, for what it writes there
    ```python script=NAME  a script of that folder, which commands may run
    ```python file=NAME    a file that a test of the page takes up by its name

A comment in a spec is a claim where it reads

    # error[RDL401]        alone on a line: the diagnostics are exactly those claimed, in order;
    # warning[RDL701]      the same for warnings
    # params: 14_650       alone on a line: a fact of the last model. Facts are `params`, `macs`, `depth`,
                           `buffers`, `output` (a shape) and `keys` (the paths of modules with weights
                           and of bare tensors, in order). `# NAME.params: 14_650` speaks of NAME
    x -> relu  # shape: 8x4x4    behind code: the shape of the operator or block that starts last on the line
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FACTS = ("params", "macs", "depth", "buffers", "output", "keys")

_FENCE = re.compile(r"^```(?P<info>[^`\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"^# (?:error|warning)\[(RDL\d+)\]$", re.MULTILINE)
_FACT = re.compile(r"^# (?:(?P<model>\w+)\.)?(?P<fact>\w+): (?P<value>.+)$", re.MULTILINE)
_SHAPE = re.compile(r"\S.*# shape: (\S+)$")
_MODEL = re.compile(r"^model\b", re.MULTILINE)
_RETURN = re.compile(r"^return\b", re.MULTILINE)
_HEAD = "model example {\n  input x [16, 32, 32]\n"


@dataclass(frozen=True)
class Fence:
    """A fenced block: its info string taken apart, its text, and where the text stands."""

    language: str
    words: tuple[str, ...]
    options: dict[str, str]
    text: str
    line: int
    start: int
    end: int

    @property
    def file(self) -> str | None:
        return self.options.get("file")


@dataclass(frozen=True)
class Fact:
    """A fact that a comment claims of a model; `model` is empty for the last one."""

    model: str
    name: str
    value: str


@dataclass(frozen=True)
class Example:
    """A spec of a page, ready to compile, and what its comments claim."""

    name: str
    text: str
    codes: list[str]
    facts: list[Fact]
    shapes: dict[int, str] = field(default_factory=dict)  # line -> shape
    is_wrapped: bool = False

    @property
    def has_model(self) -> bool:
        return bool(_MODEL.search(self.text))


def fences(text: str) -> Iterator[Fence]:
    for match in _FENCE.finditer(text):
        words = match["info"].split()
        options = dict(word.split("=", 1) for word in words if "=" in word)
        yield Fence(
            language=words[0] if words else "",
            words=tuple(word for word in words[1:] if "=" not in word),
            options=options,
            text=match["body"],
            line=text.count("\n", 0, match.start()) + 2,
            start=match.start("body"),
            end=match.end("body"),
        )


def named_files(text: str) -> dict[str, str]:
    """The specs that a page names, by their names."""
    found: dict[str, str] = {}
    for fence in fences(text):
        if fence.language == "rdl" and fence.file is not None:
            assert fence.file not in found, f"the page has two files {fence.file}"
            found[fence.file] = fence.text
    return found


def write_files(page: str, folder: Path) -> None:
    scripts = {fence.options["script"]: fence.text for fence in fences(page) if "script" in fence.options}
    for name, text in (named_files(page) | scripts).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def example(fence: Fence) -> Example:
    """The spec of a fence. Raises `AssertionError` for a comment that only looks like a claim."""
    text = fence.text
    is_wrapped = "statements" in fence.words
    if is_wrapped:
        end = "" if _RETURN.search(text) else "return x\n"
        text = _HEAD + "".join(f"  {line}".rstrip() + "\n" for line in (text + end).splitlines()) + "}\n"
    facts = [Fact(match["model"] or "", match["fact"], match["value"]) for match in _FACT.finditer(text)]
    strangers = [fact.name for fact in facts if fact.name not in FACTS]
    assert not strangers, f"no such claims: {strangers}"
    shapes = {
        number: match[1]
        for number, line in enumerate(text.splitlines(), start=1)
        if (match := _SHAPE.search(line))
    }
    codes = _CODE.findall(fence.text)
    return Example(fence.file or "example.rdl", text, codes, facts, shapes, is_wrapped)
