"""A byte-level BPE tokenizer, as Llama 3 and SmolLM use it, with its special tokens and chat template."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import tokenizers

from .errors import ForgeError
from .read_json import read_json_object

_ROUND_TRIP = "Hello, wörld! 3.14 + 42 = ? «ok»\n\tΩ 漢字 🤔"


@dataclass(frozen=True)
class ByteLevelTokenizer:
    """A checked `tokenizer.json` and what belongs to it.

    Args:
        document: the parsed `tokenizer.json`, with `truncation` and `padding` null: the browser's tokenizer applies
            both, and would silently cut or pad a prompt.
        bos_token: begins a text, or None.
        eos_token: ends a text, or None.
        pad_token: fills batches, or None.
        stop_token_ids: further ids that end a reply, such as those of `generation_config.json`.
        chat_template: the model's Jinja template, or None.
    """

    document: dict[str, Any]
    bos_token: str | None = None
    eos_token: str | None = None
    pad_token: str | None = None
    stop_token_ids: tuple[int, ...] = ()
    chat_template: str | None = None

    @cached_property
    def ids(self) -> dict[str, int]:
        """Every token's id; byte-level pieces in their encoded spelling, added tokens in plain text."""
        ids: dict[str, int] = dict(self.document["model"]["vocab"])
        ids.update({token["content"]: token["id"] for token in self.document.get("added_tokens", [])})
        return ids

    @cached_property
    def added_tokens(self) -> dict[int, dict[str, Any]]:
        """The added tokens by id: those that are matched in the text before BPE."""
        return {token["id"]: token for token in self.document.get("added_tokens", [])}

    @property
    def size(self) -> int:
        """The largest id plus one."""
        return max(self.ids.values()) + 1

    def id_of(self, token: str | None) -> int | None:
        """The id of one token, or None."""
        return None if token is None else self.ids.get(token)

    def is_single(self, text: str) -> bool:
        """Whether a text is one added token, so that it is never split."""
        return self.ids.get(text) in self.added_tokens

    def encode(self, text: str) -> list[int]:
        """Token ids of a text, special tokens in it included, none added."""
        return self._library.encode(text, add_special_tokens=False).ids

    def decode(self, ids: Iterable[int]) -> str:
        """The text of token ids, special tokens included."""
        return self._library.decode(list(ids), skip_special_tokens=False)

    def serialized(self) -> str:
        """The `tokenizer.json` to ship: compact, since it is downloaded."""
        return json.dumps(self.document, ensure_ascii=False, separators=(",", ":"))

    def end_ids(self) -> list[int]:
        """All ids that end a text or a reply, sorted."""
        ids = set(self.stop_token_ids)
        end = self.id_of(self.eos_token)
        if end is not None:
            ids.add(end)
        return sorted(ids)

    @cached_property
    def _library(self) -> tokenizers.Tokenizer:
        try:
            return tokenizers.Tokenizer.from_str(json.dumps(self.document))
        except Exception as error:  # the library raises bare Exception for every malformed document
            raise ForgeError(f"tokenizer.json is not usable: {error}") from error


def checked_tokenizer(tokenizer: ByteLevelTokenizer, origin: str) -> ByteLevelTokenizer:
    """Returns a tokenizer ready to ship: checked to be byte-level BPE, truncation and padding removed.

    Args:
        tokenizer: as read.
        origin: the file, for messages.

    Raises:
        ForgeError: another kind of tokenizer, or one that changes text.
    """
    document = tokenizer.document
    model = document.get("model")
    if not isinstance(model, dict) or not isinstance(document.get("added_tokens", []), list):
        raise ForgeError(f"{origin} is not a tokenizer.json")
    kind = model.get("type", "BPE" if "merges" in model else "unknown")
    if kind != "BPE" or not isinstance(model.get("vocab"), dict):
        raise ForgeError(
            f"{origin} holds a tokenizer of kind {kind}; only byte-level BPE (Llama 3, SmolLM) is supported",
            "SentencePiece and WordPiece models are another kind: their text cannot be carried over both ways.",
        )
    if model.get("byte_fallback") or not _mentions(document.get("pre_tokenizer"), "ByteLevel"):
        raise ForgeError(
            f"{origin} holds a SentencePiece-style BPE tokenizer; only byte-level BPE (Llama 3, SmolLM) is supported",
            "Llama 1 and 2 and Mistral tokenize this way; use a model with a Llama 3 or GPT-2 style tokenizer.",
        )
    if not _mentions(document.get("decoder"), "ByteLevel"):
        raise ForgeError(f"{origin} has no byte-level decoder, so its tokens cannot become text")
    checked = replace(tokenizer, document={**document, "truncation": None, "padding": None})
    for token, name in ((checked.bos_token, "bos_token"), (checked.eos_token, "eos_token")):
        if token is not None and token not in checked.ids:
            raise ForgeError(f"{origin}: {name} {token!r} is not in the vocabulary")
    for identity in checked.stop_token_ids:
        if not 0 <= identity < checked.size:
            raise ForgeError(f"{origin}: the stop token id {identity} is outside the vocabulary of {checked.size}")
    if checked.decode(checked.encode(_ROUND_TRIP)) != _ROUND_TRIP:
        raise ForgeError(
            f"{origin} does not give text back unchanged",
            "Byte-level BPE must decode what it encoded; the vocabulary may lack some of the 256 byte tokens.",
        )
    return checked


def _mentions(component: Any, kind: str) -> bool:
    """Whether a component of a tokenizer is of this type, or a sequence that holds one."""
    if not isinstance(component, dict):
        return False
    if component.get("type") == kind:
        return True
    members = component.get("pretokenizers") or component.get("decoders") or []
    return any(_mentions(member, kind) for member in members)


def tokenizer_from_folder(folder: Path, config: dict[str, Any]) -> ByteLevelTokenizer:
    """Reads `tokenizer.json` and its companions from a Hugging Face folder.

    Args:
        folder: holds `tokenizer.json` and, where present, `tokenizer_config.json`, `chat_template.jinja` and
            `generation_config.json`.
        config: the parsed `config.json`, whose token ids serve where the tokenizer names none.

    Raises:
        ForgeError: a file is missing or unreadable, or the tokenizer is not byte-level BPE.
    """
    path = folder / "tokenizer.json"
    if not path.is_file():
        if (folder / "tokenizer.model").is_file():
            raise ForgeError(
                f"{folder} has a SentencePiece tokenizer.model and no tokenizer.json",
                "Only byte-level BPE (Llama 3, SmolLM) is supported.",
            )
        raise ForgeError(f"{path} is missing")
    document = read_json_object(path)
    settings = read_json_object(folder / "tokenizer_config.json", optional=True)
    generation = read_json_object(folder / "generation_config.json", optional=True)
    template_file = folder / "chat_template.jinja"
    template = (
        template_file.read_text(encoding="utf-8")
        if template_file.is_file()
        else _default_template(settings.get("chat_template"))
    )
    stop_ids = {*_id_list(generation.get("eos_token_id")), *_id_list(config.get("eos_token_id"))}
    tokenizer = ByteLevelTokenizer(
        document=document,
        bos_token=_token_text(settings.get("bos_token")),
        eos_token=_token_text(settings.get("eos_token")),
        pad_token=_token_text(settings.get("pad_token")),
        stop_token_ids=tuple(sorted(stop_ids)),
        chat_template=template,
    )
    checked = checked_tokenizer(tokenizer, str(path))
    texts = {identity: text for text, identity in checked.ids.items()}
    if checked.bos_token is None:
        checked = replace(checked, bos_token=texts.get(config.get("bos_token_id")))  # type: ignore[arg-type]
    if checked.eos_token is None:
        first = next(iter(_id_list(config.get("eos_token_id"))), None)
        checked = replace(checked, eos_token=texts.get(first))  # type: ignore[arg-type]
    return checked


def _token_text(value: Any) -> str | None:
    """A special token's text; older files store an object around it."""
    return value.get("content") if isinstance(value, dict) else value


def _default_template(value: Any) -> str | None:
    """The template to chat with; some models ship several under names."""
    if isinstance(value, list):
        return next((entry.get("template") for entry in value if entry.get("name") == "default"), None)
    return value


def _id_list(value: Any) -> list[int]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
