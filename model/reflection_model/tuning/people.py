"""The test set in other people's words (`model/benchmarks/people.jsonl`): reading it, and when an answer is right."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Literal

from ..errors import ForgeError
from .evaluation import Answerer, is_well_formed, output_of, share
from .out_of_domain import HONEST_MARK
from .prompts import SYSTEM_PROMPTS, prompt_text

NO_PROBLEM = "none"
"""The family of messages that are no problem of a known kind."""

HALVES = ("development", "final")

_UNITS = {
    "h": "hour", "hr": "hour", "hrs": "hour", "min": "minute", "mins": "minute", "s": "second", "sec": "second",
    "secs": "second", "d": "day", "m": "metre", "meter": "metre", "cm": "centimetre", "centimeter": "centimetre",
    "mm": "millimetre", "millimeter": "millimetre", "km": "kilometre", "kilometer": "kilometre", "kg": "kilogram",
    "kilo": "kilogram", "g": "gram", "gramme": "gram", "mg": "milligram", "l": "litre", "liter": "litre",
    "ml": "millilitre", "milliliter": "millilitre", "t": "tonne", "ton": "tonne", "ft": "foot", "feet": "foot",
    "in": "inch", "inches": "inch", "yd": "yard", "centuries": "century", "pence": "penny", "pennies": "penny",
    "p": "penny", "c": "cent", "wk": "week", "yr": "year",
}  # fmt: skip
_LARGE_MONEY, _SMALL_MONEY = {"dollar", "euro", "pound", "zł", "zloty", "£", "$", "€"}, {"cent", "penny", "gr", "grosz"}


@dataclass(frozen=True)
class PeoplesQuestion:
    """One line of the set; `half` is looked at while developing or measured once, at the end."""

    id: str
    family: str
    half: Literal["development", "final"]
    question: str
    answer: str


def read_people(path: Path, half: str = "both") -> list[PeoplesQuestion]:
    """The questions of a half, or of both.

    Raises:
        ForgeError: the file is missing or one of its lines is not what it should be.
    """
    if not path.is_file():
        raise ForgeError(f"{path} is missing", "Give the people's set, model/benchmarks/people.jsonl.")
    questions = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            fields = {name: row[name] for name in ("id", "family", "half", "question", "answer")}
        except (ValueError, KeyError, TypeError) as error:
            raise ForgeError(f"{path}, line {number}: {error!r} is no question with its answer") from error
        if fields["half"] not in HALVES:
            raise ForgeError(f"{path}, line {number}: half is {fields['half']!r}", f"It can be {' or '.join(HALVES)}.")
        questions.append(PeoplesQuestion(**fields))
    return [question for question in questions if half in ("both", question.half)]


def same_answer(family: str, expected: str, given: str) -> bool:
    """Whether two answers say the same, however they are written.

    Separators of thousands, leading zeros of an hour, am and pm, short and long units, articles and capitals make no
    difference; anything else does.
    """
    expected, given = expected.strip().rstrip("."), given.strip().rstrip(".")
    if expected.casefold() == given.casefold():
        return True
    if family == "clock" and ":" in expected:
        return _minutes(expected) is not None and _minutes(expected) == _minutes(given)
    if family in ("units", "clock"):
        return bool(_amounts(expected)) and _amounts(expected) == _amounts(given)
    if family == "sorting":
        return _numbers(expected) == _numbers(given) and re.sub(r"[\d.,; <>\s-]|and", "", given) == ""
    if family == "ordering":
        return _bare(expected) == _bare(given)
    try:
        return Decimal(expected.replace(",", "")) == Decimal(given.replace(",", ""))
    except InvalidOperation:
        return False


def _minutes(text: str) -> int | None:
    """A time of day in minutes after midnight."""
    found = re.fullmatch(r"(\d{1,2}):(\d\d) ?(am|pm|a\.m|p\.m)?", text.casefold())
    if not found:
        return None
    hours, half = int(found[1]), (found[3] or "").replace(".", "")
    return 60 * (hours % 12 + 12 * (half == "pm") if half else hours % 24) + int(found[2])


def _amounts(text: str) -> dict[str, Decimal]:
    """How much of each unit; money in its smaller unit."""
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    text = re.sub(r"([£$€])(\d+(?:[.,]\d+)*)", r"\2 \1", text.casefold().replace(" and ", " "))
    for number, unit in re.findall(r"(\d+(?:,\d{3})*(?:\.\d+)?)\s*([^\W\d_]+|[£$€])", text):
        value = Decimal(number.replace(",", ""))
        name = _UNITS.get(unit) or _UNITS.get(unit.removesuffix("s")) or unit.removesuffix("s")
        if name in _LARGE_MONEY:
            amounts["money"] += 100 * value
        elif name in _SMALL_MONEY:
            amounts["money"] += value
        else:
            amounts[name] += value
    return {name: value for name, value in amounts.items() if value}


def _numbers(text: str) -> list[Decimal]:
    return [Decimal(number) for number in re.findall(r"-?\d+(?:\.\d+)?", re.sub(r"(?<=\d),(?=\d{3}\b)", "", text))]


def _bare(text: str) -> str:
    return re.sub(r"\b(the|a|an)\b|[^\w]", "", text.casefold())


def is_right_for(question: PeoplesQuestion, reply: str) -> bool:
    """Whether a reply is right: the answer, or for no problem an honest one."""
    output = output_of(reply)
    if output is None:
        return False
    honest = HONEST_MARK in output
    return honest if question.family == NO_PROBLEM else same_answer(question.family, question.answer, output)


def evaluate_people(
    questions: Sequence[PeoplesQuestion], answer: Answerer, report: Callable[[str], object] = lambda text: None
) -> dict:
    """Asks every question with the default system prompt: shares by half and family, with what was refused or tried.

    A false refusal answers a problem of a known kind as unknown; a false attempt answers anything else as a problem.
    """
    replies = answer([prompt_text(q.question, SYSTEM_PROMPTS["reflection"]) for q in questions], False)
    outcome: dict = {"halves": {}, "replies": []}
    for half in HALVES:
        rows = [(q, reply) for q, reply in zip(questions, replies, strict=True) if q.half == half]
        if not rows:
            continue
        families: dict[str, list[bool]] = defaultdict(list)
        refused, tried, formed = [], [], []
        for question, reply in rows:
            honest = HONEST_MARK in (output_of(reply) or "")
            formed.append(is_well_formed(reply))
            if question.family == NO_PROBLEM:
                tried.append(not honest)
            else:
                families[question.family].append(is_right_for(question, reply))
                refused.append(honest)
        outcome["halves"][half] = {
            "right": share([flag for flags in families.values() for flag in flags]),
            "by family": {name: share(flags) for name, flags in families.items()},
            "false refusals": share(refused),
            "false attempts": share(tried),
            "well-formed": share(formed),
        }
        report(half)
    for question, reply in zip(questions, replies, strict=True):
        right = is_right_for(question, reply)
        outcome["replies"].append({"id": question.id, "half": question.half, "right": right, "reply": reply})
    return outcome
