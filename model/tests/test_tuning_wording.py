"""The wordings: there are thousands, a fifth of everything is kept from training, and no test question is in them."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from reflection_model.tuning import curriculum
from reflection_model.tuning.curriculum import Curriculum, draw_problem, typed_question
from reflection_model.tuning.families import FAMILIES
from reflection_model.tuning.grammar import Grammar, grammar, kept_from_training
from reflection_model.tuning.out_of_domain import honest_reply, near_miss
from reflection_model.tuning.overlap import Overlap, as_template, words_of
from reflection_model.tuning.slot_words import draw_names, names, objects, things
from reflection_model.tuning.written_numbers import in_words, written

TEXTS = Path(__file__).parents[1] / "reflection_model" / "tuning" / "texts"
GRAMMARS = sorted(path.stem for path in (TEXTS / "grammar").glob("*.txt") if path.stem != "common")
BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
PEOPLE, VISITORS = (
    [json.loads(line) for line in (BENCHMARKS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    for name in ("people", "visitors")
)

TOY = Grammar("[ask]\n3| a {b}\n# not a line\nc<d|e>\nf\ng\nh\n\n[b all]\n-\nx\ny\nz\nw\n")


def test_a_grammar_chooses_fills_and_leaves_out() -> None:
    random = Random(1)
    said = {TOY.say(random, "ask", "training", {}) for _ in range(400)}
    unseen = {TOY.say(random, "ask", "unseen", {}) for _ in range(50)}
    assert said | unseen == {"a ", "a x", "a y", "a z", "a w", "cd", "ce", "f", "g", "h"}
    assert not said & unseen
    held_out = [production.text for production in TOY.symbols["ask"] if production.held_out]
    assert len(held_out) == 1 and held_out != ["a {b}"]
    assert not any(production.held_out for production in TOY.symbols["b"])


@pytest.mark.parametrize("name", GRAMMARS)
def test_every_production_can_be_said_and_a_fifth_is_kept_from_training(name: str) -> None:
    rules = grammar(name)
    random = Random(2)
    values = dict.fromkeys("abcdeikmnopstuvwxyABCOPVX", "7") | {
        key: "more" for key in ("more", "less", "most", "least", "base", "way", "ask", "to", "rank", "Rank")
    }
    for symbol, productions in rules.symbols.items():
        texts = [production.text for production in productions]
        assert len(set(texts)) == len(texts), symbol
        for production in productions:
            said = rules._filled(random, production.text, "unseen", values)
            assert not re.search(r"[{}<>|]", said), (symbol, production.text, said)
        held_out = sum(production.held_out for production in productions)
        if held_out:
            assert abs(held_out / len(productions) - 0.2) < 0.1, symbol


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_is_asked_in_several_thousand_ways(family: str) -> None:
    """Without typing noise; numbers, names and words are masked, so that only the wording is counted."""
    random = Random(f"wordings {family}")
    frames = set()
    for number in range(6000):
        problem = FAMILIES[family](random, ("easy", "moderate", "hard")[number % 3])
        words = set(re.findall(r"[^\W\d_]+", problem.key.casefold()))
        frames.add(" ".join("_" if word in words else re.sub(r"\d", "0", word) for word in words_of(problem.question)))
        if len(frames) > 3000:
            break
    assert len(frames) > 3000


@pytest.mark.parametrize("family", FAMILIES)
def test_unseen_wording_differs_from_everything_in_training(family: str) -> None:
    random = Random(f"sides {family}")
    seen = {FAMILIES[family](random, "moderate", "training").question for _ in range(500)}
    unseen = {FAMILIES[family](random, "moderate", "unseen").question for _ in range(500)}
    assert not seen & unseen
    if family == "ordering":
        # Whole names: a list of a scene may hold a "Hut Charlie".
        readings = (FAMILIES[family](random, "hard", "unseen").steps[0].text for _ in range(300))
        listed = (part for reading in readings for part in reading.rpartition(":")[0].strip().split(", "))
        assert not {part.split(" ", 1)[1] for part in listed} & set(names("training"))


def test_slot_words_of_the_two_sides_are_different_and_many() -> None:
    assert not set(names("training")) & set(names("unseen"))
    assert not set(objects("training")) & set(objects("unseen"))
    assert not {t for group in things("training") for t in group} & {t for group in things("unseen") for t in group}
    assert len(names("training")) > 2000 and len(names("unseen")) > 400
    assert len(objects("training")) > 150 and len(objects("unseen")) > 30
    assert any(not name.isascii() for name in names("training"))
    random = Random(3)
    drawn = [name for _ in range(300) for name in draw_names(random, 3, "unseen")]
    assert all(kept_from_training("name", name) for name in drawn if name[0].isupper())


def test_numbers_are_written_in_words_and_digits() -> None:
    assert in_words(0) == "zero"
    assert in_words(47) == "forty-seven"
    assert in_words(305) == "three hundred and five"
    assert in_words(12_040, " ", " and ") == "twelve thousand and forty"
    assert in_words(98_765, "-", " ") == "ninety-eight thousand seven hundred sixty-five"
    random = Random(4)
    said = {written(random, 4512) for _ in range(300)}
    assert {"4512", "4,512"} <= said
    assert any("thousand" in text for text in said)


def test_a_division_is_refused_in_the_words_of_the_families() -> None:
    random = Random(5)
    messages = [near_miss(random, "training") for _ in range(2000)]
    assert any("÷" in message for message in messages)
    assert all("tiny demonstration model" in honest_reply(message) for message in messages)


@pytest.mark.parametrize("rows", [PEOPLE, VISITORS], ids=["people", "visitors"])
def test_no_question_of_a_test_set_stands_in_the_texts_that_training_uses(rows: list[dict]) -> None:
    overlap = Overlap(row["question"] for row in rows)
    for path in TEXTS.rglob("*.txt"):
        for line in path.read_text(encoding="utf-8").splitlines():
            overlap.add(line.replace("\\n", "\n"))
    assert overlap.found == []


def test_wording_of_the_peoples_set_stands_in_the_texts_only_where_everybody_words_it_so() -> None:
    """Numbers left aside. Both halves have as many, so none came from looking at the first."""
    overlap = Overlap([as_template(row["question"]) for row in PEOPLE], 0.7)
    for path in (TEXTS / "scenes").glob("*.txt"):
        for line in path.read_text(encoding="utf-8").splitlines():
            overlap.add(as_template(line.partition(" => ")[0].replace("\\n", "\n")))
    found = set(overlap.found)
    halves = Counter(row["half"] for row in PEOPLE if as_template(row["question"]) in found)
    assert len(found) < 0.08 * len(PEOPLE)
    assert abs(halves["development"] - halves["final"]) < 0.3 * halves.total()


def test_training_asks_no_question_of_the_peoples_set_but_by_chance() -> None:
    """Short common ones can meet by chance: 11 of 715 in 60,000 training questions, 2026-11-21."""
    problems = [row["question"] for row in PEOPLE if row["family"] != "none"]
    overlap = Overlap(problems)
    random, families = Random(6), list(Curriculum().families)
    for number in range(8000):
        difficulty = ("easy", "moderate", "hard")[number % 3]
        family = families[number % len(families)]
        overlap.add(typed_question(random, draw_problem(random, family, difficulty, held_out=False)))
    assert len(overlap.found) <= len(problems) // 50


@pytest.mark.parametrize("family", FAMILIES)
def test_some_questions_are_all_capitals_but_where_names_are_the_answer(family: str, monkeypatch) -> None:  # noqa: ANN001
    monkeypatch.setattr(curriculum, "IN_CAPITALS", 1.0)
    problem = draw_problem(Random(3), family, "moderate", held_out=False)
    assert typed_question(Random(3), problem).isupper() == (family != "ordering")


@pytest.mark.parametrize("family", FAMILIES)
def test_training_on_templates_of_the_peoples_set_would_be_found(family: str) -> None:
    questions = {as_template(row["question"]): row["question"] for row in PEOPLE if row["family"] == family}
    overlap = Overlap(questions, 0.7)
    for question in questions.values():
        overlap.add(as_template(re.sub(r"\d+(?:[.,:]\d+)*", "{a}", question)))
    assert len(questions) > 50 and len(overlap.found) > 0.95 * len(questions)


@pytest.mark.parametrize("change", ["whole", "half", "other numbers", "with more around it"])
def test_training_on_the_peoples_set_would_be_found(change: str) -> None:
    questions = [row["question"] for row in PEOPLE if row["family"] == "word problem"]
    overlap = Overlap(questions)
    for question in questions:
        words = question.split()
        text = {
            "whole": question,
            "half": " ".join(words[: len(words) * 2 // 3]),
            "other numbers": re.sub(r"\d+", "94177", question, count=1),
            "with more around it": f"Hello! {question.lower()} Thanks a lot.",
        }[change]
        overlap.add(text)
    assert len(overlap.found) > 0.8 * len(questions)
