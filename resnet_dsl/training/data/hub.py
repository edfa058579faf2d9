"""What Hugging Face's package datasets wrote with `save_to_disk`."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from typing import Any

import torch

from resnet_dsl.semantics.recipe_sources import HubFolder
from resnet_dsl.training.data.decoding import check_pixels, fitted, in_colour, pixels, require_pillow
from resnet_dsl.training.data.images import (
    TEST,
    TRAINING,
    VALIDATION,
    arranged,
    check_numbers,
    classes_in,
    existing_folder,
    measured_dataset,
)
from resnet_dsl.training.data.parts import BadSamples, Dataset
from resnet_dsl.training.data.reading import BadSampleError, ReadPart, Sample, as_label
from resnet_dsl.training.errors import TrainingError, first_line


def load_hub(source: HubFolder, bad_samples: BadSamples) -> Dataset:
    """Images (N, 3, size, size) of a column of images and one of classes; splits are the parts.

    RDL975 without the package, RDL970 where the folder is missing, RDL969 where a column is, RDL971 for
    one that holds no classes.
    """
    require_pillow()
    try:
        package = import_module("datasets")
    except ModuleNotFoundError as error:
        # Of `datasets` itself, or of one of the many packages that it takes.
        package_name = (error.name or "datasets").partition(".")[0]
        raise TrainingError("RDL975", data=source.kind, package=package_name, extra="hf") from error
    existing_folder(source.folder, source.kind)
    try:
        found = package.load_from_disk(source.folder)
    except Exception as error:  # the package raises whatever the folder happens to mean
        reason = first_line(error)
        raise TrainingError("RDL970", data=source.kind, path=source.folder, reason=reason) from error
    splits: dict[str, Any] = dict(found) if isinstance(found, dict) else {}
    training = _one_of(splits, TRAINING)
    has_parts = training is not None
    table = training if has_parts else found if not splits else next(iter(splits.values()))
    labels, names = _labels(table, source)
    others: list[ReadPart | None] = []
    for split in (_one_of(splits, kinds) if has_parts else None for kinds in (VALIDATION, TEST)):
        if split is not None:
            check_numbers(_labels(split, source)[0], len(names), source.folder)
        others.append(None if split is None else _part(split, source, bad_samples))
    check_numbers(labels, len(names), source.folder)
    whole = _part(table, source, bad_samples)
    parts = arranged(whole, labels, others[0], others[1], has_parts)
    return measured_dataset(source.kind, names, parts)


def _one_of(splits: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((splits[name] for name in names if name in splits), None)


def _labels(table: Any, source: HubFolder) -> tuple[torch.Tensor, tuple[str, ...]]:
    """Every row's class, and the classes' names where the column has some."""
    for setting, column in (("image", source.image_column), ("label", source.label_column)):
        if column not in table.column_names:
            columns = [f"`{name}`" for name in table.column_names]
            near = get_close_matches(column, table.column_names, n=1)
            example = near[0] if near else "NAME"
            raise TrainingError(
                "RDL969",
                path=source.folder,
                column=column,
                columns=", ".join(columns),
                suggestion=f"say which one holds the {setting}s: `--set train.data.{setting}={example}`",
            )
    try:
        numbers = list(table[source.label_column])
        if any(isinstance(number, float) for number in numbers):
            raise TypeError("a fraction is no class")  # noqa: TRY301 - told as all else is
        labels = torch.tensor(numbers, dtype=torch.int64)
    except (
        TypeError,
        ValueError,
        RuntimeError,
        OverflowError,
    ) as error:  # too large, for torch, is the third
        reason = f"`{source.label_column}` holds no whole numbers"
        raise TrainingError("RDL971", path=source.folder, data=source.kind, reason=reason) from error
    names = getattr(table.features[source.label_column], "names", None)
    if names is None:
        count = classes_in(labels, source.kind, source.folder)
        names = [f"class {number}" for number in range(count)]
    return labels, tuple(names)


def _part(table: Any, source: HubFolder, bad_samples: BadSamples) -> ReadPart:
    def read(index: int) -> Sample:
        try:
            row = table[index]
            image = row[source.image_column]
            check_pixels(image)
            return pixels(fitted(in_colour(image), source.size)), as_label(row[source.label_column])
        except BadSampleError:
            raise
        except Exception as error:  # damaged bytes raise whatever they happen to mean
            raise BadSampleError(first_line(error)) from error

    return ReadPart(len(table), read, lambda index: f"{index:,} of `{source.folder}`", bad_samples)
