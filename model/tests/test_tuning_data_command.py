"""`forge data`: the same bytes from one process or several, and a report of what training shares with test sets."""

from __future__ import annotations

import hashlib
import json
import shutil
from functools import partial
from pathlib import Path
from random import Random

import numpy as np
import pytest
from tokenizers import Tokenizer

from reflection_model.cli import main
from reflection_model.commands import data
from reflection_model.tuning.bpe import train_tokenizer
from reflection_model.tuning.curriculum import Curriculum, draw_conversation
from reflection_model.tuning.dataset import draw_examples, load_examples, shards

OPTIONS = ["--tokens", "50000", "--held-out", "4"]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "one"
    people = folder.parent / "people.jsonl"
    question = "a question that nobody was asked"
    people.write_text(json.dumps({"id": "1", "family": "none", "half": "final", "question": question, "answer": ""}))
    random = Random(1)
    texts = ("".join(part.text for part in draw_conversation(random, Curriculum()).parts) for _ in range(1500))
    tokenizer = folder.parent / "tokenizer.json"
    train_tokenizer(texts, 600).save(str(tokenizer))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "SHARD_TOKENS", 20_000)
        options = ["--tokenizer", str(tokenizer), "--people", str(people)]
        assert main(["data", "--output", str(folder), *OPTIONS, *options]) == 0
    return folder


def test_the_last_shard_holds_what_is_left(made: Path) -> None:
    sizes = [int(load_examples(path).offsets[-1]) for path in shards(made)]
    assert len(sizes) == 3
    assert 20_000 <= sizes[0] < 60_000 and 10_000 <= sizes[2] < 50_000


def test_the_generator_draws_what_it_drew_before(made: Path) -> None:
    """Whoever changes what is drawn on purpose writes the new hash here, and knows that models are to be made anew."""
    arrays = (vars(load_examples(path)).values() for path in shards(made))
    drawn = hashlib.sha256(b"".join(array.tobytes() for shard in arrays for array in shard)).hexdigest()
    assert drawn == "02584645addc8e0d68cc57b766a6a6729f3c62395fa74b8643ba78296120dc4e"


def test_the_report_names_the_questions_of_other_people(made: Path) -> None:
    report = json.loads((made / "decontamination.json").read_text())
    assert report["people's questions found"] == []
    assert report["training questions"] > 200


def test_a_stopped_run_goes_on_and_reports_all_shards(made: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(data, "SHARD_TOKENS", 20_000)
    folder = tmp_path / "stopped"
    shutil.copytree(made, folder)
    (folder / "examples-001.npz").unlink()
    (folder / "decontamination.json").unlink()
    kept = (folder / "examples-000.npz").stat().st_mtime_ns
    assert main(["data", "--output", str(folder), *OPTIONS, "--people", str(made.parent / "people.jsonl")]) == 0
    assert (folder / "examples-000.npz").stat().st_mtime_ns == kept
    for name in ("examples-001.npz", "decontamination.json"):
        assert (folder / name).read_bytes() == (made / name).read_bytes()


def test_a_shard_that_was_drawn_for_more_or_fewer_tokens_is_drawn_anew(made: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(data, "SHARD_TOKENS", 100_000)
    folder = tmp_path / "one-shard"
    folder.mkdir()
    for name in ("settings.json", "tokenizer.json", "examples-000.npz"):
        shutil.copyfile(made / name, folder / name)
    tokenizer = Tokenizer.from_file(str(made / "tokenizer.json"))
    for tokens in (100_000, 20_000):
        assert main(["data", "--output", str(folder), "--held-out", "4", "--tokens", str(tokens)]) == 0
        drawn = load_examples(folder / "examples-000.npz").tokens
        assert np.array_equal(drawn, draw_examples(tokenizer, Curriculum(), "1 0", tokens).tokens)


def test_shards_beyond_those_that_are_asked_for_are_not_left_to_training(made: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(data, "SHARD_TOKENS", 20_000)
    before = {path.name: path.read_bytes() for path in made.iterdir()}
    assert main(["data", "--output", str(made), "--held-out", "4", "--tokens", "40000"]) == 1
    assert "holds more examples than are asked for: examples-002.npz" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in made.iterdir()} == before


def test_a_tokenizer_that_is_missing_or_another_is_refused(made: Path, tmp_path: Path, capsys) -> None:
    other = json.loads((made / "tokenizer.json").read_text())
    other["model"]["merges"].pop()
    (tmp_path / "other.json").write_text(json.dumps(other))
    for name, message in (("other.json", "data of another tokenizer"), ("missing.json", "missing.json is missing")):
        assert main(["data", "--output", str(made), *OPTIONS, "--tokenizer", str(tmp_path / name)]) == 1
        assert message in capsys.readouterr().err


def test_several_processes_write_what_one_does(made: Path, tmp_path: Path) -> None:
    tokenizer = made / "tokenizer.json"
    draws = [partial(draw_examples, curriculum=Curriculum(), seed=f"1 {n}", tokens=5000) for n in (0, 1)]
    jobs = [data._Shard(tmp_path / f"{n}.npz", tokenizer, draw, [], []) for n, draw in enumerate(draws)]
    with data._workers(2) as each:
        counted = [overlap.seen for overlap, _ in each(data._make_shard, jobs)]
    assert all(counted)
    for job in jobs:
        alone = data._Shard(job.path.with_suffix(".alone.npz"), job.tokenizer, job.draw, [], [])
        data._make_shard(alone)
        assert np.array_equal(load_examples(alone.path).tokens, load_examples(job.path).tokens)


def test_a_folder_of_other_settings_is_left_alone(made: Path, capsys) -> None:
    assert main(["data", "--output", str(made), "--tokens", "50000", "--seed", "9"]) == 1
    assert "other settings" in capsys.readouterr().err


def test_a_draw_that_another_edition_of_the_generator_began_is_left_alone(
    made: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    folder = tmp_path / "begun"
    shutil.copytree(made, folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    monkeypatch.setattr(data, "hash_of_generator", lambda: "0" * 64)
    assert main(["data", "--output", str(folder), *OPTIONS]) == 1
    assert "another edition of the generator" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_the_generators_hash_is_of_its_texts_and_sources(tmp_path: Path, monkeypatch) -> None:
    package = tmp_path / "tuning"
    (package / "texts").mkdir(parents=True)
    (package / "texts" / "names.txt").write_text("Ann")
    monkeypatch.setattr(data, "files", lambda _: tmp_path)
    before = data.hash_of_generator()
    (package / "kept.pyc").write_text("of no matter")
    (package / "plots.py").write_text("of no matter either")
    assert data.hash_of_generator() == before
    (package / "texts" / "names.txt").write_text("Ben")
    assert data.hash_of_generator() != before
