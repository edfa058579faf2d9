"""The command line: one thin file a command, each with its signature, one call, and the printing.

Files here import nothing but typer and the standard library when they are loaded: a command's
work is imported by the command, so that `--help` and `check` stay quick.
"""
