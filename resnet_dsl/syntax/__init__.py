"""The text of the language: grammar, tree, parser. Knows nothing of operators or graphs."""
