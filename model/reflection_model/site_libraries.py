"""The model libraries that a site offers for GGUF files of its visitors, and the list by which the page finds them.

The folder is served as `models/libraries/`. A library's name holds a hash of all that it was made from: browsers keep
the files of an address for good, and what is there already need not be made again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import ForgeError
from .files import write_json
from .llama_config import LlamaConfig
from .read_json import read_json_object
from .schemes import Scheme

LIST_NAME = "libraries.json"

SCHEMA = 1

PAGE_ROTATION = {"low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 8192}
"""What Llama 3.1 and 3.2 share of their rotary scaling, as `worker/gguf/check-rotation.ts` takes for granted."""

PACKAGE = Path(__file__).parent


@dataclass(frozen=True)
class Variant:
    """One library of a shape.

    Args:
        name: of the preset or the folder of the configuration; people read it in the name of the file.
        config: architecture.
        scheme: how weights are stored and activations computed; a 4-bit one.
        subgroup_size: as in `compiler.build.Request`.
        schedule: as in `compiler.build.Request`.
        context: tokens of prompt and answer together.
        chunk: most prompt tokens that are taken at once.
    """

    name: str
    config: LlamaConfig
    scheme: Scheme
    subgroup_size: int
    schedule: str
    context: int
    chunk: int

    @property
    def title(self) -> str:
        """Tells it from all others."""
        subgroups = f"-subgroups{self.subgroup_size}" if self.subgroup_size else ""
        schedule = "" if self.schedule == "default" else f"-{self.schedule}"
        return f"{self.name}-{self.scheme.name}{subgroups}{schedule}"

    def file_name(self, runtime: str) -> str:
        """Of the library, for a key of the runtime that it is linked with (`runtime_build.build.cache_key`)."""
        made_from = [
            runtime,
            compiler_hash(),
            self.config.to_hugging_face(),
            self.scheme.name,
            [self.subgroup_size, self.schedule, self.context, self.chunk],
        ]
        digest = hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()
        return f"{self.title}-{digest[:12]}.wasm"

    def entry(self, file: Path) -> dict[str, Any]:
        """What the list says of the library that lies in `file`; the page reads it with `parse-site-libraries.ts`."""
        config = self.config
        content = file.read_bytes()
        features = [*self.scheme.required_features, *(["subgroups"] if self.subgroup_size else [])]
        return {
            "file": file.name,
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "shape": {
                "layers": config.num_hidden_layers,
                "hiddenSize": config.hidden_size,
                "feedForwardSize": config.intermediate_size,
                "heads": config.num_attention_heads,
                "keyValueHeads": config.num_key_value_heads,
                "headSize": config.head_dim,
                "vocabulary": config.vocab_size,
                "isTied": config.tie_word_embeddings,
                "normEpsilon": config.rms_norm_eps,
                "ropeTheta": config.rope_theta,
                "ropeFactor": rope_factor(config),
            },
            "float": self.scheme.activation_dtype,
            "contextWindow": self.context,
            "requiredFeatures": features,
            **({"subgroupSize": self.subgroup_size} if self.subgroup_size else {}),
        }


def rope_factor(config: LlamaConfig) -> float:
    """By how much the slowest rotary frequencies are slowed down; 1 for plain ones.

    Raises:
        ForgeError: the scaling is another than Llama 3.1's, which the page would take it for.
    """
    scaling = config.rope_scaling
    if scaling is None:
        return 1
    if any(scaling[field] != value for field, value in PAGE_ROTATION.items()):
        raise ForgeError(
            f"its rotary scaling is {scaling}, which the page does not know",
            f"The page knows that of Llama 3.1 and 3.2: {PAGE_ROTATION}, with any factor.",
        )
    return scaling["factor"]


def compiler_hash() -> str:
    """Of all sources that decide what a library is: a change of one makes other libraries."""
    sources = [*(PACKAGE / "compiler").rglob("*.py"), PACKAGE / "schemes.py", PACKAGE / "rope_scaling.py"]
    digest = hashlib.sha256()
    for path in sorted(sources):
        digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def read_list(folder: Path) -> list[dict[str, Any]]:
    """The entries of a folder's list; none where there is no list.

    Raises:
        ForgeError: what is there is no list of ours.
    """
    path = folder / LIST_NAME
    found = read_json_object(path, optional=True)
    if not found:
        return []
    entries = found.get("libraries") if found.get("schema") == SCHEMA else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) and "file" in entry for entry in entries):
        raise ForgeError(f"{path} is no list of libraries", "Move it away; the command writes one anew.")
    return entries


def add_to_list(folder: Path, entry: dict[str, Any]) -> None:
    """Puts a library into a folder's list, in place of one for the same weights and the same GPUs, whose file goes."""
    purpose = ("shape", "float", "subgroupSize")
    kept = []
    for old in read_list(folder):
        if all(old.get(key) == entry.get(key) for key in purpose):
            if old["file"] != entry["file"] and "/" not in old["file"]:
                (folder / old["file"]).unlink(missing_ok=True)
        else:
            kept.append(old)
    write_json(folder / LIST_NAME, {"schema": SCHEMA, "libraries": [*kept, entry]})
