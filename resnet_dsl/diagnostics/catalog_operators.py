"""RDL42x: what operators that move, select or resize refuse."""

from __future__ import annotations

from resnet_dsl.diagnostics.entry import Entry

ENTRIES: dict[str, Entry] = {
    "RDL420": Entry(
        "Channels that do not make equal splits",
        "`r_softmax` cannot split the {channels} channels of {operand_name} into {groups} x {radix} equal parts",
        help="`groups * radix` must divide the channels",
        explanation="Split attention weighs `radix` splits of each of `groups` cardinal groups (Zhang et al. "
        "2020, arXiv 2004.08955, section 3.1), so the channels are as many equal parts.",
    ),
    "RDL421": Entry(
        "A slice outside the channels",
        "channels {start} up to {stop} cannot be taken from {operand_name}, which has {channels}",
        help="`slice(start, stop)` needs 0 <= start < stop <= {channels}; `stop` itself is not taken",
        explanation="Channels are counted from 0. `slice(0, x.c / 2)` and `slice(x.c / 2)` are the two halves.",
    ),
    "RDL422": Entry(
        "A crop that would be off centre",
        "`crop` cannot take {left_name}, {left}, to the size of {right_name}, {right}: its {axis} is {surplus} more, "
        "an odd number, which has no middle",
        help="choose an input size with which both have the same parity, or pad one of them by a pixel",
        explanation="A centre crop takes as many pixels off each end. An odd difference would shift the map "
        "by half a pixel, one way or the other.",
    ),
    "RDL423": Entry(
        "A crop larger than its operand",
        "`crop` cannot take {left_name}, {left}, to the size of {right_name}, {right}: its {axis} is {shortage} less",
        help="the first operand is cropped to the size of the second: swap them, or enlarge the first",
        explanation="A crop only takes pixels away. `crop(x, like)` gives `x` the height and width of `like`.",
    ),
    "RDL424": Entry(
        "An upsampling without one clear size",
        "`upsample` takes `factor` or `size`, and here has {given}",
        help="write `upsample(2)` for a factor, `upsample(size = [56, 56])` for a size",
        explanation="The output is `factor` times as high and wide as the input, or it has the `size` given.",
    ),
    "RDL425": Entry(
        "A shape of another number of elements",
        "`reshape` to {wanted} needs {needed} elements a sample; {operand_name} has {elements}",
        help="the product of the dimensions must be {elements}; the batch is not among them",
        explanation="`reshape` gives the elements of a tensor another shape, in their order in memory. It "
        "neither drops nor adds any.",
    ),
}
