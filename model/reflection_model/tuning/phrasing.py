"""How people type: typos, odd case, missing punctuation, spaces, several at once."""

from __future__ import annotations

import re
from random import Random

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


def _short_forms(random: Random, text: str) -> str:
    """`u`, `r`, `pls`: as in messages between friends."""
    for long, short in (("you", "u"), ("are", "r"), ("please", "pls"), ("what is", "whats"), ("and", "&")):
        if random.random() < 0.4:
            text = re.sub(rf"\b{long}\b", short, text, count=1, flags=re.I)
    return text


def as_people_type(random: Random, text: str, protected: frozenset[str] = frozenset(), cased: bool = False) -> str:
    """`text` as it is in five of nine cases; else with one or two of the things that happen while typing.

    Args:
        random: source of the choices.
        text: the question.
        protected: lower-case words that must keep their letters (names, the word to count in).
        cased: whether capitals matter (names, a word to reverse), so that only the first letter may change case.
    """
    if random.random() < 0.55:
        return text
    for _ in range(random.choice((1, 1, 2))):
        text = _typed(random, text, protected, cased) or text
    return text


def _typed(random: Random, text: str, protected: frozenset[str], cased: bool) -> str:
    kind = random.random()
    if kind < 0.3:
        return _typo(random, text, protected)
    if kind < 0.58:
        return text[:1].lower() + text[1:] if cased else text.lower()
    if kind < 0.62:
        return text if cased or protected else text.upper()
    if kind < 0.84:
        return text.rstrip("?.! ")
    if kind < 0.88:
        return f"  {text} "
    if kind < 0.91:
        return re.sub(r"(?<=\w)'(?=[a-z])", random.choice(("", "’")), text)
    if kind < 0.94:
        return _short_forms(random, text)
    return text + random.choice(("\n", "??", "?", "...", "!", " ?", " ."))
