"""The parts that an ejected script is put together from: text that stands in it as it stands here.

Each function does what the room's own function of the same purpose does, to the bit, for the cases
that scripts are written for. Words in angle brackets are filled in.
"""

from __future__ import annotations

SEEDS = '''
def derive_seed(seed: int, purpose: str, epoch: int = 0) -> int:
    """A seed of its own for each purpose and epoch."""
    digest = hashlib.sha256(f"{purpose}/{seed}/{epoch}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator(seed: int, purpose: str, epoch: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(derive_seed(seed, purpose, epoch))
'''

DIGITS = '''
def load_data() -> tuple[Tensor, Tensor]:
    """scikit-learn's digits: images (1797, 1, 8, 8) from 0 to 1, and their classes."""
    digits = load_digits()
    images = torch.as_tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
    return images, torch.as_tensor(digits.target, dtype=torch.int64)


def split(labels: Tensor) -> list[Tensor]:
    """Indices for training, validation and test: 70, 10 and 20 % of each class.

    The split does not depend on the seed, so that held-out figures can be compared.
    """
    draws = generator(0, "split")
    parts: list[list[Tensor]] = [[], [], []]
    for label in labels.unique():
        members = (labels == label).nonzero().flatten()
        members = members[torch.randperm(len(members), generator=draws)]
        tests, validations = round(len(members) * 0.2), round(len(members) * 0.1)
        parts[0].append(members[tests + validations :])
        parts[1].append(members[tests : tests + validations])
        parts[2].append(members[:tests])
    return [torch.cat(part).sort().values for part in parts]
'''

DRAWS = '''
def uniform(samples: Tensor, count: int, purpose: str, epoch: int) -> Tensor:
    """Numbers from 0 to below 1, (N, count), by hashing seed, epoch and sample.

    So what happens to a sample does not depend on the batch that it is in.
    """
    base = derive_seed(SEED, purpose, epoch)
    numbers = torch.arange(count) * wrapped(0xD1B54A32D192ED03)
    bits = samples[:, None] * wrapped(0x9E3779B97F4A7C15) + numbers + base
    bits = (bits ^ shifted(bits, 30)) * wrapped(0xBF58476D1CE4E5B9)
    bits = (bits ^ shifted(bits, 27)) * wrapped(0x94D049BB133111EB)
    bits = bits ^ shifted(bits, 31)
    return shifted(bits, 40).float() / (1 << 24)


def shifted(bits: Tensor, count: int) -> Tensor:
    """Right, with zeros coming in."""
    return (bits >> count) & ((1 << (64 - count)) - 1)


def wrapped(value: int) -> int:
    """64 bits as the signed number that torch takes them for."""
    return value - (1 << 64) if value >= 1 << 63 else value
'''

CUT = '''
def cut(images: Tensor, shares: Tensor, pad: int, height: int, width: int) -> Tensor:
    """A box of each image (N, C, H, W) with `pad` zeros around; `shares` place it."""
    rows, columns = images.shape[-2:]
    most = torch.tensor([rows + 2 * pad - height, columns + 2 * pad - width])
    places = torch.minimum((shares * (most + 1)).long(), most).to(images.device)
    down = places[:, :1] + torch.arange(height, device=images.device)
    across = places[:, 1:] + torch.arange(width, device=images.device)
    sample = torch.arange(len(images), device=images.device)[:, None, None]
    padded = F.pad(images, (pad, pad, pad, pad))
    boxes = padded[sample, :, down[:, :, None], across[:, None, :]]
    return boxes.permute(0, 3, 1, 2).contiguous()
'''

GLIDE = '''
def glide(start: float, end: float, share: float) -> float:
    """From `start` to `end` along half a cosine."""
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
'''

DECAY_GROUPS = '''
def groups(model: nn.Module) -> list[dict]:
    """Parameters with weight decay, then those of norms and biases, without."""
    parameters = list(model.parameters())
    decayed = [each for each in parameters if each.ndim > 1]
    left_out = [each for each in parameters if each.ndim <= 1]
    return [{"params": decayed}, {"params": left_out, "weight_decay": 0.0}]
'''

EVALUATE = '''
@torch.no_grad()
def evaluate(model: nn.Module, images: Tensor, labels: Tensor) -> tuple[float, int]:
    """The mean loss of normalised images, and how many were classified correctly."""
    model.eval()
    total, correct = 0.0, 0
    for start in range(0, len(labels), EVALUATION_BATCH):
        truth = labels[start : start + EVALUATION_BATCH]
        with torch.autocast(DEVICE, torch.bfloat16, enabled=DEVICE == "cuda"):
            output = model(images[start : start + EVALUATION_BATCH])
            total += loss_of(output, truth).item() * len(truth)
        correct += int((output.argmax(1) == truth).sum())
    return total / len(labels), correct
'''

MAIN = """
def main() -> None:
    images, labels = load_data()
    parts = split(labels)
    mean = images[parts[0]].mean((0, 2, 3), keepdim=True)
    deviation = images[parts[0]].std((0, 2, 3), keepdim=True)
    deviation = torch.where(deviation > 0, deviation, 1.0).to(DEVICE)
    mean = mean.to(DEVICE)
    train_images, validation_images, test_images = (
        images[part].to(DEVICE) for part in parts
    )
    train_labels, validation_labels, test_labels = (
        labels[part].to(DEVICE) for part in parts
    )
    validation_images = (validation_images - mean) / deviation
    test_images = (test_images - mean) / deviation

    torch.manual_seed(derive_seed(SEED, "weights"))
    model = <factory>().to(DEVICE)
    torch.manual_seed(derive_seed(SEED, "steps"))
    optimizer = <optimizer>
    steps = len(train_labels) // BATCH_SIZE
    best: dict[str, Tensor] = {}
    best_rank, best_epoch = (-1.0, 0.0), 0

    for epoch in range(EPOCHS):
        model.train()
        order = torch.randperm(
            len(train_labels), generator=generator(SEED, "order", epoch)
        )
        total = torch.zeros((), dtype=torch.float64, device=DEVICE)
        for step in range(steps):
            samples = order[step * BATCH_SIZE : (step + 1) * BATCH_SIZE]
            batch = <batch>
            batch = (batch - mean) / deviation
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(epoch * steps + step, steps)
            optimizer.zero_grad()
<step>
            optimizer.step()
        loss, correct = evaluate(model, validation_images, validation_labels)
        rank = (correct / len(validation_labels), -loss)
        if rank > best_rank:
            best_rank, best_epoch = rank, epoch + 1
            best = {name: value.clone() for name, value in model.state_dict().items()}
        print(
            f"epoch {epoch + 1}/{EPOCHS}: training loss {total.item() / steps:.6f}, "
            f"validation loss {loss:.6f}, validation accuracy {rank[0]:.2%}",
            flush=True,
        )

    model.load_state_dict(best)
    loss, correct = evaluate(model, test_images, test_labels)
    count = len(test_labels)
    print(
        f"held-out accuracy {correct / count:.2%} ({correct:,} of {count:,}), "
        f"loss {loss:.9f}, weights of epoch {best_epoch} of {EPOCHS}"
    )
    torch.save(best, Path(__file__).with_suffix(".pt"))


if __name__ == "__main__":
    main()
"""

WHOLE_STEP = """
            with torch.autocast(DEVICE, torch.bfloat16, enabled=DEVICE == "cuda"):
                loss = loss_of(model(batch), train_labels[samples])
            loss.backward()
            total += loss.detach()
"""

STEP_IN_PARTS = """
            size = BATCH_SIZE // ACCUMULATE
            truth = train_labels[samples]
            for start in range(0, size * ACCUMULATE, size):
                with torch.autocast(DEVICE, torch.bfloat16, enabled=DEVICE == "cuda"):
                    output = model(batch[start : start + size])
                    loss = loss_of(output, truth[start : start + size]) / ACCUMULATE
                loss.backward()
                total += loss.detach()
"""

CLIP = """
            nn.utils.clip_grad_norm_(model.parameters(), <norm>)
"""
