"""RDL969 and RDL97x: data that cannot be trained on."""

from __future__ import annotations

from resnet_dsl.diagnostics.entry import Entry

ENTRIES: dict[str, Entry] = {
    "RDL969": Entry(
        "A column that a table does not have",
        "`{path}` has no column `{column}`, but {columns}",
        help="{suggestion}",
        explanation="`data = hf_datasets(...)` reads one column of images and one of classes; `image` and `label` name them.",
    ),
    "RDL970": Entry(
        "Data that is not there",
        "`{data}` is to be read from `{path}`, and {reason}",
        help="name the folder that holds it: `--set train.data.folder=DIR`",
        explanation="Folders are named from where the command runs. Nothing is downloaded.",
    ),
    "RDL971": Entry(
        "A data file that is damaged or something else",
        "`{path}` is no file of `{data}`: {reason}",
        help="fetch or unpack it again; a download that was cut off is the usual cause",
        explanation="Sizes and contents are checked before a run starts. Files of Python's pickle format are read by a reader that makes arrays and lists and runs nothing.",
    ),
    "RDL972": Entry(
        "A class without images",
        "class `{name}` has no images in `{path}`",
        help="put some there, or remove the folder; images end in {endings}",
        explanation="A class that is never seen cannot be learnt, and would take part in every figure.",
    ),
    "RDL973": Entry(
        "Parts of the data with different classes",
        "`{path}` has the class `{name}`, which the training images have not",
        help="give each part the classes of the training part: folders of the same names, or the same numbers",
        explanation="The number of a class is its place in the sorted names of the training part's folders, or is written beside the image. Some published test parts have -1 in place of classes; leave such a part out.",
    ),
    "RDL974": Entry(
        "An image that cannot be read",
        "cannot read the image {name}: {reason}",
        help="mend or remove it, or pass over such images: `--on-bad-sample skip`",
        explanation="With `--on-bad-sample stop` the first image that is cut off or damaged ends the run. With `skip`, the next one stands in for it in training, evaluation leaves it out, and the run says how many there were.",
    ),
    "RDL975": Entry(
        "A package for this data is missing",
        "`{data}` needs the package `{package}`, which is not installed",
        help='run `pip install "resnet-dsl[{extra}]"`',
        explanation="Packages that only one kind of data needs do not come with the extra `train`.",
    ),
    "RDL976": Entry(
        "A recipe that does not fit its data",
        "`{key}` does not fit `{data}`, whose targets are {targets}",
        help="{advice}",
        explanation="Labels of images, masks and heat maps take different losses; mixup and cutmix blend labels of images only.",
    ),
    "RDL977": Entry(
        "A folder that prepared data cannot be written to",
        "`{path}` {reason}",
        help="choose another folder",
        explanation="`data prepare` writes into a folder that is new, empty, or holds what the same command began.",
    ),
    "RDL978": Entry(
        "Too many images that cannot be read",
        "{count} images in a row cannot be read, the last of them {name}: {reason}",
        help="open one of them in a viewer; if they are fine, look whether the disk is still there",
        explanation="Single damaged images are passed over; this many at once mean that the folder is not what it seems, or a disk has gone.",
    ),
    "RDL979": Entry(
        "Too few images",
        "`{data}` has {images} training, {validation} validation and {test} test images; each part needs one at least",
        help="add images, or give the parts folders of their own: `train`, `val` and `test`",
        explanation="Weights are picked by the validation part and judged by the test part.",
    ),
}
