"""Sorting numbers by inserting one after the other into a sorted line."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from ..grammar import Side, grammar, message
from ..problem import Difficulty, Mistake, Problem, Step
from ..scenes import SHARE, draw_scene, filled
from .reading import reading_step


def _line(numbers: list[str], sign: str) -> str:
    """` 09<12<45`: the sign keeps the direction in sight at every number."""
    signs = [sign if a != b else "=" for a, b in pairwise(numbers)]
    return " " + "".join(f"{a}{b}" for a, b in zip(numbers, [*signs, ""], strict=True)) + "\n"


def _numbers(random: Random, difficulty: Difficulty) -> list[int]:
    """3 to 10 numbers: of a narrow or a wide range, from 0 to 99,999, with gaps or close together, rarely twice."""
    count = {"easy": 3, "moderate": random.choice((3, 4, 4, 5)), "hard": random.choice((5, 5, 6, 6, 7, 8, 9, 10))}
    digits = random.choices((1, 2, 3, 4, 5), (0.5, 3, 3, 1, 0.5))[0]
    length = count[difficulty] if digits < 4 else min(6, count[difficulty])
    most = max(10**digits, length + 5)
    if digits > 1 and random.random() < 0.16:  # of the same few digits
        few = random.choice(("01", "".join(random.sample("0123456789", random.choice((2, 2, 3))))))
        alike = {
            int("".join(random.choice(few) for _ in range(random.randint(1, min(5, digits + 1)))))
            for _ in range(length * 2)
        }
        if len(alike) >= 3:
            return random.sample(sorted(alike), min(length, len(alike)))
    if random.random() < 0.2:  # close together, so that a later digit decides
        lowest = random.randrange(max(1, most - 30))
        return random.sample(range(lowest, lowest + 30), length)
    if random.random() < 0.5:  # of different lengths
        numbers = [random.randrange(10 ** random.randint(1, digits)) for _ in range(length)]
        return numbers if len(set(numbers)) == length or random.random() < 0.2 else random.sample(range(most), length)
    return random.sample(range(most), length)


_SEPARATORS = (", ", ", ", ", ", ", ", " ", " ", ",", "; ", " ; ", " and ", " - ", "\n", " / ", " | ")


def sorting(random: Random, difficulty: Difficulty, side: Side = "training") -> Problem:
    """3 (easy), up to 5 (moderate) or up to 10 (hard) numbers below 100,000; up or down.

    The steps write all of them as long as the longest, with zeros in front, so that digits of the same place meet.
    """
    numbers = _numbers(random, difficulty)
    count = len(numbers)
    scene = draw_scene(random, "sorting", side) if random.random() < SHARE else None
    down = scene.asked == "down" if scene is not None else random.random() < 0.35
    sign, back = (">", "<") if down else ("<", ">")
    width = len(str(max(numbers)))
    shown = [f"{number:0{width}}" for number in numbers]
    steps: list[Step] = [reading_step(" ".join(shown), before=f"{'down' if down else 'up'} {width}: ")]
    for end in range(2, count + 1):
        line = sorted(shown[:end], reverse=down)
        check = f"{_line(line[::-1], back)[:-1]}, {end} numbers"
        steps.append(Step(_line(line, sign), check, _mistakes(line, shown[end - 1], sign), error_prone=end == count))
    separator = random.choice(_SEPARATORS)
    listed = separator.join(map(str, numbers))
    if separator == ", " and random.random() < 0.3:
        listed = f"{', '.join(map(str, numbers[:-1]))}{random.choice((' and ', ', and '))}{numbers[-1]}"
    if scene is not None:
        question = filled(random, "sorting", side, scene, {"n": listed})
    elif not down and random.random() < 0.25:
        question = message(random, "sorting", "sort-plain", side, n=listed)
    elif down and random.random() < 0.06:
        question = message(random, "sorting", "sort-down", side, n=listed)
    else:
        way = grammar("sorting").say(random, "downwards" if down else "upwards", side, {})
        question = message(random, "sorting", "sort", side, n=listed, way=way)
    answer = ", ".join(map(str, sorted(numbers, reverse=down)))
    key = " ".join(map(str, sorted(numbers)))
    return Problem("sorting", difficulty, question, key, answer, tuple(steps))


def _mistakes(line: list[str], inserted: str, sign: str):  # noqa: ANN202
    place = line.index(inserted)
    without = line[:place] + line[place + 1 :]

    def swapped(random: Random) -> Mistake | None:
        i = random.randrange(len(line) - 1)
        wrong = [*line[:i], line[i + 1], line[i], *line[i + 2 :]]
        return Mistake("neighbours swapped", _line(wrong, sign), wrong[i])

    def misplaced(random: Random) -> Mistake | None:
        i = random.choice([i for i in range(len(line)) if i != place])
        return Mistake("wrong place", _line([*without[:i], inserted, *without[i:]], sign), inserted)

    def doubled(random: Random) -> Mistake | None:
        i = random.randrange(len(line))
        return Mistake("number doubled", _line([*line[:i], line[i], *line[i:]], sign), f"{len(line) + 1} numbers")

    def other(random: Random) -> Mistake | None:
        i = random.randrange(len(line))
        wrong = f"{random.randrange(10 ** len(line[i])):0{len(line[i])}}"
        return (
            None if wrong in line else Mistake("other number", _line([*line[:i], wrong, *line[i + 1 :]], sign), wrong)
        )

    def lost(random: Random) -> Mistake | None:
        i = random.randrange(len(line))
        return Mistake("number lost", _line(line[:i] + line[i + 1 :], sign), f"{len(line) - 1} numbers")

    def misread(random: Random) -> Mistake | None:
        i = random.randrange(len(line))
        digits = line[i]
        at = random.randrange(len(digits))
        wrong = digits[:at] + random.choice([c for c in "123456789" if c != digits[at]]) + digits[at + 1 :]
        return (
            None if wrong in line else Mistake("digit misread", _line([*line[:i], wrong, *line[i + 1 :]], sign), wrong)
        )

    return (swapped, misplaced, doubled, other, lost, misread)
