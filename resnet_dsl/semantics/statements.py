"""What is plain to see of a statement, or of an expression in it."""

from __future__ import annotations

from collections.abc import Iterator

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


def references(node: tree.Expression) -> Iterator[tree.Reference]:
    """The names that an expression uses, in the order of the text; without recursion."""
    pending: list[tree.Expression] = [node]
    while pending:
        current = pending.pop()
        match current:
            case tree.Reference():
                yield current
            case tree.Binary():
                pending += [current.right, current.left]
            case tree.Unary():
                pending.append(current.operand)
            case tree.Conditional():
                pending += [current.otherwise, current.condition, current.value]
            case tree.ListOf():
                pending += reversed(current.items)
            case tree.Index():
                pending += [current.position, current.target]
            case tree.Member():
                pending.append(current.target)
            case tree.Call():
                pending += [argument.value for argument in reversed(current.arguments)]
                pending.append(current.callee)
            case _:
                pass
