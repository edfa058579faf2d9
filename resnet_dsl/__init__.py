"""resnet-dsl: a language and compiler for residual and other convolutional networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resnet_dsl.diagnostics.model import Diagnostic, SpecError
from resnet_dsl.version import __version__

if TYPE_CHECKING:
    from resnet_dsl.compiled import CompiledNetwork
    from resnet_dsl.compiler import load, loads
    from resnet_dsl.program import Program

__all__ = ["CompiledNetwork", "Diagnostic", "Program", "SpecError", "__version__", "load", "loads"]


def __getattr__(name: str) -> object:
    # The compiler brings networkx and lark; `resnet-dsl --help` needs neither.
    if name in {"load", "loads"}:
        from resnet_dsl import compiler

        return getattr(compiler, name)
    if name == "Program":
        from resnet_dsl.program import Program

        return Program
    if name == "CompiledNetwork":
        from resnet_dsl.compiled import CompiledNetwork

        return CompiledNetwork
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
