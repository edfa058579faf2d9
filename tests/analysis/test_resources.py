"""What all resources share is made once, and changes none of them."""

from __future__ import annotations

import pytest

import resnet_dsl
from resnet_dsl.analysis import facts as facts_module
from resnet_dsl.analysis.facts import Facts, facts, held_bytes
from resnet_dsl.analysis.lifetimes import both_lifetimes, lifetimes
from resnet_dsl.analysis.peak import inference_peak
from resnet_dsl.analysis.resources import resources
from resnet_dsl.analysis.training_memory import training_memory
from resnet_dsl.analysis.workload import workload
from resnet_dsl.ir.graph import Network
from tests.conftest import ROOT

# One without auxiliary heads, one with them, and one with tensors that are not in the state_dict.
SPECS = ["resnet18", "googlenet2014", "timm/resnetaa"]


@pytest.fixture(params=SPECS)
def network(request: pytest.FixtureRequest) -> Network:
    return next(iter(resnet_dsl.load(ROOT / "specs" / f"{request.param}.rdl").models.values())).network


def test_parts_are_what_each_analysis_finds_alone(network: Network) -> None:
    found = resources(network, batch=3, training=True, optimizer="adamw")
    alone = inference_peak(network)
    assert (found.peak.bytes, found.peak.path) == (3 * alone.bytes, alone.path)
    assert found.training == training_memory(network, 3, "adamw")
    assert found.work == workload(network, 3, "float32", training=True, optimizer="adamw")
    assert found.weight_bytes == sum(held_bytes(entry) for entry in facts(network))


def test_lifetimes_of_both_are_those_of_each(network: Network) -> None:
    inference, training = both_lifetimes(network)
    for found, is_training in ((inference, False), (training, True)):
        alone = lifetimes(network, training=is_training)
        assert (found.order, found.last) == (alone.order, alone.last)
    assert (inference is training) == (not network.auxiliary)


def test_elements_are_those_of_the_tensors(network: Network) -> None:
    for entry in facts(network):
        beside = entry.operator.constants(entry.node.attributes, entry.inputs)
        held = (*entry.weights, *beside)
        assert entry.params == sum(tensor.elements for tensor in entry.weights if tensor.trainable)
        assert entry.buffers == sum(tensor.elements for tensor in entry.weights if not tensor.trainable)
        assert entry.elements == sum(tensor.elements for tensor in held)
        assert entry.counters == sum(tensor.elements for tensor in held if tensor.dtype == "int64")
        assert held_bytes(entry, 2) == sum(
            tensor.elements * (8 if tensor.dtype == "int64" else 2) for tensor in held
        )


def test_facts_are_made_once(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Facts] = []

    def counted(*values: object) -> Facts:
        made.append(Facts(*values))  # type: ignore[arg-type]  # the fields, as `facts` gives them
        return made[-1]

    monkeypatch.setattr(facts_module, "Facts", counted)
    resources(network, training=True)
    assert len(made) == len(network)
