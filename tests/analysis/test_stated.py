"""Facts that `expect` may speak of."""

from __future__ import annotations

import pytest

import resnet_dsl
from resnet_dsl.analysis.peak import inference_peak
from resnet_dsl.analysis.stated import FACTS, stated_facts
from resnet_dsl.semantics import names

BODY = "model m() {{\n  input x [3, 8, 8]\n  return x -> conv(4, 3) -> conv(4, 3)\n  expect {}\n}}\n"


def test_the_language_knows_the_names() -> None:
    assert set(FACTS) == set(names.FACTS) - {"params", "macs", "depth", "buffers"}


@pytest.mark.parametrize("name", FACTS)
def test_every_fact_is_a_number_that_can_be_stated(name: str) -> None:
    net = resnet_dsl.loads(BODY.format("depth == 2"))["m"]
    value = stated_facts(net.network, net.report(), {name})[name]
    assert value > 0
    resnet_dsl.loads(BODY.format(f"{name} == {value!r} within 0.1%"))
    with pytest.raises(resnet_dsl.SpecError, match=name):
        resnet_dsl.loads(BODY.format(f"{name} > {value * 1.01:.9f}"))


def test_only_what_is_named_is_worked_out() -> None:
    net = resnet_dsl.loads(BODY.format("depth == 2"))["m"]
    found = stated_facts(net.network, net.report(), {"peak_bytes", "depth"})
    assert found == {"peak_bytes": inference_peak(net.network).bytes}


def test_a_network_without_maps_has_no_field() -> None:
    net = resnet_dsl.loads(
        "model m() {\n  input x [8]\n  return x -> linear(3)\n  expect receptive_field == 0\n}\n"
    )
    assert list(net) == ["m"]
