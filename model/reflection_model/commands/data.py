"""`forge data`: the examples, their tokenizer, the held-out problems and what the two share."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import multiprocessing
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path
from random import Random

from tokenizers import Tokenizer

from ..errors import ForgeError
from ..files import replaced_file, write_json
from ..progress import Progress
from ..recipe import hash_of
from ..tuning.bpe import train_tokenizer
from ..tuning.curriculum import Curriculum, draw_conversation
from ..tuning.curriculum_file import read_curriculum
from ..tuning.dataset import (
    PREFIX_MODES,
    Examples,
    describe,
    draw_examples,
    load_examples,
    prefix_tokens,
    save_examples,
)
from ..tuning.held_out import Decontamination, HeldOutProblem, draw_held_out, to_rows
from ..tuning.overlap import Overlap
from ..tuning.people import read_people
from ..tuning.prompts import BEGIN, CHAT_TEMPLATE, END_OF_TURN
from ..tuning.solved_problems import Solved, drawn_right_ones, read_right_ones, read_solved, solved_examples

SHARD_TOKENS = 2_500_000
SHARD_PROBLEMS = 15_000
_USER_TURN = re.compile(r"<\|start_header_id\|>user<\|end_header_id\|>\n\n(.*?)<\|eot_id\|>", re.S)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("--output", type=Path, required=True, help="folder to write to")
    parser.add_argument(
        "--tokens", type=int, default=60_000_000, help="tokens of examples, openings not counted (default 60 M)"
    )
    parser.add_argument(
        "--vocabulary", type=int, default=1024, help="size of the tokenizer's vocabulary (default 1024)"
    )
    parser.add_argument("--seed", type=int, default=1, help="same seed, same data (default 1)")
    parser.add_argument("--held-out", type=int, default=200, help="held-out problems of each family (default 200)")
    parser.add_argument("--tokenizer", type=Path, help="take this tokenizer.json instead of training one")
    parser.add_argument("--processes", type=int, default=1, help="shards made at the same time (default 1)")
    parser.add_argument("--people", type=Path, help="test questions to look for (benchmarks/people.jsonl)")
    parser.add_argument("--curriculum", type=Path, help="JSON with what differs from the default mix (see curricula/)")
    parser.add_argument(
        "--solved", type=Path, metavar="FILE",
        help="take the problems that a model solved (`forge solve`), all of them, its own wrong steps in the place of "
        "deliberate mistakes; needs --tokenizer; of the curriculum only the rates count, of --tokens nothing",
    )  # fmt: skip
    parser.add_argument(
        "--selected", type=Path, metavar="FILE",
        help="with --solved: what `forge select` chose of its pairs; where that is the one without the mistake, so is "
        "the example",
    )  # fmt: skip
    parser.add_argument(
        "--by-chance", action="store_true",
        help="with --selected: only how many were chosen counts; which ones, the seed says",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> None:
    """Writes the folder. Shards that are already there are kept, so a stopped run goes on where it was.

    A shard that was drawn for another number of tokens is drawn anew.
    """
    if arguments.tokens < 10_000:
        raise ForgeError(f"--tokens {arguments.tokens} is too little to train on", "Give at least 10000.")
    if arguments.solved is not None and arguments.tokenizer is None:
        raise ForgeError("--solved needs --tokenizer", "Give the tokenizer.json of the model that goes on learning.")
    if arguments.selected is not None and arguments.solved is None:
        raise ForgeError("--selected needs --solved", "Give the file whose pairs were selected.")
    if arguments.by_chance and arguments.selected is None:
        raise ForgeError("--by-chance needs --selected", "Give the file that says how many are to be drawn.")
    curriculum = Curriculum() if arguments.curriculum is None else read_curriculum(arguments.curriculum)
    solved = None if arguments.solved is None else read_solved(arguments.solved)
    output: Path = arguments.output
    output.mkdir(parents=True, exist_ok=True)
    settings = {
        "generator": hash_of_generator(),
        "seed": arguments.seed,
        "vocabulary": arguments.vocabulary,
        "curriculum": json.loads(describe(curriculum)),
    }
    if solved is not None:
        settings["solved"] = hash_of(arguments.solved)
    as_right: frozenset[int] = frozenset()
    if arguments.selected is not None:
        as_right = read_right_ones(arguments.selected)
        settings["selected"] = hash_of(arguments.selected)
        if arguments.by_chance and solved is not None:
            as_right = drawn_right_ones(solved, len(as_right), arguments.seed)
            settings["by_chance"] = True
    recorded = output / "settings.json"
    if recorded.exists() and json.loads(recorded.read_text(encoding="utf-8")) != settings:
        raise ForgeError(
            f"{output} holds data of other settings or of another edition of the generator",
            "Choose another --output, or remove that folder.",
        )
    tokenizer_file = output / "tokenizer.json"
    _require_same_tokenizer(arguments.tokenizer, tokenizer_file)
    draws = _draws(arguments, curriculum, solved, as_right)
    _require_no_more_shards(output, len(draws))
    write_json(recorded, settings)

    if not tokenizer_file.exists():
        _make_tokenizer(arguments, curriculum, tokenizer_file)
    tokenizer = _tokenizer_of(tokenizer_file)
    write_json(
        output / "tokenizer_config.json",
        {
            "bos_token": BEGIN,
            "eos_token": END_OF_TURN,
            "tokenizer_class": "PreTrainedTokenizerFast",
            "chat_template": CHAT_TEMPLATE,
        },
    )
    held_out = draw_held_out(arguments.seed, arguments.held_out)
    write_json(output / "held-out.json", to_rows(held_out))

    questions = [question.question for question in read_people(arguments.people)] if arguments.people else []
    jobs = [
        _Shard(output / _shard_name(index), tokenizer_file, draw, held_out, questions, tokens)
        for index, (draw, tokens) in enumerate(draws)
    ]
    overlap, found = Decontamination(held_out), set()
    progress = Progress("shards", len(jobs))
    with _workers(min(arguments.processes, len(jobs))) as each:
        for done, (shard, people) in enumerate(each(_make_shard, jobs), 1):
            overlap.merge(shard)
            found |= people
            progress.update(done)
    progress.finish()
    if overlap.seen:
        report = overlap.report() | ({"people's questions found": sorted(found)} if questions else {})
        write_json(output / "decontamination.json", report)
        print(json.dumps(report, indent=2, ensure_ascii=False))
    print(f"system prompts: {[len(prefix_tokens(tokenizer, mode)) for mode in PREFIX_MODES]} tokens with their headers")


_DRAWS_NOTHING = {
    f"{name}.py"
    for name in (
        "evaluation", "export", "generation", "growth", "judge", "muon", "network", "overlap", "people", "plots",
        "precision", "selection", "study", "training",
    )
}  # fmt: skip


def hash_of_generator() -> str:
    """SHA-256 of the sources and texts that decide what is drawn: shards of two editions are no draw of either."""
    package = files("reflection_model") / "tuning"
    with as_file(package) as folder:
        files_of = (path for path in folder.rglob("*") if path.suffix in (".py", ".txt", ".json"))
        sources = sorted(path for path in files_of if path.name not in _DRAWS_NOTHING)
        lines = (f"{path.relative_to(folder).as_posix()} {hash_of(path)}" for path in sources)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _shard_name(index: int) -> str:
    return f"examples-{index:03d}.npz"


def _require_same_tokenizer(given: Path | None, there: Path) -> None:
    """Refuses a tokenizer that is missing, or another than the one that the folder's shards are made with."""
    if given is None:
        return
    if not given.is_file():
        raise ForgeError(f"{given} is missing", "Give the tokenizer.json of a folder written by `forge data`.")
    if there.exists() and _tokenizer_of(given).to_str() != _tokenizer_of(there).to_str():
        raise ForgeError(
            f"{there.parent} holds data of another tokenizer than {given}",
            "Choose another --output, or remove that folder.",
        )


def _tokenizer_of(path: Path) -> Tokenizer:
    return Tokenizer.from_file(str(path))


def _require_no_more_shards(output: Path, planned: int) -> None:
    """Refuses to leave shards of a longer draw where training would take them for part of this one."""
    names = {_shard_name(index) for index in range(planned)}
    surplus = sorted(path.name for path in output.glob("examples-*.npz") if path.name not in names)
    if surplus:
        raise ForgeError(
            f"{output} holds more examples than are asked for: {', '.join(surplus)}",
            "Choose another --output, or remove them.",
        )


def _draws(
    arguments: argparse.Namespace, curriculum: Curriculum, solved: Solved | None, as_right: frozenset[int]
) -> list[tuple[Callable[[Tokenizer], Examples], int | None]]:
    """What draws the examples of each shard, and for how many tokens; None where those of the shard are not counted."""
    if solved is not None:
        starts = range(0, solved.done, SHARD_PROBLEMS)
        draws = [
            partial(
                solved_examples,
                solved=solved,
                rates=curriculum.rates,
                numbers=range(start, min(start + SHARD_PROBLEMS, solved.done)),
                as_right=as_right,
            )
            for start in starts
        ]
        return [(draw, None) for draw in draws]
    shares = [min(SHARD_TOKENS, arguments.tokens - start) for start in range(0, arguments.tokens, SHARD_TOKENS)]
    return [
        (
            partial(draw_examples, curriculum=curriculum, seed=f"{arguments.seed} {index}", tokens=share),
            # The same problems in another way are as many tokens of that way, which the shard does not hold.
            None if curriculum.same_problems else share,
        )
        for index, share in enumerate(shares)
    ]


@dataclass(frozen=True)
class _Shard:
    """What one shard is made of, and for how many tokens (None: it cannot be told); all that a process needs."""

    path: Path
    tokenizer: Path
    draw: Callable[[Tokenizer], Examples]
    held_out: list[HeldOutProblem]
    people: list[str]
    tokens: int | None = None


@contextlib.contextmanager
def _workers(count: int) -> Iterator[Callable]:
    """A `map` that yields results in order: in this process, or in `count` of them."""
    if count <= 1:
        yield map
        return
    with multiprocessing.get_context("spawn").Pool(count) as pool:
        yield pool.imap


def _make_shard(job: _Shard) -> tuple[Decontamination, set[str]]:
    """Writes one shard, unless a stopped run did; what its questions share with the held-out ones and the people's."""
    tokenizer = _tokenizer_of(job.tokenizer)
    examples = load_examples(job.path) if job.path.exists() else None
    if examples is None or not _is_drawn_for(examples, job.tokens):
        examples = job.draw(tokenizer)
        save_examples(job.path, examples)
    overlap, people = Decontamination(job.held_out), Overlap(job.people)
    text = tokenizer.decode(examples.tokens.tolist(), skip_special_tokens=False)
    prefix_ends = "<|start_header_id|>user<|end_header_id|>\n\n"
    for question in _USER_TURN.findall(text if text.startswith(prefix_ends) else prefix_ends + text):
        overlap.add(question)
        people.add(question)
    return overlap, set(people.found)


_ROUND = 200
"""Conversations that `draw_examples` draws before it looks at the tokens again."""


def _is_drawn_for(examples: Examples, tokens: int | None) -> bool:
    """Whether a draw for so many tokens ends where these examples do: in the round that reaches them."""
    if tokens is None:
        return True
    before = examples.offsets[max(0, len(examples.prefixes) - _ROUND)]
    return bool(before < tokens <= examples.offsets[-1])


def _make_tokenizer(arguments: argparse.Namespace, curriculum: Curriculum, path: Path) -> None:
    if arguments.tokenizer is not None:
        tokenizer = _tokenizer_of(arguments.tokenizer)
    else:
        random = Random(f"{arguments.seed} tokenizer")
        conversations = (draw_conversation(random, curriculum) for _ in range(30_000))
        texts = ("".join(part.text for part in conversation.parts) for conversation in conversations)
        tokenizer = train_tokenizer(texts, arguments.vocabulary)
    with replaced_file(path) as temporary:
        tokenizer.save(str(temporary))
