"""What the papers say of their blocks, held against what the library's blocks compute."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import resnet_dsl
from resnet_dsl import CompiledNetwork
from resnet_dsl.diagnostics.model import SpecError


def unit(imports: str, call: str, channels: int = 16) -> CompiledNetwork:
    """A network of one block on [channels, 8, 8]."""
    text = f"from {imports}\nmodel net {{\n  input x [{channels}, 8, 8]\n  return x -> unit: {call}\n}}\n"
    return resnet_dsl.loads(text)["net"]


def built(net: CompiledNetwork) -> nn.Module:
    """The module in double precision, with norms that are not the identity."""
    torch.manual_seed(0)
    module = net.build().double().eval()
    for name, tensor in module.state_dict().items():
        if tensor.is_floating_point() and tensor.ndim == 1:
            noise = torch.rand(tensor.shape, dtype=torch.float64)
            tensor.copy_(noise + 0.5 if name.endswith(("weight", "running_var")) else noise - 0.5)
    return module


def batch(channels: int = 16, size: int = 8) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(2, channels, size, size, generator=generator, dtype=torch.float64)


# --- ResNeXt: three forms of one function (Xie et al. 2016, fig. 3) ------------------------------

GROUPS, NARROW = 4, 4  # group_width 16 at width 16


def forms() -> dict[str, CompiledNetwork]:
    call = "(16, 2, groups = 4, group_width = 16)"
    return {
        "summed": unit("std.resnext import summed_bottleneck", "summed_bottleneck" + call),
        "split": unit("std.resnext import split_bottleneck", "split_bottleneck" + call),
        "grouped": unit("std.residual import grouped_bottleneck", "grouped_bottleneck" + call),
    }


def narrow_weights(form: str, grouped: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights of the grouped form under the names of form (a) or (b)."""
    weights: dict[str, Tensor] = {}
    for group in range(GROUPS):
        rows = slice(group * NARROW, (group + 1) * NARROW)
        path = f"unit.path{group}." + ("0." if form == "summed" and group == 0 else "")
        for layer in ("conv1", "bn1", "conv2", "bn2"):
            for key, tensor in grouped.items():
                if key.startswith(f"unit.{layer}."):
                    weights[path + key.removeprefix("unit.")] = tensor[rows] if tensor.ndim else tensor
        if form == "summed":
            last = "unit.path0.1.weight" if group == 0 else f"unit.path{group}.conv3.weight"
            weights[last] = grouped["unit.conv3.weight"][:, rows]
    for key, tensor in grouped.items():
        if key.startswith("unit.bn3."):
            weights[key.replace("bn3", "bn1")] = tensor
        if key.startswith("unit.downsample."):
            weights[key] = tensor
    if form == "split":
        weights["unit.conv1.weight"] = grouped["unit.conv3.weight"]
    return weights


def test_the_three_forms_of_a_resnext_unit_cost_the_same() -> None:
    costs = {(net.params, net.macs, net.depth) for net in forms().values()}
    assert len(costs) == 1


@pytest.mark.parametrize("form", ["summed", "split"])
def test_the_three_forms_of_a_resnext_unit_are_one_function(form: str) -> None:
    nets = forms()
    grouped, other = built(nets["grouped"]), built(nets[form])
    other.load_state_dict(narrow_weights(form, grouped.state_dict()))
    torch.testing.assert_close(other(batch()), grouped(batch()))


# --- the orders of activation (He et al. 2016, fig. 4) -------------------------------------------


@pytest.mark.parametrize(
    ("block", "width"), [("preact_basic", 16), ("preact_bottleneck", 4), ("preact_bottleneck_v1", 4)]
)
def test_a_preactivation_unit_without_its_residual_is_the_identity(block: str, width: int) -> None:
    module = built(unit(f"std.preactivation import {block}", f"{block}({width})"))
    last = [layer for layer in module.modules() if isinstance(layer, nn.Conv2d)][-1]
    nn.init.zeros_(last.weight)
    assert torch.equal(module(batch()), batch())


def test_a_unit_that_changes_the_shape_activates_before_both_branches() -> None:
    module = built(unit("std.preactivation import preact_basic", "preact_basic(32, 2)"))
    parts = dict(module.named_modules())
    nn.init.zeros_(parts["unit.conv2"].weight)
    activated = torch.relu(parts["unit.bn1"](batch()))
    torch.testing.assert_close(module(batch()), parts["unit.downsample"](activated))


def test_a_bare_unit_has_one_norm_less() -> None:
    start = 'preact_basic(16, start = "{}")'
    bare = unit("std.preactivation import preact_basic", start.format("bare"))
    whole = unit("std.preactivation import preact_basic", start.format("unshared"))
    assert whole.params - bare.params == 2 * 16


def test_a_start_of_another_name_is_refused() -> None:
    with pytest.raises(SpecError, match="start is unshared, shared or bare"):
        unit("std.preactivation import preact_basic", 'preact_basic(16, start = "none")')


@pytest.mark.parametrize("kind", ["basic", "bottleneck"])
def test_relu_before_the_addition_never_lowers_the_stream(kind: str) -> None:
    width = 16 if kind == "basic" else 4
    block = f"{kind}_relu_before_add"
    module = built(unit(f"std.activation_orders import {block}", f"{block}({width})"))
    gain = module(batch()) - batch()
    assert gain.min() == 0
    assert gain.max() > 0


@pytest.mark.parametrize("kind", ["basic", "bottleneck"])
@pytest.mark.parametrize("order", ["bn_after_add", "relu_before_add", "relu_preact"])
def test_the_orders_of_activation_cost_the_same(kind: str, order: str) -> None:
    first = "basic" if kind == "basic" else "bottleneck_v1"
    original = unit(f"std.residual import {first}", f"{first}(32, 2)")
    other = unit(f"std.activation_orders import {kind}_{order}", f"{kind}_{order}(32, 2)")
    assert (other.params, other.macs, other.depth) == (original.params, original.macs, original.depth)


# --- gates and constants -------------------------------------------------------------------------


def test_a_highway_layer_with_a_closed_gate_carries_its_input() -> None:
    module = built(unit("std.highway import highway_conv", "highway_conv"))
    with torch.no_grad():
        dict(module.named_parameters())["unit.gate.bias"].fill_(-1e3)
    assert torch.equal(module(batch()), batch())


def test_a_highway_layer_with_an_open_gate_transforms_its_input() -> None:
    module = built(unit("std.highway import highway_conv", "highway_conv"))
    parts = dict(module.named_modules())
    with torch.no_grad():
        parts["unit.gate"].bias.fill_(1e3)
    torch.testing.assert_close(module(batch()), torch.relu(parts["unit.transform"](batch())))


def test_exclusive_gating_shares_one_between_branch_and_shortcut() -> None:
    module = built(unit("std.gating import basic_exclusive_gating", "basic_exclusive_gating(16)"))
    with torch.no_grad():
        dict(module.named_parameters())["unit.gate.bias"].fill_(-1e3)
    assert torch.equal(module(batch()), torch.relu(batch()))


def test_constant_scaling_halves_both_ways() -> None:
    scaled = built(unit("std.gating import basic_scaled", "basic_scaled(16)"))
    plain = built(unit("std.residual import basic", "basic(16)"))
    plain.load_state_dict(scaled.state_dict())
    torch.testing.assert_close(scaled(batch()), 0.5 * plain(batch()))


def test_stochastic_depth_leaves_inference_alone() -> None:
    text = (
        "from std.stochastic_depth import stochastic_depth_resnet\n"
        "model dropped = stochastic_depth_resnet(1, size = 8)\n"
        "model kept = stochastic_depth_resnet(1, last_rate = 0.0, size = 8)\n"
    )
    nets = resnet_dsl.loads(text)
    dropped, kept = built(nets["dropped"]), built(nets["kept"])
    torch.testing.assert_close(dropped(batch(3)), kept(batch(3)))
    rates = [layer.rate for layer in dropped.modules() if hasattr(layer, "rate")]
    assert rates == pytest.approx([1 / 6, 2 / 6, 3 / 6])


# --- networks with more than one path ------------------------------------------------------------


@pytest.mark.parametrize("size", [188, 204, 572])
def test_an_unpadded_unet_takes_184_pixels(specs: Path, size: int) -> None:
    net = resnet_dsl.load(specs / "unet.rdl", overrides={"size": size})["unet"]
    assert net.report().layers[-1].out_shape == (2, size - 184, size - 184)


@pytest.mark.parametrize("size", [172, 187, 190, 196])
def test_an_unpadded_unet_refuses_sizes_that_do_not_fit(specs: Path, size: int) -> None:
    with pytest.raises(SpecError):
        resnet_dsl.load(specs / "unet.rdl", overrides={"size": size})


def nested_key(key: str) -> str:
    """The place of a weight of the U-Net in the one whose levels lie inside each other."""
    part, _, rest = key.partition(".")
    if part == "head":
        return key
    level = 5 if part == "bottom" else int(part[-1])
    kind = "contract" if part == "bottom" else part[:-1]
    return "top." + "inner." * (level - 1) + f"{kind}.{rest}"


def test_a_nested_unet_is_the_unet_of_the_paper(specs: Path) -> None:
    flat = resnet_dsl.load(specs / "unet.rdl", overrides={"size": 188, "width": 4})["unet"]
    nested = resnet_dsl.load(
        specs / "papers" / "unet.rdl", overrides={"size": 188, "width": 4}, model="unet_nested"
    )
    one, other = built(flat), built(nested["unet_nested"])
    renamed = {nested_key(key): tensor for key, tensor in one.state_dict().items()}
    other.load_state_dict(renamed)
    torch.testing.assert_close(other(batch(1, 188)), one(batch(1, 188)))


def test_the_first_stack_of_an_hourglass_is_supervised(specs: Path) -> None:
    net = resnet_dsl.load(specs / "hourglass2.rdl", overrides={"size": 64, "width": 16, "joints": 3})
    module = net["hourglass2"].build().double()
    last, first = module(batch(3, 64))
    assert last.shape == first.shape == (2, 3, 16, 16)
    first.square().mean().backward()
    reached = {name.split(".")[0] for name, weight in module.named_parameters() if weight.grad is not None}
    assert reached == {"stem", "stack1", "heatmaps1"}
    assert isinstance(module.eval()(batch(3, 64)), Tensor)


def test_the_heads_of_googlenet_are_in_training_alone(specs: Path) -> None:
    net = resnet_dsl.load(specs / "googlenet2014.rdl", overrides={"classes": 7})["googlenet2014"]
    module = net.build()
    image = torch.randn(1, 3, 224, 224)
    with torch.no_grad():
        assert [output.shape[-1] for output in module(image)] == [7, 7, 7]
        assert module.eval()(image).shape == (1, 7)
