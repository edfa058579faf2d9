"""Which options of a command go together: one that would say nothing is a usage error, not ignored."""

from __future__ import annotations

from collections.abc import Mapping

import typer


def check_mode(
    context: typer.Context, chosen: str | None, modes: Mapping[str, frozenset[str]], plain: frozenset[str]
) -> None:
    """A usage error for an option given on the command line that says nothing about what is asked for.

    `modes` are options that ask for something else, each with the names of the parameters that belong
    to it; `plain` are those that count where no mode is `chosen`.
    """
    counting = plain if chosen is None else modes[chosen]
    options = {parameter.name: parameter.opts[0] for parameter in context.command.params}
    for name in sorted(plain.union(*modes.values())):
        source = context.get_parameter_source(name)
        if name in counting or source is None or source.name != "COMMANDLINE":
            continue
        homes = [mode for mode, names in modes.items() if name in names]
        advice = f"it does nothing beside `{chosen}`" if chosen else f"it goes with {_either(homes)}"
        raise typer.BadParameter(advice, param_hint=options[name])


def _either(options: list[str]) -> str:
    return " or ".join(f"`{option}`" for option in options)
