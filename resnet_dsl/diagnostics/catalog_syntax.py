"""RDL1xx: text that is not the language."""

from __future__ import annotations

from resnet_dsl.diagnostics.entry import Entry

ENTRIES: dict[str, Entry] = {
    "RDL101": Entry(
        "Unexpected text",
        "expected {expected}, found {found}",
        explanation="The parser met something that cannot stand here. One statement a line; a pipeline may go "
        "on in the next line when that line starts with `->`.",
    ),
    "RDL102": Entry(
        "A character that is not the language's",
        "{found} is not a character of the language",
        explanation="Names, numbers, operators and strings are ASCII; comments and strings may hold any text.",
    ),
    "RDL103": Entry(
        "An open bracket",
        "`{bracket}` is never closed",
        label="opened here",
        explanation="Every bracket needs its partner.",
    ),
    "RDL104": Entry(
        "A bracket with no partner",
        "`{bracket}` closes nothing",
        help="remove it, or add the opening bracket",
        explanation="Every bracket needs its partner.",
    ),
    "RDL105": Entry(
        "An open string",
        "this string is never closed",
        help='add `"` before the end of the line',
        explanation="Strings stand on one line, between double quotes.",
    ),
    "RDL106": Entry(
        "A file that is no text",
        "`{name}` is not UTF-8 text: byte {byte} at offset {offset}",
        help="save the file as UTF-8",
        explanation="Specs are UTF-8 text files.",
    ),
    "RDL107": Entry(
        "A file that cannot be read",
        "cannot read `{name}`: {reason}",
        explanation="The file is missing, is a folder, or may not be read.",
    ),
    "RDL108": Entry(
        "A bracket closed by another kind",
        "`{bracket}` is closed by `{closing}`",
        help="close it with `{wanted}`",
        explanation="Brackets close in the order they were opened, each by its own kind.",
    ),
    "RDL109": Entry(
        "A malformed number",
        "`{text}` is not a number",
        help="write 64, 1_000, 0.1, 1e-4, 4.09G, 25.6M or 1k",
        explanation="A number ends where letters begin, except for the suffixes k, M, G and T.",
    ),
    "RDL110": Entry(
        "Nothing in the file",
        "`{name}` declares nothing",
        help="a spec declares a model: `model NAME {{ ... }}`; `resnet-dsl new NAME` writes one to start from",
        explanation="A spec holds at least one declaration.",
    ),
}
