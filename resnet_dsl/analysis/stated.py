"""The facts about memory, receptive field, paths and time that `expect` may speak of.

Each costs a pass over the network, so only those that a spec names are worked out. All are of one
float32 sample.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType

from resnet_dsl.analysis.cost import CostReport
from resnet_dsl.analysis.devices import DEVICES
from resnet_dsl.analysis.paths import number_of_paths
from resnet_dsl.analysis.peak import inference_peak
from resnet_dsl.analysis.receptive_field import deepest_field
from resnet_dsl.analysis.roofline import roofline
from resnet_dsl.analysis.training_memory import training_memory
from resnet_dsl.ir.graph import Network

Fact = Callable[[Network, CostReport], int | float]


def _field(network: Network, report: CostReport) -> int:
    """Pixels along the height; 0 where no map is left."""
    deepest = deepest_field(network)
    return 0 if deepest is None else deepest.height


def _milliseconds(name: str) -> Fact:
    return lambda network, report: 1e3 * roofline(network, DEVICES[name]).seconds


FACTS: Mapping[str, Fact] = MappingProxyType(
    {
        "weight_bytes": lambda network, report: report.weight_bytes,
        "saved_bytes": lambda network, report: report.saved_bytes,
        "peak_bytes": lambda network, report: inference_peak(network).bytes,
        "training_bytes": lambda network, report: training_memory(network).peak_bytes,
        "receptive_field": _field,
        "paths": lambda network, report: number_of_paths(network),
        **{f"{name.replace('-', '_')}_ms": _milliseconds(name) for name in DEVICES},
    }
)


def stated_facts(network: Network, report: CostReport, named: Collection[str]) -> dict[str, int | float]:
    """The facts among `named`, by name."""
    return {name: fact(network, report) for name, fact in FACTS.items() if name in named}


def whereabouts(network: Network, fact: str) -> str:
    """Where in the network a fact is what it is: ``at conv1``; nothing for facts of all of it."""
    match fact:
        case "peak_bytes":
            path = inference_peak(network).path
            return f"at {path}" if path else "with the input alone"
        case "training_bytes":
            path = training_memory(network).path
            return f"at the pass of {path}" if path else "at the optimizer's own step"
    return ""
