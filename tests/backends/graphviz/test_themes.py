"""Themes: readable by everybody, and one place for each; the legend names what occurs."""

from __future__ import annotations

import re

import pytest

import resnet_dsl
from resnet_dsl.backends.graphviz import diagram, render, to_dot
from resnet_dsl.backends.graphviz.legend import Key, legend
from resnet_dsl.backends.graphviz.palette import THEMES, Theme, theme_named
from resnet_dsl.cli.draw import Theme as Choice
from resnet_dsl.ir.contract import Category
from tests.backends.graphviz.conftest import Net

LEVELS = ("op", "block", "stage", "model")
MODELS = [("residual", "residual"), ("branches", "inception_net"), ("branches", "hourglass_net")]
themes = pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)


def linear(color: str) -> tuple[float, float, float]:
    """A colour's red, green and blue as amounts of light."""
    digits = {"white": "#FFFFFF"}.get(color, color)
    assert re.fullmatch(r"#[0-9A-F]{6}", digits), color
    parts = [int(digits[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return red, green, blue


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, "contrast ratio"."""
    dark, light = sorted(
        0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in map(linear, (one, other))
    )
    return (light + 0.05) / (dark + 0.05)


def without_red_or_green(color: str) -> tuple[float, float]:
    """What a dichromat sees of a colour: yellow and blue (Vienot, Brettel and Mollon 1999, protanopia)."""
    red, green, blue = linear(color)
    return 0.11238 * red + 0.88762 * green, 0.00401 * red - 0.00401 * green + blue


def grounds(theme: Theme) -> list[str]:
    paints = [*theme.boxes.values(), theme.card, theme.auxiliary, theme.strong_frame, theme.light_frame]
    return [theme.page, *(paint.fill for paint in paints)]


def test_contrast_is_what_wcag_says() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "white") == pytest.approx(4.54, abs=0.01)


@themes
@pytest.mark.parametrize("voice", ["ink", "quiet", "accent"])
def test_every_text_is_readable_on_everything(theme: Theme, voice: str) -> None:
    assert min(contrast(getattr(theme, voice), ground) for ground in grounds(theme)) >= 4.5


@themes
def test_lines_stand_out_from_the_page(theme: Theme) -> None:
    assert min(contrast(line, theme.page) for line in (theme.line, theme.faint, theme.shortcut)) >= 3


@themes
def test_shortcuts_differ_from_the_path_without_colour(theme: Theme) -> None:
    assert contrast(theme.line, theme.shortcut) >= 1.5  # on a grey print
    seen = [without_red_or_green(color) for color in (theme.line, theme.shortcut)]
    assert max(abs(one - other) for one, other in zip(*seen, strict=True)) >= 0.05


@themes
def test_every_kind_of_box_has_a_colour(theme: Theme) -> None:
    assert set(theme.boxes) == set(Category)


@themes
@pytest.mark.parametrize("direction", ["TB", "LR"])
@pytest.mark.parametrize(("spec", "model"), MODELS)
def test_every_level_is_drawn_in_its_colours(
    net: Net, theme: Theme, direction: str, spec: str, model: str
) -> None:
    known = set(re.findall(r"#[0-9A-F]{6}", repr(theme)))
    for level in LEVELS:
        text = to_dot(net(spec, model), level, direction, theme=theme.name, legend=True)
        assert set(re.findall(r"#[0-9A-Fa-f]{6}", text)) <= known


def test_backgrounds(net: Net) -> None:
    small = net("branches", "bare")
    assert "bgcolor=transparent" in to_dot(small, theme="slides")
    assert 'fill="#12171e"' in render(to_dot(small, theme="dark"), "svg").decode().lower()
    assert to_dot(small, theme="paper") == to_dot(small)


def test_another_theme_is_refused(net: Net) -> None:
    with pytest.raises(ValueError, match="paper, slides, dark"):
        theme_named("sepia")
    assert [entry.value for entry in Choice] == list(THEMES)


def rows(net: Net, spec: str, model: str, level: str = "block") -> dict[str, str]:
    """Samples of a legend with their meanings."""
    keys = legend(diagram(net(spec, model), level))
    return {sample(key): key.meaning for key in keys}


def sample(key: Key) -> str:
    if key.line is not None:
        return "training only" if key.training_only else key.line.value
    return key.box.value if key.box is not None else key.sign or key.text


def test_a_legend_says_what_occurs(net: Net) -> None:
    found = rows(net, "residual", "residual")
    assert list(found) == [
        "flow", "identity", "projection", "+", "conv", "linear", "pooling", "/2", "C×H×W", "",
    ]  # fmt: skip
    assert found[""] == "not drawn: bn, relu behind layers and joins"


@pytest.mark.parametrize(
    ("level", "body"),
    [("op", "unit"), ("block", "unit"), ("stage", "unit"), ("model", "conv(8, 3, 2, groups = 2)")],
)
def test_a_legend_tells_abbreviations_wherever_they_stand(level: str, body: str) -> None:
    """On lines and in the rows of brackets and tables as well as in boxes."""
    spec = """block unit(x) {
      shortcut s = x -> downsample: seq { conv(8, 1, 2) -> bn }
      y = x -> conv(8, 3, groups = 2) -> bn -> relu -> avgpool(2)
      return add(s, y) -> relu
    }
    model m { input image [8, 8, 8]
      return image -> BODY }"""
    network = resnet_dsl.loads(spec.replace("BODY", body))["m"].network
    keys = legend(diagram(network, level))
    assert {"gN", "/2"} <= {sample(key) for key in keys}


def test_a_legend_says_nothing_else(net: Net) -> None:
    assert set(rows(net, "branches", "bare")) == {"flow", "activation", "C×H×W"}
    assert "identity" not in rows(net, "residual", "residual", "stage")
    assert "[ ]" in rows(net, "residual", "residual", "stage")
    assert not rows(net, "residual", "residual", "op").keys() & {"", "[ ]", "× N"}


def test_a_legend_tells_other_lines(net: Net) -> None:
    assert {"training only", "concat"} <= set(rows(net, "branches", "inception_net"))
    assert "parameter-free" in rows(net, "parameter_free", "parameter_free")
    assert "× N" in rows(net, "parameter_free", "parameter_free")
    assert "carry" in rows(net, "dense", "dense")
    assert "×" in rows(net, "branches", "se_net", "op")


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("direction", ["TB", "LR"])
def test_a_legend_moves_nothing(net: Net, level: str, direction: str) -> None:
    def points(legend: bool) -> list[float]:
        """The outlines of all shapes from the first one's corner on, which a wider page does not move."""
        svg = render(to_dot(net("residual"), level, direction, legend=legend), "svg").decode()
        groups = re.findall(r'<g id="(?:node|edge|clust)\d+".*?</g>', svg, re.DOTALL)
        paths = " ".join(path for group in groups for path in re.findall(r' d="([^"]+)"', group))
        found = [float(number) for number in re.findall(r"-?\d+\.?\d*", paths)]
        return [number - found[place % 2] for place, number in enumerate(found)]

    assert points(legend=True) == pytest.approx(points(legend=False), abs=0.1)


def test_a_variant_keeps_its_heading_beside_a_legend(net: Net) -> None:
    network = net("residual")
    network.variant = "without shortcuts"
    assert "without shortcuts" in to_dot(network, legend=True)
