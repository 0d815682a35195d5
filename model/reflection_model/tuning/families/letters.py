"""Counting a letter in a word or some words and reversing them, letter by letter with a number at each."""

from __future__ import annotations

import re
import string
from dataclasses import replace
from functools import cache
from importlib.resources import files
from itertools import groupby
from random import Random

from ..grammar import Side, message
from ..problem import Difficulty, Mistake, Problem, Step
from ..scenes import SHARE, claimed, draw_scene, filled, scenes
from ..slot_words import invented_word, names

LENGTHS = {"easy": (2, 4), "moderate": (4, 7), "hard": (7, 15)}

LONGEST_PHRASE = 22
"""Letters of several words together."""

_OTHER: dict[Side, Side] = {"training": "unseen", "unseen": "training"}

_ASKED_WITH = (
    "letter", "letters", "word", "words", "phrase", "name", "names", "text", "string", "spell", "spelling", "reverse",
    "reversed", "backwards", "backward", "mirror", "count", "counting", "times", "alphabet", "question", "answer",
    "write", "type", "read", "first", "last", "front", "back", "turn", "flip",
)  # fmt: skip
"""Words that questions about words are made of: they are asked about too, and must not be taken for the question."""

_TOLD = ("none", "word problem", "units", "addition", "subtraction", "multiplication", "sorting")
"""Families whose scenes give words and phrases to count in and to reverse."""


@cache
def _words(side: Side) -> dict[int, tuple[str, ...]]:
    """The word list of one side, by length."""
    name = "words.txt" if side == "training" else "words_held_out.txt"
    words = (files("reflection_model.tuning") / "texts" / name).read_text(encoding="utf-8").split()
    return {length: tuple(word for word in words if len(word) == length) for length in range(2, 16)}


@cache
def _listed(side: Side) -> frozenset[str]:
    """All words of the list of one side."""
    return frozenset(word for words in _words(side).values() for word in words)


@cache
def _plain_names(side: Side) -> tuple[str, ...]:
    return tuple(name for name in names(side) if name.isascii())


@cache
def _runs(side: Side) -> tuple[tuple[str, ...], ...]:
    """Words that follow each other in the scenes of one side, in lower case; training's without a held-out word."""
    texts = (re.sub(r"\{[^}]*\}", ".", scene.text) for family in _TOLD for scene in scenes(family, side))
    runs = (run.lower().split(" ") for text in texts for run in re.findall(r"[a-zA-Z]{2,}(?: [a-zA-Z]{2,})*", text))
    held_out = _listed("unseen") if side == "training" else frozenset()
    return tuple(tuple(words) for run in runs for cut, words in groupby(run, lambda word: word in held_out) if not cut)


@cache
def _told_words(side: Side) -> dict[int, tuple[str, ...]]:
    """The words of the scenes of one side, by length: what people type in words is what they ask the letters of."""
    kept = {word for run in _runs(side) for word in run} - _listed(_OTHER[side])
    return {length: tuple(sorted(word for word in kept if len(word) == length)) for length in range(2, 16)}


@cache
def _all_words(side: Side) -> tuple[str, ...]:
    """Of the word list and of the scenes."""
    return tuple(sorted(_listed(side).union(*_told_words(side).values())))


def _repeated_parts(random: Random, side: Side) -> str:
    """`tomtomto`: a piece of a word again and again, in which one easily loses one's place."""
    word = random.choice(_all_words(side))
    piece = word[: random.randint(1, 4)]
    return (piece * random.randint(2, 5))[: random.randint(4, 12)] + random.choice(("", "", word[-1]))


def _joined_parts(random: Random, side: Side) -> str:
    """The beginning of one word and the end of another, so that the pieces that words are made of are all spelled."""
    first, second = random.choice(_all_words(side)), random.choice(_all_words(side))
    return first[: random.randint(1, len(first))] + second[random.randrange(len(second)) :]


def draw_word(random: Random, difficulty: Difficulty, longest: int = 15, side: Side = "training") -> str:
    """A word in lower case: English, invented, a first name, parts of words, of the question's own, random letters."""
    low, high = LENGTHS[difficulty]
    high = min(high, longest)
    while True:
        shape = random.random()
        length = random.randint(low, high)
        if shape < 0.28 and _words(side)[length]:
            return random.choice(_words(side)[length])
        if shape < 0.52 and _told_words(side)[length]:
            return random.choice(_told_words(side)[length])
        if shape < 0.67:
            word = invented_word(random, random.choice((1, 2, 3, 4)))
        elif shape < 0.76:
            word = random.choice(_plain_names(side)).lower()
        elif shape < 0.86:
            word = _joined_parts(random, side)
        elif shape < 0.9:
            word = _repeated_parts(random, side)
        elif shape < 0.925:
            word = random.choice(_ASKED_WITH)
        else:
            alphabet = random.sample(string.ascii_lowercase, max(2, length - random.randrange(0, 4)))
            word = "".join(random.choice(alphabet) for _ in range(length))
        if low <= len(word) <= high and word.isalpha() and word not in _listed(_OTHER[side]):
            return word


SPELLED = 0.04
"""How many words stand letter by letter in a question."""
_BETWEEN_LETTERS = ("-", "-", " ", " ", ".", ", ", "/")
_QUOTES = ('"{}"', '"{}"', '"{}"', "'{}'", "“{}”", "‘{}’", "*{}*", "`{}`", "({})", ": {}")


def _cased(random: Random, word: str) -> str:
    shape = random.random()
    return word if shape < 0.8 else word.capitalize() if shape < 0.93 else word.upper()


def _as_written(random: Random, word: str) -> str:
    """The word as it stands in a question: bare, in quotes of some kind, in capitals, with a capital first, spelled."""
    text = _cased(random, word)
    if " " not in word and random.random() < SPELLED:
        text = random.choice(_BETWEEN_LETTERS).join(text)
    if random.random() < 0.45:
        return word.title() if " " in word and random.random() < 0.7 else text
    return random.choice(_QUOTES).format(text).removeprefix(": ")


def _draw_phrase(random: Random, side: Side, longest: int = LONGEST_PHRASE) -> list[str]:
    """Two to four words, as they follow each other in a scene or drawn one by one; some stand there twice."""
    while True:
        count = random.choice((2, 2, 2, 3, 3, 4))
        if random.random() < 0.5:
            run = random.choice(_runs(side))
            at = random.randrange(len(run))
            words = list(run[at : at + count])
        else:
            words = [draw_word(random, random.choice(("easy", "moderate")), side=side) for _ in range(count)]
        if random.random() < 0.1:
            words[-1] = words[0] if random.random() < 0.5 else words[0][1:] + words[0][:1]
        if len(words) == count and len("".join(words)) <= longest:
            return words


def _scene(random: Random, family: str, side: Side, word: str, **more: object) -> str:
    """A scene about a word, or a phrase: in quotes of its own where the scene has none around it."""
    scene = draw_scene(random, family, side)
    if " " in word:
        what = random.choice(("phrase", "words", "text"))
        scene = replace(scene, text=re.sub(r"\bword\b", what, scene.text))
    quoted = re.search(r"[^\s]\{w\}|\{w\}[^\s.,?!]", scene.text) is not None
    shown = _cased(random, word) if quoted else _as_written(random, word)
    return filled(random, "letters", side, scene, {"w": shown, **more})


def _spelling_step(word: str, before: str = "") -> Step:
    """` "strawberry"`, or ` r in "strawberry"`: between quotes each letter is a token of its own."""
    letters = " ".join(word)

    def lost(random: Random) -> Mistake | None:
        i = random.randrange(1, len(word))
        wrong = word[:i] + word[i + 1 :]
        return Mistake("letter skipped", f' {before}"{wrong}"\n', f'"{wrong}"')

    def changed(random: Random) -> Mistake | None:
        i = random.randrange(len(word))
        wrong = word[:i] + random.choice(word) + word[i + 1 :]
        return Mistake("letter from the word", f' {before}"{wrong}"\n', f'"{wrong}"')

    def doubled(random: Random) -> Mistake | None:
        i = random.randrange(len(word))
        wrong = _twice(word, i)
        return Mistake("letter doubled", f' {before}"{wrong}"\n', f'"{wrong}"')

    return Step(f' {before}"{word}"\n', f" {letters}", (lost, changed, doubled))


def _twice(word: str, i: int) -> str:
    return word[: i + 1] + word[i:]


def _numbered(word: str, numbers: list[int] | None = None) -> str:
    numbers = numbers or list(range(1, len(word) + 1))
    return "".join(f" {number}{letter}" for number, letter in zip(numbers, word, strict=True))


def _counted(word: str, letter: str, shift_from: int = 99, shift: int = 0) -> str:
    """` r: 1s0 2t0 3r1`: every letter with its number and the count so far, which is off by `shift` from a hit on."""
    text, count = f" {letter}:", 0
    for number, at in enumerate(word, 1):
        count += at == letter
        text += f" {number}{at}{count + (shift if count >= shift_from else 0)}"
    return text


def counting(random: Random, difficulty: Difficulty, side: Side = "training") -> Problem:
    """How often a letter stands in a word of 2 to 15 letters, or in two to four words; one time in ten, not at all.

    The spaces of several words are not numbered: the steps write their letters one after the other.
    """
    words = [draw_word(random, difficulty, side=side)]
    if difficulty != "easy" and random.random() < 0.32:
        words = _draw_phrase(random, side)
    word = "".join(words)
    repeated = [letter for letter in set(word) if word.count(letter) > 1]
    if repeated and random.random() < 0.55:
        letter = random.choice(sorted(repeated))
    else:
        letter = random.choice(word) if random.random() < 0.8 else random.choice(string.ascii_lowercase)
    places = [number for number, at in enumerate(word, 1) if at == letter]
    line = _counted(word, letter)
    check = f" {letter} at {' '.join(map(str, places)) or 'none'}: {len(places)}"

    def missed(random: Random) -> Mistake | None:
        if not places:
            return None
        hit = random.randint(1, len(places))
        return Mistake("missed letter", f"{_counted(word, letter, hit, -1)}\n", str(len(places) - 1))

    def too_many(random: Random) -> Mistake | None:
        if not places:
            return None
        return Mistake(
            "counted too many", f"{_counted(word, letter, random.randint(1, len(places)), 1)}\n", str(len(places) + 1)
        )

    def foreign(random: Random) -> Mistake | None:
        i = random.randrange(len(word))
        other = random.choice([c for c in string.ascii_lowercase if c not in word and c != letter])
        return Mistake("foreign letter", f"{_counted(word[:i] + other + word[i + 1 :], letter)}\n", f"{i + 1}{other}")

    def skipped(random: Random) -> Mistake | None:
        i = random.randrange(len(word) - 1)
        wrong = _counted(word[:i] + word[i + 1 :], letter)
        return Mistake("letter skipped", f"{wrong}\n", f"{i + 1}{word[i + 1]}")

    def doubled(random: Random) -> Mistake | None:
        i = random.randrange(len(word))
        wrong = _counted(_twice(word, i), letter)
        return Mistake("letter doubled", f"{wrong}\n", f"{i + 2}{word[i]}")

    written = letter if random.random() < 0.85 else letter.upper()
    if random.random() < SHARE:
        claim = claimed(random, len(places))
        question = _scene(random, "counting", side, " ".join(words), c=written, claim=claim)
    else:
        symbol = "count" if len(words) == 1 else "count-phrase"
        question = message(random, "letters", symbol, side, c=written, w=_as_written(random, " ".join(words)))
    steps: tuple[Step, ...] = (_spelling_step(word, f"{letter} in "),)
    steps += (Step(f"{line}\n", check, (missed, too_many, foreign, skipped, doubled), error_prone=True),)
    return Problem("counting", difficulty, question, f"{'_'.join(words)} {letter}", str(len(places)), steps)


def reversing(random: Random, difficulty: Difficulty, side: Side = "training") -> Problem:
    """A word of 2 to 12 letters backwards, or two to four words of 15, in lower case however they were written.

    In the steps `_` stands for a space, which has a number like a letter.
    """
    words = [draw_word(random, difficulty, longest=12, side=side)]
    if difficulty != "easy" and random.random() < 0.2:
        words = _draw_phrase(random, side, longest=15)
    word, shown = "_".join(words), " ".join(words)
    backwards = word[::-1]
    numbers = list(range(len(word), 0, -1))

    def swapped(random: Random) -> Mistake | None:
        i = random.randrange(len(word) - 1)
        wrong = backwards[:i] + backwards[i + 1] + backwards[i] + backwards[i + 2 :]
        return Mistake("neighbours swapped", f"{_numbered(wrong, numbers)}\n", f"{numbers[i]}{wrong[i]}")

    def changed(kind: str, letters: str):  # noqa: ANN202
        def mistake(random: Random) -> Mistake | None:
            i = random.randrange(len(word))
            choices = [c for c in letters if c != backwards[i]]
            if not choices:
                return None
            wrong = backwards[:i] + random.choice(choices) + backwards[i + 1 :]
            return Mistake(kind, f"{_numbered(wrong, numbers)}\n", f"{numbers[i]}{wrong[i]}")

        return mistake

    def last_lost(random: Random) -> Mistake | None:
        return Mistake(
            "last letter lost", f"{_numbered(backwards[:-1], numbers[:-1])}\n", f"{numbers[-2]}{backwards[-2]}"
        )

    def doubled(random: Random) -> Mistake | None:
        i = random.randrange(len(word))
        wrong = _twice(backwards, i)
        return Mistake(
            "letter doubled", f"{_numbered(wrong, [len(word) + 1, *numbers])}\n", f"{len(word) - i}{wrong[i + 1]}"
        )

    foreign = "".join(c for c in string.ascii_lowercase if c not in word)
    if random.random() < SHARE:
        question = _scene(random, "reversing", side, shown)
    elif random.random() < 0.04:
        example = draw_word(random, "moderate", side=side)
        pair, to = {"x": example, "y": example[::-1]}, random.choice(("->", "->", "=>", "→", "is"))
        question = message(random, "letters", "as-example", side, v=shown, to=to, **pair)
    else:
        symbol = "reverse" if len(words) == 1 else "reverse-phrase"
        question = message(random, "letters", symbol, side, w=_as_written(random, shown), v=shown)
    steps: tuple[Step, ...] = (_spelling_step(word),)
    steps += (
        Step(f"{_numbered(word)}\n", f" {' '.join(word)}, {len(word)}", _numbering_mistakes(word)),
        Step(
            f"{_numbered(backwards, numbers)}\n",
            f" back:{_numbered(word)}",
            (swapped, changed("letter from the word", word), changed("foreign letter", foreign), last_lost, doubled),
            error_prone=True,
        ),
    )
    return Problem("reversing", difficulty, question, f"reverse {word}", shown[::-1], steps)


def _numbering_mistakes(word: str):  # noqa: ANN202
    def skipped(random: Random) -> Mistake | None:
        i = random.randrange(len(word) - 1)
        return Mistake("letter skipped", f"{_numbered(word[:i] + word[i + 1 :])}\n", f"{i + 1}{word[i + 1]}")

    def changed(random: Random) -> Mistake | None:
        i = random.randrange(len(word))
        wrong = word[:i] + random.choice(word) + word[i + 1 :]
        return None if wrong == word else Mistake("letter from the word", f"{_numbered(wrong)}\n", f"{i + 1}{wrong[i]}")

    def doubled(random: Random) -> Mistake | None:
        i = random.randrange(len(word))
        return Mistake("letter doubled", f"{_numbered(_twice(word, i))}\n", f"{i + 2}{word[i]}")

    return (skipped, changed, doubled)
