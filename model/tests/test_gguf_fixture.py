"""The GGUF file with every type of tensor that the browser's tests repack, and what the forge makes of it.

`python tests/test_gguf_fixture.py` writes both anew.
"""

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Kind
from tiny_models import LLAMA3_TOKENS, TAGS, TINY, GgufModel, random_weights, tiny_tokenizer

from reflection_model.cli import main

FOLDER = Path(__file__).parents[2] / "test" / "fixtures" / "gguf"
FILE = FOLDER / "every-type.gguf"
EXPECTED = FOLDER / "every-type.json"

# One type a matrix; blocks of 256 need rows of 256.
KINDS = {
    "token_embd": Kind.Q4_0,
    "blk.0.attn_q": Kind.Q4_K,
    "blk.0.attn_k": Kind.Q6_K,
    "blk.0.attn_v": Kind.Q5_K,
    "blk.0.attn_output": Kind.Q5_0,
    "blk.0.ffn_gate": Kind.Q8_0,
    "blk.0.ffn_up": Kind.Q4_1,
    "blk.0.ffn_down": Kind.Q5_1,
    "blk.1.attn_q": Kind.F16,
    "blk.1.attn_k": Kind.BF16,
    "blk.1.attn_v": Kind.F32,
    "blk.1.attn_output": Kind.Q4_0,
    "blk.1.ffn_gate": Kind.Q4_0,
    "blk.1.ffn_up": Kind.Q4_0,
    "blk.1.ffn_down": Kind.Q4_0,
}
_SCALES = {Kind.Q4_K: (0, 2), Kind.Q5_K: (0, 2), Kind.Q6_K: (208,)}


def write_file(path: Path) -> None:
    """Writes the file: seeded, so always the same."""
    tokenizer = tiny_tokenizer(LLAMA3_TOKENS + TAGS)
    config = replace(
        TINY,
        hidden_size=256,
        intermediate_size=32,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=32,
        vocab_size=tokenizer.get_vocab_size(),
    )
    model = GgufModel(config, random_weights(config, seed=14), tokenizer)
    random = np.random.default_rng(14)
    for stem, kind in KINDS.items():
        name = f"{stem}.weight"
        model.kinds[name] = kind
        if kind in _SCALES:
            model.raw[name] = _random_blocks(random, kind, *model.tensors[name].shape)
    model.write(path)


def _random_blocks(random: np.random.Generator, kind: Kind, rows: int, columns: int) -> np.ndarray:
    """Blocks of types that the library can read but not write: any bytes, with scales that make ordinary weights."""
    length, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = random.integers(0, 256, (rows, columns // length, size), dtype=np.uint8)
    for place in _SCALES[kind]:
        scales = random.uniform(1e-4, 2e-3, (rows, columns // length, 1)).astype("<f2")
        blocks[:, :, place : place + 2] = scales.view(np.uint8)
    return blocks.reshape(rows, -1)


def converted(source: Path, folder: Path) -> dict[str, Any]:
    """What `forge convert` makes of a file, in both schemes."""
    found: dict[str, Any] = {}
    for scheme in ("q4f32", "q4f16"):
        output = folder / scheme
        options = ["--to", "webllm", "--scheme", scheme, "--id", "every-type", "--revision", "v1"]
        assert main(["convert", str(source), *options, "--output", str(output)]) == 0
        shard = (output / "params_shard_0.bin").read_bytes()
        found[scheme] = {
            "sha256": hashlib.sha256(shard).hexdigest(),
            "records": json.loads((output / "tensor-cache.json").read_text())["records"],
        }
        found["tokenizer"] = json.loads((output / "tokenizer.json").read_text())
    return found


def test_the_file_is_the_one_that_is_committed(tmp_path: Path) -> None:
    write_file(tmp_path / "every-type.gguf")
    assert (tmp_path / "every-type.gguf").read_bytes() == FILE.read_bytes()


def test_the_forge_makes_of_it_what_the_browser_is_tested_with(tmp_path: Path) -> None:
    assert converted(FILE, tmp_path) == json.loads(EXPECTED.read_text())


if __name__ == "__main__":
    import tempfile

    FOLDER.mkdir(parents=True, exist_ok=True)
    write_file(FILE)
    with tempfile.TemporaryDirectory() as folder:
        EXPECTED.write_text(json.dumps(converted(FILE, Path(folder)), separators=(",", ":")) + "\n")
    sys.exit(0)
