"""Unit conversions and sums: hours and minutes, metres and centimetres, kilograms and grams, and so on."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from ...errors import ForgeError
from ..grammar import Side, message
from ..problem import Difficulty, Problem, Step, numeric_mistakes
from ..scenes import SHARE, Scene, draw_scene, filled
from ..written_numbers import written
from .column_steps import difference_step, product_steps, sum_step, written_difference_step, written_sum_step
from .reading import reading_step
from .told_sums import share_step


@dataclass(frozen=True)
class Pair:
    """A larger unit that holds `factor` of a smaller one; names are plural, short signs as people write them."""

    large: str
    small: str
    factor: int
    large_short: str
    small_short: str
    most: int


PAIRS = (
    Pair("hours", "minutes", 60, "h", "min", 40),
    Pair("minutes", "seconds", 60, "min", "s", 60),
    Pair("days", "hours", 24, "d", "h", 30),
    Pair("weeks", "days", 7, "weeks", "days", 52),
    Pair("metres", "centimetres", 100, "m", "cm", 90),
    Pair("meters", "centimeters", 100, "m", "cm", 90),
    Pair("centimetres", "millimetres", 10, "cm", "mm", 200),
    Pair("centimeters", "millimeters", 10, "cm", "mm", 200),
    Pair("kilometres", "metres", 1000, "km", "m", 60),
    Pair("kilometers", "meters", 1000, "km", "m", 60),
    Pair("kilograms", "grams", 1000, "kg", "g", 60),
    Pair("kilos", "grams", 1000, "kg", "g", 60),
    Pair("tonnes", "kilograms", 1000, "t", "kg", 40),
    Pair("tons", "kilograms", 1000, "t", "kg", 40),
    Pair("grams", "milligrams", 1000, "g", "mg", 40),
    Pair("litres", "millilitres", 1000, "l", "ml", 50),
    Pair("liters", "milliliters", 1000, "L", "mL", 50),
    Pair("dollars", "cents", 100, "dollars", "cents", 90),
    Pair("euros", "cents", 100, "euros", "cents", 90),
    Pair("pounds", "pence", 100, "pounds", "pence", 90),
    Pair("rupees", "paise", 100, "rupees", "paise", 90),
    Pair("years", "months", 12, "years", "months", 30),
    Pair("dozen", "eggs", 12, "dozen", "eggs", 24),
    Pair("feet", "inches", 12, "ft", "in", 30),
    Pair("yards", "feet", 3, "yd", "ft", 90),
    Pair("centuries", "years", 100, "centuries", "years", 20),
    Pair("decades", "years", 10, "decades", "years", 40),
    Pair("metres", "millimetres", 1000, "m", "mm", 20),
    Pair("hours", "seconds", 3600, "h", "s", 6),
)

POWERS_OF_TEN = (10, 100, 1000)

WIDE = 0.2
"""How many amounts are of any number whose result has at most five digits, and not of one that people mostly have."""

_SINGULAR = {"feet": "foot", "inches": "inch", "centuries": "century", "pence": "penny", "dozen": "dozen"}


_OTHER_NAMES = {
    "hr": "hours", "hrs": "hours", "mins": "minutes", "sec": "seconds", "secs": "seconds", "kgs": "kilograms",
    "kilo": "kilos", "p": "pence", "c": "cents", "yrs": "years", "wk": "weeks", "wks": "weeks", "foot": "feet",
    "inch": "inches", "dozens": "dozen", "singles": "eggs", "pieces": "eggs", "items": "eggs",
    "kilos": "kilograms",
}  # fmt: skip


def _is(name: str, long: str, short: str) -> bool:
    """Whether a unit of a message is the one of a pair: long or short, singular or plural, British or American."""
    plain = _plain(name if name in (long, short) else _OTHER_NAMES.get(name, name))
    return plain in (_plain(long), _plain(short)) or f"{plain}s" == _plain(long)


def _plain(name: str) -> str:
    """British and in lower case."""
    return name.lower().replace("meter", "metre").replace("liter", "litre")


def _pair_of(large: str, small: str) -> Pair | None:
    fitting = (
        pair for pair in PAIRS if _is(large, pair.large, pair.large_short) and _is(small, pair.small, pair.small_short)
    )
    return next(fitting, None)


def _unit(number: int, name: str) -> str:
    """The unit for an amount: `hour` for one, `hours` for more; short signs stay."""
    if number != 1:
        return name
    return _SINGULAR.get(name) or (name[:-1] if name.endswith("s") and len(name) > 2 else name)


def _amount(number: int, name: str) -> str:
    return f"{number} {_unit(number, name)}"


def _typed(random: Random, number: int, name: str) -> str:
    """An amount in a question: short signs may stick to their number."""
    if len(name) <= 3 and random.random() < 0.5:
        return f"{number}{name}"
    return f"{written(random, number)} {_unit(number, name)}"


BARE = 0.1
"""How many amounts in both units leave the smaller one out, where people do: `1h19`, `5 foot 10`, `2 m 40`."""
_BARE = {
    "hours minutes": ("{a}h{b:02}", "{a}h {b:02}", "{a} h {b}", "{a} hours {b}"),
    "feet inches": ("{a} foot {b}", "{a} ft {b}", "{a} feet {b}", "{a}ft {b}", "{a}'{b}\"", "{a}'{b}"),
    "metres centimetres": ("{a} m {b:02}", "{a}m{b:02}", "{a} metres {b:02}"),
    "pounds pence": ("{a} pounds {b:02}", "{a} quid {b:02}"),
    "euros cents": ("{a} euros {b:02}", "{a} euro {b:02}", "{a}€{b:02}"),
}
_LONG = {"h": "hours", "min": "minutes", "ft": "feet", "in": "inches", "m": "metres", "cm": "centimetres"}


def _bare(random: Random, a: int, large: str, b: int, small: str) -> str | None:
    """An amount without its smaller unit; None where people never leave that out."""
    known = _BARE.get(" ".join(_LONG.get(name, _plain(name)) for name in (large, small)))
    return random.choice(known).format(a=a, b=b) if known else None


def _typed_both(random: Random, a: int, large: str, b: int, small: str) -> str:
    if random.random() < BARE and (bare := _bare(random, a, large, b, small)):
        return bare
    joint = random.choice((" and ", " and ", " ", " ", ", ", " plus "))
    return f"{_typed(random, a, large)}{joint}{_typed(random, b, small)}"


def unit_sum(random: Random, difficulty: Difficulty, side: Side = "training") -> Problem:
    """Conversions and sums.

    Easy: one conversion. Moderate: a conversion with a rest, of a half or decimal amount, or back without a rest. Hard:
    back into mixed units, or two mixed amounts added.
    """
    if random.random() < SHARE:
        return _of_scene(random, difficulty, side)
    pair = random.choice(PAIRS)
    short = random.random() < 0.25
    large, small = (pair.large_short, pair.small_short) if short else (pair.large, pair.small)
    count = _draw_count(random, pair, goes_back=difficulty != "easy")
    rest = random.randrange(1, pair.factor)
    if difficulty == "easy":
        question = message(random, "units", "convert", side, s=small, a=_typed(random, count, large))
        return _one_amount(question, difficulty, pair, large, small, count)
    if difficulty == "moderate":
        shape = random.random()
        if shape < 0.25:
            a = _typed(random, count * pair.factor, small)
            return _back(message(random, "units", "convert", side, s=large, a=a), pair, large, small, count)
        if shape < 0.4 and pair.factor % 10 == 0:
            fraction = _fraction(random, pair.factor)
            space = " " if len(large) > 3 or random.random() < 0.5 else ""
            question = message(random, "units", "convert", side, s=small, a=f"{count}.{fraction}{space}{large}")
            return _decimal(question, pair, large, small, count, fraction)
        a = _typed_both(random, count, large, rest, small)
        question = message(random, "units", "convert", side, s=small, a=a)
        return _with_rest(question, pair, large, small, count, rest)
    if random.random() < 0.5:
        total = _typed(random, count * pair.factor + rest, small)
        question = message(random, "units", "convert", side, s=f"{large} and {small}", a=total)
        return _into_mixed_units(question, pair, large, small, count, rest)
    return _sum_of_mixed(random, side, pair, large, small)


def amounts_together(random: Random, _difficulty: Difficulty, side: Side = "training") -> Problem:
    """Two amounts, mixed or in one unit, added or one taken from the other, and the result in both; hard."""
    while True:
        problem = unit_sum(random, "hard", side)
        if re.search(r" [+-] ", problem.key) and " to " not in problem.steps[0].text:
            return problem


def divided(random: Random, difficulty: Difficulty, side: Side = "training") -> Problem:
    """Into a larger unit that does not hold a power of ten of the smaller: minutes into hours, inches into feet."""
    while True:
        problem = unit_sum(random, "moderate" if difficulty == "easy" else difficulty, side)
        parts = re.match(r" (\d+) .*\n \d+\*(?:60|24|7|12|3)=(\d+)\n", "".join(step.text for step in problem.steps))
        if parts and int(parts[2]) <= int(parts[1]):
            return problem


def _draw_count(random: Random, pair: Pair, goes_back: bool) -> int:
    """How many of the larger unit. Large ones are only divided by powers of ten: no step here works out others."""
    if random.random() < WIDE and (pair.factor in POWERS_OF_TEN or not goes_back):
        return random.randrange(1, min(99_999 // pair.factor, 10 ** random.randint(2, 5)) + 1)
    return random.randrange(1, pair.most + 1)


PRICES = 0.35
"""How many amounts of money in both units are written as prices: `£12.05`."""
_PRICE = re.compile(r"\{(\w)\} (pounds|dollars|euros)(?: and|,)? \{(\w)\} (?:pence|cents)")
_SIGNS = {"pounds": "£", "dollars": "$", "euros": "€"}


_BOTH = re.compile(r"\{(\w)\} ?([a-z]+)(?: and|,)? \{(\w)\} ?([a-z]+)")


def _as_bare(random: Random, scene: Scene, values: dict[str, object]) -> Scene:
    """The scene with its amounts in both units as people shorten them."""

    def short(at: re.Match[str]) -> str:
        if not {at[1], at[3]} <= set(values):
            return at[0]
        return _bare(random, values[at[1]], at[2], values[at[3]], at[4]) or at[0]  # type: ignore[arg-type]

    return replace(scene, text=_BOTH.sub(short, scene.text))


def _as_prices(scene: Scene, values: dict[str, object]) -> Scene:
    """The scene with its mixed amounts of money as prices."""
    return replace(
        scene,
        text=_PRICE.sub(lambda at: f"{_SIGNS[at[2]]}{values[at[1]]}.{values[at[3]]:02}", scene.text),
    )


_AMOUNT = re.compile(r"\{(\w+)(:half)?\} ([a-zA-Z]+)")


def _of_scene(random: Random, difficulty: Difficulty, side: Side) -> Problem:
    """A message that somebody wrote: a conversion, or two amounts added or one taken from the other."""
    scene = draw_scene(random, "units", side)
    told, _, target = scene.asked.partition(" to ")
    amounts = [(slot, bool(half), unit) for slot, half, unit in _AMOUNT.findall(scene.asked)]
    units = [unit for _, _, unit in amounts] + target.split(" and ") * bool(target)
    large, small, pair = _units_of(units)
    count = _draw_count(random, pair, goes_back=" and " in target or amounts[0][2] == small)
    rest = random.randrange(1, pair.factor)
    has_prices, is_bare = random.random() < PRICES, random.random() < BARE

    def ask(**values: object) -> str:
        shown = _as_prices(scene, values) if has_prices else scene
        return filled(random, "units", side, _as_bare(random, shown, values) if is_bare else shown, values)

    sign = "-" if " - " in told else "+"
    sides = told.split(f" {sign} ")
    if len(sides) == 2:
        return _of_two_amounts(random, difficulty, ask, sides, sign, (large, small, pair), target)
    slot, half, unit = amounts[0]
    if " and " in target:
        return _into_mixed_units(ask(**{slot: count * pair.factor + rest}), pair, large, small, count, rest)
    if unit == small:
        return _back(ask(**{slot: count * pair.factor}), pair, large, small, count)
    if half:
        return _decimal(ask(**{slot: f"{count}.5"}), pair, large, small, count, "5")
    if len(amounts) == 1:
        return _one_amount(ask(**{slot: count}), difficulty, pair, large, small, count)
    return _with_rest(ask(**{slot: count, amounts[1][0]: rest}), pair, large, small, count, rest)


def _units_of(units: list[str]) -> tuple[str, str, Pair]:
    """The larger and the smaller unit of a message in its own words, and what they are."""
    for large in units:
        for small in units:
            pair = _pair_of(large, small)
            if pair is not None:
                return large, small, pair
    raise ForgeError(f"these units make no pair: {', '.join(units)}", "Mend texts/scenes/units.txt.")


def _of_two_amounts(
    random: Random,
    difficulty: Difficulty,
    ask: Callable[..., str],
    sides: list[str],
    sign: str,
    units: tuple[str, str, Pair],
    wanted: str,
) -> Problem:
    """Two amounts, each in one unit or in both, added or the second taken from the first.

    `wanted` is the smaller unit where the result is asked in it alone, else empty.
    """
    large, small, pair = units
    is_large = lambda unit: _is(unit, pair.large, pair.large_short)  # noqa: E731
    slots = [{large if is_large(unit) else small: slot for slot, _, unit in _AMOUNT.findall(text)} for text in sides]
    most = max(2, pair.most // 2)
    if sign == "-" and large not in slots[0]:
        raise ForgeError(f"nothing in {large} can be taken from {sides[0]}", "Mend texts/scenes/units.txt.")
    while True:
        first, second = (
            (
                random.randrange(1, most + 1) if large in named else 0,
                random.randrange(1, pair.factor) if small in named else 0,
            )
            for named in slots
        )
        if sign == "+" or first[0] * pair.factor + first[1] > second[0] * pair.factor + second[1]:
            break
    values = {
        named[unit]: amount[at]
        for named, amount in zip(slots, (first, second), strict=True)
        for at, unit in enumerate((large, small))
        if unit in named
    }
    question = ask(**values)
    if wanted:
        return _in_small_unit(question, pair, (large, small, wanted), first, second, sign)
    return (_sum_of if sign == "+" else _difference_of)(question, pair, large, small, first, second)


def _mixed(amount: tuple[int, int], large: str, small: str) -> str:
    """`3 m 20 cm`, without a part that is zero."""
    parts = [_amount(number, name) for number, name in zip(amount, (large, small), strict=True) if number]
    return " ".join(parts) or _amount(0, small)


def _conversion(count: int, factor: int) -> tuple[Step, ...]:
    if factor in POWERS_OF_TEN:
        zeros = len(str(factor)) - 1
        text_of = lambda value: f" {count}*{factor}={value}\n"  # noqa: E731
        value = count * factor
        check = f" {count} with {zeros} zero{'s' * (zeros > 1)}, {value}"
        return (Step(text_of(value), check, numeric_mistakes(value, text_of)),)
    return product_steps(count, factor)


def _one_amount(question: str, difficulty: Difficulty, pair: Pair, large: str, small: str, count: int) -> Problem:
    """A whole number of the larger unit, into the smaller one."""
    key = f"{count} {pair.large} {pair.small}"
    steps = (reading_step(f"{_amount(count, large)} to {small}"), *_conversion(count, pair.factor))
    return Problem("units", difficulty, question, key, _amount(count * pair.factor, small), steps)


def _with_rest(question: str, pair: Pair, large: str, small: str, count: int, rest: int) -> Problem:
    """A mixed amount, into the smaller unit."""
    whole = count * pair.factor
    reading = reading_step(f"{_amount(count, large)} {_amount(rest, small)} to {small}")
    steps = (reading, *_conversion(count, pair.factor), written_sum_step(whole, rest, error_prone=True))
    key = f"{count} {pair.large} {rest} {pair.small}"
    return Problem("units", "moderate", question, key, _amount(whole + rest, small), steps)


def _back(question: str, pair: Pair, large: str, small: str, count: int) -> Problem:
    """A whole number of the larger unit, from the smaller one."""
    total = count * pair.factor
    steps = (reading_step(f"{_amount(total, small)} to {large}"), *_parted(total, count, pair.factor))
    key = f"{total} {pair.small} to {pair.large}"
    return Problem("units", "moderate", question, key, _amount(count, large), steps)


def _fraction(random: Random, factor: int) -> str:
    """Digits after the point of an amount that comes to a whole number of the smaller unit."""
    if factor in (100, 1000) and random.random() < 0.45:
        quarter = random.choice(("25", "75", f"0{random.randrange(1, 10)}"))
        drawn = "".join(random.choice("0123456789") for _ in range(random.randint(1, len(str(factor)) - 2)))
        return quarter if random.random() < 0.5 else drawn + random.choice("123456789")
    return "5" if factor == 60 or random.random() < 0.4 else str(random.randrange(1, 10))


def _decimal(question: str, pair: Pair, large: str, small: str, count: int, fraction: str) -> Problem:
    """`2.5 km in m`, `1.25 l in ml`: the whole part and the digits after the point apart."""
    more = pair.factor * int(fraction) // 10 ** len(fraction)
    value = count * pair.factor + more
    if pair.factor % 10:  # half a day or half a year has no whole tenths
        part: tuple[Step, ...] = (share_step(pair.factor, 2),)
    elif len(fraction) == 1:
        part = product_steps(pair.factor // 10, int(fraction))
    else:
        part = _conversion(int(fraction), pair.factor // 10 ** len(fraction)) if more > int(fraction) else ()
    steps = (
        reading_step(f"{count}.{fraction} {large} to {small}"),
        *_conversion(count, pair.factor),
        *part,
        written_sum_step(count * pair.factor, more, error_prone=True),
    )
    key = f"{count}.{fraction} {pair.large} {pair.small}"
    return Problem("units", "moderate", question, key, _amount(value, small), steps)


def _in_small_unit(
    question: str, pair: Pair, names: tuple[str, str, str], first: tuple[int, int], second: tuple[int, int], sign: str
) -> Problem:
    """`2 l - 450 ml to ml`: both amounts into the smaller unit, then their sum or difference."""
    large, small, wanted = names
    steps = [reading_step(f"{_mixed(first, large, small)} {sign} {_mixed(second, large, small)} to {wanted}")]
    totals = []
    for count, rest in (first, second):
        total = count * pair.factor
        if count:
            steps += _conversion(count, pair.factor)
        if count and rest:
            steps.append(written_sum_step(total, rest, error_prone=True))
        totals.append(total + rest)
    a, b = totals
    steps.append((written_sum_step if sign == "+" else written_difference_step)(a, b, error_prone=True))
    (c, d), (e, f) = first, second
    key = f"{c} {d} {sign} {e} {f} {pair.small} of {pair.large}"
    return Problem("units", "hard", question, key, _amount(a + b if sign == "+" else a - b, wanted), tuple(steps))


def _into_mixed_units(question: str, pair: Pair, large: str, small: str, count: int, rest: int) -> Problem:
    total = count * pair.factor + rest
    both = f"{large} and {small}"
    steps = (reading_step(f"{_amount(total, small)} to {both}"), *_parted(total, count, pair.factor))
    answer = f"{_amount(count, large)} {_amount(rest, small)}"
    return Problem("units", "hard", question, f"{total} {pair.large} {pair.small}", answer, steps)


def _parted(total: int, count: int, factor: int) -> tuple[Step, ...]:
    """How often `factor` fits and, where something is over, how much."""
    if factor in POWERS_OF_TEN:
        return (_cut_step(total, count, factor),)
    times = quotient_step(total, count, factor)
    return (times, written_difference_step(total, count * factor, error_prone=True)) if total % factor else (times,)


def _cut_step(total: int, count: int, factor: int) -> Step:
    """` 4050/1000=4, 050`: the last digits cut off, checked by putting them back."""
    cut = str(total % factor).zfill(len(str(factor)) - 1)
    text_of = lambda value: f" {total}/{factor}={value}, {cut}\n"  # noqa: E731
    check = f" {count}*{factor}={count * factor}, {count * factor}+{cut}={total}, {count}"
    return Step(text_of(count), check, numeric_mistakes(count, text_of), error_prone=True)


def quotient_step(total: int, count: int, factor: int) -> Step:
    """` 3*60=180`: the largest multiple that fits, checked by the next one."""
    text_of = lambda value: f" {value}*{factor}={value * factor}\n"  # noqa: E731
    place = "exact" if count * factor == total else f"{total} between"
    check = f" {count}*{factor}={count * factor}, {count + 1}*{factor}={(count + 1) * factor}, {place}, {count}"
    return Step(text_of(count), check, numeric_mistakes(count, text_of), error_prone=True)


def _sum_of_mixed(random: Random, side: Side, pair: Pair, large: str, small: str) -> Problem:
    most = max(2, pair.most // 2)
    a, b = random.randrange(1, most + 1), random.randrange(1, most + 1)
    c, d = random.randrange(1, pair.factor), random.randrange(1, pair.factor)
    first, second = _typed_both(random, a, large, c, small), _typed_both(random, b, large, d, small)
    question = message(random, "units", "plus", side, a=first, b=second)
    return _sum_of(question, pair, large, small, (a, c), (b, d))


def _sum_of(
    question: str, pair: Pair, large: str, small: str, first: tuple[int, int], second: tuple[int, int]
) -> Problem:
    """Small units first, one of the larger carried when they fill it, then the large ones."""
    (a, c), (b, d) = first, second
    steps = [reading_step(f"{_mixed(first, large, small)} + {_mixed(second, large, small)}")]
    if c and d:
        steps.append(written_sum_step(c, d, error_prone=True))
    carried = c + d >= pair.factor
    rest = c + d - pair.factor * carried
    if carried:
        steps.append(difference_step(c + d, pair.factor, error_prone=True))
    if a and b:
        steps.append(sum_step(a, b))
    if carried:
        steps.append(sum_step(a + b, 1))
    key = f"{a} {c} + {b} {d} {pair.large} {pair.small}"
    return Problem("units", "hard", question, key, _mixed((a + b + carried, rest), large, small), tuple(steps))


def _difference_of(
    question: str, pair: Pair, large: str, small: str, first: tuple[int, int], second: tuple[int, int]
) -> Problem:
    """Small units first, one of the larger changed into them when there are too few, then the large ones."""
    (a, c), (b, d) = first, second
    steps = [reading_step(f"{_mixed(first, large, small)} - {_mixed(second, large, small)}")]
    borrowed = c < d
    if borrowed:
        steps.append(sum_step(c, pair.factor))
    rest = c + pair.factor * borrowed - d
    if d:
        steps.append(written_difference_step(c + pair.factor * borrowed, d, error_prone=True))
    if borrowed:
        steps.append(difference_step(a, 1))
    if b:
        steps.append(difference_step(a - borrowed, b, error_prone=borrowed))
    key = f"{a} {c} - {b} {d} {pair.large} {pair.small}"
    return Problem("units", "hard", question, key, _mixed((a - b - borrowed, rest), large, small), tuple(steps))
