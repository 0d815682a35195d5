"""The page's tokenizer for SentencePiece vocabularies cuts texts as llama.cpp does, from scores instead of merges.

The fixture is what `test/unit/core/models/gguf/sentence-piece-document.test.ts` holds the page to.
"""

from __future__ import annotations

import heapq
import json
import random
from pathlib import Path

from tokenizers import Tokenizer

FIXTURE = json.loads((Path(__file__).parents[2] / "test" / "fixtures" / "gguf" / "sentence-piece.json").read_text())
IDS = {token: number for number, token in enumerate(FIXTURE["tokens"])}
PAGE = Tokenizer.from_str(json.dumps(FIXTURE["document"]))


def cut(text: str) -> list[int]:
    """As `llm_tokenizer_spm` of llama.cpp: of two neighbours that make a token, those with the highest score first."""
    pieces = list("▁" + text.replace(" ", "▁")) if text else []
    before = list(range(-1, len(pieces) - 1))
    after = [*range(1, len(pieces)), -1]
    waiting: list[tuple[float, int, int, str]] = []

    def offer(left: int, right: int) -> None:
        if left >= 0 and right >= 0:
            joined = pieces[left] + pieces[right]
            if joined in IDS:
                heapq.heappush(waiting, (-FIXTURE["scores"][IDS[joined]], left, right, joined))

    for place in range(1, len(pieces)):
        offer(place - 1, place)
    while waiting:
        _, left, right, joined = heapq.heappop(waiting)
        if not pieces[left] or not pieces[right] or after[left] != right or pieces[left] + pieces[right] != joined:
            continue
        pieces[left], pieces[right] = joined, ""
        after[left] = after[right]
        if after[right] >= 0:
            before[after[right]] = left
        offer(before[left], left)
        offer(left, after[left])
    return [
        number
        for piece in pieces
        if piece
        for number in ([IDS[piece]] if piece in IDS else [IDS[f"<0x{byte:02X}>"] for byte in piece.encode()])
    ]


def page_cuts(text: str) -> list[int]:
    return PAGE.encode(text, add_special_tokens=False).ids


def test_hostile_texts_are_cut_alike() -> None:
    for text in FIXTURE["texts"]:
        # Special tokens that are written out, the page cuts apart itself before its tokenizer sees them.
        if "<s>" not in text:
            assert page_cuts(text) == cut(text), repr(text)


def test_random_texts_are_cut_alike() -> None:
    draw = random.Random(14)
    alphabet = [*"abcdefghijklmnopqrstuvwxyz   .,<>0123456789/é中😀\n▁", "the ", "ing", "What is ", "think", "<0x41>"]
    for _ in range(2000):
        text = "".join(draw.choices(alphabet, k=draw.randrange(60))).replace("<s>", "").replace("</s>", "")
        assert page_cuts(text) == cut(text), repr(text)
