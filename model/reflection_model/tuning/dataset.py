"""Training examples as arrays on disk: written once by `forge data`, read by `forge train`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random

import numpy as np
from tokenizers import Tokenizer

from ..errors import ForgeError
from ..files import replaced_file
from .curriculum import Conversation, Curriculum, draw_conversation
from .prompts import BEGIN, SYSTEM_PROMPTS, Mode, opening

PREFIX_MODES: tuple[Mode | None, ...] = ("reflection", "steps", "direct", None)
"""The openings that examples share, by the number stored with each example."""

LONGEST_EXAMPLE = 900
"""Tokens; longer conversations are drawn again."""


@dataclass(frozen=True)
class Examples:
    """One shard in memory.

    Attributes:
        tokens: uint16 [total], the examples one after the other, without their openings.
        learned: bool [total], whether the token carries loss.
        offsets: int64 [count + 1], where each example starts.
        prefixes: uint8 [count], index into `PREFIX_MODES`.
    """

    tokens: np.ndarray
    learned: np.ndarray
    offsets: np.ndarray
    prefixes: np.ndarray


def prefix_tokens(tokenizer: Tokenizer, mode: Mode | None) -> list[int]:
    """The token ids of an opening."""
    return tokenizer.encode(BEGIN if mode is None else opening(SYSTEM_PROMPTS[mode]), add_special_tokens=False).ids


def encode_conversations(tokenizer: Tokenizer, conversations: list[Conversation]) -> list[tuple[list[int], list[bool]]]:
    """Token ids and loss flags of each conversation, tokenized as one text, as the model will meet it."""
    texts = ["".join(part.text for part in conversation.parts) for conversation in conversations]
    encoded = []
    for conversation, encoding in zip(
        conversations, tokenizer.encode_batch(texts, add_special_tokens=False), strict=True
    ):
        flags: list[bool] = []
        ends, position = [], 0
        for part in conversation.parts:
            position += len(part.text)
            ends.append((position, part.learned))
        index = 0
        for start, _ in encoding.offsets:
            while start >= ends[index][0]:
                index += 1
            flags.append(ends[index][1])
        encoded.append((encoding.ids, flags))
    return encoded


def draw_examples(tokenizer: Tokenizer, curriculum: Curriculum, seed: str, tokens: int) -> Examples:
    """About `tokens` tokens of examples; the same seed gives the same examples.

    Every conversation has a seed of its own, so that a curriculum that shows a problem in another way shows the same
    problems.
    """
    kept: list[tuple[Conversation, tuple[list[int], list[bool]]]] = []
    total, drawn = 0, 0
    with_reflections = replace(curriculum, rates=replace(curriculum.rates, taken_out=False))
    while total < tokens:
        numbers = range(drawn, drawn := drawn + 200)
        conversations = [draw_conversation(Random(f"{seed} {number}"), curriculum) for number in numbers]
        encoded = encode_conversations(tokenizer, conversations)
        lengths = [len(sequence) for sequence, _ in encoded]
        if curriculum.same_problems:
            longer = [draw_conversation(Random(f"{seed} {number}"), with_reflections) for number in numbers]
            lengths = [len(sequence) for sequence, _ in encode_conversations(tokenizer, longer)]
        for conversation, tokens_and_flags, length in zip(conversations, encoded, lengths, strict=True):
            if length <= LONGEST_EXAMPLE:
                kept.append((conversation, tokens_and_flags))
                total += length
    return packed(kept)


def packed(encoded: Sequence[tuple[Conversation, tuple[list[int], list[bool]]]]) -> Examples:
    """Conversations, each with its token ids and loss flags, one after the other."""
    sequences = [sequence for _, (sequence, _) in encoded]
    return Examples(
        np.concatenate([np.array(sequence, np.uint16) for sequence in sequences]),
        np.concatenate([np.array(flags, bool) for _, (_, flags) in encoded]),
        np.cumsum([0, *map(len, sequences)], dtype=np.int64),
        np.array([PREFIX_MODES.index(conversation.mode) for conversation, _ in encoded], np.uint8),
    )


def save_examples(path: Path, examples: Examples) -> None:
    """Writes one shard; a reader never sees half of it."""
    with replaced_file(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, **{name: getattr(examples, name) for name in ("tokens", "learned", "offsets", "prefixes")})


def load_examples(path: Path) -> Examples:
    """Reads one shard; refuses a damaged one."""
    try:
        with np.load(path) as arrays:
            return Examples(arrays["tokens"], arrays["learned"], arrays["offsets"], arrays["prefixes"])
    except (OSError, KeyError, ValueError) as error:
        hint = "Remove it and run `forge data` again."
        raise ForgeError(f"cannot read the examples in {path}: {error}", hint) from error


def shards(folder: Path) -> list[Path]:
    """The shards of a data folder in order."""
    found = sorted(folder.glob("examples-*.npz"))
    if not found:
        raise ForgeError(f"no examples in {folder}", "Run `forge data` first.")
    return found


def describe(curriculum: Curriculum) -> str:
    """The mix as JSON, for the record beside the data."""
    mix = asdict(curriculum)
    if not curriculum.rates.labelled:
        del mix["rates"]["labelled"]  # it came later: data from before it are of the same settings
    return json.dumps(mix, indent=2)


def plan_batches(examples: Examples, random: Random, tokens_per_batch: int) -> list[tuple[int, np.ndarray]]:
    """Which examples go together: same opening, about the same length, at most `tokens_per_batch` with padding.

    Returns:
        In random order: the opening's index in `PREFIX_MODES` and the numbers of the examples.
    """
    lengths = np.diff(examples.offsets)
    planned: list[tuple[int, np.ndarray]] = []
    for prefix in range(len(PREFIX_MODES)):
        members = np.flatnonzero(examples.prefixes == prefix)
        # A little noise on the length mixes the families within a batch.
        order = members[
            np.argsort(lengths[members] + np.array([random.uniform(0, 12) for _ in members]), kind="stable")
        ]
        start = 0
        while start < len(order):
            end, longest = start, 0
            while end < len(order):
                longest = max(longest, int(lengths[order[end]]))
                if (end + 1 - start) * longest > tokens_per_batch and end > start:
                    break
                end += 1
            planned.append((prefix, order[start:end]))
            start = end
    random.shuffle(planned)
    return planned


def assemble(examples: Examples, members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One batch.

    Returns:
        ids int64 [B, T] padded on the right, and targets int64 [B, T]: the next token, -100 where no loss is taken.
    """
    lengths = np.diff(examples.offsets)[members]
    ids = np.zeros((len(members), int(lengths.max())), np.int64)
    targets = np.full(ids.shape, -100, np.int64)
    for row, member in enumerate(members):
        start, end = examples.offsets[member], examples.offsets[member + 1]
        ids[row, : end - start] = examples.tokens[start:end]
        following = examples.tokens[start + 1 : end].astype(np.int64)
        targets[row, : end - start - 1] = np.where(examples.learned[start + 1 : end], following, -100)
    return ids, targets
