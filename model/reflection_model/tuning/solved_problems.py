"""What a model did with training problems, as a file, and the training examples that come of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from tokenizers import Tokenizer

from ..errors import ForgeError
from ..read_json import read_json_object
from .curriculum import Conversation, Curriculum, draw_problem, typed_question
from .dataset import LONGEST_EXAMPLE, Examples, encode_conversations, packed
from .problem import TRAINED_KINDS, Difficulty, Mistake, Problem
from .prompts import END_OF_TURN, header
from .solution import Part, ReflectionRates, worked_out
from .step_comparison import compare

COUNTS = ("problems", "steps", "wrong steps", "noticed", "right steps", "right steps doubted", "unusable")
"""By family: steps up to the first wrong one of each problem; of those, the wrong ones, and which of them the model
noticed; the right ones, and those that it "corrected"; replies in which a line was no step."""


@dataclass(frozen=True)
class ProblemDraw:
    """Training problems by number: one turn, reflection mode, moderate or hard, never held out.

    Attributes:
        seed: each problem's own seed is made of this one and its number.
        families: weight of each.
        difficulties: weights of moderate and hard.
    """

    seed: int
    families: Mapping[str, float]
    difficulties: Sequence[float]

    @staticmethod
    def of(curriculum: Curriculum, seed: int) -> ProblemDraw:
        """What a curriculum says of families and difficulties."""
        families = {name: weight for name, weight in curriculum.families.items() if name != "out of domain"}
        difficulties = curriculum.difficulties[1:]
        if not (any(families.values()) and any(difficulties)):
            raise ForgeError("the curriculum leaves no moderate or hard problem of any family")
        return ProblemDraw(seed, families, difficulties)

    def problem(self, number: int) -> tuple[Problem, str]:
        """A problem and the question as typed; the same for the same number."""
        random = Random(f"solved {self.seed} {number}")
        family = random.choices(list(self.families), list(self.families.values()))[0]
        difficulty: Difficulty = random.choices(("moderate", "hard"), self.difficulties)[0]
        problem = draw_problem(random, family, difficulty, held_out=False)
        return problem, typed_question(random, problem)


@dataclass
class Solved:
    """What a model did with the first problems of a draw.

    Attributes:
        settings: all that decides what the model wrote: its weights, the draw, the sampling.
        done: how many problems, from number 0 on.
        counts: by family, each of `COUNTS`.
        mistakes: rows of problem, step, right (the step as it should be), line, claim, noticed; one a problem at most.
        unusable: rows of problem and why, for replies in which a line was no step; nothing is made of those.
    """

    settings: Mapping[str, Any]
    done: int = 0
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    mistakes: list[dict[str, Any]] = field(default_factory=list)
    unusable: list[dict[str, Any]] = field(default_factory=list)

    @property
    def draw(self) -> ProblemDraw:
        """Which problems they were."""
        return ProblemDraw(self.settings["seed"], self.settings["families"], self.settings["difficulties"])

    def add(self, problem: Problem, reply: str) -> None:
        """Notes the reply to the next problem."""
        compared = compare([step.text for step in problem.steps], reply)
        counts = self.counts.setdefault(problem.family, dict.fromkeys(COUNTS, 0))
        counts["problems"] += 1
        counts["right steps"] += compared.right
        counts["right steps doubted"] += compared.doubted
        counts["steps"] += compared.right
        if compared.no_step is not None:
            counts["unusable"] += 1
            self.unusable.append({"problem": self.done, "why": compared.no_step})
        if compared.wrong is not None:
            counts["steps"] += 1
            counts["wrong steps"] += 1
            counts["noticed"] += compared.wrong.noticed
            right = problem.steps[compared.wrong.step].text
            self.mistakes.append({"problem": self.done, "right": right, **asdict(compared.wrong)})
        self.done += 1

    def total(self) -> dict[str, int]:
        """The counts over all families."""
        return {name: sum(counts[name] for counts in self.counts.values()) for name in COUNTS}

    def reasons(self) -> dict[str, int]:
        """Why replies are unusable, the most usual reason first."""
        return dict(Counter(row["why"] for row in self.unusable).most_common())


def read_solved(path: Path) -> Solved:
    """Reads what `forge solve` wrote.

    Raises:
        ForgeError: it wrote no such file.
    """
    try:
        solved = Solved(**read_json_object(path))
        sound = _is_sound(solved)
    except (TypeError, KeyError, AttributeError):
        sound = False
    if not sound:
        raise ForgeError(f"{path} was not written by `forge solve`")
    return solved


def _is_sound(solved: Solved) -> bool:
    numbers = [solved.done, solved.draw.seed, *(row["problem"] for row in (*solved.mistakes, *solved.unusable))]
    numbers += [row["step"] for row in solved.mistakes]
    texts = [row[name] for row in solved.mistakes for name in ("right", "line", "claim")]
    return (
        all(isinstance(number, int) and number >= 0 for number in numbers)
        and all(isinstance(text, str) and text for text in texts)
        and solved.total()["problems"] == solved.done > 0
        and any(solved.draw.families.values())
        and len(solved.draw.difficulties) == 2
    )


def solved_examples(
    tokenizer: Tokenizer,
    solved: Solved,
    rates: ReflectionRates,
    numbers: Sequence[int],
    as_right: Collection[int] = (),
) -> Examples:
    """The problems of some numbers as examples: a wrong step of the model is the deliberate mistake.

    What is too long with a verdict after each step is left out however it is shown, so that all rates show the same
    problems.

    Args:
        tokenizer: of the model that goes on learning.
        solved: the problems, and what the model did with them.
        rates: how they are shown.
        numbers: which of them.
        as_right: problems that are shown as if the model had them right.

    Raises:
        ForgeError: the problems drawn now are others than those that the model solved.
    """
    wrong = {row["problem"]: row for row in solved.mistakes}
    unusable = {row["problem"] for row in solved.unusable}
    usable = [number for number in numbers if number not in unusable]
    draw, longest = solved.draw, replace(rates, labelled=True, taken_out=False, made_up=False)
    kept = []
    for start in range(0, len(usable), 200):
        drawn = [(*draw.problem(number), wrong.get(number)) for number in usable[start : start + 200]]
        shown = [(*one, None if row and row["problem"] in as_right else row) for *one, row in drawn]
        conversations = [_example(*one, rates) for one in shown]
        labelled = encode_conversations(tokenizer, [_example(*one, longest) for one in drawn])
        encoded = encode_conversations(tokenizer, conversations)
        for conversation, example, (whole, _) in zip(conversations, encoded, labelled, strict=True):
            if len(whole) <= LONGEST_EXAMPLE:
                kept.append((conversation, example))
    if not kept:
        raise ForgeError(f"of {len(numbers)} replies none can be used", "The model must think in lines, as ours do.")
    return packed(kept)


def solved_pairs(solved: Solved) -> Iterator[dict[str, Any]]:
    """The problems in which the model erred, as pairs for `forge select`: with its mistake corrected, or without it."""
    for row in solved.mistakes:
        problem, question = solved.draw.problem(row["problem"])
        corrected, right = (
            "".join(part.text for part in worked_out(problem, "reflection", mistakes, ReflectionRates()))
            for mistakes in (_own(problem, row), {})
        )
        yield {
            "problem": row["problem"],
            "instruction": question,
            "response": corrected,
            "rewritten_response": right,
        }


def read_right_ones(path: Path) -> frozenset[int]:
    """The problems that `forge select` found to teach more without the model's mistake.

    Raises:
        ForgeError: it wrote no such file.
    """
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
        return frozenset(int(row["problem"]) for row in rows if row["chosen"] == "rewritten")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ForgeError(f"{path} was not written by `forge select` from a solved file: {error!r}") from error


def drawn_right_ones(solved: Solved, count: int, seed: int) -> frozenset[int]:
    """As many of the problems in which the model erred, drawn by chance: what a selection is compared with."""
    erred = sorted({row["problem"] for row in solved.mistakes})
    return frozenset(Random(f"right ones {seed}").sample(erred, count))


def _own(problem: Problem, wrong: Mapping[str, Any]) -> dict[int, Mistake]:
    step = wrong["step"]
    if step >= len(problem.steps) or problem.steps[step].text != wrong["right"]:
        hint = "The generator has changed since: run `forge solve` again."
        raise ForgeError(f"problem {wrong['problem']} is not the one that the model solved", hint)
    return {step: Mistake("own", wrong["line"], wrong["claim"])}


def _made_up(problem: Problem, wrong: Mapping[str, Any]) -> dict[int, Mistake]:
    """One deliberate mistake in the step in which the model erred; in another one where that has none to make."""
    random = Random(f"made up {wrong['problem']}")
    others = random.sample(range(len(problem.steps)), len(problem.steps))
    for step in (*_own(problem, wrong), *others):
        mistake = problem.steps[step].draw_mistake(random, TRAINED_KINDS)
        if mistake is not None:
            return {step: mistake}
    return {}


def _example(problem: Problem, question: str, wrong: Mapping[str, Any] | None, rates: ReflectionRates) -> Conversation:
    mistakes: dict[int, Mistake] = {}
    if wrong is not None:
        mistakes = _made_up(problem, wrong) if rates.made_up else _own(problem, wrong)
    asked = Part(f"{header('user')}{question}{END_OF_TURN}{header('assistant')}", False)
    return Conversation(
        "reflection", (asked, *worked_out(problem, "reflection", mistakes, rates), Part(END_OF_TURN, True))
    )
