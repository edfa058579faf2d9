"""Which names a spec may use, and why others are refused."""

from __future__ import annotations

import builtins
import keyword
import re

from resnet_dsl.ops.registry import operators

FUNCTIONS = ("abs", "ceil", "float", "floor", "int", "len", "letter", "log2", "max", "min", "round", "sum")
TYPES = ("bool", "float", "int", "list", "op", "size", "str")
# What `expect` sees; those after `buffers` are worked out where a spec names them, in
# `analysis/stated.py`, and a test compares the two lists.
FACTS = tuple(
    """params macs depth buffers weight_bytes saved_bytes peak_bytes training_bytes receptive_field
    paths h200_ms h100_ms a100_ms rtx4090_ms laptop_cpu_ms""".split()
)
MAX_NAME = 80

# Names that generated code uses for itself; a local of that name would hide them.
_CODE_NAMES = frozenset({"nn", "F", "torch", "Tensor", "self", "super", "range", "build"})

# Classes that operators bring along; a test compares them with the table.
_SUPPORT = frozenset({"BlurPool", "DropPath", "LayerNorm2d", "Permute"})

_BUILTINS = frozenset({*dir(builtins), "OrderedDict"})

# Attributes of torch.nn.Module and nn.Sequential, and methods of generated classes. A test compares
# the list with torch's own.
MODULE_ATTRIBUTES = frozenset(
    """T_destination add_module append apply bfloat16 buffers call_super_init children compile cpu cuda
    double dump_patches eval extend extra_repr float forward forward_features forward_head get_buffer
    get_extra_state get_parameter get_submodule half insert ipu load_state_dict modules mtia
    named_buffers named_children named_modules named_parameters parameters pop register_backward_hook
    register_buffer register_forward_hook register_forward_pre_hook register_full_backward_hook
    register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook
    register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory state_dict
    to to_empty train training type xpu zero_grad""".split()
)

_LABEL = re.compile(r"[A-Za-z0-9_-]+\Z")


def refusal(name: str, *, is_model: bool = False) -> tuple[str, str] | None:
    """Why a declaration, tensor or parameter cannot have this name: a code and a reason."""
    if name in operators():
        return "RDL205", "an operator"
    if name in FUNCTIONS:
        return "RDL205", "a function of the language"
    if name in {"true", "false", "not"}:
        return "RDL206", "reserved"
    if is_model and name in _BUILTINS:
        return "RDL207", "the model's factory would hide what Python calls so"
    if is_model and name in _SUPPORT:
        return "RDL207", "the generated code may hold a class of that name"
    return unfit_for_code(name)


def unfit_for_code(name: str) -> tuple[str, str] | None:
    """Why generated Python could not use this name."""
    if keyword.iskeyword(name):
        return "RDL207", "it is a keyword of Python"
    if name.startswith("_"):
        return "RDL207", "names with a leading underscore are private in Python"
    if name in _CODE_NAMES:
        return "RDL207", "the generated code uses it for its own"
    if len(name) > MAX_NAME:
        return "RDL207", f"it is longer than {MAX_NAME} characters"
    return None


def label_refusal(name: str) -> str | None:
    """Why a module cannot be called this; None when it can."""
    if not name:
        return "it is empty, or has an empty part"
    if len(name) > MAX_NAME:
        return f"it is longer than {MAX_NAME} characters"
    if not _LABEL.match(name):
        return "only letters, digits, `_` and `-` can stand in a `state_dict` key's part"
    if keyword.iskeyword(name):
        return "it is a keyword of Python, which torch.export writes into code"
    if name.startswith("_"):
        return "torch keeps names with a leading underscore to itself"
    if name in MODULE_ATTRIBUTES:
        return "torch.nn.Module has an attribute of that name"
    return None
