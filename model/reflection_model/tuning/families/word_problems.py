"""Word problems composed from events: someone has things, gets, buys boxes of, loses, gives, shares or spends some."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from random import Random

from ..grammar import Side, around, grammar
from ..problem import Difficulty, Problem, Step
from ..scenes import SHARE, claimed, draw_scene, filled
from ..slot_words import draw_names, draw_object
from ..written_numbers import written
from .column_steps import product_steps, written_difference_step, written_sum_step
from .reading import reading_step
from .told_sums import draw_sum, share_step

MONEY = (("dollar", "dollars"), ("euro", "euros"), ("pound", "pounds"), ("coin", "coins"), ("cent", "cents"))
_PRONOUNS = (("she", "her"), ("he", "him"), ("they", "them"))


@dataclass
class _Story:
    """A word problem while it is told: who, about what, the sentences, the steps and what is there so far."""

    random: Random
    side: Side
    name: str
    others: list[str]
    singular: str
    plural: str
    pronoun: tuple[str, str]
    money: bool
    value: int = 0
    sentences: list[str] = field(default_factory=list)
    terms: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def tell(self, symbol: str, number: int | None = None, **more: object) -> None:
        """Adds a sentence about `number` things."""
        person = self.name if not self.sentences or self.random.random() < 0.5 else self.pronoun[0]
        other = self.random.choice(self.others)
        amount = "" if number is None else self._amount(number, of_them=symbol in ("loss", "own-loss"))
        values = {
            "P": person if person == self.name else person.capitalize(),
            "p": person,
            "v": self.pronoun[1],
            "V": {"she": "Her", "he": "His", "they": "Their", "I": "My"}[self.pronoun[0]],
            "o": other,
            "O": other,
            "x": amount,
            "X": amount.capitalize(),
            "i": self.plural,
            "n": self.random.randrange(2, 60),
            **more,
        }
        self.sentences.append(_agreed(grammar("word_problems").say(self.random, symbol, self.side, values)))

    def _amount(self, number: int, of_them: bool = False) -> str:
        """`5 apples`; later, and less often, `5` alone or `5 of them`."""
        text = written(self.random, number)
        if self.sentences and self.random.random() < 0.4:
            return f"{text} of them" if of_them and self.random.random() < 0.3 else text
        return f"{text} {self.singular if number == 1 else self.plural}"

    def add(self, change: int) -> None:
        """Something more."""
        self.steps.append(written_sum_step(self.value, change, error_prone=self.value > 20 or change > 20))
        self.value += change

    def take(self, change: int) -> None:
        """Something less."""
        self.steps.append(written_difference_step(self.value, change, error_prone=self.value > 20))
        self.value -= change


def _agreed(sentence: str) -> str:
    """`they has` is not English, nor is `she's box`."""
    sentence = re.sub(r"\b(They|they)( also)? (?:has|is)\b", _plural_verb, sentence)
    sentence = re.sub(r"\b([Tt]hey) (\w+)s\b", r"\1 \2", sentence)
    sentence = re.sub(r"\b(?:does|has) they\b", lambda m: "do they" if m[0][0] == "d" else "have they", sentence)
    for wrong, right in (("they's", "their"), ("she's ", "her "), ("he's ", "his ")):
        sentence = re.sub(rf"\b{wrong}", right, sentence)
    return sentence


def _plural_verb(match: re.Match[str]) -> str:
    return match[0].replace(" has", " have").replace(" is", " are")


def word_problem(random: Random, difficulty: Difficulty, side: Side = "training") -> Problem:
    """Easy: one step to 20. Moderate: two steps to 100 or 1,000. Hard: three steps, numbers of up to five digits."""
    if random.random() < SHARE:
        return _scene(random, difficulty, side)
    count = {"easy": 1, "moderate": 2, "hard": 3}[difficulty]
    most = {"easy": 20, "moderate": random.choice((30, 100, 100, 1000)), "hard": random.choice((60, 300, 1000, 20_000))}
    largest = most[difficulty]
    names = draw_names(random, 3, side)
    money = random.random() < 0.2
    singular, plural = random.choice(MONEY) if money else draw_object(random, side)
    if difficulty != "hard" and random.random() < 0.3:
        return _of_two(random, difficulty, side, names, singular, plural, largest)
    story = _Story(random, side, names[0], names[1:], singular, plural, random.choice(_PRONOUNS), money)
    own = not money and random.random() < 0.12
    if own:
        story.name, story.pronoun = "I", ("I", "me")
        _start(story, largest, "start-i")
    elif difficulty != "easy" and random.random() < 0.35:
        _boxes(story, "boxes", difficulty)
        count -= 1
    else:
        _start(story, largest, "start")
    shares = not own and random.random() < 0.12
    for _ in range(count - shares):
        if random.random() < 0.12:
            _distract(story, own)
        _event(story, difficulty, largest, own)
    divisors = [part for part in range(2, 11) if story.value % part == 0 and story.value // part < 100]
    if shares and divisors and story.value > 3:
        _share(story, random.choice(divisors))
    else:
        if shares:
            _event(story, difficulty, largest, own)
        if random.random() < 0.08:
            _distract(story, own)
        story.tell("ask-i" if own else "ask-money" if money else "ask-now", p=story.name if own else _asked(story))
    reading = reading_step(" ".join(story.terms))
    question = around(random, "word_problems", side, " ".join(story.sentences))
    key = f"{' '.join(names)} {plural} {' '.join(story.terms)}"
    return Problem("word problem", difficulty, question, key, str(story.value), (reading, *story.steps))


def _scene(random: Random, difficulty: Difficulty, side: Side) -> Problem:
    """A story that somebody wrote, with numbers that fit it."""
    scene = draw_scene(random, "word problem", side)
    slots = scene.slots()
    numbers, told = draw_sum(random, scene.asked, {name: slots[name] for name in slots if name in "abcde"}, difficulty)
    question = filled(random, "word_problems", side, scene, numbers | {"claim": claimed(random, told.total)})
    key = f"{scene.asked} {told.reading}"
    return Problem(
        "word problem", difficulty, question, key, str(told.total), (reading_step(told.reading), *told.steps)
    )


def _asked(story: _Story) -> str:
    return story.name if story.random.random() < 0.6 else story.pronoun[0]


def _start(story: _Story, most: int, symbol: str) -> None:
    story.value = story.random.randrange(3, most)
    story.terms.append(str(story.value))
    story.tell(symbol, story.value)


def _boxes(story: _Story, symbol: str, difficulty: Difficulty) -> None:
    boxes = story.random.randrange(2, 13)
    each = story.random.randrange(2, 13 if difficulty == "moderate" else 60)
    story.tell(symbol, each, k=written(story.random, boxes))
    story.terms.append(f"{boxes}*{each}")
    story.steps.extend(product_steps(each, boxes))
    story.value = boxes * each


def _distract(story: _Story, own: bool) -> None:
    """A sentence with a number that has nothing to do with the question."""
    if not own:
        story.tell("distractor")


def _event(story: _Story, difficulty: Difficulty, most: int, own: bool) -> None:
    random = story.random
    if own:
        _own_event(story, most)
        return
    several = difficulty == "hard" and random.random() < 0.3
    if several:
        k, each = random.randrange(2, 10), random.randrange(2, 30)
        less = "spend-each" if story.money else "lose-each"
        symbol = less if k * each < story.value else "gain-each"
        if not (story.money and symbol == "gain-each"):
            story.tell(symbol, each, k=written(random, k))
            story.terms.append(f"{'+' if symbol == 'gain-each' else '-'}{k}*{each}")
            story.steps.extend(product_steps(each, k))
            (story.add if symbol == "gain-each" else story.take)(k * each)
            return
    kind = "-money" if story.money else ""
    if story.value < 3 or random.random() < 0.45:
        change = random.randrange(1, most)
        story.tell(f"gain{kind}", change)
        story.terms.append(f"+{change}")
        story.add(change)
    else:
        change = random.randrange(1, story.value)
        story.tell(f"loss{kind}", change)
        story.terms.append(f"-{change}")
        story.take(change)


def _own_event(story: _Story, most: int) -> None:
    random = story.random
    gains = story.value < 3 or random.random() < 0.45
    change = random.randrange(1, most if gains else story.value)
    story.tell("own-gain" if gains else "own-loss", change)
    story.terms.append(f"{'+' if gains else '-'}{change}")
    (story.add if gains else story.take)(change)


def _share(story: _Story, parts: int) -> None:
    """Equal shares without a rest, checked by multiplying."""
    total, each = story.value, story.value // parts
    story.tell("share", k=written(story.random, parts))
    story.terms.append(f"/{parts}")
    story.steps.append(share_step(total, parts))
    story.value = each


def _of_two(
    random: Random, difficulty: Difficulty, side: Side, names: list[str], singular: str, plural: str, most: int
) -> Problem:
    """Two people: together, the difference, or what one has from what the other has."""
    a, b = random.randrange(2, most), random.randrange(2, most)
    kind = random.choice(("together", "difference", "difference", "more-than", "less-than", "times-as-many"))
    if kind in ("difference", "less-than"):
        a, b = max(a, b), min(a, b)
    if kind == "times-as-many":
        a, b = random.randrange(2, min(most, 100)), random.randrange(2, 7)
    values = {
        "A": names[0], "B": names[1], "i": plural, "k": written(random, b),
        "x": f"{written(random, a)} {singular if a == 1 else plural}", "y": written(random, b),
    }  # fmt: skip
    question = around(random, "word_problems", side, grammar("word_problems").say(random, kind, side, values))
    if kind == "times-as-many":
        reading, steps, answer = f"{b}*{a}", product_steps(a, b), a * b
    elif kind in ("together", "more-than"):
        reading, steps, answer = f"{a} +{b}", (written_sum_step(a, b),), a + b
    else:
        reading, steps, answer = f"{a} -{b}", (written_difference_step(a, b),), a - b
    key = f"{' '.join(names[:2])} {plural} {reading}"
    return Problem("word problem", difficulty, question, key, str(answer), (reading_step(reading), *steps))
