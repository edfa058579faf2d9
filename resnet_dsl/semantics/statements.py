"""What is plain to see of a statement."""

from __future__ import annotations

from resnet_dsl.syntax import tree


def returns(node: tree.Statement) -> bool:
    """Whether a `return` stands anywhere in a statement."""
    if isinstance(node, tree.If):
        arms = [node.then, *([node.otherwise] if node.otherwise is not None else [])]
        return any(returns(statement) for arm in arms for statement in arm.statements)
    return isinstance(node, tree.Return)


def keyword_of(node: tree.Statement) -> str:
    """What a statement is called in messages."""
    match node:
        case tree.Bind():
            return node.role or f"{node.name.text} = ..."
        case tree.Input():
            return "input"
        case tree.Expect():
            return "expect"
        case tree.Return():
            return "return"
        case tree.Let():
            return "let"
        case tree.If():
            return "if"
        case tree.Register():
            return "register"
        case _:
            return "assert"
