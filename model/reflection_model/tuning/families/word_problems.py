"""One- to three-step word problems about someone who has things, gets more and gives some away."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from random import Random

from ..problem import Difficulty, Problem, Step
from .column_steps import difference_step, product_step, sum_step


@cache
def slots() -> dict[str, list[str]]:
    """The lists that fill the slots of sentences."""
    return json.loads((files("reflection_model.tuning") / "texts" / "slots.json").read_text(encoding="utf-8"))


GAINS = (
    "{p} buys {n} more.", "{p} finds {n} more.", "{p} gets {n} more.", "A friend gives {o} {n} more.",
    "{p} picks {n} more.",
    "Then {l} wins {n}.", "{p} receives {n} as a gift.", "{p} collects {n} more.",
)  # fmt: skip
LOSSES = (
    "{p} loses {n}.", "{p} gives away {n}.", "{p} gives {n} to a friend.", "{p} sells {n}.", "Then {l} uses {n}.",
    "{p} drops {n} of them.", "Someone takes {n}.", "{p} eats {n} of them.",
)  # fmt: skip
CONTAINERS = ("boxes", "bags", "baskets", "shelves", "jars", "packs")
ASK = ("How many {i} does {w} have now?", "How many {i} does {w} have left?", "How many {i} are there now?",
       "How many {i} does {w} have in the end?")  # fmt: skip


def word_problem(random: Random, difficulty: Difficulty) -> Problem:
    """Easy: one step to 20. Moderate: two steps to 100. Hard: three steps to 400. Boxes and prices bring products."""
    items = random.choice(slots()["objects_plural"])
    female = random.random() < 0.5
    name = random.choice(slots()["first_names_female" if female else "first_names_male"])
    pronoun, objective = ("She", "her") if female else ("He", "him")
    count, most = {"easy": (1, 20), "moderate": (2, 60), "hard": (3, 200)}[difficulty]
    if difficulty != "hard" and random.random() < 0.2:
        return _shared_total(random, difficulty, name, items, most)
    steps: list[Step] = []
    numbers: list[int] = []
    if difficulty != "easy" and random.random() < 0.35:
        boxes, each = random.randrange(2, 10), random.randrange(2, 10 if difficulty == "moderate" else 30)
        container = random.choice(CONTAINERS)
        text = f"{name} has {boxes} {container} with {each} {items} each."
        if random.random() < 0.5:
            text = f"{name} has {boxes} {container}. Each holds {each} {items}."
        value = boxes * each
        numbers += [boxes, each]
        steps.append(product_step(each, boxes, error_prone=each > 10))
        count -= 1
    else:
        value = random.randrange(3, most)
        numbers.append(value)
        text = random.choice(
            (f"{name} has {value} {items}.", f"{name} had {value} {items}.", f"{name} starts with {value} {items}.")
        )
    for _ in range(count):
        if value < 3 or random.random() < 0.5:
            change = random.randrange(1, most)
            frame = random.choice(GAINS)
            steps.append(sum_step(value, change, error_prone=value > 20 or change > 20))
            value += change
        else:
            change = random.randrange(1, value)
            frame = random.choice(LOSSES)
            steps.append(difference_step(value, change, error_prone=value > 20))
            value -= change
        text += " " + frame.format(p=pronoun, l=pronoun.lower(), n=change, o=objective)
        numbers.append(change)
    ask = random.choice(ASK).format(i=items, w=name if random.random() < 0.6 else pronoun.lower())
    key = f"{name} {items} {' '.join(map(str, numbers))} {value}"
    return Problem("word problem", difficulty, f"{text} {ask}", key, str(value), tuple(steps))


def _shared_total(random: Random, difficulty: Difficulty, name: str, items: str, most: int) -> Problem:
    """Two people together, or how many more one has than the other."""
    other = random.choice([n for n in slots()["first_names_female"] + slots()["first_names_male"] if n != name])
    a, b = random.randrange(2, most), random.randrange(2, most)
    if random.random() < 0.5:
        text = f"{name} has {a} {items} and {other} has {b} {items}. How many {items} do they have together?"
        return Problem("word problem", difficulty, text, f"{a}+{b} {items} {name}", str(a + b), (sum_step(a, b),))
    a, b = max(a, b), min(a, b)
    text = f"{name} has {a} {items}. {other} has {b} {items}. How many more {items} does {name} have than {other}?"
    return Problem("word problem", difficulty, text, f"{a}-{b} {items} {name}", str(a - b), (difference_step(a, b),))
