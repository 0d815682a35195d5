"""Problems told from situations: which clauses are told in which order, and what is asked about them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from .grammar import Side
from .situations import Situation, situations
from .slot_words import draw_names
from .telling import joined, told

KINDS = {
    "word problem": ("stock", "pair", "groups"),
    "units": ("measures",),
    "clock": ("clock",),
    "ordering": ("ordering",),
    "counting": ("letters",),
    "reversing": ("letters",),
}
"""Which kinds of situations a family asks about."""

SHARES = {"word problem": 0.55, "units": 0.3, "clock": 0.4, "ordering": 0.4, "counting": 0.2, "reversing": 0.25}
"""How many of a family's messages with somebody's words are told from situations; the others are scenes."""

ASIDES = 1 / 12
"""How many have a clause more, with a number that has nothing to do with the question."""


@dataclass
class Told:
    """What is told and asked.

    Attributes:
        clauses: in their order; numbers, words and names are slots as in scenes.
        question: without its mark.
        asked: as a scene of the family says it.
    """

    clauses: list[str]
    question: str
    asked: str


def draw_told(random: Random, family: str, side: Side, asked: str | None = None) -> tuple[str, str]:
    """A message of a family and what it asks, both as scenes have them.

    Args:
        random: source of the choices.
        family: one of `KINDS`.
        side: of the split.
        asked: of the clock, `after`, `before` or `between`.
    """
    kind = random.choice(KINDS[family])
    situation = random.choice(situations(kind, side))
    problem = _COMPOSED[kind](random, situation, asked or family)
    text = told(random, problem.clauses, problem.question)
    return (f"[{situation.note}] {text}" if kind == "ordering" and situation.note else text), problem.asked


def draw_unanswerable(random: Random, side: Side) -> str:
    """A message whose question cannot be worked out from what it tells; numbers and names are slots."""
    kind = random.choice(tuple(_COMPOSED))
    situation = random.choice(situations(kind, side))
    asked = {"clock": random.choice(("after", "between")), "letters": "reversing"}.get(kind, "")
    clauses, question = _COMPOSED[kind](random, situation, asked).clauses, situation.say(random, "odd")
    values: dict[str, str] = {}
    if kind == "clock":
        times = [f"{random.randrange(24)}:{random.randrange(60):02d}" for _ in "tu"]
        values = {"t": times[0], "u": times[1], "d": f"{random.randrange(2, 60)} minutes"}
    elif kind == "ordering":
        things = situation.note.split("/") if situation.note else draw_names(random, 5, side)
        values = dict(zip("ABCDE", random.sample(things, 5), strict=True))
    filled = [_SLOT.sub(lambda at: values.get(at[1], at[0]), clause) for clause in clauses]
    return told(random, filled, question)


def draw_partly_ordered(random: Random, side: Side, pairs: list[str], end: str) -> tuple[str, str]:
    """A message that compares pairs of letters and asks for an end (`most`, `least`), and what it asks for in short."""
    situation = random.choice(situations("ordering", side))
    clauses = [_with_people(situation.say(random, "fact"), pair) for pair in pairs]
    question, _, wanted = situation.say(random, end).partition(" => ")
    text = told(random, clauses, question)
    return (f"[{situation.note}] {text}" if situation.note else text), wanted


_SLOT = re.compile(r"\{(\w+)\}")


def _named(clause: str, letter: str) -> str:
    """The clause with a letter of the sum for its number."""
    return re.sub(r"\{n(:[\d-]+)?\}", rf"{{{letter}\1}}", clause)


def _with_aside(random: Random, situation: Situation, clauses: list[str]) -> list[str]:
    if random.random() >= ASIDES:
        return clauses
    at = random.randrange(len(clauses) + 1)
    return [*clauses[:at], _named(situation.say(random, "aside"), "aside"), *clauses[at:]]


class _Stock:
    """An amount that changes: clauses with the letters of their numbers, and the changes so far."""

    def __init__(self, random: Random, situation: Situation) -> None:
        self.random = random
        self.situation = situation
        self.letters = list("abcde")
        self.clauses: list[str] = []
        self.changes: list[tuple[str, str]] = []

    def number(self, label: str) -> tuple[str, str]:
        """A clause of a label, and the letter of its number."""
        letter = self.letters.pop(0)
        return _named(self.situation.say(self.random, label), letter), letter

    def tell(self, label: str) -> str:
        """Adds a clause; gives the letter of its number."""
        clause, letter = self.number(label)
        self.clauses.append(clause)
        return letter

    def change(self, count: int, labels: tuple[str, ...] = ("gain", "loss")) -> None:
        """Adds `count` gains and losses; some only go on from the clause before (`and 5 more`)."""
        label = ""
        for _ in range(count):
            if label and self.random.random() < 0.3:
                clause, letter = self.number(f"more-{label}")
                self.clauses[-1] = joined(self.random, self.clauses[-1], clause)
            else:
                label = self.random.choice(labels)
                letter = self.tell(label)
            self.changes.append(("+" if label == "gain" else "-", letter))

    def sum_from(self, beginning: str) -> str:
        """The expression of the beginning and all changes."""
        return beginning + "".join(f" {sign} {letter}" for sign, letter in self.changes)


def _stock(random: Random, situation: Situation, _family: str) -> Told:
    stock = _Stock(random, situation)
    shape = random.random()
    changes = random.choices((1, 2, 3), (35, 40, 25))[0]
    if shape < 0.1:
        stock.change(changes)
        asked = stock.tell("end")
        asked += "".join(f" {'-' if sign == '+' else '+'} {letter}" for sign, letter in stock.changes)
        question = situation.say(random, "first")
    elif shape < 0.17:
        label, question = random.choice((("gain", "gained"), ("loss", "lost")))
        stock.tell("start")
        stock.change(max(changes, 2), (label,))
        asked = " + ".join(letter for _, letter in stock.changes)
        question = situation.say(random, question)
    elif shape < 0.27:
        beginning = _beginning(random, stock)
        stock.change(changes - 1)
        parts = stock.letters.pop(0)
        stock.clauses.append(situation.say(random, "share").replace("{k}", f"{{{parts}}}"))
        asked = f"{stock.sum_from(beginning)} / {parts}"
        question = situation.say(random, "each")
    else:
        beginning = _beginning(random, stock)
        stock.change(changes)
        asked = stock.sum_from(beginning)
        question = situation.say(random, "now")
    return Told(_with_aside(random, situation, stock.clauses), question, asked)


def _beginning(random: Random, stock: _Stock) -> str:
    """What there is at first: a number, or equal rows."""
    if random.random() < 0.75:
        return stock.tell("start")
    rows = stock.letters.pop(0)
    each = stock.tell("rows")
    stock.clauses[-1] = stock.clauses[-1].replace("{k}", f"{{{rows}}}")
    return f"{rows} * {each}"


_PAIR = (
    (6, "both", "together", "a + b"),
    (6, "both", "difference", "a - b"),
    (2, "both", "gap", "a - b"),
    (2, "both", "gap", "b - a"),
    (4, "more", "second", "a + b"),
    (4, "more", "together", "a + b + a"),
    (4, "fewer", "second", "a - b"),
    (4, "fewer", "together", "a - b + a"),
    (3, "times", "second", "a * b"),
    (3, "times", "together", "a * b + a"),
    (1, "times", "gap", "a * b - a"),
)
_GROUPS = (
    (4, "groups", "total", "a * b"),
    (2, "groups extra", "total", "a * b + c"),
    (2, "groups gone", "total", "a * b - c"),
    (3, "split", "each", "a / b"),
    (3, "packed", "count", "a / b"),
)
_MEASURED = (
    (3, "both", "together", "+"),
    (3, "both", "difference", "-"),
    (2, "start gain", "now", "+"),
    (2, "start loss", "now", "-"),
    (4, "start", "convert", "to"),
)
_CLOCK = {
    "after": ("start length", "ask-end"),
    "before": ("end length", "ask-start"),
    "between": ("start end", "ask-length"),
}


def _of_table(table: tuple[tuple[int, str, str, str], ...]) -> Callable[[Random, Situation, str], Told]:
    def composed(random: Random, situation: Situation, _family: str) -> Told:
        _, labels, question, asked = random.choices(table, [weight for weight, *_ in table])[0]
        clauses = [situation.say(random, label) for label in labels.split()]
        return Told(_with_aside(random, situation, clauses), situation.say(random, question), asked)

    return composed


def _clock(random: Random, situation: Situation, asked: str) -> Told:
    labels, question = _CLOCK[asked]
    first, second = (situation.say(random, label) for label in labels.split())
    clauses = [first, second.replace("{t}", "{u}")]
    if random.random() < 0.25:
        clauses.reverse()
    return Told(_with_aside(random, situation, clauses), situation.say(random, question), asked)


IN_ONE_UNIT = 0.2
"""How many sums and differences of amounts are wanted in the smaller unit alone."""
_WANTED = (" in {}", ", in {}", " ({})", " - {} please", ", all in {}", ", given in {}", " - I need it in {}")

_MEASURES = {
    "length": ("m cm", "metres centimetres", "meters centimeters", "cm mm", "feet inches", "ft in", "yards feet"),
    "distance": ("km m", "kilometres metres", "kilometers meters"),
    "weight": ("kg g", "kilograms grams", "kilos grams", "kg grams"),
    "time": ("hours minutes", "hours minutes", "h min", "hrs mins", "minutes seconds", "min sec", "days hours"),
    "period": ("years months", "weeks days"),
    "volume": ("litres millilitres", "liters milliliters", "l ml", "L mL"),
    "money": ("pounds pence", "dollars cents", "euros cents", "rupees paise"),
}


def _measures(random: Random, situation: Situation, _family: str) -> Told:
    large, small = random.choice(_MEASURES[situation.note]).split()
    _, labels, question, sign = random.choices(_MEASURED, [weight for weight, *_ in _MEASURED])[0]
    # From an amount in the smaller unit alone no larger one can be taken.
    first = random.choice(((0, 1), (0, 1), (0,), (1,) if sign != "-" else (0,)))
    second = random.choice(((0, 1), (0, 1), (0,), (1,)))
    if first == second:
        second = (0, 1)
    amount = lambda parts, slots: " ".join(f"{{{slots[part]}}} {(large, small)[part]}" for part in parts)  # noqa: E731
    x, y = amount(first, "ab"), amount(second, "cd")
    target = random.choice((large, f"{large} and {small}")) if first == (1,) else small
    shown = {"x": x, "y": y, "u": target}
    if random.random() < 0.4:
        shown |= {slot: shown[slot].replace(" {", " and {") for slot in "xy"}
    fill = lambda text: re.sub(r"\{([xyu])\}", lambda at: shown[at[1]], text)  # noqa: E731
    clauses = [fill(situation.say(random, label)) for label in labels.split()]
    asked, told = fill(situation.say(random, question)), f"{x} {sign} {target if sign == 'to' else y}"
    if sign != "to" and random.random() < IN_ONE_UNIT:
        return Told(clauses, asked + random.choice(_WANTED).format(small), f"{told} to {small}")
    return Told(clauses, asked, told)


def _ordering(random: Random, situation: Situation, _family: str) -> Told:
    count = random.choices((2, 3, 4, 5), (20, 50, 24, 6))[0]
    people = "ABCDE"[:count]
    facts = [(people[at], people[at + 1]) for at in range(count - 1)]
    clauses: list[str] = []
    if count > 2 and random.random() < 0.25:
        at = random.randrange(count - 2)
        clauses.append(_with_people(situation.say(random, "chain"), people[at : at + 3]))
        rest = facts[:at] + facts[at + 2 :]
        facts = facts[at : at + 2] + rest
    else:
        if random.random() < 0.6:
            random.shuffle(facts)
        rest = facts
    clauses += [_with_people(situation.say(random, "fact"), "".join(pair)) for pair in rest]
    label = random.choice(("most", "least", "most", "least", "middle" if count == 3 else "most"))
    place = {"most": people[0], "least": people[-1], "middle": people[1]}[label]
    question, _, wanted = situation.say(random, label).partition(" => ")
    return Told(clauses, question, f"{wanted}: {place} | {', '.join(f'{a}>{b}' for a, b in facts)}")


def _with_people(clause: str, people: str) -> str:
    return re.sub(r"\{([A-C])\}", lambda at: f"{{{people['ABC'.index(at[1])]}}}", clause)


def _letters(random: Random, situation: Situation, family: str) -> Told:
    clauses = _with_aside(random, situation, [situation.say(random, "word")])
    return Told(clauses, situation.say(random, "count" if family == "counting" else "reverse"), "")


_COMPOSED: dict[str, Callable[[Random, Situation, str], Told]] = {
    "stock": _stock,
    "pair": _of_table(_PAIR),
    "groups": _of_table(_GROUPS),
    "clock": _clock,
    "measures": _measures,
    "ordering": _ordering,
    "letters": _letters,
}
