"""scikit-learn's digits."""

from __future__ import annotations

from importlib import import_module

import torch

from resnet_dsl.training.data.parts import Dataset, Part, make_dataset
from resnet_dsl.training.errors import missing_package


def load_digits() -> Dataset:
    """1,797 images, (N, 1, 8, 8), 10 classes. They come with the package.

    Raises `TrainingError` RDL901 without scikit-learn. Source: Alpaydin and Kaynak 1998, UCI.
    """
    try:
        datasets = import_module("sklearn.datasets")
    except ModuleNotFoundError as error:
        raise missing_package("scikit-learn") from error
    bunch = datasets.load_digits()
    images = torch.as_tensor(bunch.images, dtype=torch.float32).unsqueeze(1) / 16
    return make_dataset("digits", Part(images, torch.as_tensor(bunch.target, dtype=torch.int64)), 10)
