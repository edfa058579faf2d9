"""RDL31x and RDL345: training recipes. RDL9xx: training runs."""

from __future__ import annotations

from resnet_dsl.diagnostics.entry import Entry

ENTRIES: dict[str, Entry] = {
    "RDL310": Entry(
        "An unknown setting of a recipe",
        "`{name}` is no setting of a recipe",
        explanation="A recipe's keys are a closed list: a key nobody reads would be a silent mistake.",
    ),
    "RDL311": Entry(
        "A recipe's value of the wrong type",
        "{subject} takes {wanted}, not {given}",
        explanation="Types are checked, never converted; only an int may stand for a float.",
    ),
    "RDL312": Entry(
        "A recipe's value out of range",
        "{subject} must be {range}; it is {value}",
        explanation="`docs/training.md` lists the range of every key and argument.",
    ),
    "RDL313": Entry(
        "A recipe that lacks something",
        "{callee} needs {missing}",
        explanation="Keys and arguments without a default must be given.",
    ),
    "RDL314": Entry(
        "A word a recipe's key cannot be",
        "{subject} cannot be `{value}`",
        explanation="This key takes one of a few words, some of them with arguments.",
    ),
    "RDL315": Entry(
        "An unknown argument in a recipe",
        "`{callee}` has no argument `{name}`",
        explanation="The arguments of an optimizer or a schedule are a closed list.",
    ),
    "RDL316": Entry(
        "Too many arguments in a recipe",
        "`{callee}` takes at most {most} argument(s), not {given}",
        help="name the arguments: `{callee}(name = value)`",
        explanation="Positional arguments fill the parameters in order; more than there are is a mistake.",
    ),
    "RDL317": Entry(
        "An argument given twice in a recipe",
        "`{name}` of `{callee}` is given twice",
        help="remove one of them",
        explanation="An argument is given by position or by name, once.",
    ),
    "RDL318": Entry(
        "Arguments of a recipe that contradict each other",
        "in `{callee}`, {problem}",
        explanation="Each argument is fine by itself; together they make no sense.",
    ),
    "RDL319": Entry(
        "A milestone that is never reached",
        "milestone {milestone} is never reached: training ends after epoch {epochs}",
        help="lower the milestone, raise `epochs`, or remove it",
        severity="warning",
        explanation="The learning rate drops after a milestone's epoch, so the last one must lie before the end.",
    ),
    "RDL345": Entry(
        "More auxiliary weights than auxiliary outputs",
        "`aux_weights` has {given}, and `{model}` has {outputs}",
        explanation="Each auxiliary output's loss has a weight, in their order, and the last weight stands for all outputs that follow. A weight without an output would be read by nobody. The spec's own recipes are held against the model as declared; one that `--set` leaves with fewer heads is fine, and so is a recipe of the program, which is for any network.",
    ),
    "RDL901": Entry(
        "A package for training is missing",
        "training needs the package `{package}`, which is not installed",
        help='run `pip install "resnet-dsl[train]"`',
        explanation="The compiler itself is light. PyTorch and the embedded data come with the extra `train`.",
    ),
    "RDL902": Entry(
        "A run folder that cannot be used",
        "cannot write `{path}`: {reason}",
        help="free some space, or choose another folder; `train` takes one with `--out DIR`",
        explanation="A run writes its weights, metrics and curves as it goes. Each file is written whole or not at all, so what the folder held before is still good.",
    ),
    "RDL903": Entry(
        "A network that cannot take the data",
        "the network does not take the images of `{data}`, which are {shape}: {reason}",
        help="give the model an input of that shape, for example with `--set` if it has parameters for it",
        explanation="The recipe's data and the model's `input` must agree in channels, height and width.",
    ),
    "RDL904": Entry(
        "A network with the wrong number of classes",
        "the network's output for one image is {given}; `{data}` has {classes} {what} and needs {needed}",
        help="{advice}",
        explanation="A classifier gives one number a class, before any softmax. For masks and heat maps the network gives a map for each class or joint, of the size of the targets; the `stride` of key points is the image's side by the map's.",
    ),
    "RDL905": Entry(
        "A loss that is not finite",
        "the loss became {loss} in epoch {epoch}, step {step}, at a learning rate of {learning_rate:g}; {place}; training stopped, because every weight would follow",
        help="lower the learning rate, `--set train.optimizer.lr={suggestion}`, or warm up; if one batch is at fault, `--on-nan skip` leaves it out",
        explanation="A learning rate too high for the depth is the usual cause. When the loss is no longer finite, the run goes back to the last moment at which all was well (20 steps at most) and repeats the steps one module at a time, to name the one in which it begins. Checkpoints stay as they are; `best.safetensors` is still good.",
    ),
    "RDL906": Entry(
        "A run that cannot be resumed",
        "cannot go on from `{path}`: {reason}",
        help="undo the change, start again without `--resume` (what the folder holds is kept), or choose another folder with `--out DIR`",
        explanation="Going on is exact: the same weights come out as from a run that was never stopped. So recipe, seed and network must be the ones the run began with.",
    ),
    "RDL907": Entry(
        "A recipe without data",
        "recipe `{recipe}` names no data to train on",
        help="add `data = digits` to it, or `--set train.data=digits`",
        explanation="Without `data` a recipe only describes how a paper trained.",
    ),
    "RDL908": Entry(
        "A batch larger than the data",
        "a batch of {batch} does not fit into the {images} training images of `{data}`",
        help="lower it: `--set train.batch={suggestion}`",
        explanation="Every step takes a full batch; images that do not fill one wait for the next epoch's order.",
    ),
    "RDL909": Entry(
        "A run that was stopped",
        "stopped by {signal} in epoch {epoch} of {epochs}, after step {step} of {steps}; the run is saved in `{path}`",
        help="go on exactly there: the same command with `--resume`",
        explanation="On SIGINT and SIGTERM the step under way is finished and saved; the exit code is 128 and the signal's number.",
    ),
    "RDL910": Entry(
        "A step the network cannot take",
        "the network failed in training: {reason}",
        help="the shapes fit, so look at the batch: batch norm needs more than one value a channel, and memory is finite",
        explanation="The forward pass works on the data, but a training step raises an error in PyTorch.",
    ),
    "RDL911": Entry(
        "Nothing to train",
        "`{spec}` has no recipe for {models}",
        help="add one, `train quick for {model} {{ data = digits ... }}`, or take one of the program's: `--recipe fast`; `docs/training.md` lists keys and recipes",
        explanation="A `train` block says how a model is trained: on what data, with which optimizer, for how long.",
    ),
}
