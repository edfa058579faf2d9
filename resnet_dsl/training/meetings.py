"""When several processes ask each other whether to stop: at the same step all of them, and every few seconds."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from resnet_dsl.training.world import World

SECONDS_BETWEEN_MEETINGS = 5.0  # launchers and clusters kill 30 s after they have asked, by default


class Meetings:
    """Says after which step the processes meet. At a meeting they settle what all must do alike.

    Clocks differ between processes, so none goes by its own: at each meeting all learn how long a step
    of the slowest of them took, and from that one number how many steps the next meeting is away. The
    first comes after one step. Where a step takes longer than `SECONDS_BETWEEN_MEETINGS`, every step has one.
    """

    def __init__(self, world: World, most_steps: int, clock: Callable[[], float] = perf_counter) -> None:
        """At least every `most_steps`, `clock` in seconds."""
        self._world, self._most, self._clock = world, most_steps, clock
        self._steps_to_go, self._steps, self._since = 1, 0, 0.0

    def start(self) -> None:
        """Steps are taken from here on, after something else that took its time."""
        self._steps, self._since = 0, self._clock()

    def count(self) -> bool:
        """One more step is done; whether all meet now."""
        self._steps += 1
        return self._steps >= self._steps_to_go

    def meet(self, *questions: bool) -> tuple[bool, ...]:
        """To each question, whether any process says yes. All must come.

        The host waits for the device, or it would not know how long a step takes: at a reading of the
        loss, where it has waited already, or where steps are so slow that nobody notices.
        """
        self._world.catch_up()
        seconds = (self._clock() - self._since) / max(1, self._steps)
        slowest, *answers = self._world.largest([seconds, *map(float, questions)])
        fitting = int(min(self._most, SECONDS_BETWEEN_MEETINGS / max(slowest, 1e-9)))
        self._steps_to_go = max(1, fitting)
        self.start()
        return tuple(answer > 0 for answer in answers)
