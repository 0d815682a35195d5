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
    chains: list[list[str]] = [[name] for name in people]
    for number, (a, b) in enumerate(pairs, 1):
        turned = random.random() < 0.4
        sentences.append(f"{b} is {less} than {a}." if turned else f"{a} is {more} than {b}.")
        before = next(chain for chain in chains if chain[-1] == a)
        after = next(chain for chain in chains if chain[0] == b)
        joined = before + after
        chains = [chain for chain in chains if chain is not before and chain is not after] + [joined]
        steps.append(_fact_step(a, b, joined, people, error_prone=number == len(pairs) and count > 2))
    question, answer = _ask(random, people, more, less, most, least)
    text = (
        " ".join(sentences)
        if random.random() < 0.8
        else " ".join(s[:-1] + "," for s in sentences[:-1]) + " " + sentences[-1]
    )
    key = f"{' '.join(people)} {more} {question}"
    return Problem("ordering", difficulty, f"{text} {question}", key, answer, tuple(steps))


def _names(people: list[str]) -> str:
    return " >".join(f" {name}" for name in people)


def _fact_step(a: str, b: str, joined: list[str], people: list[str], error_prone: bool) -> Step:
    """` Diana > Hugo: Jack > Diana > Hugo > Esther`: one sentence, then the order that follows from those so far."""
    others = [name for name in people if name not in (a, b)]

    def line(fact: list[str], order: list[str]) -> str:
        return f"{_names(fact)}:{_names(order)}\n"

    def turned_fact(random: Random) -> Mistake | None:
        return Mistake("names swapped", line([b, a], joined), f"{b} > {a}")

    def swapped(random: Random) -> Mistake | None:
        i = random.randrange(len(joined) - 1)
        wrong = [*joined[:i], joined[i + 1], joined[i], *joined[i + 2 :]]
        return Mistake("names swapped", line([a, b], wrong), f"{wrong[i]} > {wrong[i + 1]}")

    def reversed_order(random: Random) -> Mistake | None:
        wrong = joined[::-1]
        return Mistake("order reversed", line([a, b], wrong), f"{wrong[0]} > {wrong[1]}")

    def repeated(random: Random) -> Mistake | None:
        if not others:
            return None
        other = random.choice(others)
        return Mistake("name repeated", line([a, other], joined), f"{a} > {other}")

    check = f" {b} < {a},{_names(joined)}"
    return Step(line([a, b], joined), check, (turned_fact, swapped, reversed_order, repeated), error_prone)


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
