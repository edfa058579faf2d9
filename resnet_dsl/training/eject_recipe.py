"""A recipe as the text of a script: its numbers in place, and of the parts those that it needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resnet_dsl.semantics.recipe_choices import (
    AdamW,
    Constant,
    Cosine,
    FlatWarmUp,
    LinearWarmUp,
    OneCycle,
    Polynomial,
    RmsProp,
    Sgd,
    Step,
)
from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.semantics.recipe_variations import Crop, Flip, Shift
from resnet_dsl.training import eject_parts as parts


def constants(recipe: Recipe, input_shape: Sequence[int]) -> str:
    """The numbers that stand at the head; `input_shape` is (C, H, W)."""
    channels, height, width = input_shape
    numbers = channels * height * width
    at_once = max(recipe.batch_size // recipe.accumulate, min(1024, 2**24 // numbers))
    lines = [
        f"EPOCHS = {recipe.epochs}",
        f"BATCH_SIZE = {recipe.batch_size}",
        *([f"ACCUMULATE = {recipe.accumulate}  # parts of a batch"] if recipe.accumulate > 1 else []),
        f"LEARNING_RATE = {recipe.optimizer.learning_rate!r}",
        *([f"LABEL_SMOOTHING = {recipe.label_smoothing!r}"] if recipe.label_smoothing else []),
        f"SEED = {recipe.seed}",
        f"EVALUATION_BATCH = {at_once}",
        'DEVICE = "cuda" if torch.cuda.is_available() else "cpu"',
    ]
    return "\n".join([*lines, ""])


def script_parts(recipe: Recipe, factory: str, input_shape: Sequence[int], has_heads: bool) -> Iterator[str]:
    """Everything below the network, in the order in which it is written; `factory` makes the network."""
    yield parts.SEEDS
    yield parts.DIGITS
    if recipe.augment:
        yield parts.DRAWS
        if any(isinstance(step, Shift | Crop) for step in recipe.augment):
            yield parts.CUT
        yield _augment(recipe, input_shape)
    if isinstance(recipe.schedule, Cosine | OneCycle):
        yield parts.GLIDE
    yield _learning_rate(recipe)
    if not recipe.decay_norms:
        yield parts.DECAY_GROUPS
    yield _loss(recipe, has_heads)
    yield parts.EVALUATE
    yield _main(recipe, factory)


def _augment(recipe: Recipe, input_shape: Sequence[int]) -> str:
    lines = [
        "def augment(images: Tensor, samples: Tensor, epoch: int) -> Tensor:",
        '    """Varies images (N, C, H, W); `samples` (N,) says which ones they are."""',
    ]
    rows, columns = input_shape[1:]
    for place, step in enumerate(recipe.augment):
        purpose = f'"augment/{place}/{step.kind}"'
        if isinstance(step, Flip):
            lines += [
                f"    drawn = uniform(samples, 1, {purpose}, epoch)[:, 0]",
                f"    flipped = (drawn < {step.probability!r}).to(images.device)",
                "    images = torch.where(flipped[:, None, None, None], images.flip(-1), images)",
            ]
            continue
        assert isinstance(step, Shift | Crop)
        pad = step.pixels if isinstance(step, Shift) else step.pad
        lines += [
            f"    drawn = uniform(samples, 2, {purpose}, epoch)",
            f"    images = cut(images, drawn, {pad}, {rows}, {columns})",
        ]
    return "\n".join([*lines, "    return images"])


def _learning_rate(recipe: Recipe) -> str:
    lines = [
        "def learning_rate(step: int, steps_per_epoch: int) -> float:",
        '    """The learning rate of a step, counted from 0 over the whole run."""',
    ]
    warmup = recipe.warmup
    length = "0"
    if warmup is not None:
        given = str(warmup.steps) if warmup.steps else f"round({warmup.epochs!r} * steps_per_epoch)"
        lines += [
            "    total = EPOCHS * steps_per_epoch",
            f"    length = min({given}, total - 1)",
            "    rising = 1.0",
            "    if step < length:",
        ]
        length = "length"
        match warmup:
            case LinearWarmUp(start_fraction=start):
                lines.append(f"        rising = {start!r} + (1 - {start!r}) * step / length")
            case FlatWarmUp(fraction=fraction):
                lines.append(f"        rising = {fraction!r}")
    elif not isinstance(recipe.schedule, Constant | Step):
        lines.append("    total = EPOCHS * steps_per_epoch")
    share = "step / total" if length == "0" else f"max(0, step - {length}) / (total - {length})"
    match recipe.schedule:
        case Constant():
            lines.append("    factor = 1.0")
        case Step(milestone_epochs=milestones, gamma=gamma):
            lines += [
                f"    passed = sum(step >= epoch * steps_per_epoch for epoch in {list(milestones)})",
                f"    factor = {gamma!r}**passed",
            ]
        case Cosine(final_fraction=final):
            lines.append(f"    factor = glide(1.0, {final!r}, {share})")
        case Polynomial(power=power, final_fraction=final):
            lines += [
                f"    share = {share}",
                f"    factor = {final!r} + (1 - {final!r}) * (1 - share) ** {power!r}",
            ]
        case OneCycle(warmup_fraction=rise, start_fraction=start, final_fraction=final):
            lines += [
                "    last = total - 1",
                f"    top = max(0.0, min({rise!r} * total - 1, last))",
                "    if step < top:",
                f"        factor = glide({start!r}, 1.0, step / top)",
                "    else:",
                "        share = (step - top) / (last - top) if last > top else 0.0",
                f"        factor = glide(1.0, {final!r}, share)",
            ]
        case _:
            raise AssertionError(recipe.schedule)
    times = " * rising" if warmup is not None else ""
    return "\n".join([*lines, f"    return LEARNING_RATE * factor{times}"])


def _loss(recipe: Recipe, has_heads: bool) -> str:
    smoothing = ", label_smoothing=LABEL_SMOOTHING" if recipe.label_smoothing else ""
    if not has_heads:
        return "\n".join(
            [
                "def loss_of(output: Tensor, labels: Tensor) -> Tensor:",
                f"    return F.cross_entropy(output, labels{smoothing})",
            ]
        )
    return "\n".join(
        [
            "def loss_of(outputs: Tensor | tuple[Tensor, ...], labels: Tensor) -> Tensor:",
            '    """The mean loss; in training, auxiliary heads add theirs, weighted."""',
            "    output, *heads = outputs if isinstance(outputs, tuple) else (outputs,)",
            f"    loss = F.cross_entropy(output, labels{smoothing})",
            *_heads(recipe.aux_weights, f"F.cross_entropy(head, labels{smoothing})"),
            "    return loss",
        ]
    )


def _heads(weights: tuple[float, ...], each: str) -> Iterator[str]:
    if len(set(weights)) == 1:
        yield "    for head in heads:"
        yield f"        extra = {each}"
        yield f"        loss = loss + {weights[0]!r} * extra"
        return
    yield f"    weights = {list(weights)}"
    yield "    for number, head in enumerate(heads):"
    yield f"        extra = {each}"
    yield "        loss = loss + weights[min(number, len(weights) - 1)] * extra"


def _main(recipe: Recipe, factory: str) -> str:
    step = parts.WHOLE_STEP if recipe.accumulate == 1 else parts.STEP_IN_PARTS
    step = step.strip("\n")
    if recipe.clip_norm:
        step += "\n" + parts.CLIP.strip("\n").replace("<norm>", repr(recipe.clip_norm))
    batch = "train_images[samples]"
    if recipe.augment:
        batch = f"augment({batch}, samples, epoch)"
    filled = {"factory": factory, "optimizer": _optimizer(recipe), "batch": batch, "step": step}
    text = parts.MAIN
    for name, value in filled.items():
        text = text.replace(f"<{name}>", value)
    return text


def _optimizer(recipe: Recipe) -> str:
    what = "model.parameters()" if recipe.decay_norms else "groups(model)"
    given: dict[str, object] = {"lr": "LEARNING_RATE"}
    match recipe.optimizer:
        case Sgd() as sgd:
            name = "SGD"
            given |= {"momentum": sgd.momentum, "weight_decay": sgd.weight_decay, "nesterov": sgd.nesterov}
        case AdamW() as adamw:
            name = "AdamW"
            given |= {"betas": (adamw.beta1, adamw.beta2), "eps": adamw.epsilon}
            given |= {"weight_decay": adamw.weight_decay}
        case RmsProp() as rmsprop:
            name = "RMSprop"
            given |= {"alpha": rmsprop.alpha, "eps": rmsprop.epsilon}
            given |= {"momentum": rmsprop.momentum, "weight_decay": rmsprop.weight_decay}
    arguments = [what, *(f"{key}={value}" for key, value in given.items())]
    inner = "".join(f"        {argument},\n" for argument in arguments)
    return f"torch.optim.{name}(\n{inner}    )"
