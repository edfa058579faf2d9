"""What somebody meant who wrote a name that nothing declares."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from resnet_dsl.diagnostics.suggest import closest
from resnet_dsl.ops.registry import operators
from resnet_dsl.semantics.imports import LIBRARY, library_folder
from resnet_dsl.semantics.names import FACTS, FUNCTIONS, TYPES

_DECLARED = re.compile(r"^(?:block|stage|model|fn|const)\s+([A-Za-z_]\w*)", re.MULTILINE)

# What other libraries call an operator, in lower case without `_` and a trailing `1d`, `2d`, `3d`.
_ELSEWHERE = {
    "adaptivemaxpool": "adaptive_maxpool",
    "averagepool": "avgpool",
    "batchnorm": "bn",
    "batchnormalization": "bn",
    "blurpool": "blur_pool",
    "cat": "concat",
    "centercrop": "crop",
    "channelshuffle": "channel_shuffle",
    "concatenate": "concat",
    "convolution": "conv",
    "convtranspose": "deconv",
    "dense": "linear",
    "droppath": "drop_path",
    "fc": "linear",
    "fullyconnected": "linear",
    "globalaveragepool": "gap",
    "globalavgpool": "gap",
    "groupnorm": "gn",
    "groupnormalization": "gn",
    "interpolate": "upsample",
    "layernorm": "ln",
    "layerscale": "scale",
    "leakyrelu": "leaky_relu",
    "localresponsenorm": "lrn",
    "maxpooling": "maxpool",
    "multiply": "mul",
    "permute": "channels_last",
    "plus": "add",
    "stochasticdepth": "drop_path",
    "swish": "silu",
    "transposedconv": "deconv",
    "upsampling": "upsample",
    "view": "reshape",
}
# What elsewhere is a name and here an expression, in lower case without `_` and a trailing `1d`, `2d`,
# `3d`.
_WRITTEN = {
    "activation": "activations are operators: `relu`, `gelu`, `silu`; `resnet-dsl ops` lists them",
    "adaptiveaveragepool": "`gap` averages over all pixels, `adaptive_avgpool(size)` over the windows of a grid",
    "adaptiveavgpool": "`gap` averages over all pixels, `adaptive_avgpool(size)` over the windows of a grid",
    "avg": "`gap` averages over all pixels, `avgpool(kernel, stride)` over windows",
    "conv1x1": "write `conv(out, 1)`",
    "conv3x3": "write `conv(out, 3)`",
    "conv5x5": "write `conv(out, 5)`",
    "conv7x7": "write `conv(out, 7)`",
    "depthwise": "write `conv(x.c, 3, groups = x.c)`",
    "depthwiseconv": "write `conv(x.c, 3, groups = x.c)`",
    "dwconv": "write `conv(x.c, 3, groups = x.c)`",
    "input": "an input is a statement: `input image [3, 224, 224]`",
    "instancenorm": "`gn(x.c)` normalises each channel of each sample by itself, with a weight and a bias",
    "mean": "`gap` averages over all pixels, `avgpool(kernel, stride)` over windows",
    "modulelist": "write `x -> repeat 3 as i { ... }`",
    "pointwise": "write `conv(out, 1)`",
    "pointwiseconv": "write `conv(out, 1)`",
    "pwconv": "write `conv(out, 1)`",
    "sequential": "write `x -> seq { ... -> ... }`",
}
_VALUES = {
    "same": "leave `pad` out: odd kernels keep the size",
    "valid": "without padding is `pad = 0`",
    "True": "write `true`",
    "False": "write `false`",
    "None": "every value is a number, a boolean, a string, a list or a block",
    "sqrt": "write `x ** 0.5`",
    "pow": "write `x ** n`",
    "range": "`repeat n as i { ... }` counts from 0",
    "math": f"the functions are `{'`, `'.join(FUNCTIONS[:-1])}` and `{FUNCTIONS[-1]}`",
}

# What else `expect` is asked for, in lower case without `_` and a leading `g`, `m`, `k` of FLOPs.
_FLOPS = "write `macs`, multiply-adds: FLOPs are 2 x MACs and one for each other operation, which is no fact"
_MEMORY = (
    "write `peak_bytes` (activations of inference), `training_bytes` (a training step), `weight_bytes` or "
    "`saved_bytes` (kept for the backward pass)"
)
_TIMES = ", ".join(f"`{name}`" for name in FACTS if name.endswith("_ms"))
_FACTS = {
    **dict.fromkeys(("flops", "flop", "ops", "madds", "multadds"), _FLOPS),
    **dict.fromkeys(("mac", "multiplyadds"), "write `macs`"),
    **dict.fromkeys(("memory", "mem", "ram", "vram", "bytes", "memorybytes"), _MEMORY),
    **dict.fromkeys(("peak", "peakmemory", "activationbytes", "activations"), "write `peak_bytes`"),
    **dict.fromkeys(("step", "stepbytes", "trainingmemory"), "write `training_bytes`"),
    **dict.fromkeys(("size", "modelsize", "weights"), "write `weight_bytes`, or `params`"),
    **dict.fromkeys(("parameters", "weightcount", "nparams"), "write `params`"),
    **dict.fromkeys(("layers", "nlayers"), "write `depth`, the weighted layers on the longest path"),
    **dict.fromkeys(("field", "rf"), "write `receptive_field`"),
    **dict.fromkeys(("latency", "time", "ms", "seconds"), f"times are of a device: {_TIMES}"),
}


@cache
def library_names() -> dict[str, str]:
    """The library file that declares a name: ``{"bottleneck": "std.residual", ...}``."""
    found: dict[str, str] = {}
    for file in sorted(library_folder().glob("*.rdl")):
        for name in _DECLARED.findall(file.read_text(encoding="utf-8")):
            found.setdefault(name, f"{LIBRARY}.{file.stem}")
    return found


def block_advice(name: str, known: Iterable[str]) -> str:
    """For a block or operator: `known` are the blocks that may be applied where it stands."""
    library = library_names()
    folder, _, last = name.rpartition(".")
    written = _WRITTEN.get(_plain(last))
    if written is not None:
        return written
    if name in library:
        return f"import it: `from {library[name]} import {name}`"
    if library.get(last) == folder:
        file = folder.rpartition(".")[2]
        return f"after `import {folder}` it is called `{file}.{last}` here"
    elsewhere = _operator(last)
    if elsewhere is not None:
        return f"here it is called `{elsewhere}`"
    match = closest(name, [*known, *operators()])
    if match is not None:
        return f"did you mean `{match}`?"
    match = closest(name, library)
    if match is not None:
        return f"did you mean `{match}`? `from {library[match]} import {match}`"
    return "`resnet-dsl ops` lists the operators; other blocks are declared or imported"


def value_advice(name: str, known: Iterable[str]) -> str:
    """For a name in an expression; `known` are those that may stand there."""
    if name in _VALUES:
        return _VALUES[name]
    if name in TYPES:
        return f"types stand behind a colon: `width: {name}`"
    word = word_advice(name)
    if word:
        return word
    library = library_names()
    known = list(known)
    is_claim = set(FACTS) <= set(known)
    if is_claim and _fact(name):
        return _fact(name)
    match = closest(name, known)
    elsewhere = _operator(name)
    if is_claim and match is None:
        return f"`expect` knows {', '.join(f'`{fact}`' for fact in FACTS)}"
    if match is None and elsewhere is not None:
        return f"here it is called `{elsewhere}`"
    match = match or closest(name, operators(), cutoff=0.8)
    if match is None and name in library:
        return f"import it: `from {library[name]} import {name}`"
    return f"did you mean `{match}`?" if match is not None else ""


def _fact(name: str) -> str:
    """What `expect` calls a figure that others call `name`."""
    plain = name.lower().replace("_", "")
    scaled = plain[1:] if plain.endswith("flops") and plain[0] in "kmgt" else plain
    return _FACTS.get(scaled, "")


def word_advice(word: str) -> str:
    """For a word that an operator takes as the value of one of its arguments, such as ``bilinear``."""
    names = {
        parameter.name
        for operator in operators().values()
        for parameter in operator.parameters
        if word in parameter.choices
    }
    return f"write `{names.pop()} = {word}`" if len(names) == 1 else ""


def _plain(name: str) -> str:
    return re.sub(r"_|[123]d\Z", "", name.lower())


def _operator(name: str) -> str | None:
    """The operator that other libraries call `name`."""
    plain = _plain(name)
    elsewhere = _ELSEWHERE.get(plain, plain)
    return elsewhere if elsewhere in operators() else None
