"""Perplexities of a text after another under a model: what IFD and r-IFD are made of."""

from __future__ import annotations

import math
from pathlib import Path

import torch

from ..errors import ForgeError
from ..open_source import open_source
from .generation import model_of, tokenizer_of
from .prompts import END_OF_TURN, REFLECTION_PROMPT
from .selection import Pair, Scores

REVERSE_PROMPT = "Here is an answer. Which question is it the answer to?"
"""What the judge is asked for r-IFD, with the response after it."""


class Judge:
    """A model folder of ours, or of any Llama with tied embeddings, that says how well texts go together.

    Args:
        folder: a Hugging Face folder, a WebLLM folder of ours or a GGUF file, with a chat template.
        device: where to compute.
        system: the system message of its conversations; None for none.
    """

    def __init__(self, folder: Path, device: str = "cpu", system: str | None = None) -> None:
        source = open_source(folder)
        self._model = model_of(source).to(device)
        self._tokenizer = tokenizer_of(source)
        written = source.tokenizer
        if not written.chat_template:
            raise ForgeError(f"{folder} has no chat template", "A judge needs one to ask.")
        import jinja2.sandbox

        environment = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        self._template = environment.from_string(written.chat_template)
        self._begin, self._end = written.bos_token or "", written.eos_token or END_OF_TURN
        reflects = self._tokenizer.token_to_id("<reflection>") is not None
        self._system = system if system is not None else REFLECTION_PROMPT if reflects else None

    def _asked(self, message: str) -> str:
        """A conversation with one message, up to where the reply begins."""
        messages = [{"role": "system", "content": self._system}] if self._system else []
        messages.append({"role": "user", "content": message})
        return self._template.render(
            messages=messages, add_generation_prompt=True, bos_token=self._begin, eos_token=self._end
        )

    @torch.inference_mode()
    def loss(self, context: str, text: str) -> float:
        """Mean negative log-likelihood, nats a token, of `text` after `context`.

        Raises:
            ForgeError: the two do not fit into the model's window.
        """
        before = self._tokenizer.encode(context, add_special_tokens=False).ids
        after = self._tokenizer.encode(text, add_special_tokens=False).ids
        first = before or [self._tokenizer.token_to_id(self._end)]
        ids = [*first, *after]
        window = self._model.config.max_position_embeddings
        if len(ids) > window:
            raise ForgeError(f"a pair has {len(ids)} tokens, the judge's window {window}", "Leave long pairs out.")
        device = self._model.cos.device
        targets = [-100] * (len(first) - 1) + after
        nothing = torch.tensor([], dtype=torch.long, device=device)
        rows = torch.tensor([ids[:-1]], device=device), torch.tensor([targets], device=device)
        return float(self._model.loss(nothing, *rows))

    def score(self, pair: Pair) -> Scores:
        """IFD and r-IFD of a pair."""
        given = self.loss(self._asked(pair.instruction), pair.response + self._end)
        alone = self.loss(self._begin, pair.response + self._end)
        back = self.loss(self._asked(f"{REVERSE_PROMPT}\n\n{pair.response}"), pair.instruction + self._end)
        unasked = self.loss(self._begin, pair.instruction + self._end)
        return Scores(math.exp(given - alone), math.exp(back - unasked))
