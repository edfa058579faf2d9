"""The syntax tree: immutable values with spans, one per construct of the grammar.

Whoever reads it matches values of every part, so all have their names here: ``tree.Model``.

Named tuples, not frozen dataclasses: they are made a third faster, and forty of them cost a cold
start 3 ms where dataclasses cost 12.
"""

# ruff: noqa: F403 - the names of the parts are those of the whole
from resnet_dsl.syntax.tree.declarations import *
from resnet_dsl.syntax.tree.expressions import *
from resnet_dsl.syntax.tree.statements import *
