"""Situations: clauses about one thing that can be told in many orders and asked in several ways.

`texts/situations/*.txt` hold them; language models wrote them clause by clause, from the kinds of problems alone. Where
a scene always asks the same, a situation does not: the same yard of lorries gains, loses, shares and is asked what was
there at first. So what is asked follows from the clauses and the question only, never from what a message is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random

from .grammar import Side, kept_from_training


@dataclass(frozen=True)
class Situation:
    """One situation.

    Attributes:
        title: what it is about.
        note: what stands in brackets after the title: the measure, or things in place of names (`the oak/the fir`).
        clauses: by label; each without capital and end mark, so that it can stand anywhere.
    """

    title: str
    note: str
    clauses: dict[str, tuple[str, ...]]

    def say(self, random: Random, label: str) -> str:
        """One of the clauses of a label."""
        return random.choice(self.clauses[label])


@cache
def situations(kind: str, side: Side) -> tuple[Situation, ...]:
    """The situations of a kind that belong to one side of the split."""
    text = (files("reflection_model.tuning") / "texts" / "situations" / f"{kind}.txt").read_text(encoding="utf-8")
    blocks = (block for block in text.split("\n\n") if block.strip())
    return tuple(
        situation
        for situation in map(_parsed, blocks)
        if kept_from_training(f"situation {kind}", situation.title) == (side == "unseen")
    )


def _parsed(block: str) -> Situation:
    heading, *lines = block.strip().splitlines()
    title, _, note = heading.removeprefix("# ").removesuffix("]").partition(" [")
    clauses: dict[str, tuple[str, ...]] = {}
    for line in lines:
        label, _, clause = line.partition(": ")
        clauses[label] = (*clauses.get(label, ()), clause)
    return Situation(title, note, clauses)
