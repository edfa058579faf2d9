"""Generated code as a module of this process."""

from __future__ import annotations

import sys
from hashlib import sha256
from types import ModuleType
from typing import Any


def imported(name: str, code: str) -> Any:
    """Generated code as a module that can be imported by its name, as `torch.compile` does.

    The same code gives the same module; other code under the same name another one.
    """
    digest = sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
    full_name = f"resnet_dsl_generated_{name}_{digest[:12]}"
    module = sys.modules.get(full_name)
    if module is None:
        module = ModuleType(full_name)
        exec(compile(code, f"<generated {name}>", "exec"), module.__dict__)  # noqa: S102  # our own text
        sys.modules[full_name] = module
    return module
