"""The tables of the docs that are made from the code, so that they cannot be wrong."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from resnet_dsl.diagnostics.catalog import entries
from resnet_dsl.diagnostics.model import MAX_MISTAKES, DiagnosticBag
from resnet_dsl.ops.record import MAX_DIMENSION, Operator, Parameter
from resnet_dsl.ops.registry import operators
from resnet_dsl.semantics import frames, modules
from resnet_dsl.semantics.modules import LIBRARY, Loader, library_folder
from resnet_dsl.semantics.names import MAX_NAME
from resnet_dsl.semantics.values import show
from resnet_dsl.syntax import brackets, literals, tree
from tests.conftest import ROOT

_TABLE = re.compile(r"(?P<begin><!-- table: (?P<name>\w+) -->\n).*?(?=<!-- end of table -->)", re.DOTALL)


def renewed(page: str) -> str:
    """The page with every table made anew."""
    return _TABLE.sub(lambda match: match["begin"] + "\n".join(TABLES[match["name"]]()) + "\n", page)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A Markdown table, line by line."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def _operators() -> Iterator[str]:
    rows = [
        (f"`{_call(operator)}`", _operands(operator), operator.summary) for operator in operators().values()
    ]
    return table(("operator", "operands", "what it does"), rows)


def _call(operator: Operator) -> str:
    arguments = [
        parameter.name if parameter.required else f"{parameter.name} = {_default(parameter)}"
        for parameter in operator.parameters
    ]
    return f"{operator.name}({', '.join(arguments)})" if arguments else operator.name


def _default(parameter: Parameter) -> str:
    value: Any = getattr(parameter.default, "value", parameter.default)
    return value if isinstance(value, str) else show(value)


def _operands(operator: Operator) -> str:
    least, most = operator.arity
    if most is None:
        return f"{least} or more"
    return str(least) if least == most else f"{least} to {most}"


def _arguments() -> Iterator[str]:
    rows = [
        (f"`{operator.name}`", f"`{parameter.name}`", _type(parameter), _meaning(parameter))
        for operator in operators().values()
        for parameter in operator.parameters
    ]
    return table(("operator", "argument", "takes", "meaning"), rows)


def _type(parameter: Parameter) -> str:
    if parameter.choices:
        return ", ".join(f"`{choice}`" for choice in parameter.choices)
    kind = {
        "size": "an int or `[height, width]`",
        "ints": "a list of ints",
        "bool": "a bool",
        "int": "an int",
        "float": "a float",
    }
    low, high = parameter.minimum, parameter.maximum
    bounds = [f"{word} {bound:g}" for word, bound in (("≥", low), ("≤", high)) if bound is not None]
    return ", ".join([kind[parameter.kind.value], *bounds])


def _meaning(parameter: Parameter) -> str:
    return f"{parameter.meaning}; `auto` is {parameter.auto}" if parameter.auto else parameter.meaning


def _limits() -> Iterator[str]:
    rows = [
        ("bytes in a file", modules.MAX_FILE_BYTES, "RDL807"),
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
        ("mistakes told in one run", MAX_MISTAKES, "RDL812"),
    ]
    told = {code for _, _, code in rows}
    assert told >= {code for code in entries() if code.startswith("RDL8")}, "a limit has no row"
    return table(("what", "at most", "else"), [(what, f"{most:_}", code) for what, most, code in rows])


def _library() -> Iterator[str]:
    bag = DiagnosticBag()
    loader = Loader(bag)
    rows = []
    for path in sorted(library_folder().glob("*.rdl")):
        module = loader.load(path)
        assert module is not None
        assert not bag.has_errors
        for declaration in module.tree.declarations:
            if isinstance(declaration, tree.Block | tree.Model | tree.Application):
                doc = " ".join(declaration.doc.split())
                rows.append((f"`{LIBRARY}.{path.stem}`", f"`{_declared(declaration)}`", doc))
    return table(("file", "declares", "which is"), rows)


def _declared(declaration: tree.Block | tree.Model | tree.Application) -> str:
    if isinstance(declaration, tree.Application):
        return f"model {declaration.name.text}"
    word = "model" if isinstance(declaration, tree.Model) else "stage" if declaration.is_stage else "block"
    parameters = ", ".join(" ".join(parameter.span.text.split()) for parameter in declaration.parameters)
    return f"{word} {declaration.name.text}({parameters})"


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


TABLES: dict[str, Callable[[], Iterator[str]]] = {
    "operators": _operators,
    "arguments": _arguments,
    "limits": _limits,
    "library": _library,
    "rooms": _rooms,
}
