"""One compiled model: its graph, its facts, and what can be made of it.

Every output is made when asked for, so that a check pays for no picture and a report for no code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING

from resnet_dsl.analysis.auditing import cost_report
from resnet_dsl.analysis.cost import CostReport
from resnet_dsl.collector import paused
from resnet_dsl.ir.graph import Network
from resnet_dsl.ir.verify import verify_graph
from resnet_dsl.semantics.names import FACTS
from resnet_dsl.source import hash_of

if TYPE_CHECKING:
    import networkx
    import torch

    from resnet_dsl.analysis.counts import Counts
    from resnet_dsl.ir.claim import Claim
    from resnet_dsl.passes.fold_norms import Fold
    from resnet_dsl.semantics.bodies import Expectation
    from resnet_dsl.semantics.recipe_values import Recipe
    from resnet_dsl.weights.fit import Fit


@dataclass(frozen=True)
class CompiledNetwork:
    """One model of a program: its graph, its facts, and what can be made of it.

    `spec` is the file's name without folders, `sources` its text and those of the files it
    imports, in the order they are read. `folds` are the batch norms that `folded` left out.
    `expectations` are those of the model as declared: a network with other arguments has none.
    """

    name: str
    network: Network
    spec: str
    sources: tuple[str, ...]
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    folds: tuple[Fold, ...] = ()
    expectations: tuple[Expectation, ...] = ()

    @cached_property
    def spec_sha256(self) -> str:
        """The hash of the spec and of what it imports; it stands in the header of generated code."""
        return hash_of(self.sources)

    @property
    def doc(self) -> str:
        return self.network.doc

    @cached_property
    def graph(self) -> networkx.MultiDiGraph[int]:
        """The networkx graph, verified: node attribute ``node``, edge key the operand's position,
        edge attribute ``shortcut``."""
        verify_graph(self.network)
        return self.network.graph

    @cached_property
    def _cost(self) -> CostReport:
        with paused():
            return cost_report(self.network)

    def report(self) -> CostReport:
        """The audit: exact parameters, MACs, depth and bytes, one row an operator."""
        return self._cost

    def counts(self) -> Counts:
        """Parameters and MACs alone, layer by layer, in a fraction of the time that the audit takes."""
        from resnet_dsl.analysis.counts import counts

        with paused():
            return counts(self.network)

    def stated(self) -> dict[str, int | float]:
        """The facts that the spec's expectations may name; costly ones only where they do."""
        cost = self.report()  # kept there: whoever asks for it next has it
        found: dict[str, int | float] = {
            "params": cost.params,
            "buffers": cost.buffers,
            "macs": cost.macs,
            "depth": cost.depth,
        }
        text = " ".join([entry.node.span.text for entry in self.expectations])
        further = {name for name in FACTS if name in text} - found.keys()
        if further:
            from resnet_dsl.analysis.stated import stated_facts  # few specs speak of these

            found |= stated_facts(self.network, cost, further)
        return found

    def whereabouts(self, fact: str) -> str:
        """Where a fact is what it is, as words: ``at conv1``; nothing where no place can be told."""
        from resnet_dsl.analysis.stated import whereabouts

        return whereabouts(self.network, fact)

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """What the spec expects of the network, each with what is wrong with it."""
        if not self.expectations:
            return ()
        from resnet_dsl.semantics.expectations import claims_of

        return claims_of(self.expectations, self.stated(), self.whereabouts)

    @property
    def params(self) -> int:
        """Trainable parameters, auxiliary heads included."""
        return self._cost.params

    @property
    def buffers(self) -> int:
        """Elements of the buffers: running means, variances and counters."""
        return self._cost.buffers

    @property
    def macs(self) -> int:
        """Multiply-adds of one sample's inference, in convolutions of all kinds and linear layers."""
        return self._cost.macs

    @property
    def depth(self) -> int:
        """Weighted layers on the longest path."""
        return self._cost.depth

    def folded(self) -> CompiledNetwork:
        """The same network for inference: batch norms folded into the layers before them.

        Its weights are made of this network's by `passes.folded_weights.folded_weights(state, folds)`.
        """
        from resnet_dsl.passes.fold_norms import fold_norms

        network, folds = fold_norms(self.network)
        return CompiledNetwork(self.name, network, self.spec, self.sources, self.recipes, folds)

    def to_dot(
        self,
        level: str = "block",
        direction: str = "TB",
        *,
        theme: str = "paper",
        legend: bool = False,
    ) -> str:
        """The diagram as Graphviz text; levels are op, block, stage and model, themes paper, slides
        and dark."""
        from resnet_dsl.backends.graphviz import to_dot

        with paused():
            return to_dot(self.network, level, direction, theme=theme, legend=legend)

    def to_mermaid(
        self,
        level: str | None = None,
        direction: str = "TB",
        *,
        theme: str = "paper",
        legend: bool = False,
    ) -> str:
        """The diagram as Mermaid text, which GitHub draws in READMEs.

        Without a level it is the finest that fits Mermaid's limits. Raises `ValueError` where the
        level asked for does not.
        """
        from resnet_dsl.backends.graphviz import to_mermaid

        with paused():
            return to_mermaid(self.network, level, direction, theme=theme, legend=legend)

    def to_tikz(
        self,
        level: str = "block",
        direction: str = "TB",
        *,
        theme: str = "paper",
        legend: bool = False,
    ) -> str:
        """The diagram as a LaTeX document with a TikZ picture.

        Raises `RenderError` where no Graphviz is installed, which puts the parts in their places.
        """
        from resnet_dsl.backends.graphviz import to_tikz

        return to_tikz(self.network, level, direction, theme=theme, legend=legend)

    def to_pytorch(self) -> str:
        """The network as the text of a Python module that imports only torch."""
        from resnet_dsl.backends.pytorch import to_pytorch

        with paused():
            return to_pytorch(self.network, self._cost, self.spec, self.spec_sha256)

    def build(
        self, weights: str | PathLike[str] | None = None, *, rename: Iterable[str] = (), partial: bool = False
    ) -> torch.nn.Module:
        """The generated module, executed and built, with the weights of a checkpoint if one is given.

        `rename` and `partial` are as in `weights`. Needs torch. Raises `CheckpointError` where the
        checkpoint does not fit.
        """
        from resnet_dsl.backends.pytorch.imported import imported

        module: torch.nn.Module = imported(self.name, self.to_pytorch()).build()
        if weights is not None:
            found = self.weights(weights, rename=rename, partial=partial)
            module.load_state_dict(found.state_dict(), strict=not partial)
        return module

    def weights(
        self,
        path: str | PathLike[str],
        *,
        rename: Iterable[str] = (),
        partial: bool = False,
        key: str | None = None,
        allow_nonfinite: bool = False,
    ) -> Fit:
        """How the checkpoint at `path` fits, strictly unless `partial`; see `weights.fit.fit`.

        `rename` are rules ``OLD=NEW`` for its keys, `key` names the entry of a ``.pth`` that holds the
        weights. Raises `CheckpointError` for a file that cannot be read.
        """
        from resnet_dsl.weights.fit import fit

        return fit(
            self.network, path, rename=rename, partial=partial, key=key, allow_nonfinite=allow_nonfinite
        )

    def _repr_svg_(self) -> str | None:
        """The diagram in a notebook; None where no renderer is installed."""
        from resnet_dsl.backends.graphviz import RenderError, automatic_level, render

        try:
            return render(self.to_dot(automatic_level(self.network)), "svg").decode("utf-8")
        except RenderError:
            return None

    def __repr__(self) -> str:
        return f"<{self.network.title}: {self.params:,} params, {self.macs:,} MACs, depth {self.depth}>"
