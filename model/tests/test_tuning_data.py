"""The tokenizer, the masked examples, the held-out split and the batches."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from reflection_model.tuning import out_of_domain as out_of_domain_texts
from reflection_model.tuning.bpe import train_tokenizer
from reflection_model.tuning.curriculum import Curriculum, draw_conversation, draw_problem, is_held_out, is_table_fact
from reflection_model.tuning.dataset import (
    PREFIX_MODES,
    assemble,
    draw_examples,
    encode_conversations,
    load_examples,
    plan_batches,
    prefix_tokens,
    save_examples,
)
from reflection_model.tuning.families import FAMILIES
from reflection_model.tuning.held_out import Decontamination, draw_held_out, parse_held_out, to_rows
from reflection_model.tuning.out_of_domain import (
    GREETING_REPLY,
    HONEST_MARK,
    HONEST_REPLY,
    IDENTITY_REPLY,
    held_out_messages,
    honest_reply,
    messages,
    out_of_domain,
)
from reflection_model.tuning.prompts import END_OF_TURN, REFLECTION_PROMPT, TAGS, prompt_text
from reflection_model.tuning.solution import ReflectionRates, cut_short, reply


@pytest.fixture(scope="module")
def tokenizer():
    random = Random(1)
    texts = ["".join(part.text for part in draw_conversation(random, Curriculum()).parts) for _ in range(3000)]
    return train_tokenizer(texts, 1024)


def test_vocabulary_has_the_asked_size(tokenizer) -> None:
    assert tokenizer.get_vocab_size() == 1024


def test_tags_are_single_special_tokens(tokenizer) -> None:
    for tag in TAGS:
        assert tokenizer.encode(tag, add_special_tokens=False).ids == [tokenizer.token_to_id(tag)]
    assert (
        tokenizer.decode(tokenizer.encode("<output>7", add_special_tokens=False).ids, skip_special_tokens=True) == "7"
    )


def test_any_unicode_text_round_trips(tokenizer) -> None:
    random = Random(2)
    for _ in range(300):
        text = "".join(
            chr(random.choice((random.randrange(32, 127), random.randrange(0xA0, 0xD7FF), 0x1F600, 10, 32)))
            for _ in range(40)
        )
        assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False).ids, skip_special_tokens=False) == text


def test_the_reflection_prompt_takes_at_most_64_tokens(tokenizer) -> None:
    assert len(tokenizer.encode(REFLECTION_PROMPT, add_special_tokens=False).ids) <= 64


@pytest.mark.parametrize("word", ["strawberry", "the", "reasoning", "What"])
def test_letters_in_quotes_and_digits_are_single_tokens(tokenizer, word: str) -> None:
    tokens = tokenizer.encode(f'Reverse "{word}" and 90210.', add_special_tokens=False).tokens
    quote = tokens.index('Ġ"')
    assert tokens[quote + 1 : quote + 1 + len(word)] == list(word)
    assert "".join(tokens).count("90210") == 1
    assert all(digit in tokens for digit in "9021")


def test_forced_steps_tokenize_like_the_whole_text(tokenizer) -> None:
    """Evaluation continues after a forced step: its tokens must be those of the reply as one text."""
    random = Random(3)
    for family in FAMILIES:
        problem = FAMILIES[family](random, "hard")
        prompt = prompt_text(problem.question, REFLECTION_PROMPT)
        pieces = [prompt, "<thinking>\n", *(step.text for step in problem.steps)]
        joined = [i for piece in pieces for i in tokenizer.encode(piece, add_special_tokens=False).ids]
        assert joined == tokenizer.encode("".join(pieces), add_special_tokens=False).ids


def test_loss_is_masked_on_prompts_and_deliberate_mistakes(tokenizer) -> None:
    random = Random(4)
    masked_mistakes = 0
    for _ in range(200):
        conversation = draw_conversation(random, Curriculum(rates=ReflectionRates(1.0, 1.0)))
        ((ids, flags),) = encode_conversations(tokenizer, [conversation])
        learned = tokenizer.decode([i for i, flag in zip(ids, flags, strict=True) if flag], skip_special_tokens=False)
        assert learned == "".join(part.text for part in conversation.parts if part.learned)
        assert "<|start_header_id|>" not in learned
        masked_mistakes += sum(not part.learned and part.text.startswith(" ") for part in conversation.parts)
    assert masked_mistakes > 50


def test_every_mistake_is_corrected_at_once() -> None:
    random = Random(5)
    for _ in range(300):
        problem = FAMILIES[random.choice(list(FAMILIES))](random, "hard")
        parts = reply(random, problem, "reflection", ReflectionRates(1.0, 1.0))
        for part, following in zip(parts, parts[1:], strict=False):
            if not part.learned:
                assert following.text.startswith("<reflection>")
                assert ", not " in following.text


def test_modes_differ_as_their_prompts_say() -> None:
    random = Random(6)
    for family in FAMILIES:
        problem = next(
            p
            for p in (FAMILIES[family](random, "hard") for _ in range(99))
            if p.difficulty == "hard" and any(s.error_prone for s in p.steps)
        )
        text = {
            mode: "".join(part.text for part in reply(random, problem, mode, ReflectionRates()))
            for mode in ("direct", "steps", "reflection")
        }
        assert text["direct"] == f"<output>{problem.answer}</output>"
        assert "<thinking>" in text["steps"]
        assert "<reflection>" not in text["steps"]
        assert "<reflection>" in text["reflection"]


def test_a_reply_cut_short_learns_the_answer_and_not_the_closing() -> None:
    random = Random(7)
    problem = FAMILIES["addition"](random, "hard")
    parts = cut_short(random, reply(random, problem, "reflection", ReflectionRates()))
    assert parts[-2].text.endswith("</thinking>\n<output>")
    assert not parts[-2].learned
    assert parts[-1].text == f"{problem.answer}</output>"


def test_training_never_draws_a_held_out_problem() -> None:
    random = Random(8)
    for family in FAMILIES:
        for _ in range(150):
            problem = draw_problem(random, family, random.choice(("easy", "moderate", "hard")), held_out=False)
            assert is_table_fact(problem) or not is_held_out(family, problem.key)


def test_no_held_out_conversion_is_one_that_training_shows_with_easy_numbers() -> None:
    random = Random(9)
    easy = {draw_problem(random, "units", "easy", held_out=False).steps for _ in range(3000)}
    read = {"".join(step.text for step in steps) for steps in easy}
    asked = {"".join(problem.steps) for problem in draw_held_out(3, 150) if problem.family == "units"}
    assert not read & asked


def test_held_out_problems_are_different_complete_and_survive_the_file() -> None:
    drawn = draw_held_out(3, 12)
    assert len(drawn) == 12 * (len(FAMILIES) + 1)
    assert len({(problem.family, problem.key) for problem in drawn}) == len(drawn)
    assert parse_held_out(to_rows(drawn)) == drawn
    assert all(problem.unseen is not None for problem in drawn if problem.difficulty == "hard")


def test_decontamination_counts_a_leaked_question() -> None:
    drawn = draw_held_out(3, 12)
    leaked = [problem for problem in drawn if problem.family == "word problem" and problem.difficulty == "hard"]
    overlap = Decontamination(drawn)
    overlap.add("What is 3+4?")
    assert not overlap.report()["training questions equal to a held-out one, by family"]
    for problem in leaked:
        overlap.add(problem.question.upper())
    assert overlap.report()["training questions equal to a held-out one, by family"] == {"word problem": len(leaked)}
    assert len(overlap.sharing) >= 1


def test_messages_outside_the_families_get_an_honest_reply() -> None:
    random = Random(9)
    assert all(HONEST_MARK in out_of_domain(random).answer for _ in range(100))
    assert honest_reply("Hello there!").startswith("Hello!")
    assert not honest_reply("What is the capital of France?").startswith("Hello!")
    held_out = held_out_messages(random, 600)
    assert len(held_out) == 600
    assert not {m.casefold().strip() for m in held_out} & {m.casefold().strip() for m in messages(held_out=False)}


def test_examples_are_the_same_for_the_same_seed_and_survive_the_disk(tokenizer, tmp_path) -> None:
    examples = draw_examples(tokenizer, Curriculum(), "a", 20_000)
    again = draw_examples(tokenizer, Curriculum(), "a", 20_000)
    assert np.array_equal(examples.tokens, again.tokens)
    save_examples(tmp_path / "examples-000.npz", examples)
    loaded = load_examples(tmp_path / "examples-000.npz")
    assert np.array_equal(loaded.learned, examples.learned)
    assert np.array_equal(loaded.offsets, examples.offsets)


def test_batches_hold_every_example_once_within_their_size(tokenizer) -> None:
    examples = draw_examples(tokenizer, Curriculum(), "b", 20_000)
    planned = plan_batches(examples, Random(1), 2048)
    members = np.concatenate([numbers for _, numbers in planned])
    assert sorted(members.tolist()) == list(range(len(examples.prefixes)))
    for prefix, numbers in planned:
        ids, targets = assemble(examples, numbers)
        assert ids.size <= 2048 or len(numbers) == 1
        assert set(examples.prefixes[numbers]) == {prefix}
        start = examples.offsets[numbers[0]]
        learned = np.flatnonzero(targets[0] >= 0)
        assert np.array_equal(targets[0, learned], examples.tokens[start + 1 + learned])
        assert np.array_equal(examples.learned[start + 1 + learned], np.ones(len(learned), bool))


def test_openings_hold_their_system_prompt(tokenizer) -> None:
    lengths = [len(prefix_tokens(tokenizer, mode)) for mode in PREFIX_MODES]
    assert lengths[PREFIX_MODES.index(None)] == 1
    assert lengths[0] > lengths[1] > lengths[2] > 1


def test_some_replies_end_after_their_first_line() -> None:
    only = replace(Curriculum(), families={"sorting": 1.0}, modes=(1, 0, 0), several_turns=0, cut_short=0, first_line=1)
    corrected = 0
    for number in range(200):
        reply = draw_conversation(Random(f"first line {number}"), only).parts[-2:]
        if reply[1].text.startswith("<reflection>"):
            corrected += 1
            assert not reply[0].learned and reply[1].learned
        else:
            assert reply[0].text.endswith("<thinking>\n") and re.fullmatch(r" (up|down) \d: [\d ]+\n", reply[1].text)
    assert 5 < corrected < 100
    order = replace(only, families={"ordering": 1.0})
    assert all(draw_conversation(Random(number), order).parts[-1].text == END_OF_TURN for number in range(50))


def test_most_honest_replies_end_after_what_tells_them_apart(monkeypatch) -> None:
    monkeypatch.setattr(out_of_domain_texts, "OPEN_PUZZLES", 0.0)
    only = replace(Curriculum(), families={"out of domain": 1.0}, several_turns=0.0, first_words=1.0)
    for number in range(200):
        reply = draw_conversation(Random(f"first words {number}"), only).parts[-1]
        assert reply.learned and not reply.text.endswith(END_OF_TURN)
        whole = [f"<output>{text}</output>" for text in (GREETING_REPLY, IDENTITY_REPLY, HONEST_REPLY)]
        assert sum(text.startswith(f"{reply.text} ") for text in whole) == 1, reply.text
    ends = [draw_conversation(Random(f"some {n}"), replace(only, first_words=0.5)).parts[-1].text for n in range(200)]
    assert 60 < sum(text == END_OF_TURN for text in ends) < 140


def test_what_is_drawn_is_the_same_in_every_process() -> None:
    """Text hashes differently in each, so what is drawn from the order of a set would too."""
    script = (
        "from hashlib import sha256; from random import Random\n"
        "from reflection_model.tuning.curriculum import Curriculum, draw_conversation\n"
        "random, digest = Random(1), sha256()\n"
        "for _ in range(2500): digest.update(repr(draw_conversation(random, Curriculum())).encode())\n"
        "print(digest.hexdigest())"
    )
    drawn = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in "12"
    }
    assert len(drawn) == 1
