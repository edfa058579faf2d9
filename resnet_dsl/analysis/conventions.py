"""What other tools would count for a network, term by term, and the same integers.

Each convention is a rule from an operator to the terms that the tool adds for it, for one sample of
the inference graph (`tool_rules`); the versions that the rules follow are named with them. Figures
of some tools depend on how a network is written: it is taken to be written with modules
(``nn.ReLU``, ``nn.MaxPool2d``) but for what the caller says is called as a function; sums, products
and joins are written as operators (``x + y``), which all of them pass over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from resnet_dsl.analysis import tool_rules
from resnet_dsl.analysis.facts import facts
from resnet_dsl.diagnostics.suggest import all_known, did_you_mean
from resnet_dsl.ir.contract import Category
from resnet_dsl.ir.graph import Network


class ConventionError(ValueError):
    """A convention, or a part of a network, that nobody knows; the message names what there is."""


class Convention(NamedTuple):
    """How one tool counts: the version followed, what it calls its figure, and its rule."""

    name: str
    tool: str
    unit: str
    rule: tool_rules.Rule
    remark: str = ""


class Line(NamedTuple):
    """One term of a total: what is counted, the sum, and over how many operators."""

    what: str
    amount: int
    operators: int


class Counted(NamedTuple):
    """A network's figure by a convention; `base` is ours: multiply-adds of convolution and linear.

    `with_functions` says whether some of the network was taken to call functions.
    """

    convention: Convention
    lines: tuple[Line, ...]
    base: int
    with_functions: bool = False

    @property
    def total(self) -> int:
        return sum(line.amount for line in self.lines)


def count_as(network: Network, convention: Convention, functions: Collection[str] = ()) -> Counted:
    """The convention's figure for one sample of the inference graph.

    `functions` are names of operators (``relu``) and paths of nodes that the network, as the tool
    sees it, calls as functions (``F.relu``). Raises `ConventionError` for one that it does not have.
    """
    nodes = facts(network)
    shown = network.inference_nodes()
    called = frozenset(functions)
    known = {entry.operator.name: None for entry in nodes} | {entry.node.path: None for entry in nodes}
    for name in functions:
        if name not in known:
            advice = did_you_mean(name, known)
            raise ConventionError(
                f"no operator or node of the network is called `{name}`{advice and f'; {advice}'}"
            )
    sums: dict[str, tuple[int, int]] = {}
    base = 0
    for entry in nodes:
        if entry.node.id not in shown or entry.operator.category is Category.INPUT:
            continue
        base += tool_rules.multiply_adds(entry)
        as_function = not called.isdisjoint({entry.operator.name, entry.node.path})
        for what, amount in convention.rule(entry, as_function):
            before, operators = sums.get(what, (0, 0))
            sums[what] = (before + amount, operators + 1)
    lines = tuple(Line(what, amount, operators) for what, (amount, operators) in sums.items() if amount)
    return Counted(convention, lines, base, bool(called))


def convention(name: str) -> Convention:
    """A convention by its name. Raises `ConventionError` with those that there are."""
    if name in CONVENTIONS:
        return CONVENTIONS[name]
    raise ConventionError(f"there is no convention `{name}`; {all_known(name, CONVENTIONS)}")


def _table(conventions: Iterable[Convention]) -> Mapping[str, Convention]:
    return MappingProxyType({entry.name: entry for entry in conventions})


CONVENTIONS = _table(
    (
        Convention(
            "paper",
            "papers",
            "FLOPs",
            tool_rules.paper,
            "one multiply-add is one FLOP, as most papers have it",
        ),
        Convention(
            "flopcounter",
            "torch.utils.flop_counter",
            "FLOPs",
            tool_rules.flopcounter,
            "the forward pass alone",
        ),
        Convention("fvcore", "fvcore 0.1.5", "flops", tool_rules.fvcore, "its flop is a multiply-add"),
        Convention("torchinfo", "torchinfo 1.8.0", "mult-adds", tool_rules.torchinfo),
        Convention(
            "ptflops",
            "ptflops 0.7.5, pytorch backend",
            "MACs",
            tool_rules.ptflops,
            "of a network written with modules; activations and pooling that are called as functions count "
            "once, see `--function` and `--generated`",
        ),
        Convention(
            "thop",
            "thop 0.1.1",
            "MACs",
            tool_rules.thop,
            "of a network written with modules; what is called as a function does not count, see `--function` "
            "and `--generated`",
        ),
        Convention("calflops", "calflops 0.3.2", "FLOPs", tool_rules.calflops, "its MACs are ours"),
    )
)
