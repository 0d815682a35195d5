"""Counting a letter in a word and reversing a word, letter by letter with a number at each."""

from __future__ import annotations

import string
from functools import cache
from importlib.resources import files
from random import Random

from ..phrasing import choose
from ..problem import Difficulty, Mistake, Problem, Step

COUNT = (
    "How many {c}'s are in \"{w}\"?", 'How many {c} are in the word "{w}"?', 'How many times does {c} appear in "{w}"?',
    'How many times does the letter {c} appear in "{w}"?', 'Count the letter {c} in "{w}".',
    'How many {c}s are there in "{w}"?',
    'Count the {c}\'s in the word "{w}".', 'How often does "{c}" occur in "{w}"?', 'How many "{c}" are in "{w}"?',
)  # fmt: skip
REVERSE = (
    'Reverse the word "{w}".', 'Reverse "{w}".', 'Spell "{w}" backwards.', 'Write "{w}" backwards.',
    'What is "{w}" reversed?',
    'What is "{w}" spelled backwards?', 'Write the word "{w}" in reverse.', 'Can you reverse the word "{w}"?',
    'Reverse the letters of "{w}".', 'Turn the word "{w}" around.',
)  # fmt: skip
LENGTHS = {"easy": (2, 4), "moderate": (4, 7), "hard": (8, 12)}


@cache
def _words() -> dict[int, tuple[str, ...]]:
    """The word list by length."""
    folder = files("reflection_model.tuning") / "texts"
    words = "\n".join(
        (folder / name).read_text(encoding="utf-8") for name in ("words.txt", "words_held_out.txt")
    ).split()
    return {length: tuple(word for word in words if len(word) == length) for length in range(2, 13)}


def draw_word(random: Random, difficulty: Difficulty, longest: int = 12) -> str:
    """A word: half of the time an English one, else random letters with repeats."""
    low, high = LENGTHS[difficulty]
    length = random.randint(low, min(high, longest))
    if random.random() < 0.5 and _words()[length]:
        return random.choice(_words()[length])
    alphabet = random.sample(string.ascii_lowercase, max(2, length - random.randrange(0, 4)))
    return "".join(random.choice(alphabet) for _ in range(length))


def _in_question(random: Random, frame: str, word: str) -> tuple[str, bool]:
    """The frame with the word as people write it, and whether it stands there in quotes and lower case."""
    shape = random.random()
    if shape < 0.62:
        return frame.replace("{w}", word), True
    if shape < 0.9:
        return frame.replace('"{w}"', word), False
    return frame.replace("{w}", word.capitalize() if shape < 0.95 else word.upper()), False


def _spelling_step(word: str) -> Step:
    """` "strawberry"`: between quotes each letter is a token of its own."""
    letters = " ".join(word)

    def lost(random: Random) -> Mistake | None:
        i = random.randrange(1, len(word))
        wrong = word[:i] + word[i + 1 :]
        return Mistake("letter skipped", f' "{wrong}"\n', f'"{wrong}"')

    def changed(random: Random) -> Mistake | None:
        i = random.randrange(len(word))
        wrong = word[:i] + random.choice(word) + word[i + 1 :]
        return Mistake("letter from the word", f' "{wrong}"\n', f'"{wrong}"')

    return Step(f' "{word}"\n', f" {letters}", (lost, changed))


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


def counting(random: Random, difficulty: Difficulty) -> Problem:
    """How often a letter stands in a word of 2 to 12 letters; one time in ten, not at all."""
    word = draw_word(random, difficulty)
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

    frame = choose(
        random,
        *(frame.replace("{w}", "{{w}}") for frame in COUNT),
        c=letter if random.random() < 0.85 else letter.upper(),
    )
    question, quoted = _in_question(random, frame, word)
    steps = () if quoted else (_spelling_step(word),)
    steps += (Step(f"{line}\n", check, (missed, too_many, foreign, skipped), error_prone=True),)
    return Problem("counting", difficulty, question, f"{word} {letter}", str(len(places)), steps)


def reversing(random: Random, difficulty: Difficulty) -> Problem:
    """A word of 2 to 10 letters backwards."""
    word = draw_word(random, difficulty, longest=10)
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

    foreign = "".join(c for c in string.ascii_lowercase if c not in word)
    frame = random.choice(REVERSE)
    question, quoted = _in_question(random, frame, word)
    steps = () if quoted else (_spelling_step(word),)
    steps += (
        Step(f"{_numbered(word)}\n", f" {' '.join(word)}, {len(word)}", _numbering_mistakes(word)),
        Step(
            f"{_numbered(backwards, numbers)}\n",
            f" back:{_numbered(word)}",
            (swapped, changed("letter from the word", word), changed("foreign letter", foreign), last_lost),
            error_prone=True,
        ),
    )
    return Problem("reversing", difficulty, question, f"reverse {word}", backwards, steps)


def _numbering_mistakes(word: str):  # noqa: ANN202
    def skipped(random: Random) -> Mistake | None:
        i = random.randrange(len(word) - 1)
        return Mistake("letter skipped", f"{_numbered(word[:i] + word[i + 1 :])}\n", f"{i + 1}{word[i + 1]}")

    def changed(random: Random) -> Mistake | None:
        i = random.randrange(len(word))
        wrong = word[:i] + random.choice(word) + word[i + 1 :]
        return None if wrong == word else Mistake("letter from the word", f"{_numbered(wrong)}\n", f"{i + 1}{wrong[i]}")

    return (skipped, changed)
