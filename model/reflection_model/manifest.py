"""`manifest.json`: what a model folder holds, needs and is good for. The schema is `manifest.schema.json`."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema

from .byte_level_tokenizer import ByteLevelTokenizer, checked_tokenizer
from .chat_templates import ChatStyle, difference_from_jinja
from .errors import ForgeError
from .files import write_json
from .gpu_memory import FORMULAE, GpuMemory, gpu_memory
from .llama_config import LlamaConfig
from .read_json import read_json_object
from .schemes import Scheme, scheme_named
from .webllm_folder import CHAT_CONFIG_FILE, INDEX_FILE, TOKENIZER_FILE

MANIFEST_FILE = "manifest.json"

REFLECTION_TAGS = ("<thinking>", "</thinking>", "<reflection>", "</reflection>", "<output>", "</output>")

DEFAULT_SAMPLING = {
    "temperature": 0.7,
    "top_p": 0.95,
    "repetition_penalty": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
}

DETAIL_KEYS = (
    "id",
    "revision",
    "name",
    "description",
    "languages",
    "license",
    "base_model",
    "dialect",
    "system_message",
    "chat_template_notes",
    "good_at",
    "sampling",
    "reflection_calibration",
    "quality",
)
"""What a details file may hold: the parts of a manifest that nothing can compute."""

_MAY_BE_NULL = ("name", "license", "dialect", "system_message", "sampling", "reflection_calibration")
"""Details that may be null, which is the same as leaving them out."""

# Of the kernels that `forge compile` writes and of what WebLLM asks every device for.
_FIXED_LIMITS = {
    "maxStorageBuffersPerShaderStage": 10,
    "maxComputeWorkgroupStorageSize": 32768,
    "maxComputeInvocationsPerWorkgroup": 256,
}


@dataclass(frozen=True)
class ConvertedModel:
    """What a conversion knows about the folder that it wrote.

    Args:
        config: of the model, vocabulary as written.
        scheme: of the parameters.
        tokenizer: as written, with a chat template.
        style: of the conversation.
        conversation: the `conv_template` as written.
        context_window: tokens.
        prefill_chunk: tokens.
        weights: of the model.
        bits_per_weight: stored.
        library: file name in the folder, or None.
    """

    config: LlamaConfig
    scheme: Scheme
    tokenizer: ByteLevelTokenizer
    style: ChatStyle
    conversation: dict[str, Any]
    context_window: int
    prefill_chunk: int
    weights: int
    bits_per_weight: float
    library: str | None


def read_details(path: Path) -> dict[str, Any]:
    """Reads a details file.

    Raises:
        ForgeError: the file is unreadable, or has a key that is not one of `DETAIL_KEYS`.
    """
    details = read_json_object(path)
    unknown = sorted(set(details) - set(DETAIL_KEYS))
    if unknown:
        raise ForgeError(f"{path}: unknown key {unknown[0]!r}", f"Keys: {', '.join(DETAIL_KEYS)}.")
    return details


def require_valid_details(details: dict[str, Any]) -> None:
    """Refuses details that would not fit into a manifest, before the work that the manifest is written after.

    Raises:
        ForgeError: a detail has another type or form than the schema says.
    """
    parts = _schema()["properties"]
    template, calibration = parts["chat_template"]["properties"], parts["reflection_calibration"]["oneOf"][1]
    schemas = {
        **{key: parts[key] for key in DETAIL_KEYS if key in parts},
        # What a detail leaves out of these has a default, or is computed.
        "license": {**parts["license"], "required": []},
        "sampling": {**parts["sampling"], "required": []},
        "reflection_calibration": {**calibration, "required": ["logit_bias"]},
        "dialect": parts["dialect"]["properties"]["name"],
        "system_message": template["default_system_message"],
        "chat_template_notes": template["notes"],
    }
    given = {key: value for key, value in details.items() if value is not None or key not in _MAY_BE_NULL}
    _require_valid(given, {"properties": schemas})


def require_file_name(name: str) -> None:
    """Refuses a file name that a manifest cannot list.

    Raises:
        ForgeError: addresses have a meaning for one of its characters.
    """
    pattern = _schema()["properties"]["files"]["items"]["properties"]["path"]["pattern"]
    if not re.fullmatch(pattern, name):
        raise ForgeError(f"a model folder cannot hold a file named {name!r}", f"Give it a name of the form {pattern}.")


def require_calibration(details: dict[str, Any], tokenizer: ByteLevelTokenizer) -> None:
    """Refuses a calibration that is of no use with this tokenizer.

    Raises:
        ForgeError: the token that it is about is not a single one.
    """
    _calibration(tokenizer, details.get("reflection_calibration"))


def details_of(manifest: dict[str, Any]) -> dict[str, Any]:
    """The details that a manifest was written from, for a folder that is converted again."""
    details = {key: manifest[key] for key in DETAIL_KEYS if key in manifest and key != "dialect"}
    if "dialect" in manifest:
        details["dialect"] = manifest["dialect"]["name"]
    if "chat_template" in manifest:
        details["system_message"] = manifest["chat_template"]["default_system_message"]
        details["chat_template_notes"] = manifest["chat_template"]["notes"]
    if manifest.get("reflection_calibration"):
        details["reflection_calibration"] = {"logit_bias": manifest["reflection_calibration"]["logit_bias"]}
    return details


def write_manifest(folder: Path, model: ConvertedModel, details: dict[str, Any]) -> dict[str, Any]:
    """Writes the manifest of a folder whose other files are complete, and returns it.

    Args:
        folder: to describe.
        model: what was written.
        details: with the keys `DETAIL_KEYS`; `id` and `revision` at least.

    Raises:
        ForgeError: a detail is missing or wrong.
    """
    memory = gpu_memory(model.config, model.scheme, model.context_window, model.prefill_chunk)
    files = _described_files(folder, model.library)
    architecture = asdict(model.config)
    manifest = {
        "schema_version": 1,
        "id": details.get("id"),
        "revision": details.get("revision"),
        "name": details.get("name") or details.get("id"),
        "description": details.get("description", ""),
        "languages": details.get("languages", []),
        "license": {"spdx": "NOASSERTION", "notices": [], **(details.get("license") or {})},
        "base_model": details.get("base_model"),
        "architecture": {"model_type": "llama", **architecture},
        "scheme": model.scheme.name,
        "parameters": model.weights,
        "bits_per_weight": model.bits_per_weight,
        "dialect": _dialect(model.tokenizer, details.get("dialect")),
        "chat_template": _chat_template(model, details.get("chat_template_notes", [])),
        "context_window": model.context_window,
        "prefill_chunk": model.prefill_chunk,
        "requirements": {
            "webgpu_features": list(model.scheme.required_features),
            "webgpu_limits": {
                "maxStorageBufferBindingSize": memory.largest_buffer,
                "maxBufferSize": memory.largest_buffer,
                **_FIXED_LIMITS,
            },
        },
        "gpu_memory": _memory_json(memory),
        "library": model.library,
        "files": files,
        "total_bytes": sum(entry["bytes"] for entry in files),
        "good_at": details.get("good_at", []),
        "sampling": sampling_of(details),
        "reflection_calibration": _calibration(model.tokenizer, details.get("reflection_calibration")),
        "quality": details.get("quality", []),
    }
    _require_valid(manifest, _schema())
    write_json(folder / MANIFEST_FILE, manifest)
    return manifest


def sampling_of(details: dict[str, Any]) -> dict[str, float]:
    """The sampling defaults: those of the details over `DEFAULT_SAMPLING`."""
    return {**DEFAULT_SAMPLING, **(details.get("sampling") or {})}


def schema_problems(manifest: Any) -> list[str]:
    """Where a manifest departs from the schema, one line each; empty when it is valid."""
    return _problems(manifest, _schema())


def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(
        (resources.files(__package__) / "manifest.schema.json").read_text(encoding="utf-8")
    )
    return schema


def _problems(value: Any, schema: dict[str, Any]) -> list[str]:
    errors = sorted(jsonschema.Draft202012Validator(schema).iter_errors(value), key=lambda error: error.json_path)
    return [f"{error.json_path}: {error.message}" for error in errors]


def _require_valid(value: dict[str, Any], schema: dict[str, Any]) -> None:
    problems = _problems(value, schema)
    if problems:
        raise ForgeError(
            f"the manifest would not be valid: {problems[0]}",
            "Correct the file given with --manifest-details, or the option of that name.",
        )


def validate_manifest(folder: Path) -> list[str]:
    """Checks a model folder against its manifest.

    Checked are the schema, every file's size and SHA-256, that nothing else lies in the folder, the tags and other ids
    against the tokenizer, and the window, chunk, scheme, sampling and template against `mlc-chat-config.json`.

    Returns:
        Problems, one line each; empty when there are none.

    Raises:
        ForgeError: the manifest, the chat configuration or the tokenizer is missing or unreadable.
    """
    manifest = read_json_object(folder / MANIFEST_FILE)
    problems = [f"{MANIFEST_FILE} {problem}" for problem in schema_problems(manifest)]
    if problems:
        return problems
    problems += _file_problems(folder, manifest)
    chat = read_json_object(folder / CHAT_CONFIG_FILE)
    tokenizer = checked_tokenizer(
        ByteLevelTokenizer(read_json_object(folder / TOKENIZER_FILE)), str(folder / TOKENIZER_FILE)
    )
    problems += _token_problems(manifest, tokenizer)
    problems += _chat_problems(manifest, chat)
    return problems


def _file_problems(folder: Path, manifest: dict[str, Any]) -> list[str]:
    problems = []
    listed = {entry["path"] for entry in manifest["files"]}
    for entry in manifest["files"]:
        path = folder / entry["path"]
        if not path.is_file():
            problems.append(f"{entry['path']} is listed but missing")
        elif path.stat().st_size != entry["bytes"]:
            problems.append(f"{entry['path']} has {path.stat().st_size} bytes, the manifest says {entry['bytes']}")
        elif _sha256(path) != entry["sha256"]:
            problems.append(f"{entry['path']} does not have the SHA-256 that the manifest says")
    for path in sorted(folder.iterdir()):
        if path.name not in listed and path.name != MANIFEST_FILE:
            problems.append(f"{path.name} is in the folder but not in the manifest")
    for needed in (INDEX_FILE, TOKENIZER_FILE, CHAT_CONFIG_FILE):
        if needed not in listed:
            problems.append(f"{needed} is not listed in the manifest")
    if manifest["library"] is not None and manifest["library"] not in listed:
        problems.append(f"the library {manifest['library']} is not listed in the manifest")
    if sum(entry["role"] == "gguf" for entry in manifest["files"]) > 1:
        problems.append("more than one file has the role gguf")
    if manifest["total_bytes"] != sum(entry["bytes"] for entry in manifest["files"]):
        problems.append("total_bytes is not the sum of the files")
    return problems


def _token_problems(manifest: dict[str, Any], tokenizer: ByteLevelTokenizer) -> list[str]:
    problems = []
    for tag in manifest["dialect"]["tags"]:
        ids = tokenizer.encode(tag["text"])
        if ids != tag["token_ids"]:
            problems.append(f"tag {tag['text']} is {ids} in the tokenizer, the manifest says {tag['token_ids']}")
    template = manifest["chat_template"]
    for key in ("prefix_token_ids", "stop_token_ids"):
        for identity in template[key]:
            if identity not in tokenizer.added_tokens:
                problems.append(f"chat_template.{key}: {identity} is no special token of the tokenizer")
    calibration = manifest["reflection_calibration"]
    if calibration is not None and tokenizer.id_of(calibration["token"]) != calibration["token_id"]:
        problems.append(f"reflection_calibration: {calibration['token']} is not id {calibration['token_id']}")
    if manifest["architecture"]["vocab_size"] != tokenizer.size:
        problems.append(
            f"the model has {manifest['architecture']['vocab_size']} rows for {tokenizer.size} tokens of the tokenizer"
        )
    return problems


def _chat_problems(manifest: dict[str, Any], chat: dict[str, Any]) -> list[str]:
    conversation = chat.get("conv_template") or {}
    template = manifest["chat_template"]
    pairs = [
        ("context_window", manifest["context_window"], chat.get("context_window_size")),
        ("prefill_chunk", manifest["prefill_chunk"], chat.get("prefill_chunk_size")),
        ("scheme", manifest["scheme"], chat.get("quantization")),
        ("architecture.vocab_size", manifest["architecture"]["vocab_size"], chat.get("vocab_size")),
        ("chat_template.stop_token_ids", template["stop_token_ids"], conversation.get("stop_token_ids")),
        (
            "chat_template.prefix_token_ids",
            template["prefix_token_ids"],
            conversation.get("system_prefix_token_ids") or [],
        ),
        (
            "chat_template.default_system_message",
            template["default_system_message"],
            conversation.get("system_message"),
        ),
        *((f"sampling.{key}", value, chat.get(key)) for key, value in manifest["sampling"].items()),
    ]
    problems = [
        f"{name} is {ours!r} in the manifest and {theirs!r} in {CHAT_CONFIG_FILE}"
        for name, ours, theirs in pairs
        if ours != theirs
    ]
    numbers = {key: value for key, value in manifest["architecture"].items() if key != "model_type"}
    config = LlamaConfig(**numbers)
    if LlamaConfig.from_hugging_face(chat.get("model_config") or {}) != config:
        problems.append(f"architecture is not the model_config of {CHAT_CONFIG_FILE}")
    scheme = scheme_named(manifest["scheme"])
    memory = gpu_memory(config, scheme, manifest["context_window"], manifest["prefill_chunk"])
    if manifest["gpu_memory"] != _memory_json(memory):
        problems.append("gpu_memory does not follow from its formulae")
    return problems


def _memory_json(memory: GpuMemory) -> dict[str, Any]:
    return {
        "weights_bytes": memory.weights,
        "kv_cache_bytes": memory.kv_cache,
        "workspace_bytes": memory.workspace,
        "total_bytes": memory.total,
        "formulae": FORMULAE,
    }


def _described_files(folder: Path, library: str | None) -> list[dict[str, Any]]:
    roles = {INDEX_FILE: "weights-index", TOKENIZER_FILE: "tokenizer", CHAT_CONFIG_FILE: "chat-config"}
    entries = []
    # Shards in their order, then the rest by name.
    paths = [path for path in folder.iterdir() if path.name != MANIFEST_FILE]
    for path in sorted(paths, key=lambda path: (path.suffix != ".bin", len(path.name), path.name)):
        role = "gguf" if path.suffix == ".gguf" else roles.get(path.name, "weights")
        role = "library" if path.name == library else role
        entries.append({"path": path.name, "bytes": path.stat().st_size, "sha256": _sha256(path), "role": role})
    return entries


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _dialect(tokenizer: ByteLevelTokenizer, name: str | None) -> dict[str, Any]:
    """The dialect; a tokenizer with all six tags as single tokens speaks it unless told otherwise."""
    if name is None:
        name = "reflection" if all(tokenizer.is_single(tag) for tag in REFLECTION_TAGS) else "plain"
    tags = REFLECTION_TAGS if name == "reflection" else ()
    return {"name": name, "tags": [{"text": tag, "token_ids": tokenizer.encode(tag)} for tag in tags]}


def _chat_template(model: ConvertedModel, notes: list[str]) -> dict[str, Any]:
    difference = difference_from_jinja(model.conversation, model.tokenizer)
    return {
        "style": model.style.name,
        "default_system_message": model.conversation["system_message"],
        "prefix_token_ids": model.conversation["system_prefix_token_ids"] or [],
        "stop_token_ids": model.conversation["stop_token_ids"],
        "jinja": model.tokenizer.chat_template,
        "notes": [*notes, *([difference] if difference and difference not in notes else [])],
    }


def _calibration(tokenizer: ByteLevelTokenizer, given: dict[str, Any] | None) -> dict[str, Any] | None:
    if given is None:
        return None
    token = "<reflection>"
    if not tokenizer.is_single(token):
        raise ForgeError(f"reflection_calibration needs {token} as a single token, which the tokenizer does not have")
    return {"token": token, "token_id": tokenizer.ids[token], **given}
