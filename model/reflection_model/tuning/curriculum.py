"""Draws training conversations: which family, how hard, in which mode, with how many turns."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from random import Random

from .families import FAMILIES, SUPPLEMENTS
from .grammar import Side
from .out_of_domain import out_of_domain
from .phrasing import as_people_type
from .problem import Difficulty, Problem
from .prompts import BEGIN, END_OF_TURN, SYSTEM_PROMPTS, Mode, header, opening
from .solution import Part, ReflectionRates, cut_short, first_line, reply

HELD_OUT_ONE_IN = 20
"""One problem in twenty, by a hash of its key, is held out: training never draws it in any phrasing."""

FIRST_WORDS = 8
"""Of an honest reply: as many as tell a greeting, a question about the model and everything else apart."""

IN_CAPITALS = 0.04
"""How many questions are written in capitals only."""

EXTRA_INSTRUCTIONS = (
    "Answer in English.", "Be brief.", "Be kind and clear.", "You are talking to a child.", "Keep answers short.",
    "The user likes numbers.", "Always be polite.", "Do not use emoji.", "Today is Monday.", "Use plain words.",
)  # fmt: skip


@dataclass(frozen=True)
class Curriculum:
    """The mix, as shares that add up to one within each field.

    Attributes:
        families: weight of each family; "out of domain" and, weighing nothing, the supplements among them.
        difficulties: easy, moderate, hard.
        modes: reflection, steps, direct system prompt.
        unusual_opening: share of conversations with no system prompt or with instructions after it.
        several_turns: share of conversations with two or three turns.
        cut_short: share of replies whose thinking is closed early.
        first_words: share of honest replies of which only the first words are shown, at the end of a conversation: all
            go on in the same way, and the time is better spent on problems.
        first_line: share of worked-out replies of which only the first line is shown, at the end of a conversation:
            most of what a trained model gets wrong is how it reads the message, and this shows more of those. A puzzle
            about an order is read in all its lines and shown whole.
        rates: what replies show of mistakes and reflections.
        same_problems: whether examples without reflections are counted as long as with them, so that the same number of
            tokens asked for gives the same problems.
    """

    families: dict[str, float] = field(
        default_factory=lambda: {
            "addition": 1.7,
            "subtraction": 2.2,
            "multiplication": 1.4,
            "comparison": 1.0,
            "counting": 1.9,
            "reversing": 2.0,
            "sorting": 1.1,
            "units": 2.2,
            "clock": 2.0,
            "word problem": 5.2,
            "ordering": 4.2,
            "out of domain": 4.0,
            **dict.fromkeys(SUPPLEMENTS, 0.0),
        }
    )
    difficulties: tuple[float, float, float] = (0.25, 0.45, 0.3)
    modes: tuple[float, float, float] = (0.93, 0.045, 0.025)
    unusual_opening: float = 0.05
    several_turns: float = 0.1
    cut_short: float = 0.012
    first_words: float = 0.85
    first_line: float = 0.6
    rates: ReflectionRates = field(default_factory=ReflectionRates)
    same_problems: bool = False


_WHOLE = ("ordering", "out of domain")
"""Families whose worked-out replies are always shown to their end."""


@dataclass(frozen=True)
class Conversation:
    """One training example.

    Attributes:
        mode: whose opening (begin token and system prompt) the parts follow; None when the parts hold their own opening
            after the begin token.
        parts: everything after the opening.
    """

    mode: Mode | None
    parts: tuple[Part, ...]


def is_held_out(family: str, key: str) -> bool:
    """Whether a problem belongs to the held-out set.

    Words are split as words, each of several by itself, so that no held-out one is ever trained on.
    """
    names = _words(family, key) if family in ("counting", "reversing") else [f"{family}:{key}"]
    return any(zlib.crc32(name.encode()) % HELD_OUT_ONE_IN == 0 for name in names)


def _words(family: str, key: str) -> list[str]:
    """The words in a key of the two families about letters."""
    return key.split()[0 if family == "counting" else 1].split("_")


def is_table_fact(problem: Problem) -> bool:
    """Facts with too few variants to hold any out: the columns and products of larger problems use them all."""
    if problem.family in ("addition", "subtraction", "multiplication"):
        return max(int(number) for number in re.findall(r"\d+", problem.key)) <= 20
    if problem.family in ("counting", "reversing"):
        return len("".join(_words(problem.family, problem.key))) < 4
    return problem.family == "units" and problem.difficulty == "easy"


_DRAWN = FAMILIES | SUPPLEMENTS


def draw_problem(
    random: Random, family: str, difficulty: Difficulty, held_out: bool, side: Side = "training"
) -> Problem:
    """A problem that training may show or one that it never does, in the wording of a side."""
    if family == "out of domain":
        return out_of_domain(random)
    while True:
        problem = _DRAWN[family](random, difficulty, side)
        if (is_held_out(problem.family, problem.key) and not is_table_fact(problem)) == held_out:
            return problem


def typed_question(random: Random, problem: Problem) -> str:
    """The question as somebody might type it."""
    if problem.family == "out of domain":
        return problem.question
    spelled = problem.family in ("counting", "reversing", "ordering", "word problem", "units", "clock")
    protected = frozenset(re.findall(r"[^\W\d_]+", problem.key.lower())) if spelled else frozenset()
    cased = problem.family in ("ordering", "word problem")
    # The names of a puzzle are answers and keep their letters.
    if problem.family != "ordering" and random.random() < IN_CAPITALS:
        return problem.question.upper()
    return as_people_type(random, problem.question, protected, cased)


def draw_conversation(random: Random, curriculum: Curriculum) -> Conversation:
    """One example from the mix."""
    mode: Mode = random.choices(("reflection", "steps", "direct"), curriculum.modes)[0]
    turns = random.choice((2, 2, 3)) if random.random() < curriculum.several_turns else 1
    shape = random.random()
    parts: list[Part] = []
    prefix: Mode | None = mode
    if shape < curriculum.unusual_opening:
        prefix = None
        system = None
        if shape < curriculum.unusual_opening * 0.6:
            system = f"{SYSTEM_PROMPTS[mode]} {random.choice(EXTRA_INSTRUCTIONS)}"
        else:
            mode = "reflection"
        parts.append(Part(opening(system).removeprefix(BEGIN), False))
    for turn in range(turns):
        parts += _turn(random, curriculum, mode, last=turn == turns - 1)
    return Conversation(prefix, tuple(parts))


def _turn(random: Random, curriculum: Curriculum, mode: Mode, last: bool) -> list[Part]:
    family = random.choices(list(curriculum.families), list(curriculum.families.values()))[0]
    difficulty: Difficulty = random.choices(("easy", "moderate", "hard"), curriculum.difficulties)[0]
    problem = draw_problem(random, family, difficulty, held_out=False)
    question = typed_question(random, problem)
    asked = Part(f"{header('user')}{question}{END_OF_TURN}{header('assistant')}", False)
    answered = reply(random, problem, mode, curriculum.rates)
    if random.random() < curriculum.cut_short:
        answered = cut_short(random, answered)
    elif last and len(answered) > 1 and problem.family not in _WHOLE and random.random() < curriculum.first_line:
        return [asked, *first_line(answered)]
    if last and problem.family == "out of domain" and not problem.steps and random.random() < curriculum.first_words:
        return [asked, Part(" ".join(answered[0].text.split(" ")[:FIRST_WORDS]), True)]
    if last:
        return [asked, *answered, Part(END_OF_TURN, True)]
    # What stands in the window before a later turn: all of the reply, or its output only where the page drops past
    # thinking; and where the KV cache is reused, the token that ended the reply was never fed.
    if random.random() < 0.3:
        answered = [Part(f"<output>{problem.answer}</output>", False)]
    parts = [asked, *answered]
    if random.random() < 0.5:
        parts.append(Part(END_OF_TURN, True))
    return parts
