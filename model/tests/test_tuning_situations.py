"""The situations: every clause has what its label says, and what is asked follows from the clauses that are told."""

from __future__ import annotations

import re
from collections import Counter
from importlib import import_module
from random import Random

import pytest

from reflection_model.tuning import out_of_domain, told_problems
from reflection_model.tuning.families import FAMILIES
from reflection_model.tuning.families.ordering import open_puzzle, ordering
from reflection_model.tuning.families.told_sums import parse_sum, work_out
from reflection_model.tuning.problem import Problem
from reflection_model.tuning.situations import Situation, situations
from reflection_model.tuning.telling import told
from reflection_model.tuning.told_problems import KINDS, draw_told, draw_unanswerable

SLOTS = {
    "stock": {
        "start": "n", "rows": "kn", "gain": "n", "more-gain": "n", "loss": "n", "more-loss": "n", "end": "n",
        "share": "k", "aside": "n", "now": "", "first": "", "gained": "", "lost": "", "each": "", "odd": "",
    },
    "pair": {
        "both": "ab", "more": "ab", "fewer": "ab", "times": "ab", "aside": "n", "together": "", "difference": "",
        "gap": "", "second": "", "odd": "",
    },
    "groups": {
        "groups": "ab", "extra": "c", "gone": "c", "split": "ab", "packed": "ab", "aside": "n", "total": "", "each": "",
        "count": "", "odd": "",
    },
    "measures": {
        "both": "xy", "start": "x", "gain": "y", "loss": "y", "convert": "u", "together": "", "difference": "",
        "now": "", "odd": "",
    },
    "clock": {
        "start": "t", "end": "t", "length": "d", "aside": "n", "ask-end": "", "ask-start": "", "ask-length": "",
        "odd": "",
    },
    "ordering": {"fact": "AB", "chain": "ABC", "most": "", "least": "", "middle": "", "odd": ""},
    "letters": {"word": "w", "reverse": "", "count": "c", "aside": "n", "odd": ""},
}  # fmt: skip
"""The slots of a clause, by kind and label; {p} and {q}, names, may stand anywhere."""

ALL = [(kind, situation) for kind in SLOTS for side in ("training", "unseen") for situation in situations(kind, side)]


@pytest.mark.parametrize("kind", SLOTS)
def test_every_clause_has_the_slots_of_its_label_and_can_stand_anywhere(kind: str) -> None:
    titles = [situation.title for each, situation in ALL if each == kind]
    assert len(set(titles)) == len(titles)
    for situation in (situation for each, situation in ALL if each == kind):
        assert situation.clauses.keys() == SLOTS[kind].keys(), situation.title
        for label, clauses in situation.clauses.items():
            assert len(set(clauses)) == len(clauses), (situation.title, label)
            for clause in clauses:
                text, _, wanted = clause.partition(" => ")
                slots = Counter(slot.partition(":")[0] for slot in re.findall(r"\{([^{}]*)\}", text))
                assert "".join(sorted(set(slots) - {"p", "q"})) == SLOTS[kind][label], clause
                assert not re.search(r"[{}\d]|[.?!]$", re.sub(r"\{[^{}]*\}", "", text)), clause
                assert bool(wanted) == (kind == "ordering" and label in ("most", "least", "middle")), clause


@pytest.mark.parametrize("kind", SLOTS)
def test_a_fifth_of_the_situations_is_kept_from_training(kind: str) -> None:
    training, unseen = (len(situations(kind, side)) for side in ("training", "unseen"))
    assert training + unseen >= 70
    assert 0.1 < unseen / (training + unseen) < 0.3


@pytest.mark.parametrize("family", KINDS)
def test_every_situation_is_asked_and_solved(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(told_problems.SHARES, family, 1.0)
    for module in ("clock", "letters", "ordering", "unit_sums", "word_problems"):
        monkeypatch.setattr(import_module(f"reflection_model.tuning.families.{module}"), "SHARE", 1.0)
    random = Random(f"situations {family}")
    for kind in KINDS[family]:
        for situation in (situation for each, situation in ALL if each == kind):
            monkeypatch.setattr(told_problems, "situations", lambda *_, only=situation: (only,))
            monkeypatch.setitem(KINDS, family, (kind,))
            for difficulty in ("easy", "moderate", "hard") * 2:
                problem = FAMILIES[family](random, difficulty, "training")
                assert not re.search(r"[{}]", problem.question), problem.question
                assert problem.answer and problem.steps


TOY = Situation(
    "toy",
    "",
    {
        "start": ("there are {n}",), "rows": ("{k} rows of {n} stand",), "gain": ("{n} come",), "loss": ("{n} go",),
        "more-gain": ("and {n} come too",), "more-loss": ("and {n} go too",), "end": ("there are {n} at last",),
        "share": ("they part into {k}",), "aside": ("it is day {n}",), "now": ("how many now",),
        "first": ("how many first",), "gained": ("how many came",), "lost": ("how many went",),
        "each": ("how many each",), "odd": ("why",),
    },
)  # fmt: skip


def _worked_out(text: str) -> str:
    """What a toy message asks, read from its own words."""
    text = text.replace("\\n", "\n")
    events = re.findall(r"(?:there are |^|\W)\{(\w)\}( come| go| at last)?", text.lower())
    beginning = re.search(r"\{(\w)\} rows of \{(\w)\}", text.lower())
    changes = [(letter, "+" if "come" in verb else "-") for letter, verb in events if verb in (" come", " go")]
    if "how many came" in text.lower() or "how many went" in text.lower():
        return " + ".join(letter for letter, _ in changes)
    if "how many first" in text.lower():
        end = next(letter for letter, verb in events if verb == " at last")
        return end + "".join(f" {'-' if sign == '+' else '+'} {letter}" for letter, sign in changes)
    start = f"{beginning[1]} * {beginning[2]}" if beginning else re.search(r"there are \{(\w)\}", text.lower())[1]
    shared = re.search(r"they part into \{(\w)\}", text.lower())
    return start + "".join(f" {sign} {letter}" for letter, sign in changes) + (f" / {shared[1]}" if shared else "")


def test_what_a_stock_is_asked_follows_from_its_clauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told_problems, "situations", lambda *_: (TOY,))
    monkeypatch.setitem(KINDS, "word problem", ("stock",))
    asked = set()
    for number in range(400):
        text, expression = draw_told(Random(number), "word problem", "training")
        assert _worked_out(text) == expression, text
        asked.add(re.sub(r"\w", "n", expression))
    assert {"n - n", "n + n", "n * n + n", "n - n / n", "n + n - n"} <= asked


SECOND = {"both": 3, "more": 15, "fewer": 9, "times": 36}
"""What the second has where the first has 12 and 3 is told."""
PAIR_ASKED = {
    "together": lambda second: 12 + second,
    "difference": lambda second: 12 - second,
    "gap": lambda second: abs(12 - second),
    "second": lambda second: second,
}
GROUPS_ASKED = {
    "groups total": 36,
    "groups extra total": 41,
    "groups gone total": 31,
    "split each": 4,
    "packed count": 4,
}


@pytest.mark.parametrize("kind", ["pair", "groups"])
def test_what_two_amounts_and_groups_are_asked_follows_from_their_clauses(kind: str, monkeypatch) -> None:  # noqa: ANN001
    monkeypatch.setattr(told_problems, "ASIDES", 0.0)
    toy = Situation("toy", "", {label: (label,) for label in SLOTS[kind]})
    asked = set()
    for number in range(300):
        problem = told_problems._COMPOSED[kind](Random(number), toy, "")
        labels = " ".join([*problem.clauses, problem.question])
        asked.add(labels)
        numbers = {"a": 12, "b": 3, "c": 5} if problem.asked != "b - a" else {"a": 3, "b": 12}
        result = work_out(parse_sum(problem.asked), numbers)
        if kind == "groups":
            assert result.total == GROUPS_ASKED[labels]
        else:
            assert result.total == PAIR_ASKED[problem.question](SECOND[problem.clauses[0]])
    assert len(asked) == (5 if kind == "groups" else 10)


def test_clock_and_order_are_asked_as_they_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = {
        "start": ("it starts at {t}",), "end": ("it ends at {t}",), "length": ("it takes {d}",),
        "ask-end": ("when does it end",), "ask-start": ("when does it start",), "ask-length": ("how long is it",),
        "aside": ("row {n}",),
    }  # fmt: skip
    order = {
        "fact": ("{A} beats {B}", "{B} loses to {A}"), "chain": ("{B} loses to {A} but beats {C}",),
        "most": ("who is best => best",), "least": ("who is worst => worst",), "middle": ("who is between => between",),
    }  # fmt: skip
    situation = Situation("toy", "", clock | order)
    monkeypatch.setattr(told_problems, "situations", lambda *_: (situation,))
    for number in range(200):
        for asked, parts in {"after": "{t} {d}", "before": "{t} {d}", "between": "{t} {u}"}.items():
            text, kind = draw_told(Random(number), "clock", "training", asked)
            assert kind == asked
            assert sorted(re.findall(r"\{[tud]\}", text)) == sorted(parts.split())
            assert ("starts at {t}" in text) == (asked != "before")
            assert {"after": "does it end", "before": "does it start", "between": "long is it"}[asked] in text
        text, asked = draw_told(Random(number), "ordering", "training")
        place, facts = re.fullmatch(r"\w+: (\w) \| (.*)", asked).groups()
        pairs = {tuple(fact.split(">")) for fact in facts.split(", ")}
        people = sorted({letter for pair in pairs for letter in pair})
        assert pairs == set(zip(people, people[1:], strict=False))
        told_pairs = {(a, b) for a, b in re.findall(r"\{(\w)\} beats \{(\w)\}", text)}
        told_pairs |= {(a, b) for b, a in re.findall(r"\{(\w)\} loses to \{(\w)\}", text)}
        told_pairs |= {(a, b) for a, b in re.findall(r"\{(\w)\} loses to \{\w\} but beats \{(\w)\}", text)}
        assert told_pairs == pairs
        wanted = people[0] if "best" in asked else people[-1] if "worst" in asked else people[1]
        assert place == wanted


def test_a_message_is_told_in_many_ways_and_loses_nothing() -> None:
    messages = {told(Random(number), ["I had {a}", "{b} went"], "how many are left") for number in range(300)}
    assert len(messages) > 40
    for message in messages:
        message = message.replace("\\n", "\n")
        assert [message.lower().count(part) for part in ("i had {a}", "{b} went", "how many are left")] == [1, 1, 1]


def test_an_idle_question_gets_the_honest_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(out_of_domain, "IDLE", 1.0)
    monkeypatch.setattr(out_of_domain, "SHARE", 1.0)
    monkeypatch.setattr(out_of_domain, "OPEN_PUZZLES", 0.0)
    random = Random(5)
    for _ in range(300):
        problem = out_of_domain.out_of_domain(random)
        assert not re.search(r"\{\w+\}", problem.question), problem.question
        assert out_of_domain.HONEST_MARK in problem.answer
    odd = [clause for _, situation in ALL for clause in situation.clauses["odd"]]
    text = draw_unanswerable(random, "training")
    assert any(clause.lower() in text.lower() for clause in odd)


def _ends_by_hand(problem: Problem) -> tuple[dict[str, str], set[str], set[str]]:
    """The numbers of the names, and who by the lines is below nobody and above nobody, the first sentence up."""
    names = dict(part.split(" ", 1) for part in problem.steps[0].text.strip().rpartition(": ")[0].split(", "))
    facts = [re.match(r" (\d)([<>])(\d): ", step.text).groups() for step in problem.steps[1:-1]]
    pairs = [(a, b) if sign == ">" else (b, a) for a, sign, b in facts]
    assert problem.steps[-2].text.strip().split(": ")[1] == " ".join(f"{a}>{b}" for a, b in pairs)
    return names, set(names) - {b for _, b in pairs}, set(names) - {a for a, _ in pairs}


def test_an_order_that_is_not_told_whole_is_worked_out_and_then_refused() -> None:
    turned = 0
    for number in range(400):
        problem = open_puzzle(Random(number), "training")
        names, above, below = _ends_by_hand(problem)
        said = set(re.findall(r"\d", problem.steps[-1].text))
        assert len(names) in (3, 4) and len(said) == 2 and said in (above, below)
        turned += "<" in problem.steps[-2].text
    assert turned > 50
    random = Random(6)
    worked_out = [problem for problem in (out_of_domain.out_of_domain(random) for _ in range(2000)) if problem.steps]
    assert 80 < len(worked_out) < 220
    assert all(problem.answer == out_of_domain.HONEST_REPLY for problem in worked_out)


def test_an_order_may_tell_who_is_first_and_leave_the_others_open() -> None:
    random = Random(7)
    problems = [ordering(random, "moderate") for _ in range(1500)]
    partly = [problem for problem in problems if problem.key.endswith(", partly")]
    assert 70 < len(partly) < 180
    for problem in partly:
        names, above, below = _ends_by_hand(problem)
        (said,) = re.findall(r"\d", problem.steps[-1].text)
        assert {said} in (above, below)
        assert problem.answer == names[said]
