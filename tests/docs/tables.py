"""The tables of the docs that are made from the code, so that they cannot be wrong."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Callable, Iterator

from resnet_dsl.analysis import paths
from resnet_dsl.cli.bench_table import bench_table
from resnet_dsl.diagnostics.catalog import entries
from resnet_dsl.diagnostics.model import MAX_MISTAKES
from resnet_dsl.ops.record import MAX_DIMENSION
from resnet_dsl.semantics import frames, modules, reading
from resnet_dsl.semantics.names import MAX_NAME
from resnet_dsl.syntax import brackets, literals
from resnet_dsl.training.comparison import verdict
from tests.conftest import ROOT
from tests.docs.library_entries import library_entries, library_index
from tests.docs.markdown import table
from tests.docs.operator_entries import operator_entries, operator_index
from tests.docs.tool_entries import tool_entries
from tests.docs.zoo_entries import zoo_entries

_TABLE = re.compile(r"(?P<begin><!-- table: (?P<name>\w+) -->\n).*?(?=<!-- end of table -->)", re.DOTALL)


def renewed(page: str) -> str:
    """The page with every table made anew."""
    return _TABLE.sub(lambda match: match["begin"] + "\n".join(TABLES[match["name"]]()) + "\n", page)


def _limits() -> Iterator[str]:
    rows = [
        ("bytes in a file", reading.MAX_FILE_BYTES, "RDL807"),
        ("bytes in all files of a spec", modules.MAX_BYTES, "RDL810"),
        ("files imported", modules.MAX_FILES, "RDL810"),
        ("files that import one another in a row", modules.MAX_DEPTH, "RDL810"),
        ("brackets and operators inside each other", brackets.MAX_DEPTH, "RDL804"),
        ("characters in a name", MAX_NAME, "RDL207"),
        ("characters in a label's part", MAX_NAME, "RDL502"),
        ("characters in a string", literals.MAX_STRING, "RDL811"),
        ("characters in a documentation comment", literals.MAX_DOC, "RDL811"),
        ("a whole number", literals.LARGEST_INT, "RDL803"),
        ("items in a list", frames.MAX_LIST, "RDL809"),
        ("the count of a `repeat`", frames.MAX_REPEAT, "RDL801"),
        ("calls of blocks, or of functions, inside each other", frames.MAX_CALLS, "RDL802"),
        ("steps of evaluation", frames.MAX_STEPS, "RDL808"),
        ("operators in a network", frames.MAX_NODES, "RDL806"),
        ("a dimension of a tensor", MAX_DIMENSION, "RDL805"),
        ("binary digits of the number of paths", paths.MAX_BITS, "RDL813"),
        ("mistakes told in one run", MAX_MISTAKES, "RDL812"),
    ]
    told = {code for _, _, code in rows}
    assert told >= {code for code in entries() if code.startswith("RDL8")}, "a limit has no row"
    return table(("what", "at most", "else"), [(what, f"{most:_}", code) for what, most, code in rows])


def _rooms() -> Iterator[str]:
    """The layers of the import contract, each room with the first sentence of its docstring."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (layers,) = [contract["layers"] for contract in contracts["contracts"] if contract["type"] == "layers"]
    rows = []
    for layer in layers:
        found = {room: _purpose(room) for room in re.findall(r"\w+", layer)}
        rows.append(
            (
                ", ".join(f"`{room}`" for room, purpose in found.items() if purpose),
                "<br>".join(purpose for purpose in found.values() if purpose),
            )
        )
    return table(("rooms", "what for"), rows)


def _purpose(room: str) -> str:
    folder = ROOT / "resnet_dsl" / room
    file = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    if not file.is_file():
        return ""  # the contract already has a place for it
    doc = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return " ".join(doc.split("\n\n", maxsplit=1)[0].split())


def _bench() -> Iterator[str]:
    """A run of `bench` that was kept, as the command shows it now: its figures are one machine's."""
    text = (ROOT / "benchmarks" / "results" / "bench.json").read_text(encoding="utf-8")
    facts = json.loads(text)
    facts["verdict"] = verdict(facts["ways"], facts["input_images_per_second"])
    *lines, said = bench_table(facts).splitlines()
    yield from ("```", *lines, "```", "", f"> {said}", "")


TABLES: dict[str, Callable[[], Iterator[str]]] = {
    "bench": _bench,
    "library": library_entries,
    "library_index": library_index,
    "limits": _limits,
    "operator_index": operator_index,
    "operators": operator_entries,
    "rooms": _rooms,
    "tools": tool_entries,
    "zoo": zoo_entries,
}
