"""Data: from a recipe's `data` to batches on a device.

What a loop needs, all of it here:

* ``load_dataset(recipe)`` gives a `Dataset` with the parts `training`, `validation` and `test`.
  ``dataset.to(device)`` keeps a part that lies in memory there; others stay on the disk.
* ``training_batches(dataset, recipe, epoch, first_step)`` yields an epoch's batches from a step on:
  normalised, augmented, mixed, each of the recipe's size. It is a pure function of its arguments:
  the order is one of (seed, epoch), a sample's augmentation one of (seed, epoch, index), so a
  position is a step and nothing of a loader needs saving. With ``rank`` and ``world`` each process
  gets its share of every batch.
* ``evaluation_batches(dataset, part, batch_size)`` yields a part in order, normalised, cut in the
  middle as the recipe's crop says; the last batch may be small. With ``rank`` and ``world`` each
  process gets its share, no image twice.
* A batch is a `Part`: `images` (N, C, H, W), float32, and `labels`, whose form is the task's: classes (N,),
  int64, or after mixup and cutmix shares of classes (N, classes), float32; masks (N, H, W), int64,
  with `IGNORED` for pixels that count for nothing; heat maps (N, K, H, W), float32, NaN for joints that do.
  Of a `Part` read by ``at``, labels may be key points (N, K, 3), of which batches have the maps.
  ``hard_labels`` gives the likelier class of mixed ones.
* ``dataset.bad_samples.count`` says how many images could not be read and were passed over.
"""

from resnet_dsl.training.data.batches import evaluation_batches, hard_labels, training_batches
from resnet_dsl.training.data.loading import BUILTIN, load_dataset
from resnet_dsl.training.data.parts import BadSamples, Dataset, Part, Samples, make_dataset, split_indices

__all__ = [
    "BUILTIN",
    "BadSamples",
    "Dataset",
    "Part",
    "Samples",
    "evaluation_batches",
    "hard_labels",
    "load_dataset",
    "make_dataset",
    "split_indices",
    "training_batches",
]
