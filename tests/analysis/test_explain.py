"""Reasons why figures differ, against networks that are what the reason speaks of."""

from __future__ import annotations

from functools import cache

import pytest

import resnet_dsl
from resnet_dsl import CompiledNetwork
from resnet_dsl.analysis.explain import Remark, explanations, published
from resnet_dsl.analysis.figures import FigureError, figure, found_by
from tests.conftest import ROOT


@cache
def net(path: str, name: str = "") -> CompiledNetwork:
    name = name or path
    return resnet_dsl.load(ROOT / "specs" / f"{path}.rdl", model=name)[name]


def remarks(chosen: CompiledNetwork, topic: str) -> list[Remark]:
    found = explanations(chosen.network, chosen.report())
    return [remark for remark in found if remark.topic == topic]


def test_the_stride_leads_from_one_bottleneck_to_the_other() -> None:
    (moved,) = remarks(net("resnet50"), "stride")
    assert moved.figure == net("resnet50_v1").macs
    assert [known.printed for known in moved.published] == ["3.8 x 10^9 FLOPs (multiply-adds)"]
    (back,) = remarks(net("resnet50_v1"), "stride")
    assert back.figure == net("resnet50").macs
    assert any("torchvision" in known.source for known in back.published)


@pytest.mark.parametrize("path", ["resnet18", "cifar_resnet20"])
def test_no_word_of_strides_without_bottlenecks(path: str) -> None:
    assert remarks(net(path), "stride") == []


def test_units_that_widen_are_no_bottlenecks() -> None:
    assert remarks(net("torchvision/mobilenet_v2", "mobilenet_v2"), "stride") == []


def test_options_of_shortcuts_lead_to_each_other() -> None:
    assert remarks(net("resnet34"), "shortcuts")[0].figure == net("resnet34_a").params
    assert remarks(net("resnet34"), "shortcuts")[1].figure == net("resnet34_a").macs
    assert remarks(net("resnet34_a"), "shortcuts")[0].figure == net("resnet34").params
    assert remarks(net("cifar_resnet20"), "shortcuts")[0].figure == net("cifar_resnet20_b").params


def test_auxiliary_heads_have_both_figures() -> None:
    chosen = net("torchvision/googlenet", "googlenet")
    assert [remark.figure for remark in remarks(chosen, "auxiliary")] == [
        6_624_904,
        chosen.report().training_macs,
    ]
    assert remarks(net("resnet50"), "auxiliary") == []


def test_flops_and_norms() -> None:
    chosen = net("resnet50")
    report = chosen.report()
    assert [remark.figure for remark in remarks(chosen, "FLOPs")] == [
        2 * report.macs,
        2 * report.macs + report.other_ops,
    ]
    assert [remark.figure for remark in remarks(chosen, "norms")] == [
        report.params - 53_120,
        report.params + report.buffers,
    ]
    assert remarks(chosen, "head")[0].figure == report.params - 2_049_000


def test_tools_that_differ_are_named_with_their_figures() -> None:
    figures = {remark.figure for remark in remarks(net("resnet50"), "tool")}
    assert figures == {4_111_512_576, 4_089_238_376, 4_132_436_968, 4_133_742_592, 8_211_108_352}


def test_published_figures_are_what_they_stand_for() -> None:
    """Whole numbers are the count itself; rounded ones are less than one of their last digit off, and
    what is printed as about that much less than two."""
    scale = {"M": 1e6, "GFLOPS": 1e9, "x": 1e9}
    assert len(published()) > 100
    assert len(set(published())) == len(published())
    for entry in published():
        assert entry.source
        assert entry.quantity in {"params", "macs"}
        number, *unit = entry.printed.removeprefix("about ").split()
        if not unit:
            assert number == f"{entry.exact:,}"
            continue
        last_digit = scale[unit[0]] * 10.0 ** -len(number.partition(".")[2])
        off = abs(float(number) * scale[unit[0]] - entry.exact)
        assert off < last_digit * (2 if entry.printed.startswith("about ") else 1), entry


def test_a_paper_that_left_the_norms_out_stands_beside_that_figure() -> None:
    bare = remarks(net("preact_resnet1001"), "norms")[0]
    assert [known.printed for known in bare.published] == ["10.2 M"]


def test_a_zoo_that_lists_the_exact_count_is_named() -> None:
    own = remarks(net("torchvision/googlenet", "googlenet"), "auxiliary")[0]
    assert [(known.printed, known.source[:11]) for known in own.published] == [("6,624,904", "torchvision")]
    sources = {known.source for known in remarks(net("resnet50"), "params")[0].published}
    assert len(sources) == 3  # the paper of a relative, and two zoos


def test_the_paper_of_the_deep_bottlenecks_is_named_at_their_stride() -> None:
    (moved,) = remarks(net("resnet101"), "stride")
    assert moved.figure == 7_570_194_432
    assert moved.published[0].source == "He et al. 2015, arXiv 1512.03385, table 1"


def test_a_network_of_its_own_has_no_published_figure() -> None:
    text = "model m() {\n  input x [3, 8, 8]\n  return x -> conv(4, 3) -> gap\n}\n"
    chosen = resnet_dsl.loads(text)["m"]
    found = explanations(chosen.network, chosen.report())
    assert all(remark.published == () for remark in found)
    assert {remark.topic for remark in found} == {"params", "MACs", "FLOPs", "tool"}


@pytest.mark.parametrize(
    ("text", "fits", "not_fits"),
    [
        ("3.8e9", [3_750_000_000, 3_857_973_248, 3_899_999_999], [3_749_999_999, 3_900_000_000]),
        ("3.8G", [3_800_000_000], [3_900_000_000]),
        ("25.6M", [25_557_032], [25_500_000, 25_700_000]),
        ("25_557_032", [25_557_032], [25_557_031, 25_557_033]),
    ],
)
def test_a_figure_is_compared_by_its_digits(text: str, fits: list[int], not_fits: list[int]) -> None:
    asked = figure(text)
    assert all(asked.fits(number) for number in fits)
    assert not any(asked.fits(number) for number in not_fits)


def test_the_figure_of_the_paper_is_found() -> None:
    net = resnet_dsl.load(ROOT / "specs" / "resnet50.rdl")["resnet50"]
    remarks = explanations(net.network, net.report())
    (found,) = found_by(figure("3.8e9"), remarks)
    assert found.topic == "stride"
    assert any("He et al. 2015" in known.source for known in found.published)
    assert found_by(figure("25.6M"), remarks)[0].topic == "params"
    (nearest,) = found_by(figure("5.0G"), remarks)
    assert nearest.topic == "nearest"


@pytest.mark.parametrize("text", ["", "abc", "-3", "3.8e999", "nan", "3.8 GFLOPs"])
def test_what_is_no_figure_is_told(text: str) -> None:
    with pytest.raises(FigureError, match="write 3.8e9"):
        figure(text)
