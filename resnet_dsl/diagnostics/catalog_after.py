"""RDL95x: what is done with trained weights. RDL96x: several processes that train together."""

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
        help="train with `resnet-dsl train`; or write the script for other data, such as `--set train.data=synthetic`, and put a reader of your own into its class `Samples`",
        explanation="`--eject` writes scripts that read the digits, CIFAR, folders of images and what the program draws. Readers of other forms are too long for a file that is to be read from top to bottom. Everything else that a recipe says has its place in a script.",
    ),
    "RDL960": Entry(
        "Processes that did not come together",
        "process {rank} of {size} waited {seconds} s for the others to start",
        help="start all of them with one command: `torchrun --nproc_per_node {size} -m resnet_dsl train SPEC`",
        explanation="`torchrun` tells each process its rank and where to meet. Over several machines all of them need the same `--nnodes` and `--rdzv_endpoint`, and a way through the firewall.",
    ),
    "RDL961": Entry(
        "A process that no longer answers",
        "process {rank} got no answer in {place}, while {what} ({reason}); {others}",
        help="look at what the other process said last; the same command with `--resume` goes on from the last checkpoint",
        explanation="Training together means waiting for each other. When a process ends or hangs, the others stop after `--wait-seconds`, and say where each of them was when it was last heard of. With `torchrun --max-restarts N` all start again and go on by themselves.",
    ),
    "RDL962": Entry(
        "An option that several processes cannot have",
        "{what}",
        help="{advice}",
        explanation="Some parts of PyTorch exist for GPUs only, and some parts of a recipe for whole networks only.",
    ),
    "RDL963": Entry(
        "A checkpoint of the other kind",
        "the checkpoint in `{path}` was saved {saved}",
        help="go on with `{option}`, or start again without `--resume`",
        explanation="With `--parallel fsdp` each process writes its own part of weights and optimizer state; with `--parallel ddp`, or one process, a single file holds all of it.",
    ),
    "RDL964": Entry(
        "A batch that does not fit the processes",
        "a batch of {batch} cannot be shared evenly by {size} processes in {accumulate} part(s) each",
        help="make it a multiple of {multiple}: `--set train.batch={suggestion}`",
        explanation="Every process takes the same number of images in every step, so that all of them make the same number of steps.",
    ),
}
