"""RDL94x: how a run is executed and watched."""

from __future__ import annotations

from resnet_dsl.diagnostics.entry import Entry

ENTRIES: dict[str, Entry] = {
    "RDL940": Entry(
        "A device that is not there",
        "torch cannot use the device `{device}`: {reason}",
        help="leave `--device` out: the GPU is used where there is one, else the CPU",
        explanation="Devices are named as torch names them: `cpu`, `cuda`, `cuda:1`.",
    ),
    "RDL941": Entry(
        "A step that needs more memory than there is",
        "{device} ran out of memory in a step of {images} images",
        help="{advice}",
        explanation="Memory grows with the images that are in the network at once. `accumulate` puts a batch through in parts and moves the weights once, so the recipe stays what it was, except that batch norms see a part at a time. Nothing is lost: the last checkpoint is good.",
    ),
    "RDL942": Entry(
        "A package for watching is missing",
        "`--log {tracker}` needs the package `{package}`, which is not installed",
        help='run `pip install "resnet-dsl[{tracker}]"`, or leave `--log {tracker}` out: metrics.jsonl, curves.svg and page.html need nothing',
        explanation="TensorBoard and Weights & Biases are extras of their own.",
    ),
    "RDL943": Entry(
        "Too many steps whose loss is not finite",
        "the loss was not finite at {readings}, at last in epoch {epoch}, step {step}, and {left_out} of the epoch's steps had to be left out; {place}",
        help="lower the learning rate, `--set train.optimizer.lr={suggestion}`, and start again; the last checkpoint is good",
        explanation="`--on-nan skip` and `rollback` are for a rare bad batch. A run ends after three bad readings in a row, and when every step of an epoch was left out: then weights or data are bad.",
    ),
    "RDL944": Entry(
        "A network with several inputs",
        "`{model}` has {inputs} inputs; a training step is given one batch of images",
        help="measure a model with one `input`",
        explanation="`resnet-dsl bench` times steps on one made-up batch.",
    ),
}
