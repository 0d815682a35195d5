"""Who is the tallest? People put in order from sentences that compare two of them."""

from __future__ import annotations

from random import Random

from ..problem import Difficulty, Mistake, Problem, Step
from .word_problems import slots

# (more, less, most, least): comparatives and superlatives of one property.
PROPERTIES = (
    ("taller", "shorter", "tallest", "shortest"),
    ("older", "younger", "oldest", "youngest"),
    ("faster", "slower", "fastest", "slowest"),
    ("heavier", "lighter", "heaviest", "lightest"),
    ("stronger", "weaker", "strongest", "weakest"),
    ("richer", "poorer", "richest", "poorest"),
)


def ordering(random: Random, difficulty: Difficulty) -> Problem:
    """Two (easy), three (moderate) or four (hard) people; asks for an end of the order or about a pair."""
    count = {"easy": 2, "moderate": 3, "hard": 4}[difficulty]
    people = random.sample(slots()["first_names_female"] + slots()["first_names_male"], count)
    more, less, most, least = random.choice(PROPERTIES)
    pairs = list(zip(people, people[1:], strict=False))
    random.shuffle(pairs)
    sentences, steps = [], []
    for a, b in pairs:
        turned = random.random() < 0.4
        sentences.append(f"{b} is {less} than {a}." if turned else f"{a} is {more} than {b}.")
        steps.append(_fact_step(random, a, b, people))
    if count > 2:
        steps.append(_order_step(people, pairs))
    question, answer = _ask(random, people, more, less, most, least)
    text = (
        " ".join(sentences)
        if random.random() < 0.8
        else " ".join(s[:-1] + "," for s in sentences[:-1]) + " " + sentences[-1]
    )
    key = f"{' '.join(people)} {more} {question}"
    return Problem("ordering", difficulty, f"{text} {question}", key, answer, tuple(steps))


def _fact_step(random: Random, a: str, b: str, people: list[str]) -> Step:
    others = [name for name in people if name not in (a, b)]

    def swapped(random: Random) -> Mistake | None:
        return Mistake("names swapped", f" {b} > {a}\n", f"{b} > {a}")

    def repeated(random: Random) -> Mistake | None:
        other = random.choice(others) if others else a
        return Mistake("name repeated", f" {a} > {other}\n", f"{a} > {other}")

    return Step(f" {a} > {b}\n", f" {b} < {a}, {a} > {b}", (swapped, repeated))


def _order_step(people: list[str], pairs: list[tuple[str, str]]) -> Step:
    line = " >".join(f" {name}" for name in people)
    check = ",".join(f" {a} > {b}" for a, b in pairs)

    def swapped(random: Random) -> Mistake | None:
        i = random.randrange(len(people) - 1)
        wrong = [*people[:i], people[i + 1], people[i], *people[i + 2 :]]
        return Mistake("names swapped", " >".join(f" {name}" for name in wrong) + "\n", f"{wrong[i]} > {wrong[i + 1]}")

    def turned(random: Random) -> Mistake | None:
        wrong = people[::-1]
        return Mistake("order reversed", " >".join(f" {name}" for name in wrong) + "\n", f"{wrong[0]} > {wrong[1]}")

    return Step(f"{line}\n", check, (swapped, turned), error_prone=True)


def _ask(random: Random, people: list[str], more: str, less: str, most: str, least: str) -> tuple[str, str]:
    if len(people) == 2:
        return random.choice(((f"Who is {more}?", people[0]), (f"Who is {less}?", people[1])))
    if random.random() < 0.75:
        return random.choice(
            (
                (f"Who is the {most}?", people[0]),
                (f"Who is the {least}?", people[-1]),
                (f"Which of them is the {most}?", people[0]),
                (f"Which of them is the {least}?", people[-1]),
            )
        )
    i, j = random.sample(range(len(people)), 2)
    word = random.choice((more, less))
    holds = (i < j) == (word == more)
    return f"Is {people[i]} {word} than {people[j]}?", "Yes" if holds else "No"
