"""Every family: its steps follow from each other, its mistakes are mistakes, and its answers are right."""

from __future__ import annotations

import ast
import operator
import re
import sys
from fractions import Fraction
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest

from reflection_model.tuning.curriculum import Curriculum
from reflection_model.tuning.families import FAMILIES, SUPPLEMENTS, decimals, unit_sums
from reflection_model.tuning.families.letters import _runs, draw_word
from reflection_model.tuning.families.ordering import OF_ALL, OF_PEOPLE, OF_THINGS
from reflection_model.tuning.grammar import grammar
from reflection_model.tuning.problem import TRAINED_KINDS, UNSEEN_KINDS, Problem, wrong_value
from reflection_model.tuning.scenes import Scene
from reflection_model.tuning.written_numbers import in_words

TEXTS = Path(__file__).parents[1] / "reflection_model" / "tuning" / "texts"
DIFFICULTIES = ("easy", "moderate", "hard")
_OPERATIONS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}


def _value(expression: str) -> int:
    def walk(node: ast.expr) -> int:
        if isinstance(node, ast.BinOp):
            return _OPERATIONS[type(node.op)](walk(node.left), walk(node.right))
        return ast.literal_eval(node)

    return walk(ast.parse(re.sub(r"\b0+(?=\d)", "", expression), mode="eval").body)


def _problems(family: str, count: int = 150, from_grammar: bool = False):
    """Problems of a family; `from_grammar` leaves out scenes, whose wording follows no rule that a test could know."""
    random = Random(f"test {family}")
    module = sys.modules[FAMILIES[family].__module__]
    with patch.object(module, "SHARE", 0.0 if from_grammar else module.SHARE):
        return [FAMILIES[family](random, DIFFICULTIES[i % 3]) for i in range(count)]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_equation_in_steps_and_checks_is_true(family: str) -> None:
    seen = 0
    for problem in _problems(family):
        for step in problem.steps:
            for left, right in re.findall(r"(?<![\w.:+*-])(\d+(?:[-+*]\d+)+)=(\d+)(?![\d.])", step.text + step.check):
                assert _value(left) == int(right), f"{problem.question}: {left}={right}"
                seen += 1
    if family in ("addition", "subtraction", "multiplication", "units", "clock", "word problem"):
        assert seen > 100


def _supplement(name: str) -> list[Problem]:
    random = Random(f"test {name}")
    return [SUPPLEMENTS[name](random, DIFFICULTIES[i % 3]) for i in range(200)]


def test_supplements_belong_to_their_families_and_have_no_share_of_the_default_mix() -> None:
    for name in SUPPLEMENTS:
        assert {problem.family for problem in _supplement(name)} == {name.partition(",")[0]} <= set(FAMILIES)
        assert Curriculum().families[name] == 0


def test_less_than_an_hour_between_two_times_is_told_in_minutes() -> None:
    problems = _supplement("clock, minutes between")
    assert all(re.fullmatch(r"\d+ minutes?", problem.answer) for problem in problems)
    over_the_hour = [problem for problem in problems if "+60=" in "".join(step.text for step in problem.steps)]
    assert 20 < len(over_the_hour) < 180


def test_places_behind_the_first_are_asked_for_among_four_or_more() -> None:
    for problem in _supplement("ordering, places"):
        names, people, asked = _order(problem)
        assert len(people) >= 4
        at = ("second", "third").index(asked.split()[0]) + 1
        assert problem.answer in (people[at], people[-1 - at])


def test_amounts_are_put_together_and_told_in_both_units() -> None:
    problems = _supplement("units, together")
    assert all(re.search(r" [+-] ", problem.steps[0].text) for problem in problems)
    assert sum(len(problem.answer.split()) == 4 for problem in problems) > 120


def test_amounts_are_divided_by_what_is_no_power_of_ten() -> None:
    for problem in _supplement("units, divided"):
        total, _, wanted = problem.steps[0].text.strip().partition(" to ")
        count, factor = re.match(r" (\d+)\*(\d+)=", problem.steps[1].text).groups()
        assert int(count) * int(factor) <= int(total.split()[0])
        assert problem.answer.startswith(f"{count} ") and wanted


@pytest.mark.parametrize("family", FAMILIES)
def test_steps_are_lines_that_start_with_a_space(family: str) -> None:
    for problem in _problems(family):
        for step in problem.steps:
            assert re.fullmatch(r" [^\n]+\n", step.text), step.text
            assert step.check.startswith(" ")
            assert "\n" not in step.check


@pytest.mark.parametrize("family", FAMILIES)
def test_mistakes_differ_from_the_right_step_and_have_a_known_kind(family: str) -> None:
    random = Random(5)
    for problem in _problems(family):
        for step in problem.steps:
            for make in step.mistakes:
                mistake = make(random)
                if mistake is not None and mistake.text != step.text:
                    assert mistake.kind in TRAINED_KINDS | UNSEEN_KINDS
                    assert mistake.claim
                    assert mistake.text.endswith("\n")
                    assert mistake.text.count("\n") == 1


@pytest.mark.parametrize("family", FAMILIES)
def test_hard_problems_have_a_step_of_a_trained_and_one_of_an_unseen_kind(family: str) -> None:
    random = Random(6)
    for kinds in (TRAINED_KINDS, UNSEEN_KINDS):
        drawn = [step.draw_mistake(random, kinds) for problem in _problems(family) for step in problem.steps]
        assert any(mistake is not None for mistake in drawn)
        assert all(mistake.kind in kinds for mistake in drawn if mistake is not None)


def test_no_kind_is_both_trained_and_unseen() -> None:
    assert not TRAINED_KINDS & UNSEEN_KINDS


def test_wrong_values_are_wrong_and_not_negative() -> None:
    random = Random(7)
    kinds = (
        "off by one",
        "off by two or three",
        "off by hundred",
        "two digits changed",
        "off by ten",
        "digits swapped",
        "random digit",
        "digit doubled",
        "digit lost",
    )
    for kind in kinds:
        values = [(value, wrong_value(kind, value, random)) for value in range(1200)]
        assert sum(wrong is not None for _, wrong in values) > 300, kind
        assert all(wrong is None or (wrong >= 0 and wrong != value) for value, wrong in values), kind


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def _said(question: str, number: int) -> bool:
    """Whether a question names a number: in digits, with a comma or a space among them, or in words."""
    forms = {in_words(number, hyphen, joint) for hyphen in "- " for joint in (" and ", " ")}
    words = " ".join(re.findall(r"[a-z-]+", question.lower()))
    digits = re.sub(r"(?<=\d) (?=\d{3}\b)", "", question.replace(",", ""))
    return number in _numbers(question.replace(",", "")) + _numbers(digits) or any(
        f" {form} " in f" {words} " for form in forms
    )


@pytest.mark.parametrize(("family", "sign"), [("addition", "+"), ("subtraction", "-"), ("multiplication", "*")])
def test_arithmetic_answers(family: str, sign: str) -> None:
    for problem in _problems(family):
        assert _value(problem.key) == int(problem.answer), problem.key
        assert sign in problem.key
        assert problem.steps[0].text.strip().count(sign) == problem.key.count(sign)
        for number in _numbers(problem.key):
            multiple = {2: r"twice|double", 3: "triple"}.get(number) if sign == "*" else None
            named = multiple is not None and re.search(rf"(?i)\b({multiple})", problem.question)
            assert named or _said(problem.question, number), problem.question


@pytest.mark.parametrize("family", ["addition", "subtraction", "multiplication"])
def test_the_last_step_ends_in_the_answer(family: str) -> None:
    for problem in _problems(family, 300):
        assert problem.steps[-1].text.strip().endswith(problem.answer.lstrip("-")), problem


def test_numbers_have_one_to_five_digits_or_are_a_hundred_thousand() -> None:
    for family in ("addition", "subtraction", "multiplication", "sorting"):
        numbers = {number for problem in _problems(family, 900) for number in _numbers(problem.key)}
        lengths = {len(str(number)) for number in numbers if number != 100_000}
        assert lengths == {1, 2, 3, 4, 5}, family


def test_some_numbers_carry_or_borrow_through_all_digits() -> None:
    for family in ("addition", "subtraction"):
        keys = {key for key in (FAMILIES[family](Random(number), "hard").key for number in range(4000))}
        assert any(re.fullmatch(r"\d\+9999|\d\+99999|10000-\d|100000-\d", key) for key in keys), family
    assert any(a == b for a, b in (key.split("-") for key in keys if key.count("-") == 1))


def test_words_are_spelled_out_now_and_then_and_none_is_held_out() -> None:
    spelled = 0
    for number in range(1500):
        word = FAMILIES["reversing"](Random(number), "moderate")
        letters = re.escape(word.key.split()[1])
        spelled += re.search(r"[-./ _,]+".join(letters), word.question, re.I) is not None and len(letters) > 2
    assert 10 < spelled < 100
    held_out = set((TEXTS / "words_held_out.txt").read_text(encoding="utf-8").split())
    assert not {word for run in _runs("training") for word in run} & held_out
    assert not {draw_word(Random(number), "moderate") for number in range(3000)} & held_out


def test_comparison_answers() -> None:
    symbols = grammar("comparison").symbols
    around = (production.text.strip() for name in ("context", "thanks", "hello") for production in symbols[name])
    asides = "|".join(re.escape(text).replace(r"\{n\}", r"\d+") for text in around if len(text) > 12)
    for problem in _problems("comparison", 600, from_grammar=True):
        words = r"small|less|lower|lowest|min|closer|shorter|lighter|cheaper"
        asked = re.sub("minutes|Explain|Simple|smart|" + asides, "", problem.question)
        wants_less = problem.steps[0].text.startswith(" smaller")
        assert wants_less == (re.search(words, asked, re.I) is not None), problem.question
    below_zero = 0
    for problem in _problems("comparison", 600):
        low, high = sorted(map(float, problem.key.split("|")))
        below_zero += low < 0
        wants_less = problem.steps[0].text.startswith(" smaller")
        if low == high:
            assert problem.answer == "They are equal."
        else:
            assert float(problem.answer) == (low if wants_less else high), problem.question
    assert below_zero > 5


@pytest.mark.parametrize(
    ("numbers", "larger", "smaller"),
    [
        (
            ("-3.5", "-3.05"),
            " negative, smaller: 3.5 3.05\n whole 3=3\n tenths 5>0\n smaller 3.05\n -3.05\n",
            " negative, larger: 3.5 3.05\n whole 3=3\n tenths 5>0\n larger 3.5\n -3.5\n",
        ),
        (("2", "-70"), " -70<2\n larger 2\n", " -70<2\n smaller -70\n"),
    ],
)
def test_numbers_below_zero_are_compared_without_their_signs(
    numbers: tuple[str, str], larger: str, smaller: str
) -> None:
    for wants_larger, steps in ((True, larger), (False, smaller)):
        problem = decimals._compared("hard", "", wants_larger, numbers)
        assert "".join(step.text for step in problem.steps[1:]) == steps
        assert problem.steps[0].text == f" {'larger' if wants_larger else 'smaller'}: {' '.join(numbers)}\n"
        assert problem.answer == steps.split()[-1]


def _says(question: str, words: str) -> bool:
    """Whether a question names words, written or spelled: `boss`, `b-o-s-s`, `B, O, S, S`."""
    plain = question.lower()
    return words in plain or any(separator.join(words) in plain for separator in ("-", " ", ".", ", ", "/"))


def test_counting_and_reversing_answers() -> None:
    several = 0
    for problem in _problems("counting", 300):
        words, letter = problem.key.split()
        assert int(problem.answer) == words.count(letter)
        assert _says(problem.question, words.replace("_", " "))
        several += "_" in words
    assert several > 10
    several = 0
    for problem in _problems("reversing"):
        several += "_" in problem.key
        assert problem.answer == problem.key.split()[1].replace("_", " ")[::-1]
        assert _says(problem.question, problem.answer[::-1])
    assert several > 10


def test_sorting_answers() -> None:
    for problem in _problems("sorting", 400, from_grammar=True):
        down = problem.steps[0].text.startswith(" down")
        asked = (
            r"large(st)? to|to smallest|from high|greatest to|biggest to|desc|decreasing|going down|reverse( order|=)"
        )
        asked += r"|(largest|biggest|highest) first|starting with the largest"
        assert down == (re.search(asked, problem.question) is not None), problem.question
    for problem in _problems("sorting", 400):
        down = problem.steps[0].text.startswith(" down")
        assert _numbers(problem.answer) == sorted(_numbers(problem.key), reverse=down), problem.question
        assert _numbers(problem.steps[-1].text) == _numbers(problem.answer)
        width = len(str(max(_numbers(problem.key))))
        assert problem.steps[0].text.split()[1] == f"{width}:"
        lines = "".join(step.text for step in problem.steps).split(":", 1)[1]
        assert {len(number) for number in re.findall(r"\d+", lines)} == {width}, problem.steps


def _minutes(text: str) -> int:
    """A time of day in minutes, in either style."""
    hours, minutes, half = re.fullmatch(r"(\d+):(\d\d)(?: (am|pm))?", text).groups()
    return 60 * (int(hours) % 12 + 12 * (half == "pm") if half else int(hours)) + int(minutes)


def test_clock_answers() -> None:
    over_midnight = 0
    for problem in _problems("clock", 600):
        start, sign, rest = re.fullmatch(r"(\d+:\d+)([-+])([\d:]+)", problem.key).groups()
        if ":" in rest:
            total = (_minutes(rest) - _minutes(start)) % 1440
            hours = int((re.search(r"(\d+) hour", problem.answer) or [0, 0])[1])
            assert total == 60 * hours + int((re.search(r"(\d+) minute", problem.answer) or [0, 0])[1])
        else:
            end = _minutes(start) + int(sign + rest)
            assert _minutes(problem.answer) == end % 1440, problem.question
            over_midnight += end != end % 1440
            assert int(problem.answer.split(":")[1][:2]) < 60
    assert over_midnight > 10


def test_unit_answers_hold_the_same_amount_in_other_units() -> None:
    for problem in _problems("units", 400, from_grammar=True):
        values = [int(number) for number in re.findall(r"\d+", problem.answer)]
        text = problem.steps[-1].text
        assert str(values[-1]) in re.findall(r"\d+", text) or str(values[0]) in re.findall(r"\d+", text), problem


def _of_units(question: str, asked: str, count: int = 400) -> list[Problem]:
    """Problems of one scene about units."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(unit_sums, "SHARE", 1.0)
        monkeypatch.setattr(unit_sums, "draw_scene", lambda *_: Scene(question, asked))
        return [unit_sums.unit_sum(Random(number), "hard") for number in range(count)]


@pytest.mark.parametrize("sign", ["+", "-"])
def test_a_sum_of_amounts_may_be_asked_in_the_smaller_unit_alone(sign: str) -> None:
    for problem in _of_units("{n} l and {s} ml: ml?", f"{{n}} l {sign} {{s}} ml to ml"):
        litres, millilitres, *_ = _numbers(problem.steps[0].text)
        total = 1000 * litres + (millilitres if sign == "+" else -millilitres)
        assert problem.steps[0].text == f" {litres} l {sign} {millilitres} ml to ml\n"
        assert problem.steps[1].text == f" {litres}*1000={1000 * litres}\n"
        assert problem.answer == f"{total} ml" and problem.steps[-1].text.strip().endswith(str(total))


def test_the_smaller_unit_of_an_amount_may_go_unsaid() -> None:
    problems = _of_units("{n} feet and {r} inches in inches?", "{n} feet {r} inches to inches")
    bare = [problem for problem in problems if "and" not in problem.question]
    assert 15 < len(bare) < 80
    for problem in bare:
        feet, inches = re.search(r"(\d+)(?: foot | ft | feet |ft |')(\d+)", problem.question).groups()
        assert re.match(rf" {feet} f(ee|oo)t {inches} inch(es)? to inches\n", problem.steps[0].text)


def test_decimal_amounts_of_units_have_up_to_three_places() -> None:
    places = set()
    for problem in _problems("units", 2000, from_grammar=True):
        decimal = re.match(r" (\d+\.(\d+)) ", problem.steps[0].text)
        if decimal:
            places.add(len(decimal[2]))
            factor = Fraction(int(problem.answer.split()[0])) / Fraction(decimal[1])
            assert factor in {pair.factor for pair in unit_sums.PAIRS}, problem.question
    assert places == {1, 2, 3}


def test_amounts_of_an_answer_stand_in_the_steps_however_it_was_asked() -> None:
    for problem in _problems("units", 400):
        steps = _numbers("".join(step.text for step in problem.steps))  # what is cut off may begin with a zero
        assert all(number in steps for number in _numbers(problem.answer)), problem


def test_word_problem_answers_follow_from_the_last_step() -> None:
    for problem in _problems("word problem", 400):
        assert re.search(r"(\d+)$", problem.steps[-1].text.strip())[1] == problem.answer
        first, *terms = problem.steps[0].text.split()
        total = _exact(first)
        for term in terms:
            sign, value = term[0], _exact(term[1:])
            total = {"+": total + value, "-": total - value, "*": total * value, "/": total / value}[sign]
        assert total == int(problem.answer), problem.question
    for problem in _problems("word problem", 400, from_grammar=True):
        for number in _numbers(problem.steps[0].text):
            assert _said(problem.question, number), problem.question


def _exact(term: str) -> Fraction:
    """`3*4` or `12/3`."""
    product, _, parts = term.partition("/")
    return Fraction(_value(product), int(parts or 1))


def _ordered(count: int, from_grammar: bool = False) -> list[Problem]:
    """Puzzles that tell a whole order."""
    return [problem for problem in _problems("ordering", count, from_grammar) if "partly" not in problem.key]


def _order(problem: Problem) -> tuple[dict[str, str], list[str], str]:
    """The names by their number, the names in their order, and what is asked."""
    listed, _, asked = problem.steps[0].text.strip().rpartition(": ")
    names = dict(part.split(" ", 1) for part in listed.split(", "))
    last = problem.steps[-2].text.strip().split(": ")[1].split(">")
    return names, [names[number] for number in last], asked


def test_ordering_answers_follow_from_the_last_order() -> None:
    for problem in _ordered(400):
        names, people, asked = _order(problem)
        facts = [re.fullmatch(r" (\d)([<>])(\d): [\d>]+\n", step.text).groups() for step in problem.steps[1:-1]]
        assert len(people) == len(facts) + 1
        assert facts[0][1] == ">", "the first fact says what > is"
        for a, sign, b in facts:
            first, second = (a, b) if sign == ">" else (b, a)
            assert people.index(names[first]) + 1 == people.index(names[second])
        assert set(names.values()) == set(people)
        if problem.answer in ("Yes", "No"):
            a, b = problem.steps[-1].text.strip().split(">")
            assert people.index(names[a]) < people.index(names[b])
        else:
            place = problem.steps[-1].text.strip()
            assert place.startswith(f"{asked} ")
            numbers = re.findall(r"\d", place.removeprefix(asked))
            listed = [names[number] for number in numbers]
            # Whoever writes is "I" in the list and "You" in the answer.
            assert ["You" if name == "I" else name for name in listed] == problem.answer.split(", ")
    for problem in _ordered(400, from_grammar=True):
        _, people, asked = _order(problem)
        if problem.answer in ("Yes", "No"):
            continue
        if asked == "middle" or asked.startswith("second"):
            assert problem.answer in people[1:-1]
        elif ", " in problem.answer:
            assert problem.answer.split(", ") in (people, people[::-1])
        else:
            assert problem.answer in (people[0], people[-1])


def test_facts_stand_as_their_sentences_tell_them() -> None:
    turned = 0
    for problem in _ordered(600, from_grammar=True):
        names, _, _ = _order(problem)
        for step in problem.steps[1:-1]:
            a, _, b = re.match(r" (\d)([<>])(\d)", step.text).groups()
            turned += "<" in step.text
            # Both stand in one sentence, in this order: no third name between them but that of a chain's middle.
            assert re.search(rf"\b{re.escape(names[a])}\b[^.]*\b{re.escape(names[b])}\b", problem.question, re.I), (
                problem.question
            )
    assert turned > 50


def test_questions_about_a_pair_are_answered_by_its_order() -> None:
    seen = 0
    for problem in _ordered(600, from_grammar=True):
        if problem.answer in ("Yes", "No"):
            names, people, asked = _order(problem)
            number, comparative, other = re.fullmatch(r"(\d) (.+) than (\d)", asked).groups()
            pair = names[number], names[other]
            by_size = sorted(people, key=problem.key.index)  # the key names them from the one with most of it on
            assert people in (by_size, by_size[::-1])
            more = problem.key.removeprefix(" ".join(by_size))
            asked_for_more = more.strip().startswith(comparative)
            holds = (by_size.index(pair[0]) < by_size.index(pair[1])) == asked_for_more
            assert (problem.answer == "Yes") == holds, problem.question
            assert re.search(rf"{pair[0]} \w*\s?{comparative} than {pair[1]}", problem.question, re.I), problem.question
            seen += 1
    assert seen > 50


def test_no_property_is_told_in_two_directions() -> None:
    for properties in (OF_ALL + OF_PEOPLE, OF_ALL + OF_THINGS):
        more, less = [words[0] for words in properties], [words[1] for words in properties]
        assert not set(more) & set(less)


def test_counting_lines_end_in_the_answer() -> None:
    for problem in _problems("counting"):
        line = problem.steps[-1].text
        assert int(re.search(r"[a-z](\d+)$", line.strip()).group(1)) == int(problem.answer), line


def test_whole_parts_are_compared_with_as_many_digits() -> None:
    long = 0
    for problem in _problems("comparison"):
        if "-" in problem.key:
            continue
        whole = re.fullmatch(r" whole(?: (.*),)? (\d+)([<=>])(\d+)\n", problem.steps[1].text)
        assert len(whole[2]) == len(whole[4])
        assert bool(whole[1]) == (len(whole[2]) > 2)
        if whole[1]:  # from the left, up to the digits that differ
            long += 1
            pairs = [re.fullmatch(r"(\d)([<=>])(\d)", pair).groups() for pair in whole[1].split(" ")]
            assert whole[2].startswith("".join(a for a, _, _ in pairs))
            assert whole[4].startswith("".join(b for _, _, b in pairs))
            assert all(a == b and sign == "=" for a, sign, b in pairs[:-1])
            assert pairs[-1][1] == whole[3] and (whole[3] != "=" or len(pairs) == len(whole[2]))
        assert sorted((int(whole[2]), int(whole[4]))) == sorted(
            int(number.partition(".")[0]) for number in problem.key.split("|")
        )
    assert long > 20


def test_powers_of_ten_are_cut_off_and_put_back() -> None:
    seen = 0
    for problem in _problems("units", 400):
        for step in problem.steps:
            cut = re.fullmatch(r" (\d+)/(10+)=(\d+), (\d+)\n", step.text)
            if cut:
                seen += 1
                assert cut[1] == cut[3] + cut[4] and len(cut[4]) == len(cut[2]) - 1
                assert problem.answer.startswith(f"{cut[3]} ")
                assert f"{cut[3]}*{cut[2]}=" in step.check
    assert seen > 20


def test_comparison_ends_with_what_is_asked_for() -> None:
    for problem in _problems("comparison"):
        if problem.answer != "They are equal.":
            assert problem.steps[-1].text.split()[-1] == problem.answer


def test_subtraction_borrows_where_its_comparison_says_so() -> None:
    for problem in _problems("subtraction"):
        for step in problem.steps:
            column = re.match(r" [a-z-]+ (\d)([<>=])([\d+]+), (\d+)-", step.text)
            if column:
                assert (int(column[4]) > 9) == (column[2] == "<"), step.text
                assert (int(column[1]) < _value(column[3])) == (column[2] == "<"), step.text


def test_amounts_to_convert_have_up_to_five_digits() -> None:
    """As far as no division is needed that the steps do not work out."""
    questions = [problem.question for problem in _problems("units", 1500, from_grammar=True)]
    results = [int(problem.answer.split()[0]) for problem in _problems("units", 1500) if problem.difficulty == "easy"]
    assert {len(digits) for question in questions for digits in re.findall(r"\d+", question)} >= {1, 2, 3, 4, 5}
    assert max(results) > 20_000
