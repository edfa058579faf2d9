"""resnet-dsl: a language and compiler for residual and other convolutional networks."""

from __future__ import annotations

from resnet_dsl.diagnostics.model import Diagnostic, SpecError

__version__ = "0.1.0"

__all__ = ["CompiledNetwork", "Diagnostic", "Program", "SpecError", "__version__", "load", "loads"]


def __getattr__(name: str) -> object:
    # The compiler brings networkx and lark; `resnet-dsl --help` needs neither.
    if name in {"load", "loads"}:
        from resnet_dsl import compiler

        return getattr(compiler, name)
    if name in {"Program", "CompiledNetwork"}:
        from resnet_dsl import program

        return getattr(program, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
