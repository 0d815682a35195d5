"""The plainest puzzles about an order, 60 that can be worked out and 20 that leave it open, as lines of `--people`.

python benchmarks/plain_puzzles.py > plain.jsonl
forge evaluate MODEL --people plain.jsonl --injection none --settings none
"""

from __future__ import annotations

import json
from random import Random

NAMES = (
    "Anna", "Ben", "Carl", "Tom", "Sam", "Mia", "Jo", "Pat", "Maria", "Luis", "Ali", "Omar", "Yusuf", "Pedro", "Emma",
    "Noah", "Olivia", "Liam", "Zoe", "Max", "Lena", "Paul", "Kim", "Lee", "Ravi", "Priya", "Ken", "Yuki",
)  # fmt: skip
PROPERTIES = (
    ("taller", "tallest", "shortest"),
    ("older", "oldest", "youngest"),
    ("faster", "fastest", "slowest"),
    ("heavier", "heaviest", "lightest"),
    ("richer", "richest", "poorest"),
)


def puzzle(random: Random, number: int) -> dict[str, str]:
    """Three people in a row; the first is asked for in three of four, the last in the others."""
    (a, b, c), (more, most, least) = random.sample(NAMES, 3), random.choice(PROPERTIES)
    facts = [f"{a} is {more} than {b}.", f"{b} is {more} than {c}."]
    facts = facts[::-1] if number % 4 == 1 else facts
    the, asked, answer = "the " if random.random() < 0.6 else "", *((most, a) if number % 4 < 3 else (least, c))
    question = f"{' '.join(facts)} Who is {the}{asked}?"
    return {"id": f"p-{number:03}", "family": "ordering", "half": "development", "question": question, "answer": answer}


def open_puzzle(random: Random, number: int) -> dict[str, str]:
    """Two people who are less than a third; which of them is the least stays open."""
    (a, b, c), (more, _, least) = random.sample(NAMES, 3), random.choice(PROPERTIES)
    question = f"{a} is {more} than {b}. {a} is {more} than {c}. Who is the {least}?"
    return {"id": f"n-{number:03}", "family": "none", "half": "development", "question": question, "answer": ""}


if __name__ == "__main__":
    random = Random(5)
    for make, count in ((puzzle, 60), (open_puzzle, 20)):
        for number in range(count):
            print(json.dumps(make(random, number)))
