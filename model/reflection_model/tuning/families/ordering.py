"""Who is the tallest? People or things put in order from sentences that compare two or three of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from ..grammar import Side, around, grammar
from ..problem import Difficulty, Mistake, Problem, Step, fixed_mistake
from ..scenes import AROUND, SHARE, Scene, draw_scene, filled
from ..slot_words import draw_names, things
from ..told_problems import draw_partly_ordered

# (more, less, most, least, base): comparatives, superlatives and the plain word of one property. No pair stands in two
# directions: what is "more" of it must follow from the words alone.
OF_ALL = (
    ("taller", "shorter", "tallest", "shortest", "tall"),
    ("older", "younger", "oldest", "youngest", "old"),
    ("faster", "slower", "fastest", "slowest", "fast"),
    ("heavier", "lighter", "heaviest", "lightest", "heavy"),
    ("stronger", "weaker", "strongest", "weakest", "strong"),
    ("bigger", "smaller", "biggest", "smallest", "big"),
    ("louder", "quieter", "loudest", "quietest", "loud"),
)
OF_PEOPLE = (
    ("richer", "poorer", "richest", "poorest", "rich"),
    ("happier", "sadder", "happiest", "saddest", "happy"),
    ("busier", "lazier", "busiest", "laziest", "busy"),
    ("smarter", "sillier", "smartest", "silliest", "smart"),
)
OF_THINGS = (
    ("larger", "smaller", "largest", "smallest", "large"),
    ("longer", "shorter", "longest", "shortest", "long"),
    ("higher", "lower", "highest", "lowest", "high"),
    ("wider", "narrower", "widest", "narrowest", "wide"),
    ("warmer", "colder", "warmest", "coldest", "warm"),
    ("brighter", "darker", "brightest", "darkest", "bright"),
    ("more expensive", "cheaper", "most expensive", "cheapest", "expensive"),
)


USUAL = 0.3
"""How many ask of height, age or speed, as people do, whatever else there is to ask."""

PARTLY = 0.08
"""How many puzzles about three or four do not tell the whole order, only who comes first or last."""

_FAN_DOWN, _FAN_UP, _APART = ("AB", "AC"), ("AC", "BC"), ("AB", "CD")
_TELLING = (("most", _FAN_DOWN), ("least", _FAN_UP))
_OPEN = (("least", _FAN_DOWN), ("most", _FAN_UP), ("most", _APART), ("least", _APART))


def ordering(random: Random, difficulty: Difficulty, side: Side = "training") -> Problem:
    """Two (easy), three (moderate), four or five (hard); asks for a place in the order, about a pair or for a list."""
    if difficulty == "moderate" and random.random() < PARTLY:
        return _partly_ordered(random, side, "ordering")
    if random.random() < SHARE:
        return _of_scene(random, difficulty, side)
    count = {"easy": 2, "moderate": 3, "hard": random.choice((4, 4, 4, 5))}[difficulty]
    return _of_grammar(random, difficulty, side, count, _ask)


def places(random: Random, _difficulty: Difficulty, side: Side = "training") -> Problem:
    """Four or five; asks for the second or the third from either end; hard."""
    return _of_grammar(random, "hard", side, random.choice((4, 4, 4, 5)), _ask_place)


def _of_grammar(random: Random, difficulty: Difficulty, side: Side, count: int, ask_for: _Asking) -> Problem:
    people = draw_names(random, count, side)
    properties = OF_ALL + OF_PEOPLE
    lists = [group for group in things(side) if len(group) >= count]
    if lists and random.random() < 0.2:
        people = [f"the {thing}" for thing in random.sample(random.choice(lists), count)]
        properties = OF_ALL + OF_THINGS
    more, less, most, least, base = _draw_property(random, properties)
    words = {"more": more, "less": less, "most": most, "least": least, "base": base}
    rules = grammar("ordering")
    pairs = list(zip(people, people[1:], strict=False))
    random.shuffle(pairs)
    sentences: list[str] = []
    told = pairs
    if count > 2 and random.random() < 0.2:
        i = random.randrange(count - 2)
        trio = dict(zip("ABC", people[i : i + 3], strict=True))
        sentences.append(rules.say(random, "chain", side, {**trio, **words}))
        first = [(people[i], people[i + 1]), (people[i + 1], people[i + 2])]
        told = first + [pair for pair in pairs if pair not in first]
        sentences += [_fact(random, side, pair, words) for pair in told[2:]]
    else:
        sentences = [_fact(random, side, pair, words) for pair in told]
    ask, asked, answer = ask_for(random, side, people, words)
    question = around(random, "ordering", side, _joined(random, sentences, ask))
    steps = _steps(asked, " ".join(sentences), people, told)
    key = f"{' '.join(people)} {more} {ask}"
    return Problem("ordering", difficulty, question, key, answer, steps)


def _draw_property(random: Random, properties: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    return random.choice(OF_ALL[:3] if random.random() < USUAL else properties)


def _of_scene(random: Random, difficulty: Difficulty, side: Side) -> Problem:
    """A message that somebody wrote about people, about things of its own list, or about people and themself.

    The writer has a letter too (`; B is I` at the end): "I" in the list, "You" as the answer, or the name they say.
    """
    scene = draw_scene(random, "ordering", side)
    wanted, _, asked = scene.asked.partition(": ")
    place, _, facts = asked.partition(" | ")
    facts, _, writer = facts.partition("; ")
    # Facts that follow from others, or that are told twice, add nothing to the order.
    told = list(dict.fromkeys((fact[0], fact[2]) for fact in facts.split(", ") if ord(fact[2]) == ord(fact[0]) + 1))
    letters = sorted({letter for pair in told for letter in pair})
    text = scene.text
    if text.startswith("["):
        things, _, text = text[1:].partition("]")
        text = text.removeprefix(" ").removeprefix("\\n")
        people = random.sample(things.split("/"), len(letters))
    else:
        people = draw_names(random, len(letters), side)
    who = dict(zip(letters, people, strict=True))
    if writer and f"{{{writer[0]}}}" not in text:
        who[writer[0]] = "I"
    me = who[writer[0]] if writer else None
    # Where "I" is one of those compared, nothing stands around in which the writer speaks of anything else.
    share = 0 if writer else AROUND
    question = filled(random, "ordering", side, Scene(_capital_slots(text), ""), who | _capitals(who), share)
    pairs = [(who[a], who[b]) for a, b in told]
    key = f"{' '.join(who.values())} {scene.asked}"
    steps = _steps(Asked(wanted, (who[place],)), question, list(who.values()), pairs, me)
    return Problem("ordering", difficulty, question, key, "You" if who[place] == "I" else who[place], steps)


def open_puzzle(random: Random, side: Side) -> Problem:
    """A puzzle that leaves open what it asks for; the answer is for the caller to say."""
    return _partly_ordered(random, side, "out of domain")


def _partly_ordered(random: Random, side: Side, family: str) -> Problem:
    """Two facts that leave the order open, and the question for the end that they tell, or leave open too."""
    end, letters = random.choice(_TELLING if family == "ordering" else _OPEN)
    pairs = random.sample(letters, 2)
    people = dict.fromkeys(sorted("".join(pairs)))
    if random.random() < SHARE:
        text, wanted = draw_partly_ordered(random, side, pairs, end)
        names = draw_names(random, len(people), side)
        if text.startswith("["):
            listed, _, text = text[1:].partition("] ")
            names = random.sample(listed.split("/"), len(people))
        who = dict(zip(people, names, strict=True))
        question = filled(random, "ordering", side, Scene(_capital_slots(text), ""), who | _capitals(who))
    else:
        who = dict(zip(people, draw_names(random, len(people), side), strict=True))
        more, less, most, least, base = _draw_property(random, OF_ALL + OF_PEOPLE)
        words = {"more": more, "less": less, "most": most, "least": least, "base": base}
        sentences = [_fact(random, side, (who[a], who[b]), words) for a, b in pairs]
        ask = grammar("ordering").say(random, "ask-most", side, {**words, "most": words[end]})
        wanted = words[end]
        question = around(random, "ordering", side, _joined(random, sentences, ask))
    steps, found = _steps_of_part(wanted, question, list(who.values()), [(who[a], who[b]) for a, b in pairs], end)
    key = f"{' '.join(who.values())} {wanted}, partly"
    return Problem(family, "moderate", question, key, " ".join(found), steps)


def _steps_of_part(
    wanted: str, text: str, people: list[str], told: list[tuple[str, str]], end: str
) -> tuple[tuple[Step, ...], list[str]]:
    """As `_steps`, but a line has the facts so far where they are no one order; last, who may be at the end."""
    number, facts = _read(text, people, told)
    reading = f" {_listed(number)}: {wanted}"
    steps = [Step(f"{reading}\n", reading, ())]
    known: list[str] = []
    for fact, sign in facts:
        known.append(_order(fact if sign == ">" else fact[::-1]))
        back = "<" if sign == ">" else ">"
        steps.append(Step(f" {_order(fact, sign)}: {' '.join(known)}\n", f" {_order(fact[::-1], back)}", ()))
    beaten = {names[1 if end == "most" else 0] for names in told}
    found = [name for name in number if name not in beaten]
    ends = " ".join(str(number[name]) for name in found)
    others = [number[name] for name in number if name in beaten]  # a set has another order in every process
    wrong = tuple(fixed_mistake("wrong place", f" {wanted} {other}\n", str(other)) for other in others)
    steps.append(Step(f" {wanted} {ends}\n", f" {' '.join(known)}, {ends}", wrong))
    return tuple(steps), found


def _capital_slots(text: str) -> str:
    """Slots that begin a sentence are marked, so that `the oak` gets its capital there."""
    return re.sub(r"(^|[.?!] |\\n|: )\{([A-E])\}", r"\1{Start\2}", text)


def _capitals(who: dict[str, str]) -> dict[str, str]:
    return {f"Start{letter}": name[:1].upper() + name[1:] if " " in name else name for letter, name in who.items()}


@dataclass(frozen=True)
class Asked:
    """What a puzzle wants to know.

    Attributes:
        words: in short: `tallest`, `from oldest`, or what is asked about a pair: `taller than`.
        people: the answer, in its order; of a pair, the two in the order of the question.
        pair: whether it is about a pair, with Yes or No as answer.
    """

    words: str
    people: tuple[str, ...]
    pair: bool = False


_Asking = Callable[[Random, Side, list[str], dict[str, str]], tuple[str, Asked, str]]


def _steps(
    asked: Asked, text: str, people: list[str], told: list[tuple[str, str]], me: str | None = None
) -> tuple[Step, ...]:
    """Whom the message names, each with a number, and what is asked; a line a fact, with the order so far; the place.

    Names are long and are copied letter by letter; after the first line their numbers stand for them. A fact stands as
    the message tells it, and `>` is what the first one says, be it "taller" or "shorter": so no line asks for more than
    its own sentence, and only the last one for what the opposite of a word is.
    """
    number, facts = _read(text, people, told, me)
    wanted = [number[name] for name in asked.people]
    reading = f" {_listed(number)}:"
    reading += f" {wanted[0]} {asked.words} {wanted[1]}" if asked.pair else f" {asked.words}"
    steps = [Step(f"{reading}\n", reading, ())]
    chains: list[list[int]] = [[at] for at in number.values()]
    for count, (fact, sign) in enumerate(facts, 1):
        a, b = fact if sign == ">" else fact[::-1]
        before = next(chain for chain in chains if chain[-1] == a)
        after = next(chain for chain in chains if chain[0] == b)
        joined = before + after
        chains = [chain for chain in chains if chain is not before and chain is not after] + [joined]
        last = count == len(told) and len(number) > 2
        steps.append(_fact_step(fact, sign, joined, list(number.values()), error_prone=last))
    return (*steps, _place_step(asked, wanted, chains[0]))


def _read(
    text: str, people: list[str], told: list[tuple[str, str]], me: str | None = None
) -> tuple[dict[str, int], list[tuple[tuple[int, int], str]]]:
    """The number of each name, as the text names them, and its facts as it tells them, `>` as the first one has it."""
    mentions = _mentions(text, people, me)
    number = {name: at for at, name in enumerate(sorted(people, key=lambda name: mentions[name][0]), 1)}
    facts = _as_told(text, mentions, told)
    along = facts[0] in told
    return number, [((number[a], number[b]), ">" if ((a, b) in told) == along else "<") for a, b in facts]


def _listed(number: dict[str, int]) -> str:
    """`1 Ann, 2 Bob`."""
    return ", ".join(f"{at} {name}" for name, at in number.items())


def _mentions(text: str, people: list[str], me: str | None) -> dict[str, list[int]]:
    """Where a text names each of them, and `me`, the one who writes it, also as "I" and "my"."""
    said = {name: re.escape(name) + (r"|I|im|me|my|mine|myself" if name == me else "") for name in people}
    return {name: [m.start() for m in re.finditer(rf"(?i)\b(?:{words})\b", text)] for name, words in said.items()}


_BREAK = re.compile(r"([.;!?\n])|[,:]| (?:and|but|while) ")


def _as_told(text: str, mentions: dict[str, list[int]], pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs in the order in which the text tells them, each in the order in which it names the two.

    A pair is told where both names stand nearest to each other, if possible in one sentence, or in one part of it.
    """

    def between(first: int, last: int) -> int:
        return sum(9 if match[1] else 1 for match in _BREAK.finditer(text, first, last))

    def nearest(pair: tuple[str, str]) -> tuple[int, int, int, tuple[str, str]]:
        return min(
            (between(first, last), last - first, last, (a, b))
            for a, b in (pair, pair[::-1])
            for first in mentions[a]
            for last in mentions[b]
            if first < last
        )

    return [fact for *_, fact in sorted(map(nearest, pairs), key=lambda found: found[2])]


def _fact(random: Random, side: Side, pair: tuple[str, str], words: dict[str, str]) -> str:
    said = grammar("ordering").say(random, "fact", side, {"A": pair[0], "B": pair[1], **words})
    return said[0].upper() + said[1:] if said.startswith("the ") else said


def _joined(random: Random, sentences: list[str], ask: str) -> str:
    shape = random.random()
    if shape < 0.7:
        return f"{' '.join(sentences)} {ask}"
    bare = [sentence.rstrip(".") for sentence in sentences]
    if shape < 0.8:
        return f"{', '.join(bare)}. {ask}"
    if shape < 0.9:
        return f"{' and '.join(bare)}. {ask}"
    return f"{ask} {' '.join(sentences)}" if shape < 0.95 else f"If {', and '.join(bare)}, {ask[0].lower()}{ask[1:]}"


def _order(numbers: Sequence[int], sign: str = ">") -> str:
    return sign.join(map(str, numbers))


def _fact_step(fact: tuple[int, int], sign: str, joined: list[int], everybody: list[int], error_prone: bool) -> Step:
    """` 3<1: 4>1>3>2`: one fact as it is told, then the order that follows from those so far."""
    others = [other for other in everybody if other not in fact]
    back = "<" if sign == ">" else ">"

    def line(fact: Sequence[int], order: list[int], sign: str = sign) -> str:
        return f" {_order(fact, sign)}: {_order(order)}\n"

    def turned_fact(random: Random) -> Mistake | None:
        return Mistake("names swapped", line(fact, joined, back), _order(fact, back))

    def swapped(random: Random) -> Mistake | None:
        i = random.randrange(len(joined) - 1)
        wrong = [*joined[:i], joined[i + 1], joined[i], *joined[i + 2 :]]
        return Mistake("names swapped", line(fact, wrong), f"{wrong[i]}>{wrong[i + 1]}")

    def reversed_order(random: Random) -> Mistake | None:
        wrong = joined[::-1]
        return Mistake("order reversed", line(fact, wrong), f"{wrong[0]}>{wrong[1]}")

    def repeated(random: Random) -> Mistake | None:
        if not others:
            return None
        wrong = (fact[0], random.choice(others))
        return Mistake("name repeated", line(wrong, joined), _order(wrong, sign))

    check = f" {_order(fact[::-1], back)}, {_order(joined)}"
    return Step(line(fact, joined), check, (turned_fact, swapped, reversed_order, repeated), error_prone)


def _place_step(asked: Asked, wanted: list[int], order: list[int]) -> Step:
    """` tallest 2`, ` from tallest 2 1 3`, or how a pair stands: ` 2>3`; checked from the side that is asked."""
    if asked.pair:
        first, second = sorted(wanted, key=order.index)

        def turned(random: Random) -> Mistake | None:
            return Mistake("names swapped", f" {second}>{first}\n", f"{second}>{first}")

        return Step(f" {first}>{second}\n", f" {second}<{first}", (turned,))
    text = f" {asked.words} {' '.join(map(str, wanted))}\n"
    from_below = order.index(wanted[0]) >= len(order) / 2

    def misplaced(random: Random) -> Mistake | None:
        if len(wanted) > 1:
            i = random.randrange(len(wanted) - 1)
            wrong = [*wanted[:i], wanted[i + 1], wanted[i], *wanted[i + 2 :]]
        else:
            wrong = [random.choice([other for other in order if other not in wanted])]
        said = " ".join(map(str, wrong))
        return Mistake("wrong place", f" {asked.words} {said}\n", said)

    return Step(text, f" {_order(order[::-1], '<') if from_below else _order(order)}", (misplaced,))


def _turned(words: dict[str, str]) -> dict[str, str]:
    """The words as they are from the other end."""
    return {**words, "more": words["less"], "less": words["more"], "most": words["least"], "least": words["most"]}


def _ask_place(random: Random, side: Side, people: list[str], words: dict[str, str]) -> tuple[str, Asked, str]:
    """As `_ask`, for a place behind the first."""
    down = random.random() < 0.5
    asked, places = (_turned(words), people[::-1]) if down else (words, people)
    at = random.choice((1, 1, 2))
    rank = ("second", "third")[at - 1]
    question = grammar("ordering").say(random, "ask-place", side, {**asked, "rank": rank, "Rank": rank.capitalize()})
    return question, Asked(f"{rank} {asked['most']}", (places[at],)), places[at]


def _ask(random: Random, side: Side, people: list[str], words: dict[str, str]) -> tuple[str, Asked, str]:
    """The question, what it asks, and the answer."""
    rules = grammar("ordering")
    down = random.random() < 0.5
    asked = _turned(words) if down else words
    places = people[::-1] if down else people
    shape = random.random()

    def one(symbol: str, wanted: str, place: str, said: dict[str, str] = asked) -> tuple[str, Asked, str]:
        return rules.say(random, symbol, side, said), Asked(wanted, (place,)), place

    if len(people) == 2:
        return one("ask-two", asked["more"], places[0])
    if shape < 0.6:
        return one("ask-most", asked["most"], places[0])
    if shape < 0.7 and len(people) == 3:
        return one("ask-middle", "middle", people[1], words)
    if shape < 0.75:
        return one("ask-second", f"second {asked['most']}", places[1])
    if shape < 0.82:
        listed = Asked(f"from {asked['most']}", tuple(places))
        return rules.say(random, "ask-list", side, asked), listed, ", ".join(places)
    i, j = random.sample(range(len(people)), 2)
    question = rules.say(random, "ask-pair", side, {**asked, "A": people[i], "B": people[j]})
    pair = Asked(f"{asked['more']} than", (people[i], people[j]), pair=True)
    return question, pair, "Yes" if (i < j) != down else "No"
