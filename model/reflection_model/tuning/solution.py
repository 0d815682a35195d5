"""A problem's reply as text: which parts the model learns and which it only reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from .problem import TRAINED_KINDS, Mistake, Problem
from .prompts import Mode


@dataclass(frozen=True)
class Part:
    """A piece of text; `learned` parts carry the loss, the others are context (prompts and deliberate mistakes)."""

    text: str
    learned: bool


@dataclass(frozen=True)
class ReflectionRates:
    """How often training shows what.

    With 0.35, 0.25 and 0.2 a model of 36 M tokens had learned to write "right" after nearly every check: only 9 % of
    forced wrong steps of unseen kinds were detected (551 cases).

    Attributes:
        mistake: share of hard problems with a deliberate mistake.
        mistake_moderate: the same for moderate problems.
        second_mistake: share of those with two.
        learned: whether deliberate mistakes carry loss as well, as in pretraining on retry data.
        taken_out: whether everything is drawn as it is, and then shown without mistakes and reflections: the control.
        labelled: whether every step in reflection mode is followed by its verdict, however hard the problem is.
        made_up: of problems that a model solved, whether those in which it erred show a deliberate mistake and not its.
    """

    mistake: float = 0.65
    mistake_moderate: float = 0.5
    second_mistake: float = 0.3
    learned: bool = False
    taken_out: bool = False
    labelled: bool = False
    made_up: bool = False


def reply(random: Random, problem: Problem, mode: Mode, rates: ReflectionRates) -> list[Part]:
    """The reply that training shows in a mode.

    In direct mode everything is answered at once, else only what has no steps. Easy problems have their steps and
    nothing more: answered at once, they were the ones that revision v1 got wrong most. Hard ones in reflection mode
    are checked after each error-prone step. Deliberate mistakes stand only in reflection mode, never carry loss, and
    are always corrected.
    """
    if mode == "direct" or not problem.steps:
        return [Part(f"<output>{problem.answer}</output>", True)]
    return worked_out(problem, mode, _draw_mistakes(random, problem, rates) if mode == "reflection" else {}, rates)


def worked_out(problem: Problem, mode: Mode, mistakes: Mapping[int, Mistake], rates: ReflectionRates) -> list[Part]:
    """The reply with its steps, some of them (by their index) written down wrongly first."""
    parts = [Part("<thinking>\n", True)]
    for index, step in enumerate(problem.steps):
        mistake = mistakes.get(index)
        if mistake is not None and not rates.taken_out:
            parts += [Part(mistake.text, rates.learned), Part(step.correction(mistake), True)]
        else:
            parts.append(Part(step.text, True))
            checked = rates.labelled or (problem.difficulty == "hard" and step.error_prone)
            if checked and mode == "reflection" and not rates.taken_out:
                parts.append(Part(step.confirmation(), True))
    parts.append(Part(f"</thinking>\n<output>{problem.answer}</output>", True))
    return parts


def cut_short(random: Random, parts: list[Part]) -> list[Part]:
    """The reply when the reader asks to answer now: thinking closed early by someone else, the answer still learned.

    One number is drawn however long the reply is, so that what follows stays the same without reflections.
    """
    place = random.random()
    thinking = parts[1:-1]
    if not thinking:
        return parts
    kept = thinking[: int(place * len(thinking))]
    if kept and not kept[-1].learned:
        kept = kept[:-1]
    answer = parts[-1].text.removeprefix("</thinking>\n<output>")
    return [parts[0], *kept, Part("</thinking>\n<output>", False), Part(answer, True)]


def first_line(parts: list[Part]) -> list[Part]:
    """The beginning of a worked-out reply: what is asked, with the reflection on it where there is one."""
    return parts[: 3 if parts[2].text.startswith("<reflection>") else 2]


def _draw_mistakes(random: Random, problem: Problem, rates: ReflectionRates) -> dict[int, Mistake]:
    if problem.difficulty == "easy":
        return {}
    rate = rates.mistake if problem.difficulty == "hard" else rates.mistake_moderate
    if random.random() >= rate:
        return {}
    count = 2 if random.random() < rates.second_mistake else 1
    chosen = random.sample(range(len(problem.steps)), min(count, len(problem.steps)))
    drawn = {index: problem.steps[index].draw_mistake(random, TRAINED_KINDS) for index in chosen}
    return {index: mistake for index, mistake in drawn.items() if mistake is not None}
