"""Clock times of 24 or twelve hours: a time after or before another, also over midnight, and the time between two."""

from __future__ import annotations

from random import Random

from ..grammar import Side, message
from ..problem import Difficulty, Problem, Step, fixed_mistake
from ..scenes import SHARE, draw_scene, filled
from ..written_numbers import in_words
from .column_steps import difference_step, sum_step
from .reading import reading_step
from .unit_sums import quotient_step

DAY = 24 * 60


def _clock(time: int) -> str:
    return f"{time // 60}:{time % 60:02d}"


def _half_day(time: int) -> str:
    """`5:30 pm`."""
    return f"{(time // 60 - 1) % 12 + 1}:{time % 60:02d} {'am' if time < DAY // 2 else 'pm'}"


def duration(hours: int, minutes: int) -> str:
    """`2 hours 5 minutes`, without a part that is zero."""
    parts = []
    if hours:
        parts.append(f"{hours} hour{'s' * (hours != 1)}")
    if minutes or not hours:
        parts.append(f"{minutes} minute{'s' * (minutes != 1)}")
    return " ".join(parts)


def _typed_duration(random: Random, hours: int, minutes: int) -> str:
    """The same as people write it; never in minutes alone where there are hours."""
    shape = random.random()
    if hours == 0 and minutes in (15, 30) and shape < 0.3:
        return "half an hour" if minutes == 30 else random.choice(("a quarter of an hour", "a quarter hour"))
    if hours == 1 and minutes == 30 and shape < 0.4:
        return random.choice(("an hour and a half", "one and a half hours", "1.5 hours", "1 1/2 hours"))
    if hours > 1 and minutes == 30 and shape < 0.4:
        return f"{random.choice((in_words(hours), str(hours)))} and a half hours" if shape < 0.3 else f"{hours}.5 hours"
    if shape < 0.05 and hours and minutes:
        return random.choice((f"{hours}h{minutes:02d}", f"{hours}h {minutes}", f"{hours} h {minutes}"))
    if shape < 0.12:
        return " ".join(f"{n}{u}" for n, u in ((hours, "h"), (minutes, random.choice(("m", "min")))) if n) or "0 min"
    if shape < 0.2:
        return " ".join(f"{n} {u}" for n, u in ((hours, "h"), (minutes, "min")) if n) or "0 min"
    if shape < 0.27 and hours < 20:
        parts = [f"{in_words(n)} {u}{'s' * (n != 1)}" for n, u in ((hours, "hour"), (minutes, "minute")) if n]
        return " and ".join(parts)
    return duration(hours, minutes).replace("s ", random.choice(("s ", "s and ", "s, ")), 1)


def _typed_minutes(random: Random, minutes: int) -> str:
    """More than an hour in minutes alone."""
    return f"{in_words(minutes) if random.random() < 0.25 else minutes} {random.choice(('minutes', 'minutes', 'min'))}"


def _typed_time(random: Random, time: int, half_days: bool) -> str:
    hours, minutes = divmod(time, 60)
    if time % (DAY // 2) == 0 and random.random() < 0.5:
        return "noon" if time else "midnight"
    if half_days:
        if random.random() < 0.25:
            return _spoken(random, time)
        text = _half_day(time)
        if minutes == 0 and random.random() < 0.6:
            text = text.replace(":00", "")
        elif random.random() < 0.08:
            text = text.replace(":", ".")
        shape = random.random()
        if shape < 0.3:
            return text.replace(" ", "")
        return (
            text if shape < 0.8 else text.replace("am", "AM").replace("pm", "PM") if shape < 0.9 else f"{text[:-1]}.m."
        )
    shape = random.random()
    if minutes == 0 and 0 < hours < 13 and shape < 0.4:
        return f"{hours} o'clock"
    if 0 < hours < 12 and minutes in (15, 30) and shape < 0.2:
        return f"{'half' if minutes == 30 else 'quarter'} past {hours if shape < 0.1 else in_words(hours)}"
    if hours < 10 and shape > 0.85:
        return f"0{_clock(time)}"
    if 0.82 < shape < 0.85:
        return f"{hours:02d}{minutes:02d}{random.choice(('', 'h', ' hours'))}"
    if 0.78 < shape < 0.82:
        return f"{hours}{'.' if shape < 0.8 else 'h'}{minutes:02d}"
    return _clock(time)


def _spoken(random: Random, time: int) -> str:
    """`quarter past two in the afternoon`, `9:40 in the morning`, `eight thirty in the evening`."""
    hours, minutes = divmod(time, 60)
    hour = (hours - 1) % 12 + 1
    part = "at night" if hours < 4 or hours >= 22 else "in the morning" if hours < 12 else "in the afternoon"
    if 17 <= hours < 22:
        part = "in the evening"
    said = f"{hour}:{minutes:02d}"
    if random.random() < 0.6:
        named = {
            0: f"{in_words(hour)} o'clock",
            15: f"quarter past {in_words(hour)}",
            30: f"half past {in_words(hour)}",
            45: f"quarter to {in_words(hour % 12 + 1)}",
        }
        said = named.get(minutes) or f"{in_words(hour)} {'oh ' if minutes < 10 else ''}{in_words(minutes)}"
        if minutes % 5 == 0 and 0 < minutes < 30 and minutes != 15 and random.random() < 0.3:
            said = f"{in_words(minutes)} past {in_words(hour)}"
    return f"{said} {part}"


def clock_time(random: Random, difficulty: Difficulty, side: Side = "training") -> Problem:
    """Easy: no carry past the hour. Moderate: minutes that may carry. Hard: hours and minutes, or the time between."""
    kind = random.choice(("after", "before", "between") if difficulty == "hard" else ("after", "after", "before"))
    return _of_kind(random, difficulty, side, kind)


def minutes_between(random: Random, _difficulty: Difficulty, side: Side = "training") -> Problem:
    """Less than an hour between two times; moderate."""
    return _of_kind(random, "moderate", side, "between")


def _of_kind(random: Random, difficulty: Difficulty, side: Side, kind: str) -> Problem:
    scene = draw_scene(random, "clock", side, kind) if random.random() < SHARE else None
    half_days = random.random() < 0.4
    over_midnight = difficulty != "easy" and random.random() < 0.1
    in_minutes = kind != "between" and random.random() < {"easy": 0, "moderate": 0.1, "hard": 0.12}[difficulty]
    while True:
        hours, minutes = random.randrange(0, 24), random.randrange(0, 60, random.choice((1, 5, 15)))
        if random.random() < 0.08:
            hours, minutes = random.choice((0, 12, 12)), 0
        more_minutes = random.randrange(1, 60) if random.random() < 0.4 else random.randrange(5, 60, 5)
        more_hours = random.randrange(1, 13) if difficulty == "hard" else random.choice((1, 1, 2)) if in_minutes else 0
        if more_hours and random.random() < 0.2:
            more_minutes = random.choice((0, 0, 30))
        start, more = 60 * hours + minutes, 60 * more_hours + more_minutes
        end = start - more if kind == "before" else start + more
        carries = (minutes - more_minutes < 0) if kind == "before" else (minutes + more_minutes >= 60)
        wraps = not 0 <= end < DAY
        if wraps == over_midnight and not (difficulty == "easy" and carries):
            break
    shown = _half_day if half_days else _clock
    finish = end % DAY
    a, b = _typed_time(random, start, half_days), _typed_time(random, finish, half_days)
    length = duration(more_hours, more_minutes)
    if kind == "between":
        if scene is not None:
            question = filled(random, "clock", side, scene, {"t": a, "u": b})
        else:
            question = message(random, "clock", "between", side, a=a, b=b)
        steps = [reading_step(f"{shown(start)} to {shown(finish)}")]
        steps += _from_half_days(start, half_days) + _from_half_days(finish, half_days)
        later = finish
        if finish < start:
            steps.append(sum_step(finish // 60, 24))
            later += DAY
        steps += _difference_steps(later, start)
        return Problem("clock", difficulty, question, f"{_clock(start)}-{_clock(finish)}", length, tuple(steps))
    typed = _typed_minutes(random, more) if in_minutes else _typed_duration(random, more_hours, more_minutes)
    if scene is not None:
        question = filled(random, "clock", side, scene, {"t": a, "d": typed})
    else:
        question = message(random, "clock", kind, side, t=a, d=typed)
    sign = "+" if kind == "after" else "-"
    steps = [reading_step(f"{shown(start)} {sign} {f'{more} minutes' if in_minutes else length}")]
    if in_minutes:
        steps += [quotient_step(more, more_hours, 60), difference_step(more, 60 * more_hours)]
    steps += _from_half_days(start, half_days)
    if kind == "after":
        steps += _sum_steps(start, more)
    else:
        if start < more:
            steps.append(sum_step(hours, 24))
        steps += _difference_steps(start + DAY * (start < more), more)
    steps.append(_time_step(finish))
    if half_days:
        steps.append(_named_step(_clock(finish), _half_day(finish)))
    return Problem("clock", difficulty, question, f"{_clock(start)}{sign}{more}", shown(finish), tuple(steps))


def _from_half_days(time: int, half_days: bool) -> list[Step]:
    return [_named_step(_half_day(time), _clock(time))] if half_days and time >= DAY // 2 + 60 else []


def _named_step(given: str, meant: str) -> Step:
    """` 2:35 pm is 14:35`, or back."""
    hour, _, rest = meant.partition(":")
    other = f"{(int(hour) + 1) % 24 or 12}:{rest}"
    wrong = fixed_mistake("other number", f" {given} is {other}\n", other)
    return Step(f" {given} is {meant}\n", f" {given}, {meant}", (wrong,))


def _time_step(time: int) -> Step:
    """` 16:25`: the hours and the minutes together."""
    swapped = f"{time % 60}:{time // 60:02d}"
    wrong = (fixed_mistake("wrong place", f" {swapped}\n", swapped),) if time // 60 != time % 60 else ()
    return Step(f" {_clock(time)}\n", f" {time // 60} and {time % 60}, {_clock(time)}", wrong)


def _sum_steps(start: int, more: int) -> list[Step]:
    """Minutes first, an hour carried when they reach 60, then the hours, a day less after midnight."""
    (hours, minutes), (more_hours, more_minutes) = divmod(start, 60), divmod(more, 60)
    carried = minutes + more_minutes >= 60
    steps = [sum_step(minutes, more_minutes, error_prone=carried)]
    if carried:
        steps.append(difference_step(minutes + more_minutes, 60, error_prone=True))
    if more_hours:
        steps.append(sum_step(hours, more_hours))
    if carried:
        steps.append(sum_step(hours + more_hours, 1))
    if start + more >= DAY:
        steps.append(difference_step((start + more) // 60, 24))
    return steps


def _difference_steps(time: int, less: int) -> list[Step]:
    """Minutes first, an hour borrowed when there are too few, then the hours."""
    (hours, minutes), (less_hours, less_minutes) = divmod(time, 60), divmod(less, 60)
    steps: list[Step] = []
    borrowed = minutes < less_minutes
    if borrowed:
        steps.append(sum_step(minutes, 60))
    steps.append(difference_step(minutes + 60 * borrowed, less_minutes, error_prone=borrowed))
    if borrowed:
        steps.append(difference_step(hours, 1))
    if less_hours:
        steps.append(difference_step(hours - borrowed, less_hours, error_prone=borrowed))
    return steps
