"""Tiny models that tests generate: real tokenizers, safetensors and GGUF files, a few hundred kilobytes each."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from random import Random
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt
import safetensors.numpy
import tokenizers
from tokenizers import decoders, models, pre_tokenizers, processors, trainers

from reflection_model.llama_config import LlamaConfig

TAGS = ["<thinking>", "</thinking>", "<reflection>", "</reflection>", "<output>", "</output>"]
LLAMA3_TOKENS = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
CHATML_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
LLAMA3_JINJA = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' + message['content'] + '<|eot_id|>' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
LLAMA3_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CORPUS = [
    "What is 12 + 30? Twelve plus thirty is forty-two.",
    "Which is larger, 9.9 or 9.11? I'll compare them digit by digit, that's right.",
    "How many r's are in strawberry? There are three.",
] * 20

TINY = LlamaConfig(
    hidden_size=64,
    intermediate_size=96,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=32,
    vocab_size=1,
    rms_norm_eps=1e-5,
    rope_theta=10000.0,
    rope_scaling=None,
    tie_word_embeddings=True,
    max_position_embeddings=512,
)
"""Wider in its heads than in its hidden state, so that neither can stand in for the other."""


def tiny_tokenizer(special: list[str], pre: str = "smollm") -> tokenizers.Tokenizer:
    """A byte-level BPE tokenizer with a few merges; `special` come first."""
    tokenizer = tokenizers.Tokenizer(models.BPE(ignore_merges=pre == "llama-bpe"))
    if pre == "smollm":
        members = [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    else:
        members = [
            pre_tokenizers.Split(tokenizers.Regex(LLAMA3_SPLIT), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(members)  # type: ignore[assignment]
    tokenizer.decoder = decoders.ByteLevel()  # type: ignore[assignment]
    trainer = trainers.BpeTrainer(
        vocab_size=256 + len(special) + 40,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def random_weights(config: LlamaConfig, seed: int = 0) -> dict[str, npt.NDArray[np.float32]]:
    """All tensors of a model under their Hugging Face names."""
    random = np.random.default_rng(seed)

    def matrix(rows: int, columns: int) -> npt.NDArray[np.float32]:
        return (random.standard_normal((rows, columns)) * 0.1).astype(np.float32)

    def norm() -> npt.NDArray[np.float32]:
        return random.uniform(0.5, 1.5, config.hidden_size).astype(np.float16).astype(np.float32)

    tensors = {"model.embed_tokens.weight": matrix(config.vocab_size, config.hidden_size)}
    for layer in range(config.num_hidden_layers):
        prefix = f"model.layers.{layer}."
        tensors[prefix + "input_layernorm.weight"] = norm()
        tensors[prefix + "self_attn.q_proj.weight"] = matrix(config.attention_size, config.hidden_size)
        tensors[prefix + "self_attn.k_proj.weight"] = matrix(config.key_value_size, config.hidden_size)
        tensors[prefix + "self_attn.v_proj.weight"] = matrix(config.key_value_size, config.hidden_size)
        tensors[prefix + "self_attn.o_proj.weight"] = matrix(config.hidden_size, config.attention_size)
        tensors[prefix + "post_attention_layernorm.weight"] = norm()
        tensors[prefix + "mlp.gate_proj.weight"] = matrix(config.intermediate_size, config.hidden_size)
        tensors[prefix + "mlp.up_proj.weight"] = matrix(config.intermediate_size, config.hidden_size)
        tensors[prefix + "mlp.down_proj.weight"] = matrix(config.hidden_size, config.intermediate_size)
    tensors["model.norm.weight"] = norm()
    if not config.tie_word_embeddings:
        tensors["lm_head.weight"] = matrix(config.vocab_size, config.hidden_size)
    return tensors


class HuggingFaceModel:
    """A Hugging Face folder on disk. Change the attributes, then `save` again.

    Args:
        folder: to write to.
        config: vocab_size is set to the tokenizer's.
        pre: kind of pre-tokenizer.
        special: special tokens; Llama 3's and the tags unless given.
    """

    def __init__(
        self, folder: Path, config: LlamaConfig = TINY, pre: str = "smollm", special: list[str] | None = None
    ) -> None:
        special = LLAMA3_TOKENS + TAGS if special is None else special
        self.folder = folder
        self.tokenizer = tiny_tokenizer(special, pre)
        self.config = replace(config, vocab_size=self.tokenizer.get_vocab_size())
        self.tensors: dict[str, npt.NDArray[Any]] = dict(random_weights(self.config))
        llama3 = "<|eot_id|>" in special
        self.tokenizer_config: dict[str, Any] = {
            "bos_token": special[0],
            "eos_token": "<|eot_id|>" if llama3 else "<|im_end|>",
        }
        if llama3:
            self.tokenizer_config["chat_template"] = LLAMA3_JINJA
        self.save()

    def save(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.write_json("config.json", self.config.to_hugging_face())
        self.write_json("tokenizer_config.json", self.tokenizer_config)
        self.tokenizer.save(str(self.folder / "tokenizer.json"))
        safetensors.numpy.save_file(self.tensors, self.folder / "model.safetensors")

    def write_json(self, name: str, value: Any) -> None:
        (self.folder / name).write_text(json.dumps(value))

    def tokenizer_document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.tokenizer.to_str())
        return document


def add_bos(tokenizer: tokenizers.Tokenizer, bos: str) -> None:
    """Makes the tokenizer add a token in front, as Llama 3's does."""
    tokenizer.post_processor = processors.TemplateProcessing(  # type: ignore[assignment]
        single=f"{bos} $A", special_tokens=[(bos, tokenizer.token_to_id(bos))]
    )


def interleaved(matrix: npt.NDArray[Any], heads: int) -> npt.NDArray[Any]:
    """A rotary matrix in the row order of a GGUF file, written the way llama.cpp's converter does it."""
    rows, columns = matrix.shape
    return matrix.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


GGUF_NAMES = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


class GgufModel:
    """Writes a GGUF file from Hugging Face tensors without the code under test.

    Args:
        config: of the model.
        tensors: under their Hugging Face names.
        tokenizer: of the model.
    """

    def __init__(
        self, config: LlamaConfig, tensors: dict[str, npt.NDArray[np.float32]], tokenizer: tokenizers.Tokenizer
    ) -> None:
        self.config = config
        self.architecture = "llama"
        self.metadata: dict[str, Any] = {}
        document = json.loads(tokenizer.to_str())
        added = {token["id"] for token in document["added_tokens"]}
        texts = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
        self.tokens = [text for text, _ in texts]
        self.token_types = [3 if index in added else 1 for _, index in texts]
        self.merges = [" ".join(merge) for merge in document["model"]["merges"]]
        self.tokenizer_model = "gpt2"
        self.pre = "smollm"
        self.bos, self.eos = 0, tokenizer.token_to_id("<|eot_id|>")
        self.chat_template: str | None = LLAMA3_JINJA
        self.tensors: dict[str, npt.NDArray[np.float32]] = {}
        for name, value in tensors.items():
            stem = name.removesuffix(".weight")
            if stem in ("model.embed_tokens", "model.norm", "lm_head"):
                top = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
                self.tensors[f"{top[stem]}.weight"] = value
                continue
            layer, rest = stem.removeprefix("model.layers.").split(".", 1)
            if rest == "self_attn.q_proj":
                value = interleaved(value, config.num_attention_heads)
            if rest == "self_attn.k_proj":
                value = interleaved(value, config.num_key_value_heads)
            self.tensors[f"blk.{layer}.{GGUF_NAMES[rest]}.weight"] = value
        self.kinds: dict[str, gguf.GGMLQuantizationType] = {}
        self.raw: dict[str, npt.NDArray[np.uint8]] = {}

    def all_as(self, kind: gguf.GGMLQuantizationType) -> GgufModel:
        """Stores every matrix in this type."""
        self.kinds = {name: kind for name, value in self.tensors.items() if value.ndim == 2}
        return self

    def write(self, path: Path) -> Path:
        writer = gguf.GGUFWriter(path, self.architecture)
        numbers = asdict(self.config)
        writer.add_context_length(numbers["max_position_embeddings"])
        writer.add_embedding_length(numbers["hidden_size"])
        writer.add_block_count(numbers["num_hidden_layers"])
        writer.add_feed_forward_length(numbers["intermediate_size"])
        writer.add_head_count(numbers["num_attention_heads"])
        writer.add_head_count_kv(numbers["num_key_value_heads"])
        writer.add_key_length(numbers["head_dim"])
        writer.add_layer_norm_rms_eps(numbers["rms_norm_eps"])
        writer.add_rope_freq_base(numbers["rope_theta"])
        writer.add_rope_dimension_count(numbers["head_dim"])
        writer.add_tokenizer_model(self.tokenizer_model)
        writer.add_tokenizer_pre(self.pre)
        writer.add_token_list(self.tokens)
        writer.add_token_types(self.token_types)
        writer.add_token_merges(self.merges)
        writer.add_bos_token_id(self.bos)
        writer.add_eos_token_id(self.eos)
        if self.chat_template is not None:
            writer.add_chat_template(self.chat_template)
        for key, value in self.metadata.items():
            if isinstance(value, int):
                writer.add_uint32(key, value)
            else:
                writer.add_string(key, value)
        for name, tensor in self.tensors.items():
            kind = self.kinds.get(name, gguf.GGMLQuantizationType.F32)
            if name in self.raw:
                writer.add_tensor(name, self.raw[name], raw_dtype=kind)
            else:
                writer.add_tensor(name, gguf.quantize(tensor, kind), raw_dtype=kind)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return path


def tagged_model(root: Path) -> Path:
    """A model folder as `forge train` writes it, with our tags and random weights; needs torch."""
    import torch

    from reflection_model.tuning.bpe import train_tokenizer
    from reflection_model.tuning.curriculum import Curriculum, draw_conversation
    from reflection_model.tuning.export import export_model
    from reflection_model.tuning.network import Llama
    from reflection_model.tuning.prompts import BEGIN, CHAT_TEMPLATE, END_OF_TURN

    random = Random(1)
    texts = ["".join(part.text for part in draw_conversation(random, Curriculum()).parts) for _ in range(2000)]
    train_tokenizer(texts, 400).save(str(root / "tokenizer.json"))
    settings = {"bos_token": BEGIN, "eos_token": END_OF_TURN, "chat_template": CHAT_TEMPLATE}
    (root / "tokenizer_config.json").write_text(json.dumps(settings))
    config = LlamaConfig(64, 96, 2, 4, 2, 16, 400, 1e-5, 10000.0, None, True, 1024)
    model = Llama(config)
    model.initialize(2)
    torch.save(model.state_dict(), root / "weights.pt")
    return export_model(root, root, config)
