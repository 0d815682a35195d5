"""Finds questions of a test set that stand, whole or by half, in a text that something trains on."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable

SIZE = 4
"""Words in a row that count as shared; numbers are words, and so is every sign."""

SHARE = 0.5
"""A question is found where one text holds this share of its runs of words."""


def words_of(text: str) -> list[str]:
    """Words, numbers and signs, without case."""
    return re.findall(r"[^\W\d_]+|\d+(?:[.:]\d+)*|[^\w\s]", text.casefold())


def as_template(text: str) -> str:
    """A text whose numbers and slots (`{a}`) are all the same, so that a question is found with other numbers too."""
    return re.sub(r"\{[^{}]*\}|\d+(?:[.,:]\d+)*", "0", text)


class Overlap:
    """Looks for test questions in training text.

    Args:
        questions: the texts of the test set; of those with fewer than three runs of words only the whole is looked for.
        share: of the runs of a question that one text has to hold.
    """

    def __init__(self, questions: Iterable[str], share: float = SHARE) -> None:
        self._runs: dict[tuple[str, ...], list[int]] = {}
        self._needed: list[int] = []
        self._questions = list(questions)
        self._whole = {tuple(words_of(question)): number for number, question in enumerate(self._questions)}
        for number, question in enumerate(self._questions):
            runs = set(_runs(question))
            self._needed.append(max(3, math.ceil(share * len(runs))))
            for run in runs:
                self._runs.setdefault(run, []).append(number)
        self._found: set[int] = set()

    def add(self, text: str) -> None:
        """Looks into one training text."""
        shared = Counter(number for run in set(_runs(text)) for number in self._runs.get(run, ()))
        whole = self._whole.get(tuple(words_of(text)))
        if whole is not None and words_of(text):
            self._found.add(whole)
        self._found |= {number for number, count in shared.items() if count >= self._needed[number]}

    @property
    def found(self) -> list[str]:
        """The test questions found so far."""
        return [self._questions[number] for number in sorted(self._found)]


def _runs(text: str) -> Iterable[tuple[str, ...]]:
    words = words_of(text)
    return (tuple(words[start : start + SIZE]) for start in range(len(words) - SIZE + 1))
