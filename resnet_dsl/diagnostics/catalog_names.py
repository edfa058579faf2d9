"""RDL2xx: names and imports."""

from __future__ import annotations

from resnet_dsl.diagnostics.entry import Entry

ENTRIES: dict[str, Entry] = {
    "RDL201": Entry(
        "An unknown name",
        "`{name}` is not known here",
        explanation="A name must be a tensor or value bound above, a parameter, a declaration of the file or "
        "one that it imports.",
    ),
    "RDL202": Entry(
        "An unknown operator or block",
        "there is no block or operator `{name}`",
        explanation="`resnet-dsl ops` lists the operators; blocks are declared in the file or imported.",
    ),
    "RDL203": Entry(
        "A name bound twice",
        "`{name}` is bound twice",
        explanation="A tensor may be rebound (`x = x -> relu`), a compile-time name or declaration may not.",
    ),
    "RDL204": Entry(
        "Arms that bind different names",
        "`{name}` is bound in one arm of an `if` only",
        help="bind `{name}` in the other arm too, or return from there",
        explanation="What one arm binds can be used inside it. After the `if` it must be bound whichever arm was "
        "taken.",
    ),
    "RDL205": Entry(
        "A name of the language",
        "`{name}` is {what} and cannot be declared",
        help="choose another name",
        explanation="Operators and functions of the language keep their names everywhere.",
    ),
    "RDL206": Entry(
        "A reserved word",
        "`{name}` is a word of the language and cannot be a name",
        help="choose another name",
        explanation="Words that start an expression or a statement cannot be names.",
    ),
    "RDL207": Entry(
        "A name that cannot be used in code",
        "`{name}` cannot be a name: {reason}",
        help="choose another name",
        explanation="Names appear in the generated Python; Python's keywords and private names are refused.",
    ),
    "RDL210": Entry(
        "An import that cannot be found",
        "cannot import `{name}`: {reason}",
        explanation='`from std.residual import bottleneck` takes the library; `from "blocks.rdl" import unit` a '
        "file beside the spec.",
    ),
    "RDL211": Entry(
        "An import outside the allowed folders",
        "`{name}` lies outside the folders that may be imported from",
        help="name its folder with `--include DIR`",
        explanation="Imports stay in the spec's own folder, the library and the folders given with "
        "`--include`; links do not lead out of them.",
    ),
    "RDL212": Entry(
        "An import cycle",
        "files import each other in a circle: {cycle}",
        help="move what they share into a third file",
        explanation="A file is read before what uses it.",
    ),
    "RDL213": Entry(
        "Nothing of that name to import",
        "`{module}` declares no `{name}`",
        explanation="The imported file is there, the name is not in it.",
    ),
    "RDL220": Entry(
        "No such model",
        "`{name}` is not a model",
        explanation="`train` recipes and applications name a model that is declared or imported.",
    ),
    "RDL221": Entry(
        "No model in the file",
        "`{name}` declares no model that can be compiled",
        explanation="A model whose parameters all have values can be compiled; a family waits for arguments.",
    ),
    "RDL222": Entry(
        "No model of that name",
        "the file has no model `{name}`",
        explanation="`--model NAME` picks one of the models that the file declares or imports.",
    ),
    "RDL223": Entry(
        "A model made of itself",
        "the model `{name}` is made of itself: {circle}",
        help="write one of them out: `model {name} {{ ... }}`",
        explanation="`model a = b(...)` applies a family; the last of the chain must have a body of its own.",
    ),
}
