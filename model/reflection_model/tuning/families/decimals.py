"""Comparing two decimals place by place: is 9.9 or 9.11 the larger one? Some of them are below zero."""

from __future__ import annotations

import re
from random import Random

from ..grammar import Side, message
from ..problem import Difficulty, Mistake, Problem, Step, fixed_mistake
from ..scenes import SHARE, draw_scene, filled
from .reading import reading_step

PLACES = ("tenths", "hundredths", "thousandths")
EQUAL = "They are equal."

_OF_AMOUNTS = re.compile("closer to zero|longer|shorter|lighter|heavier|taller|further|cheaper|jump")
"""Wordings of the grammar that ask something else of numbers below zero."""

BELOW_ZERO = 0.03
"""How many comparisons have numbers below zero, where the message says nothing about what is compared."""


def _fraction(random: Random, places: int) -> str:
    return "".join(random.choice("0123456789") for _ in range(places - 1)) + random.choice("123456789")


def _whole_numbers(random: Random) -> tuple[str, str]:
    """Two whole numbers of one to six digits, often close together or with the same digits."""
    first = random.randrange(10 ** random.randint(1, 6))
    shape = random.random()
    if shape < 0.4:
        second = int("".join(random.sample(str(first), len(str(first)))))
    elif shape < 0.7:
        second = max(0, first + random.choice((-1, 1)) * random.randrange(1, 12) * random.choice((1, 1, 10, 100)))
    else:
        second = random.randrange(10 ** random.randint(1, 6))
    return str(first), str(second)


def _numbers(random: Random, difficulty: Difficulty) -> tuple[str, str]:
    if random.random() < 0.2:
        return _whole_numbers(random)
    whole = random.randrange(0, random.choice((10, 20, 100, 1000, 10_000, 100_000)))
    if difficulty == "easy":
        return f"{whole}.{_fraction(random, 1)}", f"{max(0, whole + random.choice((-1, 0, 1)))}.{_fraction(random, 1)}"
    lengths = (1, 2) if difficulty == "moderate" else random.choice(((1, 2), (2, 3), (1, 3), (3, 3), (2, 2)))
    first, second = _fraction(random, lengths[0]), _fraction(random, lengths[1])
    shape = random.random()
    if shape < 0.4:  # the same first digits, so that a later place decides
        shared = random.randrange(1, min(lengths) + 1)
        second = first[:shared] + second[shared:]
        if len(second) > shared and second[-1] == "0":
            second = second[:-1] + "5"
    elif shape < 0.44:
        second = first + "0" * random.randrange(1, 3)
    other = whole if random.random() < 0.85 else max(0, whole + random.choice((-2, -1, 1, 2, 10)))
    left, right = f"{whole}.{first}", f"{other}.{second[:3]}"
    if random.random() < 0.06:
        right = str(other)
    return (left, right) if random.random() < 0.5 else (right, left)


def _sign(a: int, b: int) -> str:
    return "<" if a < b else ">" if a > b else "="


def _digit_by_digit(a: str, b: str) -> str:
    """` 4=4 0=0 2>1,` for 40210 and 40120: as far as they are alike, and one more; nothing for one or two digits."""
    if len(a) < 3:
        return ""
    alike = next((at for at, (x, y) in enumerate(zip(a, b, strict=True)) if x != y), len(a))
    return "".join(f" {x}{_sign(int(x), int(y))}{y}" for x, y in zip(a[: alike + 1], b, strict=False)) + ","


def _comparison_step(label: str, a: str, b: str, check: str, error_prone: bool) -> Step:
    """` whole 12>05`, ` whole 4=4 0=0 2>1, 40210>40120`: digits of the same places, as many on both sides."""
    right = _sign(int(a), int(b))
    label += _digit_by_digit(a, b)

    def wrong_sign(random: Random) -> Mistake | None:
        sign = random.choice([sign for sign in "<=>" if sign != right])
        return Mistake("wrong sign", f" {label} {a}{sign}{b}\n", f"{a}{sign}{b}")

    def misread(random: Random) -> Mistake | None:
        at = random.randrange(len(b))
        wrong = b[:at] + random.choice([digit for digit in "0123456789" if digit != b[at]]) + b[at + 1 :]
        sign = _sign(int(a), int(wrong))
        return Mistake("digit misread", f" {label} {a}{sign}{wrong}\n", f"{a}{sign}{wrong}")

    return Step(f" {label} {a}{right}{b}\n", check, (wrong_sign, misread), error_prone)


def comparison(random: Random, difficulty: Difficulty, side: Side = "training") -> Problem:
    """Two decimals with up to three places or two whole numbers, few equal; asks for the larger or the smaller."""
    x, y = _numbers(random, difficulty)
    scene = draw_scene(random, "comparison", side) if random.random() < SHARE else None
    asked = scene.asked if scene is not None else "larger" if random.random() < 0.6 else "smaller"
    signed = random.random() < (0.65 if asked.endswith(" signed") else 0 if scene is not None else BELOW_ZERO)
    while (scene is not None or signed) and float(x) == float(y):
        x, y = _numbers(random, difficulty)
    signs = random.choice((("-", "-"), ("-", "-"), ("-", ""), ("", "-"))) if signed else ("", "")
    signs = tuple(sign if float(number) else "" for sign, number in zip(signs, (x, y), strict=True))
    shown = {"x": signs[0] + x, "y": signs[1] + y}
    question = ""
    while not question or (signed and scene is None and _OF_AMOUNTS.search(question)):
        if scene is None:
            question = message(random, "comparison", "more" if asked == "larger" else "less", side, **shown)
        else:
            question = filled(random, "comparison", side, scene, shown)
    return _compared(difficulty, question, asked.startswith("larger"), (shown["x"], shown["y"]))


def _compared(difficulty: Difficulty, question: str, wants_larger: bool, numbers: tuple[str, str]) -> Problem:
    """Of two numbers below zero the larger one is that which is smaller without its sign."""
    label = "larger" if wants_larger else "smaller"
    reading = reading_step(f"{label}: {' '.join(numbers)}")
    key = "|".join(sorted(numbers))
    low = [number for number in numbers if number[0] == "-"]
    if not low:
        steps, answer = _by_places(*numbers, wants_larger)
        return Problem("comparison", difficulty, question, key, answer, (reading, *steps))
    if len(low) == 1:
        (high,) = set(numbers) - set(low)
        answer, other = (high, low[0]) if wants_larger else (low[0], high)
        wrong = fixed_mistake("wrong sign", f" {low[0]}>{high}\n", f"{low[0]}>{high}")
        steps = [Step(f" {low[0]}<{high}\n", f" {low[0]} is below zero, {low[0]}<{high}", (wrong,))]
        mistakes = (
            fixed_mistake("other number", f" {label} {other}\n", other),
            fixed_mistake("other larger one", f" {label} {answer}0\n", f"{answer}0"),
        )
        steps.append(Step(f" {label} {answer}\n", f" {low[0]}<{high}, {label} {answer}", mistakes))
        return Problem("comparison", difficulty, question, key, answer, (reading, *steps))
    without = tuple(number[1:] for number in numbers)
    turned = "smaller" if wants_larger else "larger"
    steps, found = _by_places(*without, not wants_larger)
    wrong = fixed_mistake("other operation", f" negative, {label}: {' '.join(without)}\n", label)
    turn = Step(f" negative, {turned}: {' '.join(without)}\n", f" {numbers[0]} and {numbers[1]}, {turned}", (wrong,))
    back = Step(f" -{found}\n", f" {label} of {' and '.join(numbers)}, -{found}", ())
    return Problem("comparison", difficulty, question, key, f"-{found}", (reading, turn, *steps, back))


def _by_places(x: str, y: str, wants_larger: bool) -> tuple[list[Step], str]:
    """The steps for two numbers that are not below zero, and the one that is wanted."""
    (whole_x, _, fraction_x), (whole_y, _, fraction_y) = x.partition("."), y.partition(".")
    steps: list[Step] = []
    sign = _sign(int(whole_x), int(whole_y))
    width = max(len(whole_x), len(whole_y))
    a, b = whole_x.zfill(width), whole_y.zfill(width)
    steps.append(_comparison_step("whole", a, b, f" {whole_x} and {whole_y}, {a}{sign}{b}", False))
    places = max(len(fraction_x), len(fraction_y))
    padded_x, padded_y = fraction_x.ljust(places, "0"), fraction_y.ljust(places, "0")
    for place in range(places):
        if sign != "=":
            break
        a, b = padded_x[place], padded_y[place]
        sign = _sign(int(a), int(b))
        check = f" {x} and {y}: {padded_x} and {padded_y}, {a}{sign}{b}"
        steps.append(_comparison_step(PLACES[place], a, b, check, error_prone=sign != "="))
    if sign == "=":
        steps.append(Step(" equal\n", f" {x}={y}", (fixed_mistake("other number", f" larger {y}\n", y),)))
        answer = EQUAL
    larger, smaller = (x, y) if sign == ">" else (y, x)
    if sign != "=":
        label = "larger" if wants_larger else "smaller"
        answer, other = (larger, smaller) if wants_larger else (smaller, larger)
        steps.append(
            Step(
                f" {label} {answer}\n",
                f" {larger}>{smaller}, {label} {answer}",
                (
                    fixed_mistake("other number", f" {label} {other}\n", other),
                    fixed_mistake("other larger one", f" {label} {answer}0\n", f"{answer}0"),
                ),
            )
        )
    return steps, answer
