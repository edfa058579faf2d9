"""Small texts that ask for endless work, and large ones: each ends soon, with a code that says why.

What is here would take hours or all memory if its limit did not hold.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

import resnet_dsl
from resnet_dsl.diagnostics.model import MAX_MISTAKES, SpecError

MANY = 30_000
HEAD = "model net {\n  input image [3, 8, 8]\n"
TAIL = "  return image\n}\n"
TWO_TO_THE_N = "fn f(n) = 1 if n == 0 else f(n - 1) + f(n - 1)\n"


def body(statement: str) -> str:
    return f"{HEAD}  {statement}\n}}\n"


def lines(template: str, count: int) -> str:
    return "".join(template.format(number, number + 1) for number in range(count))


BOMBS = {
    # nesting
    "parentheses": (f"const a = {'(' * MANY}1{')' * MANY}\n", "RDL804"),
    "open parentheses": (f"const a = {'(' * MANY}\n", "RDL804"),
    "brackets": (f"const a = {'[' * MANY}1{']' * MANY}\n", "RDL804"),
    "not": (f"const a = {'not ' * (MANY // 2)}true\n", "RDL804"),
    "minus": (f"const a = {'-' * MANY}1\n", "RDL804"),
    "sums": (f"const a = {'+'.join(['1'] * MANY)}\n", "RDL804"),
    "powers": (f"const a = {'**'.join(['2'] * MANY)}\n", "RDL804"),
    "conditionals": (f"const a = {'1 if true else ' * 5000}2\n", "RDL804"),
    "calls of calls": (f"const a = f{'()' * MANY}\n", "RDL804"),
    "indices of indices": (f"const a = b{'[0]' * MANY}\n", "RDL804"),
    "dots": (f"const a = b{'.c' * MANY}\n", "RDL804"),
    "types": (f"block f(x, a: {'list[' * 5000}int{']' * 5000}) {{ return x }}\n", "RDL804"),
    "braces": (f"model net {'{ if true ' * 5000}\n", "RDL804"),
    "bodies": ("model net {\n" + "if true {\n" * MANY + "}" * MANY, "RDL804"),
    "else if": (body("if true { y = image }" + " else if true { y = image }" * 3000), "RDL804"),
    "else if on lines": (body("if true { y = image }" + "\n  else if true { y = image }" * 3000), "RDL804"),
    "parentheses in a label": (body(f'return image -> "{{{"(" * 400}1{")" * 400}}}": relu'), "RDL804"),
    "braces in a label": (body(f'return image -> "{"{" * 400}1{"}" * 400}": relu'), "RDL502"),
    "dots in a label": (body(f"return image -> {'.'.join(['a'] * MANY)}: relu"), "RDL804"),
    # sizes of what is written
    "a line": (body(f"return image{' -> relu' * MANY}"), "RDL811"),
    "a string": (body(f'return image -> "{"x" * 1_000_000}": relu'), "RDL811"),
    "a string of escapes": (body(f'return image -> "{chr(92) * 90_000}": relu'), "RDL811"),
    "a name": (body(f"{'x' * 90_000} = image\n  return image"), "RDL207"),
    "an unknown name": (body(f"return image -> {'x' * 90_000}"), "RDL202"),
    "a number": (f"const a = {'9' * 90_000}\n", "RDL803"),
    "an exponent": (f"const a = 1e{'9' * 90_000}\n", "RDL803"),
    "digits behind the point": (f"const a = 0.{'9' * 90_000}\n", "RDL803"),
    "a doc comment": ("/// and so on\n" * MANY + HEAD + TAIL, "RDL811"),
    "comments": ("# and so on\n" * MANY + HEAD + TAIL, "RDL811"),
    "empty lines": ("\n" * 1_900_000, "RDL811"),
    "lines of blanks": ("\n \t" * 600_000 + "x", "RDL811"),
    "parameters": (f"block f(x, {', '.join([f'a{n}: int' for n in range(5000)])}) {{ return x }}\n", "RDL811"),
    # numbers and lists
    "a power of a power": ("const a = 2 ** 2 ** 40\n", "RDL803"),
    "a power of ten": ("const a = 10 ** 400\n", "RDL803"),
    "a float": ("const a = 1e400\n", "RDL803"),
    "powers step by step": ("const a0 = 10\n" + lines("const a{1} = a{0} ** 10\n", 30), "RDL803"),
    "a list times a number": ("const a = [1, 2] * 10 ** 12\n", "RDL809"),
    "lists in lists": ("const a0 = [1, 1]\n" + lines("const a{1} = [a{0}, a{0}]\n", 60), "RDL809"),
    "lists added": ("const a0 = [1, 1]\n" + lines("const a{1} = a{0} + a{0}\n", 60), "RDL809"),
    "blocks in blocks": (
        "block f(x, a: op = relu, b: op = relu) { return x }\nconst u0 = f(a = relu)\n"
        + lines("const u{1} = f(a = u{0}, b = u{0})\n", 60),
        "RDL809",
    ),
    "a list for every instance": (
        "const l = [1] * 9999\nblock f(x, l: list[int]) { return x -> relu }\n"
        + body("return image -> repeat 100000 { f(l) }"),
        "RDL808",
    ),
    "channels": (body("return image -> conv(2 ** 31, 1)"), "RDL805"),
    "features": (body("return image -> conv(2 ** 30, 1) -> flatten"), "RDL805"),
    "channels joined": (
        "block f(x) { return concat(x, x) }\n" + body("return image -> repeat 100000 { f }"),
        "RDL805",
    ),
    "pixels": (body("return image -> maxpool(1, 1) -> conv(1, 1, pad = 2 ** 40)"), "RDL805"),
    # work
    "repetitions": (body("return image -> repeat 10 ** 9 { relu }"), "RDL801"),
    "repetitions of nothing": (
        body("return image -> repeat 100000 { repeat 100000 { repeat 0 { relu } } }"),
        "RDL808",
    ),
    "a block without end": ("block f(x) { return x -> f }\n" + body("return image -> f"), "RDL802"),
    "blocks in a circle": (
        "block f(x) { return x -> g }\nblock g(x) { return x -> f }\n" + body("return image -> f"),
        "RDL802",
    ),
    "a block handed to itself": (
        "block f(x, g: op) { return x -> g(g = f) }\n" + body("return image -> f(f)"),
        "RDL802",
    ),
    "a function without end": ("fn f(n) = f(n + 1)\nconst a = f(0)\n", "RDL802"),
    "a deep function without end": (f"fn f(n) = {'(' * 70}f(n){')' * 70} + 1\nconst a = f(0)\n", "RDL802"),
    "deep bodies without end": (
        "block f(x, n: int) {\n" + "if n > 0 {\n" * 45 + "return x -> f(n)\n" + "}\n" * 45 + "return x\n}\n"
        + body("return image -> f(1)"),
        "RDL802",
    ),
    "deep loops without end": (
        f"block f(x) {{ return x -> {'repeat 1 { ' * 140}f{' }' * 140} }}\n" + body("return image -> f"),
        "RDL802",
    ),
    "models in a circle": ("model a = b()\nmodel b = a()\nmodel c = a()\n", "RDL223"),
    "a model of itself": ("model a = a(1)\n", "RDL223"),
    "a long chain of models": (
        "model m0(n: int) {\n  input image [3, 8, 8]\n" + TAIL + lines("model m{1} = m{0}(n = 1)\n", 2000),
        "RDL802",
    ),
    "constants in a circle": ("const a = b + 1\nconst b = a + 1\n", "RDL343"),
    "a function twice a level": (TWO_TO_THE_N + "const a = f(60)\n", "RDL808"),
    "recipes": (
        TWO_TO_THE_N + HEAD + TAIL + lines("train t{0} for net {{\n  epochs = f(60)\n}}\n", 100),
        "RDL808",
    ),
    "models": (
        "model m(n: int) {\n  input image [3, 8, 8]\n" + TAIL + lines("model m{0} = m({0})\n", 5000),
        "RDL808",
    ),
    "large models": (
        "model m(n: int) {\n  input image [3, 8, 8]\n  return image -> repeat 400 { repeat 500 { relu } }\n}\n"
        + lines("model m{0} = m({0})\n", 100),
        "RDL806",
    ),
    "names that loops copy": (
        body(lines("x{0} = image\n", 5000) + "y = image -> repeat 1 { relu }\n" * 5000 + "return y"),
        "RDL808",
    ),
    # mistakes
    "many mistakes": (lines("const a{0} = b{0}\n", 5000), "RDL812"),
    "many mistakes of syntax": ("const = 1\n" * 5000, "RDL812"),
    "many mistakes in a body": (body("x = \n" * 5000), "RDL101"),
    "many names that are close": (lines("const abcdefgh{0} = abcdefg{0}x\n", 5000), "RDL812"),
    "many names bound twice": ("const a = 1\n" * 5000, "RDL812"),
    "many missing imports": ('from "a.rdl" import b\n' * 5000, "RDL812"),
    "closing braces": ("}" * MANY, "RDL104"),
    "a mistake in a long pipeline": (body("return image -> )" + "\n    -> relu" * MANY), "RDL104"),
}  # fmt: skip


def codes(text: str) -> list[str]:
    with pytest.raises(SpecError) as error:
        resnet_dsl.loads(text)
    assert len(str(error.value)) < 200_000
    return [entry.code for entry in error.value.diagnostics]


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_with_a_reason(name: str) -> None:
    text, code = BOMBS[name]
    found = codes(text)
    assert code in found
    assert len(found) <= MAX_MISTAKES + 1


def test_mistakes_are_counted_up_to_a_limit() -> None:
    found = codes(BOMBS["many mistakes"][0])
    assert found.count("RDL201") == MAX_MISTAKES
    assert found[-1] == "RDL812"


def test_warnings_never_stop_a_compilation() -> None:
    text = body("y = image -> relu\n" * (2 * MAX_MISTAKES) + "return image")
    assert len(resnet_dsl.loads(text).diagnostics) == MAX_MISTAKES


def test_a_long_pipeline_is_no_bomb() -> None:
    text = body("return image" + "\n    -> relu" * 5000)
    assert len(resnet_dsl.loads(text)["net"].network) == 5001


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits of a process")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_needs_little_memory_and_time(name: str) -> None:
    program = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (60, 60))\n"
        "import resnet_dsl\n"
        "try:\n    resnet_dsl.loads(sys.stdin.read())\n"
        "except resnet_dsl.SpecError:\n    sys.exit(1)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], input=BOMBS[name][0], text=True, capture_output=True, check=False
    )
    assert (run.returncode, run.stderr) == (1, "")
