"""A byte-level BPE tokenizer in GGUF metadata, both ways."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import gguf

from ..byte_level_tokenizer import ByteLevelTokenizer, checked_tokenizer
from ..errors import ForgeError

_LLAMA3_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}

# How text is cut before BPE, by the name that GGUF has for it (tokenizer.ggml.pre), as tokenizer.json spells it.
_PRE_TOKENIZERS: dict[str, list[dict[str, Any]]] = {
    "llama-bpe": [
        {"type": "Split", "pattern": {"Regex": _LLAMA3_SPLIT}, "behavior": "Isolated", "invert": False},
        {**_BYTE_LEVEL, "use_regex": False},
    ],
    "smollm": [{"type": "Digits", "individual_digits": True}, {**_BYTE_LEVEL, "use_regex": True}],
}
# Whether a piece that is a token as a whole is taken without merging; tokenizer.json says it, GGUF implies it.
_IGNORE_MERGES = {"llama-bpe": True, "smollm": False}

_PAD_TEXT = "[PAD{}]"

STOP_IDS_KEY = "reflection.stop_token_ids"
"""Our own metadata key: every id that ends a reply. The standard keys name one end of text and one end of turn."""


def pre_tokenizer_name(tokenizer: ByteLevelTokenizer) -> str:
    """The name that GGUF has for the way this tokenizer cuts text.

    Raises:
        ForgeError: GGUF has none that this forge knows.
    """
    document = tokenizer.document
    component = document.get("pre_tokenizer") or {}
    members = component.get("pretokenizers", [component])
    ignore_merges = bool(document["model"].get("ignore_merges"))
    for name, expected in _PRE_TOKENIZERS.items():
        if [_essential(member) for member in members] == [_essential(member) for member in expected]:
            if document.get("normalizer") is not None:
                raise ForgeError("the tokenizer normalizes text first, which GGUF cannot carry over")
            if ignore_merges != _IGNORE_MERGES[name]:
                raise ForgeError(
                    f"the tokenizer cuts text like {name} but its ignore_merges is {ignore_merges}, "
                    "which GGUF cannot say"
                )
            return name
    raise ForgeError(
        "GGUF has no name for the way this tokenizer cuts text before BPE",
        f"Known: {', '.join(_PRE_TOKENIZERS)}. Converting to a WebLLM folder does not need one.",
    )


def _essential(component: dict[str, Any]) -> dict[str, Any]:
    """A pre-tokenizer without the settings that leave tokens unchanged."""
    return {key: value for key, value in component.items() if key != "trim_offsets"}


def write_tokenizer(writer: gguf.GGUFWriter, tokenizer: ByteLevelTokenizer, rows: int) -> None:
    """Adds the tokenizer to a GGUF file's metadata.

    The whole `tokenizer.json` goes in as well (`tokenizer.huggingface.json`, a standard key), so that the way back
    gives the same file; programs that read GGUF use the other keys.

    Args:
        writer: before its header is written.
        tokenizer: what to write.
        rows: of the embedding; ids without a token are marked unused.

    Raises:
        ForgeError: GGUF cannot express the tokenizer.
    """
    pre = pre_tokenizer_name(tokenizer)
    texts = [_PAD_TEXT.format(index) for index in range(rows)]
    types = [int(gguf.TokenType.UNUSED)] * rows
    for text, index in tokenizer.ids.items():
        added = tokenizer.added_tokens.get(index)
        texts[index] = text
        if added is None:
            types[index] = int(gguf.TokenType.NORMAL)
        else:
            types[index] = int(gguf.TokenType.CONTROL if added.get("special") else gguf.TokenType.USER_DEFINED)
    merges = tokenizer.document["model"]["merges"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(texts)
    writer.add_token_types(types)
    # An empty array has no element type and GGUF cannot hold one; a tokenizer of bytes alone has no merges.
    if merges:
        writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in merges])
    for token, add in (
        (tokenizer.bos_token, writer.add_bos_token_id),
        (tokenizer.eos_token, writer.add_eos_token_id),
        (tokenizer.pad_token, writer.add_pad_token_id),
    ):
        identity = tokenizer.id_of(token)
        if identity is not None:
            add(identity)
    if tokenizer.stop_token_ids:
        writer.add_array(STOP_IDS_KEY, list(tokenizer.stop_token_ids))
    if tokenizer.chat_template is not None:
        writer.add_chat_template(tokenizer.chat_template)
    writer.add_string(gguf.Keys.Tokenizer.HF_JSON, tokenizer.serialized())


def read_tokenizer(value: Callable[[str], Any], origin: str) -> ByteLevelTokenizer:
    """Reads the tokenizer from GGUF metadata.

    Args:
        value: gives the contents of a metadata key, None where it is absent.
        origin: the file, for messages.

    Raises:
        ForgeError: the tokenizer is missing, inconsistent, or not byte-level BPE.
    """
    kind = value("tokenizer.ggml.model")
    if kind != "gpt2":
        name = {"llama": "SentencePiece (tokenizer.ggml.model llama)", None: "none"}.get(kind, kind)
        raise ForgeError(
            f"{origin} holds a tokenizer of another kind: {name}; only byte-level BPE (gpt2) is supported",
            "Llama 3 and SmolLM models have byte-level BPE; Llama 1 and 2 and Mistral do not.",
        )
    texts = value("tokenizer.ggml.tokens")
    if not isinstance(texts, list) or not texts:
        raise ForgeError(f"{origin} has no tokenizer.ggml.tokens")
    types = value("tokenizer.ggml.token_type") or [int(gguf.TokenType.NORMAL)] * len(texts)
    if len(types) != len(texts):
        raise ForgeError(f"{origin} has {len(texts)} tokens but {len(types)} token types")
    used = {
        index: text
        for index, (text, kind_of_token) in enumerate(zip(texts, types, strict=True))
        if kind_of_token != gguf.TokenType.UNUSED
    }
    if len(set(used.values())) != len(used):
        raise ForgeError(f"{origin} has two tokens of the same text")

    def token(key: str) -> str | None:
        index = value(key)
        return used.get(index) if index is not None else None

    embedded = value(gguf.Keys.Tokenizer.HF_JSON)
    document = _embedded_document(embedded, used, origin) if embedded else _document(value, used, types, origin)
    stop_ids = [
        *(value(STOP_IDS_KEY) or []),
        *(value(key) for key in ("tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id")),
    ]
    tokenizer = ByteLevelTokenizer(
        document=document,
        bos_token=token("tokenizer.ggml.bos_token_id"),
        eos_token=token("tokenizer.ggml.eos_token_id"),
        pad_token=token("tokenizer.ggml.padding_token_id"),
        stop_token_ids=tuple(sorted({index for index in stop_ids if index in used})),
        chat_template=value("tokenizer.chat_template"),
    )
    return checked_tokenizer(tokenizer, origin)


def _embedded_document(text: str, used: dict[int, str], origin: str) -> dict[str, Any]:
    """The embedded tokenizer.json, if it has the tokens of the file that holds it."""
    try:
        document = json.loads(text)
        found = {index: token for token, index in ByteLevelTokenizer(document).ids.items()}
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise ForgeError(f"{origin}: tokenizer.huggingface.json is not a tokenizer") from error
    if found != used:
        raise ForgeError(
            f"{origin}: tokenizer.huggingface.json and tokenizer.ggml.tokens disagree",
            "A tool changed one and not the other; remove tokenizer.huggingface.json from the metadata.",
        )
    return document


def _document(value: Callable[[str], Any], used: dict[int, str], types: list[int], origin: str) -> dict[str, Any]:
    """A tokenizer.json with the same tokens, merges and cutting of text."""
    pre = value("tokenizer.ggml.pre")
    if pre not in _PRE_TOKENIZERS:
        raise ForgeError(
            f"{origin} cuts text before BPE in a way that this forge does not know: tokenizer.ggml.pre is {pre}",
            f"Known: {', '.join(_PRE_TOKENIZERS)}.",
        )
    added = [
        {
            "id": index,
            "content": text,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": types[index] == gguf.TokenType.CONTROL,
        }
        for index, text in used.items()
        if types[index] in (gguf.TokenType.CONTROL, gguf.TokenType.USER_DEFINED)
    ]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": _PRE_TOKENIZERS[pre]},
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": _IGNORE_MERGES[pre],
            # Added tokens are listed here too: without that, the library numbers them by their position.
            "vocab": {text: index for index, text in used.items()},
            "merges": value("tokenizer.ggml.merges") or [],
        },
    }
