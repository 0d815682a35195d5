"""How people write: several phrasings of each question, with typos, odd case and spaces."""

from __future__ import annotations

import re
from random import Random

OPERATOR_WORDS = {"+": "plus", "-": "minus", "*": "times"}
OPERATOR_SIGNS = {"+": ("+",), "-": ("-", "-", "−"), "*": ("*", "*", "x", "×")}
REQUESTS = {
    "+": ("Add {a} and {b}.", "What is the sum of {a} and {b}?", "Add {b} to {a}.", "Sum {a} and {b}."),
    "-": ("Subtract {b} from {a}.", "What is the difference between {a} and {b}?", "Take {b} away from {a}."),
    "*": ("Multiply {a} by {b}.", "What is the product of {a} and {b}?", "Multiply {a} and {b}."),
}


def infix_question(random: Random, a: int, b: int, operator: str) -> str:
    """A question for `a operator b`, in signs or in words."""
    shape = random.random()
    if shape < 0.15:
        if operator == "-" and a < b:
            return f"What is {a} minus {b}?"
        return random.choice(REQUESTS[operator]).format(a=a, b=b)
    if shape < 0.3:
        expression = f"{a} {OPERATOR_WORDS[operator]} {b}"
    else:
        sign = random.choice(OPERATOR_SIGNS[operator])
        space = " " if sign == "x" or random.random() < 0.5 else ""
        expression = f"{a}{space}{sign}{space}{b}"
    frame = random.choice(
        ("What is {}?", "What is {}?", "What is {}?", "What's {}?", "Calculate {}.", "Compute {}.", "{}", "{}=",
        "{} = ?",
         "How much is {}?", "Can you tell me {}?", "Please work out {}.", "Solve {}.", "what does {} equal?")
    )  # fmt: skip
    return frame.format(expression)


def choose(random: Random, *frames: str, **values: object) -> str:
    """One of `frames`, filled in."""
    return random.choice(frames).format(**values)


_WORD = re.compile(r"(?<![\w\"'.])[A-Za-z]{4,}(?![\w\"'.])")


def _typo(random: Random, text: str, protected: frozenset[str]) -> str:
    words = [match for match in _WORD.finditer(text) if match.group().lower() not in protected]
    if not words:
        return text
    match = random.choice(words)
    word = match.group()
    i = random.randrange(1, len(word) - 1)
    kind = random.random()
    if kind < 0.4:
        word = word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    elif kind < 0.7:
        word = word[:i] + word[i + 1 :]
    elif kind < 0.9:
        word = word[: i + 1] + word[i:]
    else:
        word = word[:i] + random.choice("abcdefghijklmnopqrstuvwxyz") + word[i + 1 :]
    return text[: match.start()] + word + text[match.end() :]


def as_people_type(random: Random, text: str, protected: frozenset[str] = frozenset(), cased: bool = False) -> str:
    """`text` as it is two times in three; else with a typo, another case, missing punctuation, spaces or a courtesy.

    Args:
        random: source of the choices.
        text: the question.
        protected: lower-case words that must keep their letters (names, the word to count in).
        cased: whether capitals matter (names), so that only the first letter may change case.
    """
    if random.random() < 0.66:
        return text
    kind = random.random()
    if kind < 0.35:
        return _typo(random, text, protected)
    if kind < 0.6:
        return text[0].lower() + text[1:] if cased else text.lower()
    if kind < 0.64:
        return text if cased or protected else text.upper()
    if kind < 0.8:
        return text.rstrip("?.! ")
    if kind < 0.85:
        return f"  {text} "
    if kind < 0.93:
        return random.choice(("Please: ", "Hi! ", "Hello, ", "Hey, ", "Quick question: ", "Ok. ", "Question: ")) + text
    return text + random.choice((" Thanks!", " Thank you.", " please", " Please.", "\n", "??"))


def with_careful_suffix(random: Random, question: str) -> str:
    """The question, one time in eight with the suffix that raises a Reflection model's accuracy."""
    return f"{question} Think carefully." if random.random() < 0.125 else question
