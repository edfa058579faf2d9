"""Memory of each operator by itself: its operand made by a convolution, shared, or the image itself.

Kernels run on the CPU: a few are made of other steps on the meta device.
"""

from __future__ import annotations

import pytest

import resnet_dsl
from resnet_dsl.analysis.resources import resources
from resnet_dsl.analysis.training_memory import training_memory
from tests.analysis.measured import meta_module, saved_bytes, step_bytes

OPERATORS = [
    *("relu", "relu6", "leaky_relu", "gelu", "silu", "mish", "elu", "sigmoid", "tanh", "hardswish"),
    *("hardsigmoid", "prelu", "prelu(per_channel = true)", "bn", "gn(2)", "layer_norm2d", "lrn", "lrn(3)"),
    *("dropout(0.3)", "drop_path(0.2)", "scale", "scale(over = elements)", "scale(trainable = false)"),
    *("offset", "offset(over = elements)", "offset(trainable = false)", "times(0.5)", "one_minus"),
    *("subsample(1)", "subsample(2)", "subsample(3)", "blur_pool", "blur_pool(5, 1)", "blur_pool(2, 3)"),
    *("upsample(2)", "upsample(2, mode = bilinear)", "maxpool(2)", "maxpool(3, 1, 1)", "avgpool(3, 2, 1)"),
    *("adaptive_avgpool(2)", "adaptive_maxpool(2)", "channel_shuffle(2)", "slice(0, 4)", "group_sum(2)"),
    *("crop(small)", "crop(low)", "crop(narrow)"),
    *("pad_channels(12)", "channels_last -> ln -> linear(8) -> gelu -> channels_first", "identity"),
    *("conv(8, 3, groups = 2)", "conv(8, 3, groups = 8)", "conv(8, 5, 2, dilation = 2)", "deconv(8, 2, 2)"),
    *("conv(8, 1, bias = true)", "reshape([4, 32, 18])", "gap -> flatten -> softmax -> reshape([8, 1, 1])"),
]
# The size that is cropped to is that of a map of its own.
CROPPED = {
    "crop(small)": "maxpool([5, 7], 1)",
    "crop(low)": "maxpool([5, 1], 1)",
    "crop(narrow)": "maxpool([1, 7], 1)",
}
PLACES = {
    "after a convolution": "y = image -> conv(8, 3) -> OPERATOR\n  return y -> gap -> flatten -> linear(5)",
    "shared": """x = image -> conv(8, 3)
  y = x -> OPERATOR -> gap -> flatten
  z = x -> gap -> flatten
  return concat(y, z) -> linear(5)""",
    "on the image": "y = image -> OPERATOR\n  return y -> gap -> flatten -> linear(5)",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("operator", OPERATORS)
def test_a_training_step_takes_what_torch_takes(operator: str, place: str) -> None:
    body = PLACES[place].replace("OPERATOR", operator)
    if operator in CROPPED:
        body = f"{operator[5:-1]} = image -> {CROPPED[operator]}\n  {body}"
    net = resnet_dsl.loads(f"model net {{\n  input image [8, 16, 18]\n  {body}\n}}\n")["net"]
    memory = training_memory(net.network, batch=2)
    assert memory.saved_bytes == saved_bytes(net, 2)
    held = memory.peak_bytes - memory.weight_bytes - memory.optimizer_bytes
    assert held == pytest.approx(step_bytes(net, 2, "cpu"), rel=0.002)


def test_buffers_out_of_the_state_dict_are_memory_and_no_buffers() -> None:
    body = "return image -> blur_pool -> scale(trainable = false, persistent = false) -> gap -> bn"
    net = resnet_dsl.loads(f"model net {{\n  input image [8, 16, 16]\n  {body}\n}}\n")["net"]
    report, module = net.report(), meta_module(net)
    kept = module.state_dict()
    assert report.buffers == sum(buffer.numel() for name, buffer in module.named_buffers() if name in kept)
    own = [*module.parameters(), *module.buffers()]
    assert report.weight_bytes == sum(tensor.numel() * tensor.element_size() for tensor in own)
    assert training_memory(net.network).weight_bytes == report.weight_bytes
    assert resources(net.network).weight_bytes == report.weight_bytes
