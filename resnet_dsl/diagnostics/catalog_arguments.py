"""RDL30x: arguments. RDL32x: types and values. RDL33x: what stands where."""

from __future__ import annotations

from resnet_dsl.diagnostics.entry import Entry

ENTRIES: dict[str, Entry] = {
    "RDL301": Entry(
        "An unknown argument",
        "`{callee}` has no argument `{name}`",
        explanation="The world is closed: an argument that nobody reads would be a silent mistake.",
    ),
    "RDL302": Entry(
        "A missing argument",
        "`{callee}` needs {missing}",
        explanation="Arguments without a default must be given.",
    ),
    "RDL303": Entry(
        "An argument of the wrong type",
        "`{name}` of `{callee}` takes {wanted}, not {given}",
        label="{meaning}",
        explanation="Types are checked, never converted; only an int may stand for a float.",
    ),
    "RDL304": Entry(
        "An argument out of range",
        "`{name}` of `{callee}` must be {range}; it is {value}",
        label="{meaning}",
        explanation="The operator's reference (`resnet-dsl ops NAME`) states the range of each argument.",
    ),
    "RDL305": Entry(
        "The wrong number of operands",
        "`{callee}` takes {wanted}, not {given}",
        help="pipe a tensor into it: `x -> {callee}`",
        explanation="Operands are tensors. The value before `->` is the first of them.",
    ),
    "RDL306": Entry(
        "Too many arguments",
        "`{callee}` takes {wanted}, not {given}",
        explanation="Positional arguments fill the parameters in order; more than there are is a mistake.",
    ),
    "RDL307": Entry(
        "An argument given twice",
        "`{name}` of `{callee}` is given twice",
        help="remove one of them",
        explanation="An argument is given by position or by name, once.",
    ),
    "RDL308": Entry(
        "A word that is not one of the choices",
        "`{name}` of `{callee}` cannot be `{value}`",
        label="{meaning}",
        explanation="This argument takes one of a few words.",
    ),
    "RDL320": Entry(
        "Types that do not fit an operation",
        "`{operator}` takes {wanted}, not {given}",
        explanation="Arithmetic works on numbers, `and`, `or` and `not` on booleans, indexing on lists; nothing "
        "is converted silently.",
    ),
    "RDL321": Entry(
        "A division with a remainder",
        "{left} / {right} is not a whole number",
        help="use `//` to round down, or make it a float",
        explanation="`/` on whole numbers must be exact, so that no width is rounded silently.",
    ),
    "RDL322": Entry(
        "Division by zero",
        "{left} {operator} 0 has no value",
        explanation="Nothing can be divided by zero.",
    ),
    "RDL323": Entry(
        "An index outside the list",
        "index {index} is outside a list of {size} items",
        help="indices count from 0, or from the end: -1 is the last item",
        explanation="Lists are indexed from 0; negative indices count from the end.",
    ),
    "RDL324": Entry(
        "A condition that is no boolean",
        "this condition is {given}, not true or false",
        explanation="Only booleans decide: numbers and lists are not true or false by themselves.",
    ),
    "RDL325": Entry(
        "A power with no whole value",
        "{left} ** {right} has no exact value here",
        explanation="Exponents of whole numbers are whole and not negative.",
    ),
    "RDL326": Entry(
        "A value where a tensor is needed",
        "{what} is {given}, not a tensor",
        explanation="Pipelines carry tensors; compile-time values are arguments.",
    ),
    "RDL327": Entry(
        "A tensor where a value is needed",
        "`{name}` is a tensor, not a compile-time value",
        help="use one of its dimensions: `{name}.c`, `{name}.h` or `{name}.w`",
        explanation="Expressions are computed when the spec is compiled; tensors exist when the network runs.",
    ),
    "RDL328": Entry(
        "Something that cannot be used so",
        "`{name}` is {what}: it cannot be {use}",
        explanation="Expressions compute with numbers, booleans, strings, lists and blocks. They call `min max len ceil floor round log2 abs sum int float` and functions declared with `fn`.",
    ),
    "RDL329": Entry(
        "A function's argument that does not fit",
        "`{name}` takes {wanted}, not {given}",
        explanation="`min`, `max` and `sum` take numbers or one list; `len` takes a list; the others take one "
        "number.",
    ),
    "RDL330": Entry(
        "A body without a result",
        "`{name}` returns nothing{when}",
        help="end it with `return ...`",
        explanation="Every block, stage and model returns a tensor, whichever arm of an `if` is taken.",
    ),
    "RDL331": Entry(
        "Statements after the result",
        "nothing after `return` is reached",
        help="remove it, or move it above the `return`",
        explanation="A body ends at its first `return`.",
    ),
    "RDL332": Entry(
        "A model without an input",
        "`{name}` has no input",
        help="start with `input image [3, 224, 224]`",
        explanation="A model declares its inputs with their shapes.",
    ),
    "RDL333": Entry(
        "A statement out of place",
        "`{what}` cannot stand in {place}",
        explanation="`input` and `expect` belong to models, `aux` to models too.",
    ),
    "RDL334": Entry(
        "A label on what has no name",
        "the label `{label}` names nothing: {what}",
        help="remove the label; `{label} = ...` would name a tensor",
        explanation="Labels name modules: operators, blocks, `seq` and `repeat`.",
    ),
    "RDL335": Entry(
        "A name that is no block",
        "`{name}` is {what}, not a block or an operator",
        help="values are arguments: `conv(n, 3)`",
        explanation="A pipeline applies blocks and operators.",
    ),
    "RDL336": Entry(
        "A tensor where a block is needed",
        "a pipeline goes through blocks and operators; `{name}` is a tensor",
        help="join tensors with `add({name})` or `concat({name})`",
        explanation="`x -> s` would drop one of the two tensors.",
    ),
    "RDL337": Entry(
        "A shortcut that is never joined",
        "the shortcut `{name}` is bound and never used",
        help="join it: `return add(y, {name})`",
        severity="warning",
        explanation="A shortcut leads around a branch and is joined with it.",
    ),
    "RDL338": Entry(
        "A repeat count that is no count",
        "`repeat` needs a whole number of at least 0, not {given}",
        explanation="The count is computed when the spec is compiled.",
    ),
    "RDL339": Entry(
        "An override that fits nothing",
        "`{model}` has no parameter `{name}`",
        explanation="`--set name=value` sets a parameter of the model.",
    ),
    "RDL340": Entry(
        "A type that does not exist",
        "`{name}` is not a type",
        explanation="Types are `int`, `float`, `bool`, `str`, `op`, `size` and `list[...]` of them.",
    ),
    "RDL341": Entry(
        "A default before a parameter without one",
        "`{name}` has no default but follows one that has",
        help="move it forward, or give it a default",
        explanation="Positional arguments fill parameters in order.",
    ),
    "RDL342": Entry(
        "A model's parameter without a type",
        "`{name}` has neither a type nor a default; a model is given no tensors",
        help="write `{name}: int`, or in the body `input {name} [3, 224, 224]`",
        explanation="A parameter without type and default is a tensor. Blocks are applied to tensors; a model's "
        "are its inputs.",
    ),
    "RDL343": Entry(
        "A constant that needs itself",
        "`{name}` is computed from itself: {circle}",
        help="give one of them a value of its own",
        explanation="Constants may use each other in any order, but not in a circle.",
    ),
    "RDL344": Entry(
        "A tolerance that belongs to no equality",
        "`within` belongs to one `==`",
        help="write `expect params == 25.6M within 1%`, one claim a line",
        explanation="A tolerance says how far the two sides of an equality may be apart.",
    ),
}
