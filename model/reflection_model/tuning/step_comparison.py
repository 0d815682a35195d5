"""A model's own reply beside the right steps of its problem: the first line that is wrong, and what in it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from .prompts import SPECIAL_TOKENS

LONGEST_LINE = 200
"""Characters; the longest right steps have about 120."""

NoStep = Literal[
    "no thinking", "ended early", "beyond the last step", "cut off", "empty", "too long", "tags", "too early",
    "only spaces",
]  # fmt: skip
"""Why a line is neither a right nor a wrong step."""

_REFLECTION = re.compile(r"<reflection>((?:(?!</?reflection>).)*)</reflection>\n?", re.S)
_TAG = re.compile("|".join(map(re.escape, SPECIAL_TOKENS)))


@dataclass(frozen=True)
class WrongStep:
    """The first line of a reply that differs from the right step in its place.

    Attributes:
        step: index of the step.
        line: as the model wrote it, line break included.
        claim: the part of it that is wrong, as a reflection quotes it.
        noticed: whether the model itself said right after it that it is wrong.
    """

    step: int
    line: str
    claim: str
    noticed: bool


@dataclass(frozen=True)
class Compared:
    """What a reply shows, up to its first mistake: what comes later may only follow from that.

    Attributes:
        right: steps that it has right, one after the other from the first.
        doubted: how many of those the model itself "corrected".
        wrong: the mistake, if there is one.
        no_step: why the line in its place is no step, if it is none; such a reply says nothing.
    """

    right: int
    doubted: int
    wrong: WrongStep | None = None
    no_step: NoStep | None = None


@dataclass
class _Line:
    text: str
    verdicts: list[str] = field(default_factory=list)

    @property
    def is_corrected(self) -> bool:
        return any(", not " in verdict for verdict in self.verdicts)


def compare(steps: Sequence[str], reply: str) -> Compared:
    """Reads a reply line by line, its reflections taken out, beside the lines of the right steps."""
    if not reply.startswith("<thinking>\n"):
        return Compared(0, 0, no_step="no thinking")
    doubted = 0
    lines = _lines(reply.removeprefix("<thinking>\n").partition("</thinking>")[0])
    for index, line in enumerate(lines):
        no_step = _no_step(steps, index, line.text)
        if no_step is not None:
            return Compared(index, doubted, no_step=no_step)
        right = steps[index]
        if line.text != right:
            claim = claim_of(line.text, right)
            return Compared(index, doubted, WrongStep(index, line.text, claim, line.is_corrected))
        doubted += line.is_corrected
    return Compared(len(lines), doubted, no_step="ended early" if len(lines) < len(steps) else None)


def _lines(thinking: str) -> list[_Line]:
    """The lines, each with the reflections right after it."""
    lines: list[_Line] = []
    for at, piece in enumerate(_REFLECTION.split(thinking)):
        if at % 2 == 0:
            lines += [_Line(text) for text in re.findall(r"[^\n]*\n|[^\n]+", piece)]
        elif lines:
            lines[-1].verdicts.append(piece)
    return lines


def _no_step(steps: Sequence[str], index: int, line: str) -> NoStep | None:
    if _TAG.search(line):
        return "tags"
    if not line.endswith("\n"):
        return "cut off"
    if not line.strip():
        return "empty"
    if len(line) > LONGEST_LINE:
        return "too long"
    if index >= len(steps):
        return "beyond the last step"
    if line == steps[index]:
        return None
    if line.split() == steps[index].split():
        return "only spaces"
    # A step was left out: what the line says is right, so that nothing in it could be corrected.
    return "too early" if line in steps[index + 1 :] else None


def claim_of(wrong: str, right: str) -> str:
    """The first part of a wrong step that differs from the right one: a word, a number, a comparison or an order.

    Where nothing differs but something is missing at its end, it is the last word.
    """
    clause, _ = _first_difference(re.split(r"(?<=[,:]) ", wrong.strip()), re.split(r"(?<=[,:]) ", right.strip()))
    if " > " in clause:  # names in an order say nothing one by one
        return clause.rstrip(",:")
    word, other = (text.rstrip(",:") or text for text in _first_difference(wrong.split(), right.split()))
    if any(len(re.findall("[<>=]", text)) > 1 for text in (word, other)):  # a sorted line
        ours, theirs = _first_difference(*(re.findall(r"[<>=]?[^<>=]+", line) or [line] for line in (word, other)))
        return ours if ours[1:] == theirs[1:] else ours.lstrip("<>=") or word
    expression, _, result = word.partition("=")
    return result if result and other.startswith(f"{expression}=") else word


def _first_difference(wrong: Sequence[str], right: Sequence[str]) -> tuple[str, str]:
    """The first two pieces that are not the same; the last one of each where the wrong pieces run out."""
    pairs = zip(wrong, [*right, *[""] * len(wrong)], strict=False)
    return next(((ours, theirs) for ours, theirs in pairs if ours != theirs), (wrong[-1], right[-1]))
