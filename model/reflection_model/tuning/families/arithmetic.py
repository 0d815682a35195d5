"""Addition, subtraction and multiplication of whole numbers."""

from __future__ import annotations

from random import Random

from ..phrasing import infix_question
from ..problem import Difficulty, Problem, Step
from .column_steps import (
    addition_steps,
    difference_step,
    digit,
    product_step,
    subtraction_steps,
    sum_step,
)


def _with_digits(random: Random, digits: int) -> int:
    return random.randrange(10 ** (digits - 1) if digits > 1 else 0, 10**digits)


def _two_numbers(random: Random, difficulty: Difficulty) -> tuple[int, int]:
    if difficulty == "hard":
        longest = random.choice((4, 4, 5))
        shortest = random.randint(2, longest)
    elif difficulty == "moderate":
        longest = random.choice((2, 3, 3))
        shortest = random.randint(2, longest)
    else:
        longest, shortest = random.choice((1, 2)), 1
    return _with_digits(random, longest), _with_digits(random, shortest)


def addition(random: Random, difficulty: Difficulty) -> Problem:
    """Sums: easy 1 or 2 digits and 1, moderate 2 or 3, hard 4 or 5."""
    a, b = _two_numbers(random, difficulty)
    if random.random() < 0.5:
        a, b = b, a
    key = f"{min(a, b)}+{max(a, b)}"
    return Problem("addition", difficulty, infix_question(random, a, b, "+"), key, str(a + b), addition_steps(a, b))


def subtraction(random: Random, difficulty: Difficulty) -> Problem:
    """Differences: easy 1 or 2 digits and 1, moderate 2 or 3, hard 4 or 5; one in twelve is negative."""
    a, b = _two_numbers(random, difficulty)
    a, b = max(a, b), min(a, b)
    question = lambda x, y: infix_question(random, x, y, "-")  # noqa: E731
    if a != b and random.random() < 1 / 12:
        first = difference_step(a, b)
        text = f" {b}<{a}, negative, {a}-{b}\n"
        steps = (Step(text, f" {a}>{b}", (), False), *(subtraction_steps(a, b) if difficulty != "easy" else (first,)))
        return Problem("subtraction", difficulty, question(b, a), f"{b}-{a}", str(b - a), steps)
    return Problem("subtraction", difficulty, question(a, b), f"{a}-{b}", str(a - b), subtraction_steps(a, b))


def multiplication(random: Random, difficulty: Difficulty) -> Problem:
    """Products: easy 1 by 1 digit, moderate 2 by 1, hard 2 by 2 or 3 by 1."""
    steps: list[Step] = []
    if difficulty == "easy":
        a, b = random.randrange(0, 13), random.randrange(0, 11)
        steps.append(product_step(a, b))
    elif difficulty == "moderate":
        a, b = random.randrange(11, 100), random.randrange(2, 10)
        _by_digits(steps, a, b)
    elif random.random() < 0.3:
        a, b = random.randrange(101, 1000), random.randrange(2, 10)
        _by_digits(steps, a, b)
    else:
        a, b = random.randrange(11, 100), random.randrange(11, 100)
        parts = [digit(b, 0), digit(b, 1) * 10]
        parts = [part for part in parts if part]
        steps.extend(product_step(a, part, error_prone=True) for part in parts)
        if len(parts) == 2:
            steps.append(sum_step(a * parts[1], a * parts[0], error_prone=True))
    key = f"{min(a, b)}*{max(a, b)}"
    x, y = (b, a) if difficulty != "hard" and random.random() < 0.4 else (a, b)
    return Problem("multiplication", difficulty, infix_question(random, x, y, "*"), key, str(a * b), tuple(steps))


def _by_digits(steps: list[Step], a: int, b: int) -> None:
    """The product of `a` by one digit: each digit's product, added up as they come."""
    total = None
    for column in reversed(range(len(str(a)))):
        part = digit(a, column) * 10**column
        if part == 0:
            continue
        steps.append(product_step(part, b, error_prone=part > 99))
        if total is None:
            total = part * b
        else:
            steps.append(sum_step(total, part * b, error_prone=total > 99))
            total += part * b
