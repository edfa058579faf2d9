"""RDL4xx: shapes. RDL5xx: parameter names. RDL6xx: expectations. RDL7xx: lints."""

from __future__ import annotations

from resnet_dsl.diagnostics.entry import Entry

ENTRIES: dict[str, Entry] = {
    "RDL401": Entry(
        "Operands of different shapes",
        "`{op}` operands differ: {left_name} is {left}, {right_name} is {right}",
        explanation="Element-wise operators need operands of one shape; nothing is cropped, padded or "
        "broadcast silently. `mul` alone also takes a [C, 1, 1] or [1, H, W] gate beside a map.\n"
        "In a residual block this means that the branch changed the channels or the resolution and the "
        "shortcut did not: project the shortcut.",
    ),
    "RDL402": Entry(
        "A feature map is needed",
        "`{op}` takes a feature map [C, H, W]; {operand_name} is {shape}",
        help="a vector has no height and width: apply `{op}` before `flatten`",
        explanation="Convolution and pooling work on maps. `flatten` makes a vector of a map for good.",
    ),
    "RDL403": Entry(
        "A vector is needed",
        "`{op}` takes a vector [F]; {operand_name} is {shape}",
        help="write `-> flatten -> {op}(...)`, with `gap` before it to average over the pixels; "
        "for a layer on each pixel put `channels_last` before it",
        explanation="A linear layer works on a vector: flatten the map first. On a map with its channels last "
        "it works on each pixel.",
    ),
    "RDL404": Entry(
        "A window larger than its input",
        "`{op}` leaves nothing: its window covers {window} pixels, {operand_name} has {size} and padding {pad}",
        help="use a smaller kernel, more `pad`, a larger input, or less downsampling before this point",
        explanation="The output of a sliding window has (size + 2 * pad - window) // stride + 1 positions; "
        "here that is none.",
    ),
    "RDL405": Entry(
        "Groups do not divide the channels",
        "`groups = {groups}` does not divide {channels} {what} channels",
        help="`groups` must divide the input channels, and those of a convolution's output too",
        explanation="A grouped convolution splits its input and output channels into equal groups, group "
        "normalisation those of its input.",
    ),
    "RDL406": Entry(
        "Padding wider than half the window",
        "`{op}` pads {pad} on each side with a window of {kernel}: at most half the window is allowed",
        help="use `pad = {kernel} // 2` or less",
        explanation="torch refuses pooling windows that could lie in the padding alone.",
    ),
    "RDL407": Entry(
        "Maps of different sizes cannot be joined",
        "`concat` operands differ in more than channels: {left_name} is {left}, {right_name} is {right}",
        help="bring both to one height and width first: pool, upsample or crop one of them",
        explanation="`concat` joins along the channels; every other dimension must agree.",
    ),
    "RDL408": Entry(
        "Fewer channels than there are",
        "`pad_channels({out})` cannot shrink {operand_name} from {channels} channels",
        help="`pad_channels` only adds zeros; use a 1x1 `conv` to reduce channels",
        explanation="Zero padding of channels is option A of He et al. 2015; it never removes a channel.",
    ),
    "RDL409": Entry(
        "An input that is not a shape",
        "`{name}` has the shape [{shape}]; it takes [channels, height, width] or [features], each at least 1",
        explanation="Write the shape without the batch: `input image [3, 224, 224]`.",
    ),
    "RDL410": Entry(
        "No such dimension",
        "{name} is {shape}: it has no `.{axis}`",
        explanation="Dimensions of a tensor are `.c` (channels or features), `.h` and `.w`.",
    ),
    "RDL411": Entry(
        "Channels are in front already",
        "`{op}` takes a map with its channels last; {operand_name} is {shape}",
        help="`channels_last` puts the channels behind height and width; without it, leave `{op}` out",
        explanation="`channels_last` makes [H, W, C] of [C, H, W], for `linear` and `ln` to work along the "
        "channels of each pixel; `channels_first` turns it back, for convolution and pooling.",
    ),
    "RDL412": Entry(
        "Nothing left of a transposed convolution",
        "`deconv` leaves nothing: a side of {size} grows to {grown}, and `pad` cuts {pad} off each end",
        help="use less `pad`, or a larger kernel or stride",
        explanation="A transposed convolution makes (size - 1) * stride + dilation * (kernel - 1) + 1 + "
        "output_pad pixels, and `pad` cuts that many off each side.",
    ),
    "RDL413": Entry(
        "Output padding of a whole step",
        "`output_pad = {output_pad}` is not less than the stride {stride} or the dilation {dilation}",
        help="use `output_pad` of {most} or less, or a larger stride",
        explanation="A convolution of stride s makes one size of s different ones; `output_pad` says which of "
        "them the transposed convolution gives back, so it is less than the step.",
    ),
    "RDL414": Entry(
        "Channels last are needed",
        "`{op}` works along the last axis; {operand_name} is {shape}, its channels in front",
        help="write `layer_norm2d`, or `channels_last -> {op}(...)`",
        explanation="Layer normalisation of a vector, or of each pixel of a map, is over the last axis. On a "
        "map [C, H, W] that would be the width.",
    ),
    "RDL415": Entry(
        "A sequence is needed",
        "`{op}` takes a sequence [C, L]; {operand_name} is {shape}",
        help="`reshape([channels, length])` makes a sequence; of a map, use `conv`",
        explanation="A sequence has channels and a length. Efficient channel attention takes the channels "
        "themselves for the length: `gap -> reshape([1, x.c]) -> conv1d(1, 3)`.",
    ),
    "RDL501": Entry(
        "Two modules of one name",
        "`{path}` is named twice",
        help="give one of them another label",
        explanation="Labels become `state_dict` keys, so each may stand once in its scope.",
    ),
    "RDL502": Entry(
        "A label that PyTorch cannot take",
        "`{name}` cannot be a module's name: {reason}",
        help="choose another label",
        explanation="A label becomes an attribute of a torch module. Attributes that nn.Module itself uses "
        "(`forward`, `train`, `children` ...), dunder names and empty parts are refused.",
    ),
    "RDL503": Entry(
        "A place reserved too late",
        "`{name}` has its place already: `register` keeps it too late, or twice",
        help="put `register` above the statement that makes the module",
        explanation="`register a, b` says where modules stand among their neighbours in the `state_dict`, "
        "before the statements that apply them. It has no effect on what is computed.",
    ),
    "RDL504": Entry(
        "A place for a module that is never made",
        "nothing here is labelled `{name}`",
        explanation="`register` names labels of its own body. A misspelt one would change the order of the "
        "keys and say nothing. Automatic names have no place: label the "
        "operator, `bn1: bn`.",
    ),
    "RDL601": Entry(
        "An expectation that does not hold",
        "expected `{text}`: {found}",
        explanation="`expect` states a fact about a network, or a budget that it has to keep; compiling and "
        "checking hold the network to it, and end with 1 where it does not. For example `expect params <= 300k "
        "and macs <= 60M and peak_bytes <= 2M`, or `expect params == 25_557_032`. Facts are params, macs, depth, "
        "buffers, weight_bytes, saved_bytes, peak_bytes (activations of inference), training_bytes (a step with "
        "momentum), receptive_field, paths, h200_ms, h100_ms, a100_ms, rtx4090_ms and laptop_cpu_ms. Bytes and "
        "the least milliseconds are of one float32 sample; numbers end in k, M or G, without a unit.",
    ),
    "RDL602": Entry(
        "An assertion that does not hold",
        "{message}",
        label="{found}",
        explanation="`assert` guards a block against arguments that it was not written for.",
    ),
    "RDL701": Entry(
        "A tensor that nothing uses",
        "`{name}` is {how} and never used",
        help="remove it, or use it in the result",
        severity="warning",
        explanation="Its operators would cost parameters and time and do nothing.",
    ),
    "RDL702": Entry(
        "A residual branch of one weighted layer",
        "the branch beside this shortcut holds one weighted layer",
        help="two or more layers in the branch are what the sources use (He et al. 2015, section 3.2); if it "
        "is a branch beside others and no shortcut, bind it without `shortcut`",
        severity="warning",
        explanation="With one linear layer, y = W x + x is itself linear: He et al. 2015 saw no advantage.",
    ),
    "RDL703": Entry(
        "A kernel far larger than its map",
        "`{op}` has a kernel of {kernel} on a map of {size}",
        help="arguments begin with what comes out, `conv(out, kernel, stride)`: what goes in is known",
        severity="warning",
        explanation="Padding makes it legal. More often the numbers stand in the order of another library, "
        "whose first argument is the number of input channels.",
    ),
}
