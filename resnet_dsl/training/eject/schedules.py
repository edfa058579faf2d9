"""The parts of a script that are text rather than template: learning rate, optimizer, heads, constants."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_dsl.semantics.recipe_choices import (
    AdamW,
    Constant,
    Cosine,
    FlatWarmUp,
    LinearWarmUp,
    OneCycle,
    Plateau,
    Polynomial,
    RmsProp,
    Sgd,
    Step,
)
from resnet_dsl.semantics.recipe_values import Recipe


def constants(recipe: Recipe, image_numbers: int, *, ignores: bool) -> list[str]:
    """The numbers at the head; an image has `image_numbers` of them. `ignores`: masks have gaps."""
    at_once = max(recipe.batch_size // recipe.accumulate, min(1024, 2**24 // image_numbers))
    return [
        f"EPOCHS = {recipe.epochs}",
        f"BATCH_SIZE = {recipe.batch_size}",
        *([f"ACCUMULATE = {recipe.accumulate}  # parts of a batch"] if recipe.accumulate > 1 else []),
        f"LEARNING_RATE = {recipe.optimizer.learning_rate!r}",
        *([f"LABEL_SMOOTHING = {recipe.label_smoothing!r}"] if recipe.label_smoothing else []),
        *([f"EMA_DECAY = {recipe.ema!r}"] if recipe.ema else []),
        *(["IGNORED = -100  # in masks: counts for nothing"] if ignores else []),
        f"SEED = {recipe.seed}",
        f"EVALUATION_BATCH = {at_once}",
        'DEVICE = "cuda" if torch.cuda.is_available() else "cpu"',
    ]


def learning_rate(recipe: Recipe) -> str:
    """The function `learning_rate`."""
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
    elif not isinstance(recipe.schedule, Constant | Plateau | Step):
        lines.append("    total = EPOCHS * steps_per_epoch")
    lines += _factor(recipe, length)
    times = "" if isinstance(recipe.schedule, Constant | Plateau) else " * factor"
    times += " * rising" if warmup is not None else ""
    return "\n".join([*lines, f"    return LEARNING_RATE{times}"])


def _factor(recipe: Recipe, length: str) -> list[str]:
    share = "step / total" if length == "0" else f"max(0, step - {length}) / (total - {length})"
    match recipe.schedule:
        case Constant() | Plateau():
            return []
        case Step(milestone_epochs=milestones, gamma=gamma):
            return [
                f"    passed = sum(step >= epoch * steps_per_epoch for epoch in {list(milestones)})",
                f"    factor = {gamma!r}**passed",
            ]
        case Cosine(final_fraction=final):
            return [f"    factor = glide(1.0, {final!r}, {share})"]
        case Polynomial(power=power, final_fraction=final):
            return [
                f"    share = {share}",
                f"    factor = {final!r} + (1 - {final!r}) * (1 - share) ** {power!r}",
            ]
        case OneCycle(warmup_fraction=rise, start_fraction=start, final_fraction=final):
            return [
                "    last = total - 1",
                f"    top = max(0.0, min({rise!r} * total - 1, last))",
                "    if step < top:",
                f"        factor = glide({start!r}, 1.0, step / top)",
                "    else:",
                "        share = (step - top) / (last - top) if last > top else 0.0",
                f"        factor = glide(1.0, {final!r}, share)",
            ]


def heads(weights: tuple[float, ...], *, in_parts: bool) -> str:
    """Lines that add the auxiliary outputs' losses; the last weight stands for all that follow.

    `in_parts`: the loss takes the pixels of the whole batch too.
    """
    call = f"loss_of(head, labels{', whole' if in_parts else ''})"
    if len(set(weights)) == 1:
        lines = [
            "    for head in heads:",
            f"        loss = loss + {weights[0]!r} * {call}",
        ]
    else:
        lines = [
            f"    weights = {list(weights)}",
            "    for number, head in enumerate(heads):",
            "        weight = weights[min(number, len(weights) - 1)]",
            f"        loss = loss + weight * {call}",
        ]
    return "\n".join(lines)


def optimizer(recipe: Recipe) -> str:
    """The call that makes it, laid out for the body of a function."""
    what = "model.parameters()" if recipe.decay_norms else "groups(model)"
    arguments = [what, *(f"{key}={value}" for key, value in _settings(recipe))]
    name = {"sgd": "SGD", "adamw": "AdamW", "rmsprop": "RMSprop"}[recipe.optimizer.kind]
    inner = "".join(f"        {argument},\n" for argument in arguments)
    return f"torch.optim.{name}(\n{inner}    )"


def _settings(recipe: Recipe) -> Iterator[tuple[str, object]]:
    yield "lr", "LEARNING_RATE"
    match recipe.optimizer:
        case Sgd() as sgd:
            yield from (("momentum", sgd.momentum), ("weight_decay", sgd.weight_decay))
            yield "nesterov", sgd.nesterov
        case AdamW() as adamw:
            yield from (("betas", (adamw.beta1, adamw.beta2)), ("eps", adamw.epsilon))
            yield "weight_decay", adamw.weight_decay
        case RmsProp() as rmsprop:
            yield from (("alpha", rmsprop.alpha), ("eps", rmsprop.epsilon))
            yield from (("momentum", rmsprop.momentum), ("weight_decay", rmsprop.weight_decay))
