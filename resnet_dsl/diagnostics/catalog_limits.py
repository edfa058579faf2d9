"""RDL8xx: limits, so that every spec ends in time with a graph or with a diagnostic."""

from __future__ import annotations

from resnet_dsl.diagnostics.entry import Entry

ENTRIES: dict[str, Entry] = {
    "RDL801": Entry(
        "Too many repetitions",
        "`repeat {count}` is over the limit of {limit}",
        explanation="No network of the literature is near this limit; a larger number is a typo.",
    ),
    "RDL802": Entry(
        "Recursion too deep",
        "calls nest more than {limit} deep: {what} calls itself, directly or through others",
        help="give the recursion an end: `if order > 1 {{ ... }} else {{ ... }}`",
        explanation="Blocks and functions may recurse; the depth is limited so that every spec ends.",
    ),
    "RDL803": Entry(
        "A number too large",
        "this number is beyond {limit_text}",
        explanation="Whole numbers have 63 bits and a sign, floats 64 bits; nothing is rounded or cut silently.",
    ),
    "RDL804": Entry(
        "Nested too deeply",
        "this is nested, or chained, more than {limit} deep",
        help="bind parts of it with `let`, or move them into a block",
        explanation="The parser limits nesting so that no input exhausts the stack.",
    ),
    "RDL805": Entry(
        "A dimension too large",
        "a dimension of {size} is over the limit of {limit}",
        explanation="torch cannot index a dimension of 2**31 or more.",
    ),
    "RDL806": Entry(
        "A network too large",
        "the spec's networks grow beyond {limit} operators and blocks",
        explanation="ResNet-1202 has about 4,200 operators; the limit leaves room for far larger ones.",
    ),
    "RDL807": Entry(
        "A file too large",
        "`{name}` holds {size} bytes; the limit is {limit}",
        explanation="A spec is a page of text. Larger files are refused before they are read.",
    ),
    "RDL808": Entry(
        "Too much compile-time work",
        "this spec asks for more than {limit} steps of compile-time work",
        explanation="Functions and blocks that call themselves several times grow without bound; the "
        "steps are counted so that every spec ends.",
    ),
    "RDL809": Entry(
        "A list too long",
        "a list grows beyond {limit} items",
        explanation="Lists are stage widths and depths: a handful of numbers. Lists in lists are counted through.",
    ),
    "RDL810": Entry(
        "Too many imported files",
        "too much is imported: more than {limit} {unit}",
        explanation="A spec imports a few library files.",
    ),
    "RDL812": Entry(
        "Too many mistakes",
        "there are more than {limit} mistakes; the rest is not looked for",
        help="mend the first ones: others often follow from them",
        severity="note",
        explanation="Nobody reads hundreds of messages, and finding them takes time.",
    ),
    "RDL811": Entry(
        "Something too long",
        "{what} is longer than {limit} {unit}",
        explanation="Strings are labels and messages, comments some lines, parameters a handful.",
    ),
    "RDL813": Entry(
        "Too many paths",
        "the paths through `{model}` are too many to count: {reason}",
        explanation="Paths double with every residual block. Two thousand blocks in a row are counted exactly, "
        "by length; the deepest networks of the literature have 600.",
    ),
}
