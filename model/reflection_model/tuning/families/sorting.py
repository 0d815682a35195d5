"""Sorting numbers by inserting one after the other into a sorted line."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from ..phrasing import choose
from ..problem import Difficulty, Mistake, Problem, Step

UP = (
    "Sort these numbers from small to large: {n}.", "Sort {n} in ascending order.", "Put these numbers in order: {n}.",
    "Order these numbers from smallest to largest: {n}", "Sort the numbers {n}.", "Arrange {n} from lowest to highest.",
    "Sort: {n}", "Please sort {n} from smallest to largest.",
)  # fmt: skip
DOWN = (
    "Sort these numbers from large to small: {n}.", "Sort {n} in descending order.",
    "Order these numbers from largest to smallest: {n}", "Arrange {n} from highest to lowest.",
)  # fmt: skip


def _line(numbers: list[int], sign: str) -> str:
    """` 9<12<45`: the sign keeps the direction in sight at every number."""
    return f" {sign.join(map(str, numbers))}\n"


def sorting(random: Random, difficulty: Difficulty) -> Problem:
    """3 (easy), 3 or 4 (moderate) or 5 or 6 (hard) different numbers below 100 or, sometimes, 1000; up or down."""
    count = {"easy": 3, "moderate": random.choice((3, 4)), "hard": random.choice((5, 6))}[difficulty]
    numbers = random.sample(range(1, 100 if random.random() < 0.8 else 1000), count)
    down = random.random() < 0.25
    sign = ">" if down else "<"
    steps: list[Step] = []
    for end in range(2, count + 1):
        line = sorted(numbers[:end], reverse=down)
        pairs = ",".join(f" {a}{sign}{b}" for a, b in pairwise(line))
        check = f"{pairs}, {end} numbers"
        steps.append(Step(_line(line, sign), check, _mistakes(line, numbers[end - 1], sign), error_prone=end == count))
    separator = ", " if random.random() < 0.8 else " "
    question = choose(random, *(DOWN if down else UP), n=separator.join(map(str, numbers)))
    answer = ", ".join(map(str, sorted(numbers, reverse=down)))
    key = " ".join(map(str, sorted(numbers)))
    return Problem("sorting", difficulty, question, key, answer, tuple(steps))


def _mistakes(line: list[int], inserted: int, sign: str):  # noqa: ANN202
    place = line.index(inserted)
    without = line[:place] + line[place + 1 :]

    def swapped(random: Random) -> Mistake | None:
        i = random.randrange(len(line) - 1)
        wrong = [*line[:i], line[i + 1], line[i], *line[i + 2 :]]
        return Mistake("neighbours swapped", _line(wrong, sign), f"{wrong[i]}")

    def misplaced(random: Random) -> Mistake | None:
        i = random.choice([i for i in range(len(line)) if i != place])
        return Mistake("wrong place", _line([*without[:i], inserted, *without[i:]], sign), f"{inserted}")

    def lost(random: Random) -> Mistake | None:
        i = random.randrange(len(line))
        return Mistake("number lost", _line(line[:i] + line[i + 1 :], sign), f"{len(line) - 1} numbers")

    def misread(random: Random) -> Mistake | None:
        i = random.randrange(len(line))
        digits = str(line[i])
        at = random.randrange(len(digits))
        wrong = int(digits[:at] + random.choice([c for c in "123456789" if c != digits[at]]) + digits[at + 1 :])
        return (
            None
            if wrong in line
            else Mistake("digit misread", _line([*line[:i], wrong, *line[i + 1 :]], sign), f"{wrong}")
        )

    return (swapped, misplaced, lost, misread)
