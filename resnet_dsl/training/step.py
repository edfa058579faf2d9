"""One step of training: a batch in, the weights moved. All that it makes stays on the device.

The body is `_move`. On a GPU it is compiled, and after a few steps recorded as one CUDA graph, which
is then replayed on fixed buffers: a small network spends more time in launching its kernels than in
running them. The steps before the recording are steps of the run like all others.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn

from resnet_dsl.semantics.recipe_values import Recipe
from resnet_dsl.training.averaging import WeightAverage
from resnet_dsl.training.data import Part
from resnet_dsl.training.execution import Execution
from resnet_dsl.training.judging import hits
from resnet_dsl.training.losses import Whole, loss_of, places_counted
from resnet_dsl.training.optimisation import clip_gradients, micro_batches
from resnet_dsl.training.world import World

Forward = Callable[[Tensor, Tensor, Whole | None], tuple[Tensor, Tensor]]
STEPS_BEFORE_RECORDING = 3  # the optimizer makes its state, cuDNN chooses its kernels


class TrainingStep:
    """Moves the weights of `model` by one batch at a time.

    `loss_sum` adds up the losses of the steps, `hits` what was predicted right and `judged` of how
    many; they are read, and set to zero, by whoever keeps the books.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        recipe: Recipe,
        execution: Execution,
        world: World | None = None,
        average: WeightAverage | None = None,
    ) -> None:
        self.average = average
        self.model, self.optimizer, self.recipe, self.execution = model, optimizer, recipe, execution
        device = torch.device(execution.device)
        self.world = world or World()
        self.network = self.world.wrap(model)
        self._forward = execution.compile(self._loss)
        self.loss_sum = torch.zeros((), dtype=torch.float64, device=device)
        self.hits = torch.zeros((), dtype=torch.int64, device=device)
        self.judged = torch.zeros((), dtype=torch.int64, device=device)
        self._steps = 0
        self._graph: torch.cuda.CUDAGraph | None = None
        self._batch: Part | None = None  # the graph's input
        self._rates: list[Tensor] = []  # the graph's learning rates
        self._beside: torch.cuda.Stream | None = None  # on which it is recorded, and the steps before it run
        if execution.graphs:
            self._prepare_for_recording(device)

    def __call__(self, batch: Part, learning_rate: float) -> None:
        """One step. Raises what torch raises; a recorded step reads a batch of the first one's size."""
        self._set_learning_rate(learning_rate)
        if not self.execution.graphs:
            self._move(batch)
        elif self._graph is not None:
            self._load(batch)
            self._graph.replay()
        else:
            self._move_beside(batch)
            self._steps += 1
            if self._steps == STEPS_BEFORE_RECORDING:
                self._record(batch)
        self._follow()

    def slowly(self, batch: Part, learning_rate: float) -> None:
        """The same step neither compiled nor recorded, so that hooks of modules are called."""
        self._set_learning_rate(learning_rate)
        self._move(batch, self._loss)
        self._follow()

    def rehearse(self, batch: Part, images: int) -> None:
        """Forward and backward pass of the first `images` images, and nothing is kept of them."""
        self.optimizer.zero_grad(set_to_none=True)
        loss, _ = self._loss(self.execution.lay(batch.images[:images]), batch.labels[:images], None)
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no types here
        self.optimizer.zero_grad(set_to_none=True)

    def books(self) -> tuple[Tensor, Tensor, Tensor]:
        return self.loss_sum, self.hits, self.judged

    def _follow(self) -> None:
        """The average goes on; how far depends on the step's number, so no graph holds it."""
        if self.average is not None:
            self.average.update(self.model)

    def _move(self, batch: Part, forward: Forward | None = None) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        whole = self._whole(batch.labels)
        for number, part in enumerate(micro_batches(self.recipe, batch), start=1):
            with self.world.in_part(self.network, is_last=number == self.recipe.accumulate):
                images = self.execution.lay(part.images)
                loss, output = (forward or self._forward)(images, part.labels, whole)
                loss.backward()
            with torch.no_grad():
                self.loss_sum += loss.detach()
                right, of = hits(output.detach(), part.labels)
                self.hits += right
                self.judged += of
        clip_gradients(self.recipe, self.model.parameters())
        self.optimizer.step()

    def _whole(self, labels: Tensor) -> Whole | None:
        """What the parts of a batch must know of it; None where the batch is in one piece, or has no masks."""
        parts = self.recipe.accumulate * self.world.size
        places = places_counted(labels) if parts > 1 else None
        return None if places is None else Whole(self.world.total(places), parts)

    def _loss(self, images: Tensor, targets: Tensor, whole: Whole | None) -> tuple[Tensor, Tensor]:
        """The part's share of the step's loss, and the main output."""
        with self.execution.autocast():
            outputs = self.network(images)
            loss = loss_of(self.recipe, outputs, targets, whole) / self.recipe.accumulate
        return loss, outputs[0] if isinstance(outputs, tuple) else outputs

    def _set_learning_rate(self, rate: float) -> None:
        for tensor in self._rates:
            tensor.fill_(rate)
        if not self._rates:
            for group in self.optimizer.param_groups:
                group["lr"] = rate

    def attach(self) -> None:
        """To be called when the optimizer's state was replaced: it brings its own learning rates."""
        for group, rate in zip(self.optimizer.param_groups, self._rates, strict=False):
            group["lr"] = rate

    # CUDA graphs: https://docs.pytorch.org/docs/stable/notes/cuda.html#whole-network-capture

    def _prepare_for_recording(self, device: torch.device) -> None:
        """A recorded optimizer reads its learning rate, and its own step, from the device."""
        self._beside = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]  # torch has no types here
        # The first steps are not recorded, which torch would wonder at.
        warnings.filterwarnings("ignore", message="This instance was constructed with capturable=True")
        for group in self.optimizer.param_groups:
            self._rates.append(torch.zeros((), device=device))
            group["lr"] = self._rates[-1]
            if "capturable" in group:
                group["capturable"] = True

    def _move_beside(self, batch: Part) -> None:
        """A step on the stream of the recording, as what comes before one has to be."""
        assert self._beside is not None
        current = torch.cuda.current_stream(self._beside.device)
        self._beside.wait_stream(current)
        with torch.cuda.stream(self._beside):
            self._move(batch)
        current.wait_stream(self._beside)

    def _record(self, batch: Part) -> None:
        """Records the step without taking it; weights and counts stay as they are."""
        self._batch = Part(self.execution.lay(batch.images).clone(), batch.labels.clone())
        self.optimizer.zero_grad(set_to_none=True)
        graph = torch.cuda.CUDAGraph()
        # The stream says which device is recorded. Only this thread's calls are held to the rules of
        # recording: another may be fetching the next batches.
        with torch.cuda.graph(graph, stream=self._beside, capture_error_mode="thread_local"):
            self._move(self._batch)
        self._graph = graph

    def _load(self, batch: Part) -> None:
        assert self._batch is not None
        self._batch.images.copy_(batch.images, non_blocking=True)
        self._batch.labels.copy_(batch.labels, non_blocking=True)
