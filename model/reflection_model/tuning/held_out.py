"""The held-out problems as a file: what is asked, the answer, and wrong steps to inject."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from random import Random

from .curriculum import draw_problem, typed_question
from .families import FAMILIES
from .grammar import Side
from .out_of_domain import held_out_messages
from .problem import TRAINED_KINDS, UNSEEN_KINDS, Difficulty, Problem

DIFFICULTIES: tuple[Difficulty, ...] = ("easy", "moderate", "moderate", "hard", "hard")
"""One round of difficulties; `ONLY_TABLE_FACTS` families take the other four."""

ONLY_TABLE_FACTS = ("multiplication", "units")
"""Families whose easy problems are too few to hold any out."""


@dataclass(frozen=True)
class Injection:
    """A wrong step to put into the thinking.

    Attributes:
        kind: the kind of mistake.
        before: the right steps before it, as text.
        wrong: the wrong step.
        right: the right step in its place, for counting false alarms.
    """

    kind: str
    before: str
    wrong: str
    right: str


@dataclass(frozen=True)
class HeldOutProblem:
    """One held-out problem.

    Attributes:
        family: by name, "out of domain" for a message that is no problem.
        difficulty: easy, moderate, hard.
        question: as asked.
        key: identity of the problem apart from its phrasing.
        answer: what belongs into the output; empty outside the families.
        unseen: a wrong step of a kind that training never shows.
        trained: one of a kind that training shows.
        wording: "training" where production and slot words may occur in training, "unseen" where they never do.
        steps: the right steps, each a line; none outside the families, and in files written before there were any.
    """

    family: str
    difficulty: str
    question: str
    key: str
    answer: str
    unseen: Injection | None = None
    trained: Injection | None = None
    wording: Side = "training"
    steps: tuple[str, ...] = ()


def _injection(random: Random, problem: Problem, kinds: frozenset[str]) -> Injection | None:
    if problem.difficulty == "easy":
        return None
    for index in random.sample(range(len(problem.steps)), len(problem.steps)):
        mistake = problem.steps[index].draw_mistake(random, kinds)
        if mistake is not None:
            before = "".join(step.text for step in problem.steps[:index])
            return Injection(mistake.kind, before, mistake.text, problem.steps[index].text)
    return None


def _is_shown_as_fact(problem: Problem) -> bool:
    """`5 hours` into minutes: training shows it with easy numbers, all of which are table facts, under the same key."""
    whole = problem.family == "units" and re.fullmatch(r"\d+ \S+ \S+", problem.key) is not None
    return whole and " and " not in problem.steps[0].text  # seconds into minutes and seconds have such keys too


def draw_held_out(seed: int, per_family: int) -> list[HeldOutProblem]:
    """`per_family` different problems of each family, typed as people type, then as many messages outside them.

    Every second problem is asked in unseen wording: with a production, names, objects and words kept from training.
    """
    random = Random(f"held out {seed}")
    drawn: list[HeldOutProblem] = []
    for family in FAMILIES:
        difficulties = [level for level in DIFFICULTIES if level != "easy" or family not in ONLY_TABLE_FACTS]
        keys: set[str] = set()
        for difficulty in itertools.cycle(difficulties):
            if len(keys) == per_family:
                break
            # A difficulty with few held-out problems runs dry; the others fill up.
            side: Side = "unseen" if len(keys) % 2 else "training"
            problem = draw_problem(random, family, difficulty, held_out=True, side=side)
            if problem.key in keys or _is_shown_as_fact(problem):
                continue
            keys.add(problem.key)
            injections = [_injection(random, problem, kinds) for kinds in (UNSEEN_KINDS, TRAINED_KINDS)]
            question = typed_question(random, problem)
            drawn.append(
                HeldOutProblem(
                    family,
                    problem.difficulty,
                    question,
                    problem.key,
                    problem.answer,
                    *injections,
                    side,
                    tuple(step.text for step in problem.steps),
                )  # fmt: skip
            )
    for message in held_out_messages(random, per_family):
        drawn.append(HeldOutProblem("out of domain", "easy", message, message, ""))
    return drawn


def parse_held_out(rows: Iterable[dict]) -> list[HeldOutProblem]:
    """The problems of a `held-out.json`."""
    return [
        HeldOutProblem(
            **{key: value for key, value in row.items() if key not in ("unseen", "trained", "steps")},
            unseen=Injection(**row["unseen"]) if row["unseen"] else None,
            trained=Injection(**row["trained"]) if row["trained"] else None,
            steps=tuple(row.get("steps", ())),
        )
        for row in rows
    ]


def to_rows(problems: Iterable[HeldOutProblem]) -> list[dict]:
    """The same as plain data."""
    return [asdict(problem) for problem in problems]


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+|\d+(?:\.\d+)?|[^\w\s]", text.casefold())


class Decontamination:
    """Counts what training questions share with held-out ones.

    An n-gram counts only when it says something about the problem itself: it must hold a number, or a word of the key.
    """

    def __init__(self, held_out: Iterable[HeldOutProblem], size: int = 8) -> None:
        self._size = size
        self._questions = {" ".join(_words(problem.question)): problem.family for problem in held_out}
        self._grams: dict[tuple[str, ...], set[str]] = {}
        for question in self._questions:
            for gram in self._telling(question.split()):
                self._grams.setdefault(gram, set()).add(question)
        self.seen = 0
        self.equal: Counter[str] = Counter()
        self.sharing: set[str] = set()

    def _telling(self, words: list[str]) -> Iterable[tuple[str, ...]]:
        for start in range(len(words) - self._size + 1):
            gram = tuple(words[start : start + self._size])
            if sum(word[0].isdigit() for word in gram) >= 2:
                yield gram

    def add(self, question: str) -> None:
        """Counts one training question."""
        self.seen += 1
        words = _words(question)
        text = " ".join(words)
        if text in self._questions:
            self.equal[self._questions[text]] += 1
        for gram in self._telling(words):
            self.sharing |= self._grams.get(gram, set())

    def merge(self, other: Decontamination) -> None:
        """Adds what was counted for the same held-out questions in another part of the training set."""
        self.seen += other.seen
        self.equal += other.equal
        self.sharing |= other.sharing

    def report(self) -> dict:
        """The counts as plain data."""
        return {
            "training questions": self.seen,
            "held-out questions": len(self._questions),
            "training questions equal to a held-out one, by family": dict(self.equal),
            f"held-out questions that share a {self._size}-gram with two numbers": len(self.sharing),
        }
