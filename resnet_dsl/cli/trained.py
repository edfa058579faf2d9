"""Trained weights and the spec that they came from: noted when a run begins, compiled again later.

A run's weights carry the texts of their spec and the words of the command line, so that a folder, or
a single file out of it, is enough to evaluate and export. The spec is compiled again; code that
lies beside the weights is never run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from json import JSONDecodeError, loads
from os.path import normpath
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import typer

from resnet_dsl.cli.loading import LeftOut, load_program, parse_overrides
from resnet_dsl.cli.terminal import tell_diagnostics
from resnet_dsl.cli.weights import best_fit

if TYPE_CHECKING:
    from resnet_dsl.compiled import CompiledNetwork
    from resnet_dsl.semantics.recipe import Recipe
    from resnet_dsl.weights.checkpoint import Checkpoint
    from resnet_dsl.weights.fit import Fit

BEST, LAST = "best.safetensors", "last.safetensors"
_STARTED_IN = "started_in.txt"  # as `training.folder` has it, which imports torch
_KEY = "resnet_dsl"


class Trained(NamedTuple):
    """Weights with the network and the recipe that they are of."""

    network: CompiledNetwork
    recipe: Recipe | None
    weights: Path
    facts: Mapping[str, Any]


def origin_of(
    spec: Path,
    network: CompiledNetwork,
    recipe: Recipe,
    overrides: Sequence[str],
    include: Sequence[Path],
    left_out: LeftOut,
) -> dict[str, Any]:
    """How a network and its recipe came to be, as plain data: all that `open_trained` needs."""
    from resnet_dsl.semantics.spec_files import spec_files

    found = spec_files(spec, include)
    return {
        "main": found.main,
        "files": dict(found.files),
        "include": list(found.include),
        "model": network.name,
        "recipe": recipe.name,
        "set": list(overrides),
        "without_shortcuts": left_out.without_shortcuts,
        "delete_blocks": list(left_out.delete_blocks),
    }


def is_trained(path: Path) -> bool:
    """Whether a path is a run's folder or a file of weights, rather than a spec."""
    return path.is_dir() or path.suffix in {".safetensors", ".pth", ".pt", ".bin"}


def weights_in(path: Path, file: str = BEST) -> Path:
    """The file of weights that a path means: itself, or the one in a run's folder; a usage error without."""
    if path.is_dir() and not (path / file).is_file():
        raise typer.BadParameter(f"{path} is no run's folder: it has no {file}")
    return path / file if path.is_dir() else path


def need_spec(*options: object) -> None:
    """A usage error where one of these options, which choose within a spec, stands beside a run."""
    if any(options):
        raise typer.BadParameter(
            "a run brings its own model, recipe and weights; name a spec to choose others"
        )


def fitting(
    networks: Sequence[CompiledNetwork], weights: Path, rename: Sequence[str]
) -> tuple[CompiledNetwork, Fit]:
    """Of a spec's models the one that weights fit best, and how they do."""
    found = best_fit(networks, weights, rename)
    return next(network for network in networks if network.name == found.model), found


def open_trained(path: Path, command: str, file: str = BEST, data: Sequence[str] = ()) -> Trained:
    """The network and recipe of a run's weights. RDL950 where they do not say.

    `data` are settings of the recipe's data, ``train.data.folder=DIR``, in place of the run's own.
    """
    from resnet_dsl.weights.opening import open_checkpoint

    weights = weights_in(path, file)
    facts = _facts(open_checkpoint(weights), weights, command)
    origin = facts["origin"]
    try:
        network, recipe = _compiled({**origin, "set": _with_data(origin["set"], data)})
    except (KeyError, TypeError, ValueError, AttributeError):
        _refuse(weights, command, "its metadata is damaged")
    before = str(facts.get("spec_sha256", ""))
    if before and before != network.spec_sha256:
        from resnet_dsl.diagnostics.catalog import diagnose

        tell_diagnostics(
            [diagnose("RDL952", None, path=str(weights), before=before[:12], now=network.spec_sha256[:12])]
        )
    if recipe is not None and not any(
        each.startswith(("train.data=", "train.data.folder=")) for each in data
    ):
        recipe = _from_where_it_began(recipe, weights.parent)
    return Trained(network, recipe, weights, facts)


def _with_data(settings: Sequence[object], data: Sequence[str]) -> list[str]:
    """A run's `--set` with other settings of its data; other data altogether takes none of the old ones."""
    names = {each.partition("=")[0] for each in data}
    kept = [str(each) for each in settings if str(each).partition("=")[0] not in names]
    if "train.data" in names:
        kept = [each for each in kept if not each.startswith("train.data.")]
    return [*kept, *data]


def _from_where_it_began(recipe: Recipe, run: Path) -> Recipe:
    """The recipe with the folder of its data told from where the run was begun, where `run` knows that."""
    from dataclasses import replace

    from resnet_dsl.semantics.recipe_sources import Synthetic

    source = recipe.data
    if source is None or isinstance(source, str | Synthetic):
        return recipe
    try:
        began = (run / _STARTED_IN).read_text(encoding="utf-8").rstrip("\n")
        folder = Path(normpath(run / began / Path(source.folder).expanduser()))
        is_there = folder.is_dir()
    except (OSError, ValueError, RuntimeError):  # no such file, a name that can be none, no home
        return recipe
    return replace(recipe, data=replace(source, folder=str(folder))) if is_there else recipe


def _facts(checkpoint: Checkpoint, path: Path, command: str) -> Mapping[str, Any]:
    text = checkpoint.metadata.get(_KEY)
    if text is None:
        _refuse(path, command, "it was not written by `resnet-dsl train`")
    try:
        facts = loads(text)
    except (JSONDecodeError, RecursionError):
        facts = None
    if not isinstance(facts, dict) or not isinstance(facts.get("origin"), dict):
        _refuse(path, command, "its metadata names no spec")
    return facts


def _compiled(origin: Mapping[str, Any]) -> tuple[CompiledNetwork, Recipe | None]:
    """The network and recipe, from texts that are laid out in a folder for as long as it takes."""
    files = {_checked(name): str(text) for name, text in dict(origin["files"]).items()}
    left_out = LeftOut(bool(origin["without_shortcuts"]), [str(each) for each in origin["delete_blocks"]])
    overrides = parse_overrides([str(each) for each in origin["set"]])
    name, recipe = str(origin["model"]), str(origin["recipe"])
    with TemporaryDirectory(prefix="resnet-dsl-") as folder:
        root = Path(folder)
        for place, text in files.items():
            (root / place).parent.mkdir(parents=True, exist_ok=True)
            (root / place).write_text(text, encoding="utf-8", newline="")
        include = [root / _checked(str(each)) for each in origin["include"]]
        for each in include:
            each.mkdir(exist_ok=True)
        main = root / _checked(str(origin["main"]))
        program = load_program(main, name, overrides, include, recipe=recipe, left_out=left_out)
    network = program.models[name]
    return network, network.recipes.get(recipe)


def _checked(name: str) -> PurePosixPath:
    """A place inside a folder. Raises `ValueError` for one that leads out of it."""
    place = PurePosixPath(name)
    if not place.parts or place.is_absolute() or ".." in place.parts or set("\\:\0") & set(name):
        raise ValueError(name)
    return place


def _refuse(path: Path, command: str, reason: str) -> NoReturn:
    from resnet_dsl.diagnostics.catalog import diagnose
    from resnet_dsl.diagnostics.model import SpecError

    raise SpecError(
        [diagnose("RDL950", None, path=str(path), reason=reason, command=f"resnet-dsl {command}")]
    )
