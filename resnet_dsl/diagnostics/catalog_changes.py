"""RDL98x: a spec beside an earlier version of itself."""

from __future__ import annotations

from resnet_dsl.diagnostics.entry import Entry

ENTRIES: dict[str, Entry] = {
    "RDL980": Entry(
        "A change that breaks what it may not",
        "`{path}` breaks {level} against {against}: {first}",
        help="undo it, give the model another name, or say `--fail-on` with a worse level",
        explanation="`resnet-dsl breaking` sorts changes into API (a model, parameter or input is gone), KEYS (other keys of the state dict, or another order), SHAPES (tensors of another shape) and GRAPH (the same tensors, another computation). `--fail-on` names the mildest of them that is an error.",
    ),
    "RDL981": Entry(
        "A spec outside of git",
        "`{path}` lies in no git repository, so it has no earlier revision",
        help="compare with a file",
        explanation="`git#REVISION` reads the spec and what it imports from the repository that the spec's folder belongs to.",
    ),
    "RDL982": Entry(
        "A revision that git does not know",
        "`{revision}` names no commit of the repository of `{path}`",
        help="`git log --oneline -- {path}` lists those that changed the spec; a shallow clone lacks the older ones",
        explanation="A revision is a branch, a tag, a hash, or what git makes of them: `main`, `v1.2`, `HEAD~3`. One that begins with a hyphen or holds control characters is refused unread.",
    ),
    "RDL983": Entry(
        "A spec that an earlier revision does not have",
        "`{path}` is not in revision `{revision}`",
        help="compare with a revision that has it, with another file of the revision, `git#{revision}:FILE`, or with a file",
        explanation="The spec is looked for under the path that it has now. Before a rename it was another file, which `git#REVISION:FILE` names.",
    ),
    "RDL984": Entry(
        "An earlier version that does not compile",
        "`{path}` of revision `{revision}` does not compile: {reason}",
        explanation="Both versions are compiled by this version of resnet-dsl and its library. A spec written for another version of the language may not go through.",
    ),
    "RDL985": Entry(
        "A git that cannot be run",
        "git cannot read revision `{revision}`: {reason}",
        help="install git, or compare with a file",
        explanation="The program `git` is run to read files of an earlier revision. It is not needed to compare with a file.",
    ),
}
