"""Selecting pairs by IFD and r-IFD: the rules, the file, and the perplexities of a judge."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from tiny_models import tagged_model

from reflection_model.cli import main
from reflection_model.errors import ForgeError
from reflection_model.tuning.selection import Candidates, Pair, Scores, chosen, kept_share, read_pairs, selected_row

OLD = Pair("Add 2 and 3.", "5")
NEW_RESPONSE, NEW_INSTRUCTION = Pair("Add 2 and 3.", "2+3=5"), Pair("Add 2, 3 and nothing.", "5")


@pytest.mark.parametrize(
    ("rewritten", "before", "after", "expected"),
    [
        (NEW_RESPONSE, Scores(0.5, 0.9), Scores(0.4, 0.8), "rewritten"),
        (NEW_RESPONSE, Scores(0.5, 0.8), Scores(0.9, 0.9), "original"),
        (NEW_INSTRUCTION, Scores(0.5, 0.8), Scores(0.7, 0.9), "rewritten"),
        (NEW_INSTRUCTION, Scores(0.5, 0.8), Scores(0.4, 0.1), "original"),
        (NEW_INSTRUCTION, Scores(0.5, 0.8), Scores(1.2, 0.1), "original"),
        (None, Scores(0.5, 0.8), None, "original"),
    ],
)
def test_the_rewrite_is_taken_where_it_scores_better(rewritten, before, after, expected: str) -> None:
    assert chosen(Candidates(OLD, rewritten, {}), before, after) == expected


def _write(path: Path, *rows: dict) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_lines_are_read_and_the_chosen_pair_keeps_other_fields(tmp_path: Path) -> None:
    rows = (
        {"id": 7, "instruction": "a", "response": "b", "rewritten_response": "c"},
        {"instruction": "a", "response": "b"},
    )
    first, second = read_pairs(_write(tmp_path / "pairs.jsonl", *rows))
    assert first.rewritten == Pair("a", "c") and second.rewritten is None
    row = selected_row(first, Scores(0.5, 0.9), Scores(0.5, 0.2))
    assert row["id"] == 7 and row["response"] == "c" and row["chosen"] == "rewritten"
    assert row["scores"]["original"] == {"ifd": 0.5, "r_ifd": 0.9}
    assert "rewritten_response" not in row


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    good = {"instruction": "a", "response": "b"}
    for bad in ({"instruction": "a"}, {"instruction": "a", "response": ""}, {"instruction": 3, "response": "b"}, ["a"]):
        with pytest.raises(ForgeError, match="line 2"):
            list(read_pairs(_write(tmp_path / "pairs.jsonl", good, bad)))


def test_the_hardest_pairs_are_kept_in_their_order_without_those_that_do_not_fit() -> None:
    rows = [
        {"n": n, "chosen": "original", "scores": {"original": {"ifd": ifd, "r_ifd": 1.0}}}
        for n, ifd in enumerate((0.2, 0.9, 1.3, 0.8, 0.1, 0.7))
    ]
    assert [row["n"] for row in kept_share(rows, 0.5)] == [1, 3, 5]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    pytest.importorskip("torch", reason="a judge needs the `train` extra: forge setup train --install")
    return tagged_model(tmp_path_factory.mktemp("judge"))


def test_a_loss_is_that_of_the_reference_implementation(folder: Path) -> None:
    """The other one is generation: token by token, with a cache."""
    from tokenizers import Tokenizer

    from reflection_model.tuning.generation import _Batch, _logits, load_model
    from reflection_model.tuning.judge import Judge
    from reflection_model.tuning.network import Weights

    judge, model = Judge(folder), load_model(folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    for context in ("<|begin_of_text|>", "<|begin_of_text|>What is 2+3?"):
        before = tokenizer.encode(context, add_special_tokens=False).ids
        after = tokenizer.encode("It is 5.", add_special_tokens=False).ids
        total = 0.0
        for position, token in enumerate(after):
            ids = [*before, *after[:position]]
            batch = _Batch(model, [ids], 1)
            chances = _logits(model, Weights(model, False), batch, batch.ids, 0).log_softmax(-1)
            total -= float(chances[0, token].detach())
        assert judge.loss(context, "It is 5.") == pytest.approx(total / len(after), abs=1e-4)


def test_scores_are_ratios_of_perplexities(folder: Path) -> None:
    from reflection_model.tuning.judge import Judge

    scores = Judge(folder).score(OLD)
    assert 0 < scores.ifd < math.inf and 0 < scores.r_ifd < math.inf
    assert scores == Judge(folder).score(OLD)


def test_the_command_writes_the_chosen_pairs(folder: Path, tmp_path: Path, capsys) -> None:
    pairs = _write(
        tmp_path / "pairs.jsonl",
        {"instruction": "Add 2 and 3.", "response": "5", "rewritten_response": "2+3=5"},
        {"instruction": "Reverse up.", "response": "pu"},
    )
    assert main(["select", str(pairs), "--judge", str(folder), "--output", str(tmp_path / "out.jsonl")]) == 0
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert len(rows) == 2
    better = rows[0]["scores"]["rewritten"]["r_ifd"] < rows[0]["scores"]["original"]["r_ifd"]
    assert rows[0]["chosen"] == ("rewritten" if better else "original")
    assert '"with a rewrite": 1' in capsys.readouterr().out
    assert main(["select", str(pairs), "--judge", str(folder), "--output", "x", "--keep", "2"]) == 1


def test_a_folder_as_browsers_load_it_judges_the_same(folder: Path, tmp_path: Path) -> None:
    from reflection_model.tuning.judge import Judge

    details = tmp_path / "details.json"
    details.write_text(json.dumps({"id": "judge", "revision": "r1"}))
    options = ["--to", "webllm", "--scheme", "q4f32", "--context", "512", "--chunk", "64"]
    command = ["convert", str(folder), *options, "--manifest-details", str(details), "--output", str(tmp_path / "web")]
    assert main(command) == 0
    assert Judge(tmp_path / "web").score(OLD) == Judge(folder).score(OLD)


def test_a_pair_that_is_too_long_is_left_out_and_told(folder: Path, tmp_path: Path, capsys) -> None:
    pairs = _write(
        tmp_path / "pairs.jsonl",
        {"prompt": "Add 2 and 3.", "completion": "5 " * 3000},
        {"prompt": "Reverse up.", "completion": "pu", "rewritten_completion": "p u"},
    )
    command = ["select", str(pairs), "--judge", str(folder), "--output", str(tmp_path / "out.jsonl")]
    assert main(command) == 1
    assert '{"instruction": "…", "response": "…"}' in capsys.readouterr().err
    assert main([*command, "--fields", "prompt", "completion"]) == 0
    (row,) = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert row["prompt"] == "Reverse up." and row["completion"] in ("pu", "p u")
    report = json.loads(capsys.readouterr().out)
    assert list(report["left out"]) == ["1"] and "window" in report["left out"]["1"]


def test_a_stopped_run_goes_on_where_it_was_and_not_with_another_judge(
    folder: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    from reflection_model.tuning.judge import Judge

    pairs = _write(tmp_path / "pairs.jsonl", *({"instruction": f"Add {n}.", "response": "5"} for n in range(4)))
    output = tmp_path / "out.jsonl"
    command = ["select", str(pairs), "--judge", str(folder), "--output", str(output)]
    scored: list[str] = []
    score = Judge.score

    def stops(self: Judge, pair: Pair) -> Scores:
        if len(scored) == 2:
            raise KeyboardInterrupt
        scored.append(pair.instruction)
        return score(self, pair)

    monkeypatch.setattr(Judge, "score", stops)
    assert main(command) == 130
    assert not output.exists()
    part = output.with_name("out.jsonl.part")
    part.write_text(part.read_text() + '{"instruction": "cut o')
    begun = part.read_text()
    assert main([*command, "--system", "Other."]) == 1
    assert "another judge" in capsys.readouterr().err and part.read_text() == begun
    monkeypatch.setattr(Judge, "score", lambda self, pair: scored.append(pair.instruction) or score(self, pair))
    assert main(command) == 0
    assert scored == [f"Add {n}." for n in range(4)]
    assert len(output.read_text().splitlines()) == 4 and not part.exists()
