"""RDL92x: checkpoints that cannot be read. RDL93x: checkpoints beside a network."""

from __future__ import annotations

from resnet_dsl.diagnostics.entry import Entry

ENTRIES: dict[str, Entry] = {
    "RDL920": Entry(
        "A checkpoint that cannot be opened",
        "`{path}` is no checkpoint to read: {reason}",
        help="name a .safetensors file, or a .pth file that `torch.save` wrote",
        explanation="The path must lead to a regular file that may be read and is not empty.",
    ),
    "RDL921": Entry(
        "A file that is no checkpoint",
        "`{path}` is neither safetensors nor a file of torch's: it begins as {what}",
        explanation="What a file is shows in its first bytes. Read are safetensors, and what `torch.save` writes.",
    ),
    "RDL922": Entry(
        "A pickle named .safetensors",
        "`{path}` is named .safetensors, and is a pickle or a zip archive inside",
        help="if you know where it comes from, name it .pth: it is then read as `torch.load(..., weights_only=True)` does",
        explanation="Whoever hands over a .safetensors file says that nothing in it can run. A pickle under that name "
        "is a mistake at best.",
    ),
    "RDL923": Entry(
        "A damaged checkpoint",
        "`{path}` is damaged: {reason}",
        help="fetch or save it again",
        explanation="Everything that a file claims about itself is compared with the file before any of it is used: "
        "lengths, places, shapes. Files that were cut short while they were fetched are the usual case.",
    ),
    "RDL924": Entry(
        "A checkpoint over a limit",
        "`{path}` has {count} {what}, over the limit of {limit}",
        explanation="A file can claim anything. No checkpoint of a convolutional network comes near the limits.",
    ),
    "RDL925": Entry(
        "A checkpoint that asks for code",
        "`{path}` is refused: to be read, it wants `{what}` called or imported",
        help="if you trust its author, save the tensors alone where they come from: `torch.save(model.state_dict(), path)`",
        explanation="A .pth file is a pickle, and a pickle can run any program when it is read. Only tensors and plain "
        "values are read here (torch's `weights_only=True`), and no option changes that. Whole modules saved by "
        "`torch.save(model)` ask for their classes and are refused as well.",
    ),
    "RDL927": Entry(
        "No state dict in a checkpoint",
        "`{path}` {what}",
        explanation="Looked for are tensors under names, at the top or inside entries such as `state_dict` and `model`. "
        "Of several the largest is taken; `--key` names another.",
    ),
    "RDL928": Entry(
        "A checkpoint that needs torch to be read",
        "`{path}` is a file of torch's, and torch is not installed",
        help='run: pip install "resnet-dsl[train]" (safetensors files need nothing)',
        explanation="Torch's own reader opens torch's own files. A safetensors file is compared and renamed without it.",
    ),
    "RDL930": Entry(
        "A checkpoint with other keys",
        "`{path}` does not fit {model}: {counts}",
        label="{difference}",
        explanation="The keys of both sides have to agree, each with its shape. The place shown is the first, in the "
        "order in which the network registers its modules, where they do not. `--rename OLD=NEW` changes keys of the "
        "checkpoint; a rule that the tool found is in the help line. `--partial` loads what fits.",
    ),
    "RDL931": Entry(
        "A checkpoint with other shapes",
        "`{path}` does not fit {model}: {counts}",
        label="{difference}",
        explanation="Every key is there, and some tensors are of another size: the network was built with another "
        "number of classes, width or input. `--set` builds yours like it; `--partial` leaves these tensors at their start.",
    ),
    "RDL932": Entry(
        "Tensors of another dtype",
        "{tensors} of `{path}` of a dtype that is not converted: {keys}",
        help="convert them where they come from: floats become float32, whole numbers int64",
        explanation="float16, bfloat16 and float64 become float32, and whole numbers become int64. Quantised tensors, "
        "and numbers that turn from the one kind to the other, are no conversion but another network.",
    ),
    "RDL933": Entry(
        "Tensors that were converted",
        "{tensors} of `{path}` converted from {source} to {target}",
        severity="note",
        explanation="A network's tensors are float32. Half precision loses nothing by it; float64 is rounded.",
    ),
    "RDL934": Entry(
        "Values that are no numbers",
        "{tensors} of `{path}` with NaN or infinity inside: {keys}",
        help="the training run that wrote it diverged, or the file is damaged; `--allow-nonfinite` takes it as it is",
        explanation="One NaN in the weights makes every output NaN. Only tensors that the network takes are looked at.",
    ),
    "RDL935": Entry(
        "A rename rule without work",
        "no key of `{path}` needs the rule `{rule}`",
        severity="warning",
        explanation="Rules are compared with whole parts between the dots, before other rules have changed them.",
    ),
    "RDL936": Entry(
        "Two tensors of one key",
        "the rules give `{first}` and `{second}` of `{path}` one key, `{key}`",
        help="make the rule longer, so that it matches one of them",
        explanation="Each tensor of a checkpoint has to keep a key of its own.",
    ),
    "RDL937": Entry(
        "Counters that start at zero",
        "`{path}` has none of the {count} counters such as `{key}`; they start at 0",
        severity="note",
        explanation="Files from before PyTorch 0.4.1 do not count batches. The counters do not change what is computed.",
    ),
    "RDL938": Entry(
        "A checkpoint that was loaded in part",
        "{loaded} of the {total} tensors of {model} come from `{path}`, {left} stay at their start: {counts}",
        label="{difference}",
        severity="warning",
        explanation="`--partial` was given, so what fits is loaded, and nothing else is an error.",
    ),
    "RDL939": Entry(
        "A checkpoint of which nothing fits",
        "no tensor of `{path}` fits {model}, so there is nothing to load in part",
        label="{difference}",
        explanation="`--partial` loads what fits. Where nothing does, keys differ by a system, or it is another network.",
    ),
}
