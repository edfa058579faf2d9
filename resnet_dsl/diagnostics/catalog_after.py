"""RDL95x: what is done with trained weights: evaluation, export, a script of one's own."""

from __future__ import annotations

from resnet_dsl.diagnostics.entry import Entry

ENTRIES: dict[str, Entry] = {
    "RDL950": Entry(
        "Weights that do not know their spec",
        "`{path}` does not say which spec it was trained from: {reason}",
        help="name the spec behind it: `{command} {path} SPEC`",
        explanation="Weights written by `resnet-dsl train` carry spec, model and recipe in their metadata. Others are bare tensors, and need a spec beside them.",
    ),
    "RDL951": Entry(
        "A package for export is missing",
        "`--format onnx` needs the package `{package}`, which is not installed",
        help='run `pip install "resnet-dsl[onnx]"`',
        explanation="ONNX is an extra of its own; `--format torch` needs PyTorch alone.",
    ),
    "RDL952": Entry(
        "Weights of another version of their spec",
        "`{path}` was trained from another version of its spec or of the library: its hash was {before} and is now {now}",
        help="the weights fit all the same; to be sure, use the version of resnet-dsl that trained them",
        severity="warning",
        explanation="Weights carry the texts of their spec, not of the library that it imports. A library that has changed may build another network from the same spec.",
    ),
    "RDL953": Entry(
        "A network that cannot be exported",
        "PyTorch cannot export {model}: {reason}",
        explanation="`torch.export` follows one forward pass and writes down what it did. It fails where the network's computation depends on the values, or on a batch size that is left free.",
    ),
    "RDL954": Entry(
        "An opset that a network cannot be written in",
        "{model} cannot be written in ONNX opset {wanted}; the exporter wrote opset {written}",
        help="leave `--opset` out, or ask for {written}",
        explanation="Converting between opsets is the onnx package's work, and it knows some steps only.",
    ),
    "RDL955": Entry(
        "An exported network that computes something else",
        "the exported network differs from the module by {difference} on random inputs, more than {tolerance}; nothing was written",
        help="please report it, with the command and the spec",
        explanation="Every export is run beside the module, on random inputs and with another batch size than it was made with, before its file is written.",
    ),
    "RDL956": Entry(
        "A recipe that a script cannot hold",
        "a script of its own cannot do what the recipe says: {what}",
        help="train with `resnet-dsl train`, or change the recipe: `--set train.{setting}=...`",
        explanation="`--eject` writes scripts for data that comes with a package or is made up, with the optimizers, schedules and augmentations that fit into a readable file.",
    ),
}
