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
        "{what} calls itself more than {limit} levels deep",
        help="give the recursion a base case: `if order > 1 {{ ... }} else {{ ... }}`",
        explanation="Blocks and functions may recurse; the depth is limited so that every spec ends.",
    ),
    "RDL803": Entry(
        "A number too large",
        "this number is beyond {limit_text}",
        explanation="Whole numbers of the language have 63 bits and a sign; nothing is rounded silently.",
    ),
    "RDL804": Entry(
        "Nested too deeply",
        "{what} is nested more than {limit} deep",
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
        "the network grows beyond {limit} operators",
        explanation="ResNet-1202 has about 4,200 operators; the limit leaves room for far larger ones.",
    ),
    "RDL807": Entry(
        "A file too large",
        "`{name}` holds {size} bytes; the limit is {limit}",
        explanation="A spec is a page of text. Larger files are refused before they are read.",
    ),
    "RDL808": Entry(
        "Too much compile-time work",
        "this spec asks for more than {limit} steps of compile-time evaluation",
        explanation="Functions and blocks that call themselves several times grow without bound; the "
        "steps are counted so that every spec ends.",
    ),
    "RDL809": Entry(
        "A list too long",
        "a list of {size} items is over the limit of {limit}",
        explanation="Lists are stage widths and depths: a handful of numbers.",
    ),
    "RDL810": Entry(
        "Too many imported files",
        "more than {limit} files are imported",
        explanation="A spec imports a few library files.",
    ),
}
