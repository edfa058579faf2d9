"""Nothing of a spec becomes code: texts that look like it stay texts, or are refused.

The code of a hostile text is searched, as a syntax tree, for anything that the compiler did not put there.
"""

from __future__ import annotations

import ast
import builtins

import pytest

import resnet_dsl
from resnet_dsl.diagnostics.model import SpecError
from tests.errors.naming import BLOCK, built

TEXTS = [
    '"""\nimport os\nos.system("true")\n"""',
    "'''\nimport os\n'''",
    'ends in a quote"',
    'ends in three """',
    "ends in a backslash\\",
    'a backslash and a quote \\"""\\',
    "\\x22\\x22\\x22 import os",
    "\\N{QUOTATION MARK} \\u0022 \\",
    "a null \0 a bell \a an escape \x1b[2J",
    "a line separator \u2028 import os \u2029 import os \x85 import os",
    "a form feed \f import os \v import os",
    "{__import__('os')} {0} {name} %s %(x)s {{ }}",
    "{% raw %} {{ import os }} {# #} # comment",
    "\u202e reversed \u2066 \ufeff",
    "\ud800 half a letter",
    '"""',
    "\\",
    "-*- coding: rot13 -*-",
]


def imports(code: str) -> set[str]:
    """Every module that code imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def calls(code: str) -> set[str]:
    """Every plain name that code calls."""
    nodes = ast.walk(ast.parse(code))
    return {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}


@pytest.mark.parametrize("text", TEXTS)
def test_doc_comments_are_inert(text: str) -> None:
    docs = "".join(f"/// {line}\n" for line in text.split("\n"))
    spec = docs + BLOCK.format("unit").replace("model", docs + "model")
    net = resnet_dsl.loads(spec)["net"]
    plain = resnet_dsl.loads(BLOCK.format("unit"))["net"]
    code = net.to_pytorch()
    assert imports(code) == imports(plain.to_pytorch())
    assert calls(code) == calls(plain.to_pytorch())
    assert "\0" not in code
    assert "\x1b" not in code
    built(net)


@pytest.mark.parametrize("text", TEXTS)
def test_names_of_files_are_inert(text: str) -> None:
    net = resnet_dsl.loads(BLOCK.format("unit"), name=text)["net"]
    code = net.to_pytorch()
    assert imports(code) <= {
        "__future__",
        "collections",
        "torch",
        "torch.nn",
        "torch.nn.functional",
        "typing",
    }
    built(net)


@pytest.mark.parametrize("text", TEXTS)
def test_labels_are_refused_before_they_are_code(text: str) -> None:
    quoted = (
        text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("{", "").replace("}", "")
    )
    with pytest.raises(SpecError) as error:
        resnet_dsl.loads(
            f'model net {{\n  input image [3, 8, 8]\n  return image -> "{quoted}": conv(4, 3)\n}}\n'
        )
    assert {entry.code for entry in error.value.diagnostics} <= {"RDL502", "RDL101", "RDL102", "RDL105"}


def test_generated_code_calls_nothing_that_reaches_out() -> None:
    code = resnet_dsl.loads(BLOCK.format("unit"))["net"].to_pytorch()
    dangerous = {"eval", "exec", "compile", "open", "__import__", "getattr", "setattr", "globals", "vars"}
    assert dangerous <= set(dir(builtins))
    assert not calls(code) & dangerous
