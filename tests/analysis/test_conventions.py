"""What other tools count: the totals that are published, and what makes them up."""

from __future__ import annotations

import pytest

import resnet_dsl
from resnet_dsl.analysis.conventions import CONVENTIONS, ConventionError, convention, count_as
from tests.analysis.counted import HEAD, SPECS, net

# Totals of the tools, measured on hand-written networks.
TOTALS = {
    "paper": (4_089_184_256, 11_513_626_624, 4_291_365_888, 1_498_376_192, 150_428_424_448),
    "torchinfo": (4_089_238_376, 11_513_779_048, 4_291_595_944, 1_498_391_752, 167_456_910_112),
    "fvcore": (4_111_512_576, 11_558_835_200, 4_340_870_784, 1_504_878_688, 150_428_424_448),
    "thop": (4_133_742_592, 11_603_945_472, 4_390_381_952, 1_511_332_032, 167_322_556_672),
    "calflops": (8_211_108_352, 23_094_313_472, 8_658_522_624, 3_009_356_752, 301_125_319_968),
    "flopcounter": (8_178_368_512, 23_027_253_248, 8_582_731_776, 2_996_752_384, 300_856_848_896),
    "ptflops": (4_132_436_968, 11_602_639_848, 4_393_349_608, 1_513_907_448, 150_715_016_480),
}
# What those networks call as functions, where a tool counts functions otherwise than modules.
FUNCTIONS = {
    "densenet201": ("features.relu2", "gap"),
    "googlenet": ("relu",),
    "unet": ("relu", "maxpool"),
}


@pytest.mark.parametrize(
    ("tool", "name", "total"),
    [
        (tool, name, total)
        for tool, totals in TOTALS.items()
        for name, total in zip(SPECS, totals, strict=True)
    ],
)
def test_published_totals(tool: str, name: str, total: int) -> None:
    functions = FUNCTIONS.get(name, ()) if tool in {"ptflops", "thop"} else ()
    assert count_as(net(name).network, CONVENTIONS[tool], functions).total == total


def test_a_function_that_is_not_there_is_told() -> None:
    with pytest.raises(ConventionError, match="called `relus`. did you mean `relu`?"):
        count_as(net("resnet50").network, CONVENTIONS["ptflops"], ["relus"])


def test_lines_add_up_and_name_their_operators() -> None:
    counted = count_as(net("resnet50").network, CONVENTIONS["ptflops"])
    lines = {line.what: (line.amount, line.operators) for line in counted.lines}
    assert sum(amount for amount, _ in lines.values()) == counted.total
    assert sorted(amount for amount, _ in lines.values()) == [
        1_000,
        1_605_632 + 200_704,
        19_217_408,
        22_227_968,
        4_089_184_256,
    ]
    assert sum(operators for _, operators in lines.values()) == 54 + 1 + 53 + 49 + 2
    assert counted.base == 4_089_184_256


def test_auxiliary_heads_are_not_counted() -> None:
    text = HEAD + "  y = x -> conv(8, 3)\n  aux a = y -> conv(8, 3) -> gap\n  return y -> gap\n}\n"
    for entry in CONVENTIONS.values():
        counted = count_as(resnet_dsl.loads(text)["m"].network, entry)
        assert counted.base == 8 * 8 * 9 * 144


def test_an_unknown_convention_is_told() -> None:
    with pytest.raises(
        ConventionError, match=r"did you mean `torchinfo`\? Known here: `paper`, .*`calflops`"
    ):
        convention("torchinf")
    with pytest.raises(ConventionError, match="known here"):
        convention("deepspeed")
