"""What a generated module calls as functions, as `F.relu` is: counters that hook modules miss it."""

from __future__ import annotations

from resnet_dsl.backends.pytorch.build import build_units
from resnet_dsl.backends.pytorch.identifiers import Names
from resnet_dsl.backends.pytorch.plan import Plan
from resnet_dsl.ir.graph import Network


def called_as_functions(network: Network) -> tuple[str, ...]:
    """The paths of the operators that the generated code writes without a module of their own."""
    root = build_units(network)
    Plan(root, Names(set()))  # it decides which units are chains, where everything is a module
    return tuple(
        [
            step.node.path
            for unit in root.walk()
            for step in unit.steps
            if step.node is not None and not step.is_module
        ]
    )
