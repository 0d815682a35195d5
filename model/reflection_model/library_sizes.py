"""How long the conversations of a model library are, where nobody says."""

from __future__ import annotations

from .llama_config import LlamaConfig

MOST_CONTEXT = 4096
"""Tokens of prompt and answer together. The page gives no larger window to a GGUF file (`describe-imported.ts`)."""

CHUNK = 256
"""Tokens of a prompt that are taken at once."""


def library_sizes(config: LlamaConfig, context: int | None = None, chunk: int | None = None) -> tuple[int, int]:
    """Context and chunk of a library; where absent the usual ones, as far as the model was made for them."""
    taken = context or min(config.max_position_embeddings, MOST_CONTEXT)
    return taken, chunk or min(CHUNK, taken)
