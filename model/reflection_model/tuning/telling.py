"""Clauses and a question put together into one message, in the ways in which people do."""

from __future__ import annotations

import re
from random import Random

_ASKS = re.compile(r"(how|what|when|which|who|whose|whom|where|at what|by how|by what|in how|for how|to how|from)\b")


def told(random: Random, clauses: list[str], question: str) -> str:
    """The message: mostly sentences and the question after them.

    Args:
        random: source of the choices.
        clauses: main clauses without capital at their beginning and mark at their end.
        question: the same, or some words that stand for it.
    """
    asks = _ASKS.match(question) is not None
    shape = random.random()
    if shape < 0.12 and asks:
        return f"{_capital(question)} if {_listed(random, clauses)}{_mark(random, asks)}"
    if shape < 0.24:
        return f"{_capital(question)}{_mark(random, asks) or '.'} {_sentences(random, clauses)}"
    if shape < 0.34:
        joint = random.choice((", ", " ", " and ", "; ", " - ", ".. "))
        return f"{joint.join(clauses)}{random.choice((', ', '. ', ' ', ' - '))}{question}{_mark(random, asks)}"
    if shape < 0.4:
        return "\\n".join((*map(_capital, clauses), _capital(question) + _mark(random, asks)))
    if shape < 0.55:
        between = random.choice((". ", ". ", "; ", ": ", " - "))
        asked = _capital(question) if between == ". " else question
        return f"{_capital(_listed(random, clauses))}{between}{asked}{_mark(random, asks)}"
    return f"{_sentences(random, clauses)} {_capital(question)}{_mark(random, asks)}"


def joined(random: Random, clause: str, again: str) -> str:
    """A clause with a short one that goes on from it (`sells 3`, `then another 5`)."""
    if again.startswith(("and ", "then ", "plus ", "but ")):
        return f"{clause}{random.choice((', ', ' '))}{again}"
    joint = random.choice((", ", " and ", ", then ", ". "))
    return f"{clause}{joint}{_capital(again) if joint == '. ' else again}"


def _mark(random: Random, asks: bool) -> str:
    if asks:
        return "?" if random.random() < 0.88 else ""
    return random.choice(("?", "?", "?", ".", "", "", ":"))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _listed(random: Random, clauses: list[str]) -> str:
    """`a, b and c`."""
    *first, last = clauses
    if not first:
        return last
    return f"{', '.join(first)}{random.choice((' and ', ', and ', ', '))}{last}"


def _sentences(random: Random, clauses: list[str]) -> str:
    """Sentences, now and then two in one."""
    text = _capital(clauses[0])
    for clause in clauses[1:]:
        shape = random.random()
        if shape < 0.72:
            text += f". {_capital(clause)}"
        else:
            text += random.choice((", ", "; ", " and ", ", and ")) + clause
    return f"{text}."
