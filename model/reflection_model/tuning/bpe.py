"""Trains the byte-level BPE tokenizer whose merges only grow the start of a word that follows a space.

So each digit, and each letter of a word in quotes, at the start of a line or inside an unknown word's tail, is a token
of its own, which counting and reversing letters need, while the pre-tokenizer stays SmolLM's, which other runtimes know
by name.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from .prompts import SPECIAL_TOKENS, SYSTEM_PROMPTS

SYSTEM_PROMPT_WEIGHT = 10**9
"""Counts a word of the system prompts so often that each becomes one token: every reply pays for them."""


def _pre_tokenizer() -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )


def _word_counts(texts: Iterable[str]) -> Counter[str]:
    splitter = _pre_tokenizer()
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(word for word, _ in splitter.pre_tokenize_str(text) if word[0] == "Ġ" and len(word) > 1)
    return counts


def _merges(counts: Counter[str], room: int) -> list[tuple[str, str]]:
    """The `room` most frequent beginnings of words, each one character longer than one chosen before it."""
    begins: dict[str, Counter[str]] = defaultdict(Counter)
    for word, count in counts.items():
        for end in range(1, len(word)):
            begins[word[:end]][word[end]] += count
    heap = [(-count, "Ġ", letter) for letter, count in begins["Ġ"].items()]
    heapq.heapify(heap)
    merges: list[tuple[str, str]] = []
    while heap and len(merges) < room:
        _, begin, letter = heapq.heappop(heap)
        merges.append((begin, letter))
        for following, count in begins[begin + letter].items():
            heapq.heappush(heap, (-count, begin + letter, following))
    return merges


def train_tokenizer(texts: Iterable[str], vocabulary_size: int) -> Tokenizer:
    """A tokenizer with exactly `vocabulary_size` tokens: the special ones, the 256 bytes, then merges.

    Args:
        texts: the corpus to count words in.
        vocabulary_size: tokens in all; at least 300.
    """
    counts = _word_counts(texts)
    for prompt in SYSTEM_PROMPTS.values():
        for word in _word_counts([prompt]):
            counts[word] += SYSTEM_PROMPT_WEIGHT
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    room = vocabulary_size - len(SPECIAL_TOKENS) - len(alphabet) - 1
    merges = [("Ċ", "Ċ"), *_merges(counts, room)]
    names = [*SPECIAL_TOKENS, *alphabet, *(a + b for a, b in merges)]
    if len(names) != vocabulary_size:
        raise ValueError(f"the corpus yields {len(names)} tokens, not {vocabulary_size}")
    tokenizer = Tokenizer(models.BPE(vocab={name: index for index, name in enumerate(names)}, merges=merges))
    tokenizer.pre_tokenizer = _pre_tokenizer()
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in SPECIAL_TOKENS])
    return tokenizer
