"""RDL35x: what is asked of a network from outside: twins, deleted blocks, sizes."""

from __future__ import annotations

from resnet_dsl.diagnostics.entry import Entry

ENTRIES: dict[str, Entry] = {
    "RDL351": Entry(
        "A dimension of a tensor that is left out",
        "`{name}` is left out with the shortcuts: it has no `.{axis}`",
        help="use a dimension of the tensor that the shortcut starts from",
        explanation="Without shortcuts, the tensor of a `shortcut` statement does not exist, and nothing "
        "computes its shape. An expression that needs the shape outside of the statement has no value.",
    ),
    "RDL352": Entry(
        "A result that is left out",
        "without shortcuts, nothing is left of the result of `{name}`",
        help="bind as `shortcut` only what the network can do without: a second way around a branch",
        explanation="`add` and `concat` do without a shortcut; every other operator that takes one goes "
        "with it. Here that reaches the result itself.",
    ),
    "RDL353": Entry(
        "Nothing to leave out",
        "`{name}` has no `shortcut` statement: without shortcuts it is what it is",
        help="write the residual path as `shortcut s = ...`, and join it by `add` or `concat`",
        explanation="The plain twin of a network leaves out what its `shortcut` statements bind. A sum of "
        "tensors that no such statement binds stays, since nothing says which of them is the shortcut.",
    ),
    "RDL354": Entry(
        "No such block",
        "`{model}` has no block {paths}",
        explanation="A block is deleted by its path as `resnet-dsl show` prints it: `layer3.2`. Operators, "
        "`seq` and `repeat` cannot be deleted, nor can blocks without a name.",
    ),
    "RDL355": Entry(
        "A block that cannot be deleted",
        "`{path}` cannot be deleted: it makes {output} of {input}",
        help="only a block that keeps the shape of its first tensor can go",
        explanation="In place of a deleted block stands the identity. It fits where the block's output has "
        "the shape of its input: all but the first block of a stage, mostly.",
    ),
    "RDL356": Entry(
        "A size that does not fit",
        "{what} does not fit this network",
        severity="note",
        explanation="Networks that halve the resolution and join maps of different depths take some sizes "
        "of input only. The compiler finds them by elaborating the model with other sizes: nearest ones, "
        "their period, and the smallest. It stands beside the mistakes that this size leads to.",
    ),
}
