"""When processes meet: after the same step in all of them, and in time for a launcher that waits."""

from __future__ import annotations

import pytest

from resnet_dsl.training.meetings import SECONDS_BETWEEN_MEETINGS, Meetings
from resnet_dsl.training.world import World


class Slowest(World):
    """Two processes of which the other one needs `seconds` for a step and says `answer`."""

    size = 2

    def __init__(self, seconds: float, answer: float = 0.0) -> None:
        self.seconds, self.answer = seconds, answer

    def largest(self, values: list[float]) -> list[float]:
        return [max(values[0], self.seconds), *(max(value, self.answer) for value in values[1:])]


class Clock:
    """Seconds, as steps take them."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def steps_until(meetings: Meetings, clock: Clock, seconds: float) -> int:
    """How many steps of so many seconds are taken until all meet."""
    steps, meets = 0, False
    while not meets:
        clock.now += seconds
        steps, meets = steps + 1, meetings.count()
    meetings.meet(False)
    return steps


@pytest.mark.parametrize(
    ("seconds", "others", "expected"),
    [
        (0.01, 0.0, [1, 20, 20]),
        (1.0, 0.0, [1, 5, 5]),
        (0.01, 1.0, [1, 5, 5]),
        (1.0, 0.01, [1, 5, 5]),
        (2.4, 2.4, [1, 2, 2]),
        (9.0, 0.0, [1, 1, 1]),
        (0.0, 0.0, [1, 20, 20]),
    ],
)
def test_a_meeting_is_never_further_off_than_the_slowest_allows(
    seconds: float, others: float, expected: list[int]
) -> None:
    clock = Clock()
    meetings = Meetings(Slowest(others), 20, clock)
    meetings.start()
    taken = [steps_until(meetings, clock, seconds) for _ in expected]
    assert taken == expected
    slowest = max(seconds, others)
    assert all(steps == 1 or steps * slowest <= SECONDS_BETWEEN_MEETINGS for steps in taken)


def test_what_comes_between_steps_is_no_part_of_them() -> None:
    clock = Clock()
    meetings = Meetings(World(), 20, clock)
    meetings.start()
    assert steps_until(meetings, clock, 0.1) == 1
    clock.now += 500.0  # a validation
    meetings.start()
    assert [steps_until(meetings, clock, 0.1) for _ in range(2)] == [20, 20]


def test_one_yes_is_a_yes() -> None:
    assert Meetings(Slowest(0.0, answer=1.0), 20).meet(False, True) == (True, True)
    assert Meetings(Slowest(0.0), 20).meet(False, True) == (False, True)
