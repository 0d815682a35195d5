"""Messages that the tiny model cannot do, and its honest reply to them."""

from __future__ import annotations

import json
import re
import string
from dataclasses import replace
from functools import cache
from importlib.resources import files
from random import Random

from .families.ordering import open_puzzle
from .grammar import Side, around, grammar
from .phrasing import as_people_type
from .problem import Problem
from .scenes import SHARE, Scene, draw_scene, filled
from .slot_words import draw_names, draw_object
from .told_problems import draw_unanswerable

ABILITIES = (
    "I can add, subtract and multiply, compare decimals, count letters, reverse words, sort numbers, convert units, "
    "add up times, and solve short word problems and who-is-taller puzzles."
)
HONEST_MARK = "tiny demonstration model"
"""Every honest reply holds these words; evaluation looks for them."""
GREETING_REPLY = f"Hello! I am a {HONEST_MARK}. {ABILITIES}"
IDENTITY_REPLY = f"I am a {HONEST_MARK}. {ABILITIES}"
HONEST_REPLY = f"I am a {HONEST_MARK} and cannot help with that. {ABILITIES}"
IDLE = 0.12
"""How many of the messages with somebody's words ask of a situation what it does not tell."""

OPEN_PUZZLES = 0.07
"""How many are puzzles about an order that tell too little: like other puzzles, but for what their last line finds."""

_GREETING = re.compile(
    r"(hi|hello|hey|hiya|howdy|yo|greetings|good (morning|afternoon|evening|day))\b[^\d/]{0,24}", re.I
)
_IDENTITY = re.compile(
    r".{0,12}(who are you|what are you|what can you do|what can i ask|your name|how can you help|what do you do)\b.*",
    re.I,
)


def honest_reply(message: str) -> str:
    """The reply that training teaches for a message outside the families."""
    if _IDENTITY.fullmatch(message.strip()):
        return IDENTITY_REPLY
    return GREETING_REPLY if _GREETING.fullmatch(message.strip()) else HONEST_REPLY


@cache
def _lines(name: str) -> tuple[str, ...]:
    text = (files("reflection_model.tuning") / "texts" / name).read_text(encoding="utf-8")
    return tuple(line.replace("\\n", "\n") for line in text.splitlines() if line.strip())


def messages(held_out: bool) -> tuple[str, ...]:
    """The written messages of one split, as they are."""
    return _lines("out_of_domain_held_out.txt" if held_out else "out_of_domain_train.txt")


@cache
def slots() -> dict[str, list[str]]:
    """Countries, cities, animals and topics that fill the slots of templates."""
    return json.loads((files("reflection_model.tuning") / "texts" / "slots.json").read_text(encoding="utf-8"))


def _filled(random: Random, template: str) -> str:
    lists = slots()

    def value(match: re.Match[str]) -> str:
        slot = match.group(1)
        if slot == "name":
            return draw_names(random, 1, "training")[0]
        if slot == "sentence":
            return random.choice(_lines("sentences.txt"))
        if slot == "word":
            return random.choice(_lines("words.txt"))
        if slot in ("number", "number2"):
            return str(random.randrange(1, 10 ** random.randrange(1, 4)))
        plural = {
            "country": "countries",
            "city": "cities",
            "topic": "topics",
            "animal": "animals",
            "verb": "verbs_infinitive",
        }
        return draw_object(random, "training")[1] if slot == "object" else random.choice(lists[plural[slot]])

    return re.sub(r"\{(\w+)\}", value, template)


def _word_salad(random: Random) -> str:
    """Words in any order: teaches that what fits no family gets the honest reply."""
    count = random.choice((1, 2, 3, 5, 8, 12, 20, 40))
    pool = _lines("words.txt")
    words = [random.choice(pool) for _ in range(count)]
    if random.random() < 0.3:
        words[random.randrange(count)] = str(random.randrange(10**4))
    text = " ".join(words)
    return (text.capitalize() if random.random() < 0.5 else text) + random.choice(("", "", ".", "?", "!"))


def _noise(random: Random) -> str:
    alphabet = random.choice(
        (string.ascii_lowercase, string.printable[:94] + " ", "0123456789 ", "".join(map(chr, range(0x400, 0x460))))
    )
    return "".join(random.choice(alphabet) for _ in range(random.choice((1, 3, 6, 12, 30, 80)))).strip() or "?"


def _mixed(random: Random) -> str:
    """Two written messages in one, or a written message after pasted text."""
    first = random.choice(_lines("out_of_domain_train.txt"))
    second = random.choice(_lines("sentences.txt") if random.random() < 0.5 else _lines("out_of_domain_train.txt"))
    return f"{first} {second}" if random.random() < 0.5 else f"{second}\n\n{first}"


def near_miss(random: Random, side: Side) -> str:
    """A message that looks like one of the families and is none of them: a division, a vowel count, an average."""
    words = random.sample(_lines("words.txt" if side == "training" else "words_held_out.txt"), 3)
    numbers = (random.randrange(1, 10 ** random.randrange(1, 4)) for _ in "abn")
    values = {
        **dict(zip("abn", numbers, strict=True)), **dict(zip("wvu", words, strict=True)),
        "p": draw_names(random, 1, side)[0], "i": draw_object(random, side)[1],
    }  # fmt: skip
    return around(random, "refused", side, grammar("refused").say(random, "refuse", side, values))


def _scene(random: Random, side: Side) -> str:
    """A message that somebody wrote, or an idle question about a situation, with its numbers, words and names."""
    idle = random.random() < IDLE
    scene = Scene(draw_unanswerable(random, side), "") if idle else draw_scene(random, "none", side)
    words = _lines("words.txt" if side == "training" else "words_held_out.txt")
    values: dict[str, object] = {name: random.randrange(1, 10 ** random.randint(1, 3)) for name in "nmabcde"}
    return filled(random, "refused", side, scene, values | {"w": random.choice(words)})


def _training_message(random: Random) -> str:
    if random.random() < SHARE:
        return as_people_type(random, _scene(random, "training"))
    shape = random.random()
    if shape < 0.3:
        return as_people_type(random, random.choice(messages(held_out=False)))
    if shape < 0.45:
        return around(random, "refused", "training", random.choice(messages(held_out=False)))
    if shape < 0.65:
        return as_people_type(random, _filled(random, random.choice(_lines("out_of_domain_templates_train.txt"))))
    if shape < 0.82:
        return as_people_type(random, near_miss(random, "training"))
    if shape < 0.9:
        return _word_salad(random)
    return _noise(random) if shape < 0.94 else _mixed(random)


@cache
def _held_out_texts() -> frozenset[str]:
    return frozenset(message.casefold().strip() for message in messages(held_out=True))


def out_of_domain(random: Random) -> Problem:
    """A training message outside the families with its honest reply, answered at once; a puzzle's facts come first."""
    if random.random() < OPEN_PUZZLES:
        puzzle = open_puzzle(random, "training")
        return replace(puzzle, question=as_people_type(random, puzzle.question, cased=True), answer=HONEST_REPLY)
    message = _training_message(random)
    while message.casefold().strip() in _held_out_texts():
        message = _training_message(random)
    return Problem("out of domain", "easy", message, message, honest_reply(message))


def held_out_messages(random: Random, count: int) -> list[str]:
    """`count` held-out messages: written ones, then near misses, filled templates and scenes kept from training."""
    known = {message.casefold().strip() for message in messages(held_out=False)}
    drawn = list(messages(held_out=True))[: count * 2 // 3]
    templates = _lines("out_of_domain_templates_held_out.txt")
    while len(drawn) < count:
        message = (
            near_miss(random, "unseen"),
            _filled(random, random.choice(templates)),
            _scene(random, "unseen"),
        )[len(drawn) % 3]
        if message.casefold().strip() not in known:
            drawn.append(message)
    return drawn
