"""What the comments of an example claim, compared with what the compiler finds."""

from __future__ import annotations

from pathlib import Path

import resnet_dsl
from resnet_dsl.analysis.keys import state_dict_entries
from resnet_dsl.compiler import load
from resnet_dsl.semantics.names import FACTS
from tests.docs.document import Example


def compiled(
    path: Path, include: list[Path], *, is_whole: bool
) -> tuple[resnet_dsl.Program | None, tuple[resnet_dsl.Diagnostic, ...]]:
    """The program, None after mistakes, and what was said about it."""
    try:
        program = load(path, include=include, stop_after="expect" if is_whole else "resolve")
    except resnet_dsl.SpecError as error:
        return None, error.diagnostics
    return program, program.diagnostics


def check_claims(program: resnet_dsl.Program, claimed: Example, path: Path) -> None:
    for entry in claimed.facts:
        network = program[entry.model or list(program)[-1]]
        wanted: object = entry.value
        found: object = fact(network, entry.name)
        if entry.name in FACTS:
            wanted = int(entry.value.replace("_", ""))
        assert found == wanted, f"{entry.name} of {network.name}"
    for line, shape in claimed.shapes.items():
        assert shapes_on(program, path, line) == {shape}, (
            f"line {line}: {claimed.text.splitlines()[line - 1]}"
        )


def fact(network: resnet_dsl.CompiledNetwork, name: str) -> object:
    match name:
        case "output":
            return "x".join(str(size) for size in network.report().output)
        case "keys":
            paths = {node.path for node in network.network.nodes()}  # a bare tensor's is its whole key
            keys = [entry.key for entry in state_dict_entries(network.network)]
            return " ".join(dict.fromkeys(key if key in paths else key.rpartition(".")[0] for key in keys))
        case _:
            return getattr(network, name)


def shapes_on(program: resnet_dsl.Program, path: Path, line: int) -> set[str]:
    """The shapes of what starts last on a line, operator or block, in all its instances."""
    found: list[tuple[int, str]] = []
    for compiled_network in program.models.values():
        network = compiled_network.network
        made = [
            *((node.span, node) for node in network.nodes()),
            *((scope.span, network.node(scope.output)) for scope in network.scopes if scope.output >= 0),
        ]
        found += [
            (span.start, str(node.shape))
            for span, node in made
            if span.source.name == str(path) and span.start_position.line == line
        ]
    last = max((start for start, _ in found), default=0)
    return {shape for start, shape in found if start == last}
