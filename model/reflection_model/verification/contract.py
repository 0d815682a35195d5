"""Whether the files of a model folder keep WebLLM's contract and agree with each other; nothing is run.

What WebLLM needs was read from its sources (0.2.85 and 0.2.86); each check says what would happen otherwise. TVM is not
needed: libraries are read as files.
"""

from __future__ import annotations

import itertools
import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import tokenizers

from ..compiler.checks import ALLOWED_IMPORTS, REQUIRED_EXPORTS, check_kernel
from ..compiler.model_library import read_kernels, read_metadata
from ..compiler.wasm_file import WasmFile, read_wasm
from ..errors import ForgeError
from ..llama_config import LlamaConfig
from ..manifest import MANIFEST_FILE, validate_manifest
from ..read_json import read_json_object
from ..schemes import BYTES_PER_ELEMENT, Scheme, byte_count, parameter_shapes, scheme_named
from ..webllm_folder import CHAT_CONFIG_FILE, INDEX_FILE, SHARD_BYTES, TOKENIZER_FILE

LIBRARY_FUNCTIONS = (
    "_metadata",
    "embed",
    "create_tir_paged_kv_cache",
    "prefill",
    "decode",
    "softmax_with_temperature",
    "argsort_probs",
    "sample_with_top_p",
    "apply_logit_bias_inplace",
    "apply_penalty_inplace",
    "apply_bitmask_inplace",
)
"""What WebLLM looks up when it loads a text model; a missing one fails the load even if it would never be called."""

_SHOWN = 3
"""Problems that a finding quotes; the rest are counted."""

_SAMPLING_RANGES: dict[str, tuple[Callable[[float], bool], str]] = {
    "temperature": (lambda value: value >= 0, "at least 0"),
    "top_p": (lambda value: 0 < value <= 1, "above 0 and at most 1"),
    "repetition_penalty": (lambda value: value > 0, "above 0"),
    "presence_penalty": (lambda value: -2 <= value <= 2, "-2 to 2"),
    "frequency_penalty": (lambda value: -2 <= value <= 2, "-2 to 2"),
}


@dataclass(frozen=True)
class Finding:
    """The outcome of one check.

    Args:
        name: of the check.
        passed: whether the model keeps it.
        detail: what was looked at, or what is wrong.
    """

    name: str
    passed: bool
    detail: str


def check_contract(folder: Path) -> list[Finding]:
    """Runs every check on a model folder; a file that is missing or unreadable fails the checks that need it."""
    model = _Folder(folder)
    return [_outcome(name, check, model) for name, check in _CHECKS.items()]


class _Problems(list[str]):
    """What a check found, with what it looked at as `seen`."""

    seen: str = ""


_Check = Callable[["_Folder", _Problems], None]


def _outcome(name: str, check: _Check, model: _Folder) -> Finding:
    problems = _Problems()
    try:
        check(model, problems)
    except ForgeError as error:
        problems.append(str(error))
    except Exception as error:
        # A damaged file can hold anything in any place; whatever that leads to is a failed check, not a crash.
        problems.append(f"a file is malformed: {type(error).__name__}: {error}")
    if not problems:
        return Finding(name, True, problems.seen)
    more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
    return Finding(name, False, "; ".join(problems[:_SHOWN]) + more)


class _Folder:
    """The files of a model, each read when a check first needs it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def chat(self) -> dict[str, Any]:
        return read_json_object(self.path / CHAT_CONFIG_FILE)

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return read_json_object(self.path / MANIFEST_FILE)

    @cached_property
    def tokenizer_document(self) -> dict[str, Any]:
        return read_json_object(self.path / TOKENIZER_FILE)

    @cached_property
    def tokenizer(self) -> tokenizers.Tokenizer:
        return tokenizers.Tokenizer.from_str(json.dumps(self.tokenizer_document))

    @cached_property
    def config(self) -> LlamaConfig:
        return LlamaConfig.from_hugging_face(self.chat["model_config"])

    @cached_property
    def scheme(self) -> Scheme:
        return scheme_named(str(self.chat.get("quantization")))

    @cached_property
    def shards(self) -> list[dict[str, Any]]:
        return read_json_object(self.path / INDEX_FILE)["records"]

    @cached_property
    def library(self) -> Path:
        name = read_json_object(self.path / MANIFEST_FILE, optional=True).get("library")
        if name:
            return self.path / name
        found = sorted(self.path.glob("*.wasm"))
        if len(found) != 1:
            raise ForgeError(f"the manifest names no library, and the folder holds {len(found)}")
        return found[0]

    @cached_property
    def wasm(self) -> WasmFile:
        return read_wasm(self.library)

    @cached_property
    def metadata(self) -> dict[str, Any]:
        return read_metadata(self.wasm.memory, self.library.name)

    def records(self) -> Iterator[dict[str, Any]]:
        """Every parameter of the index, in order."""
        for shard in self.shards:
            yield from shard["records"]


def _library_imports(model: _Folder, problems: _Problems) -> None:
    """Anything else fails the instantiation."""
    for module, name in model.wasm.imports:
        if (module, name) not in ALLOWED_IMPORTS:
            problems.append(f"{module}.{name} is not provided by WebLLM")
    problems.seen = f"{len(model.wasm.imports)} imports, all provided by WebLLM"


def _library_exports(model: _Folder, problems: _Problems) -> None:
    """A missing one fails when it is first called."""
    missing = REQUIRED_EXPORTS - set(model.wasm.exports)
    problems.extend(f"{name} is missing" for name in sorted(missing))
    problems.seen = f"all {len(REQUIRED_EXPORTS)} that WebLLM calls"


def _library_functions(model: _Folder, problems: _Problems) -> None:
    """The virtual machine's table stores each name after its length in 64 bits."""
    for name in LIBRARY_FUNCTIONS:
        if struct.pack("<Q", len(name)) + name.encode() not in model.wasm.memory:
            problems.append(f"{name} is missing")
    problems.seen = f"all {len(LIBRARY_FUNCTIONS)} that WebLLM looks up"


def _library_kernels(model: _Folder, problems: _Problems) -> None:
    """One kernel that the device refuses fails the load, since all are compiled then."""
    kernels = read_kernels(model.wasm.memory, model.library.name)
    problems.extend(str(finding) for kernel in kernels for finding in check_kernel(kernel))
    problems.seen = f"{len(kernels)} kernels within the limits of every device"


def _library_parameters(model: _Folder, problems: _Problems) -> None:
    """WebLLM passes parameters in the order of the metadata and looks them up by name in the shards."""
    declared = [_triple(parameter) for parameter in model.metadata["params"]]
    stored = {name: (name, shape, dtype) for name, shape, dtype in map(_triple, model.records())}
    for name, shape, dtype in declared:
        if name not in stored:
            problems.append(f"{name} is not in {INDEX_FILE}")
        elif stored[name] != (name, shape, dtype):
            problems.append(f"{name} is {dtype} {list(shape)} in the library and {_kind(stored[name])} in {INDEX_FILE}")
    _compare_order(declared, parameter_shapes(model.config, model.scheme), "the scheme", problems)
    problems.seen = f"{len(declared)} parameters as stored and in the scheme's order"


def _library_settings(model: _Folder, problems: _Problems) -> None:
    """The metadata against the chat configuration and the manifest."""
    metadata, chat, manifest = model.metadata, model.chat, model.manifest
    architecture = asdict(LlamaConfig.from_hugging_face(metadata["model_config"]))
    pairs = [
        ("quantization", metadata["quantization"], chat["quantization"], CHAT_CONFIG_FILE),
        ("quantization", metadata["quantization"], manifest["scheme"], MANIFEST_FILE),
        ("prefill_chunk_size", metadata["prefill_chunk_size"], chat["prefill_chunk_size"], CHAT_CONFIG_FILE),
        ("prefill_chunk_size", metadata["prefill_chunk_size"], manifest["prefill_chunk"], MANIFEST_FILE),
        ("kv_state_kind", metadata.get("kv_state_kind", "kv_cache"), "kv_cache", "WebLLM's text pipeline"),
        *((key, value, asdict(model.config)[key], CHAT_CONFIG_FILE) for key, value in architecture.items()),
        *((key, value, manifest["architecture"][key], MANIFEST_FILE) for key, value in architecture.items()),
    ]
    problems.extend(
        f"{name} is {ours!r} in the library and {theirs!r} in {where}"
        for name, ours, theirs, where in pairs
        if ours != theirs
    )
    chunk, window = metadata["prefill_chunk_size"], metadata["context_window_size"]
    if not _is_count(chunk) or not _is_count(window) or chunk > window:
        problems.append(f"a chunk of {chunk!r} tokens does not fit a window of {window!r}")
    # A folder may use less of the window than the library was compiled for, which saves memory, but not more.
    for where, used in ((CHAT_CONFIG_FILE, chat["context_window_size"]), (MANIFEST_FILE, manifest["context_window"])):
        if used > window:
            problems.append(f"the window of {used} tokens in {where} exceeds the library's {window}")
    problems.seen = f"{metadata['quantization']}, window {window}, chunk {chunk}"


def _shard_files(model: _Folder, problems: _Problems) -> None:
    """Shards are fetched whole, so that large ones cost memory and restart from 0 when interrupted."""
    total = 0
    for shard in model.shards:
        name, size = shard["dataPath"], shard["nbytes"]
        path = model.path / name
        if Path(name).name != name or not path.is_file():
            problems.append(f"{name} is not a file of the folder")
            continue
        if path.stat().st_size != size:
            problems.append(f"{name} has {path.stat().st_size} bytes, the index says {size}")
        if size > SHARD_BYTES and len(shard["records"]) > 1:
            problems.append(f"{name} has {size} bytes in several tensors; at most {SHARD_BYTES} are allowed")
        total += size
    names = [shard["dataPath"] for shard in model.shards]
    if len(set(names)) != len(names):
        problems.append("a shard is listed twice")
    problems.seen = f"{len(names)} shards, {total} bytes"


def _shard_records(model: _Folder, problems: _Problems) -> None:
    """WebLLM copies each record's bytes to the GPU unread; a wrong place or size is a wrong weight."""
    for shard in model.shards:
        for record in shard["records"]:
            problems.extend(f"{record['name']}: {problem}" for problem in _record_problems(record, shard["nbytes"]))
        placed = sorted(shard["records"], key=lambda record: record["byteOffset"])
        for before, after in itertools.pairwise(placed):
            if before["byteOffset"] + before["nbytes"] > after["byteOffset"]:
                problems.append(f"{before['name']} and {after['name']} overlap in {shard['dataPath']}")
    problems.seen = f"{len(list(model.records()))} tensors inside their shards, none overlapping"


def _record_problems(record: dict[str, Any], room: int) -> Iterator[str]:
    if record["format"] != "raw" or record["dtype"] not in BYTES_PER_ELEMENT:
        yield f"stored as {record['format']} {record['dtype']}"
        return
    if byte_count(tuple(record["shape"]), record["dtype"]) != record["nbytes"]:
        yield f"{record['nbytes']} bytes are not {record['dtype']} {record['shape']}"
    if record["nbytes"] % 4:
        yield f"{record['nbytes']} bytes are not whole words, which WebGPU copies"
    if record["byteOffset"] < 0 or record["byteOffset"] + record["nbytes"] > room:
        yield f"bytes {record['byteOffset']} + {record['nbytes']} are outside the shard of {room}"


def _stored_parameters(model: _Folder, problems: _Problems) -> None:
    """The index against the architecture of the chat configuration."""
    stored = [_triple(record) for record in model.records()]
    _compare_order(stored, parameter_shapes(model.config, model.scheme), "the scheme", problems)
    problems.seen = f"{len(stored)} parameters of {model.scheme.name}"


def _tokenizer(model: _Folder, problems: _Problems) -> None:
    """Rows of logits without a token decode to nothing when drawn; truncation cuts messages silently."""
    for key in ("truncation", "padding"):
        if model.tokenizer_document.get(key) is not None:
            problems.append(f"{key} is set, which WebLLM applies to every message")
    ids, rows = set(model.tokenizer.get_vocab().values()), model.chat["vocab_size"]
    if ids != set(range(rows)):
        problems.append(f"{len(ids)} tokens up to id {max(ids)} for {rows} rows of logits")
    conversation = model.chat["conv_template"]
    named = [
        *conversation["stop_token_ids"],
        *(conversation.get("system_prefix_token_ids") or []),
        *(model.chat[key] for key in ("bos_token_id", "eos_token_id", "pad_token_id") if key in model.chat),
    ]
    problems.extend(f"token id {identity} is used and does not exist" for identity in named if identity not in ids)
    problems.seen = f"{len(ids)} tokens, one for each row of logits"


def _tags(model: _Folder, problems: _Problems) -> None:
    """A bias, a stop or a mode on a tag acts on one token."""
    tags = model.manifest["dialect"]["tags"]
    special = {token["content"] for token in model.tokenizer_document["added_tokens"] if token["special"]}
    for tag in tags:
        text = tag["text"]
        ids = model.tokenizer.encode(text, add_special_tokens=False).ids
        if len(ids) != 1 or text not in special:
            problems.append(f"{text} is not one special token but {ids}")
        elif ids != tag["token_ids"]:
            problems.append(f"{text} is {ids}, the manifest says {tag['token_ids']}")
    problems.seen = f"{len(tags)} tags, each one special token"


def _chat_configuration(model: _Folder, problems: _Problems) -> None:
    """What WebLLM reads of `mlc-chat-config.json`."""
    chat, conversation = model.chat, model.chat["conv_template"]
    # A missing window counts as set, and null as well.
    windows = [chat.get("context_window_size"), chat.get("sliding_window_size")]
    used = [window for window in windows if window != -1]
    if len(used) != 1 or not _is_count(used[0]):
        problems.append(f"exactly one of context_window_size and sliding_window_size must be set, not {windows}")
    sink = chat.get("attention_sink_size")
    if not _is_number(sink) or (windows[1] != -1 and sink < 0):
        problems.append(f"attention_sink_size is {sink!r}")
    for key, (allowed, range_text) in _SAMPLING_RANGES.items():
        if not _is_number(chat.get(key)) or not allowed(chat[key]):
            problems.append(f"{key} is {chat.get(key)!r}, not a number {range_text}")
    if TOKENIZER_FILE not in chat["tokenizer_files"]:
        problems.append(f"tokenizer_files does not list {TOKENIZER_FILE}")
    if chat["vocab_size"] != model.config.vocab_size:
        problems.append(f"vocab_size is {chat['vocab_size']} for {model.config.vocab_size} logits")
    if conversation.get("role_templates"):
        problems.append("role_templates is set, which makes WebLLM rewrite `$` in what people write")
    if "{system_message}" not in conversation["system_template"]:
        problems.append("system_template has no place for {system_message}")
    if "$" in (conversation.get("system_message") or ""):
        problems.append("system_message holds a `$`, which WebLLM rewrites")
    for role in ("user", "assistant"):
        if not isinstance(conversation["roles"].get(role), str):
            problems.append(f"roles has no {role}")
    for key in ("role_content_sep", "role_empty_sep"):
        if not isinstance(conversation.get(key), str):
            problems.append(f'{key} is missing, in place of which WebLLM writes ": "')
    if not conversation["seps"]:
        problems.append("seps is empty")
    if not conversation["stop_token_ids"] and not conversation["stop_str"]:
        problems.append("nothing ends a reply: stop_token_ids and stop_str are empty")
    problems.seen = f"window {used}, every sampling default given"


def _manifest(model: _Folder, problems: _Problems) -> None:
    """Schema, sizes, hashes, and everything that the manifest repeats."""
    problems.extend(validate_manifest(model.path))
    problems.seen = f"{len(model.manifest['files'])} files with their hashes"


def _triple(record: dict[str, Any]) -> tuple[str, tuple[int, ...], str]:
    return record["name"], tuple(record["shape"]), record["dtype"]


def _kind(parameter: tuple[str, tuple[int, ...], str]) -> str:
    return f"{parameter[2]} {list(parameter[1])}"


def _compare_order(
    found: list[tuple[str, tuple[int, ...], str]],
    expected: list[tuple[str, tuple[int, ...], str]],
    where: str,
    problems: _Problems,
) -> None:
    """Reports the first place where two lists of parameters part."""
    for place, (ours, theirs) in enumerate(itertools.zip_longest(found, expected)):
        if ours != theirs:
            texts = ["nothing" if one is None else f"{one[0]} {_kind(one)}" for one in (ours, theirs)]
            problems.append(f"parameter {place} is {texts[0]}; {where} has {texts[1]}")
            return


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


_CHECKS: dict[str, _Check] = {
    "library imports": _library_imports,
    "library exports": _library_exports,
    "library functions": _library_functions,
    "library kernels": _library_kernels,
    "library parameters": _library_parameters,
    "library settings": _library_settings,
    "shard files": _shard_files,
    "shard records": _shard_records,
    "stored parameters": _stored_parameters,
    "tokenizer": _tokenizer,
    "tags": _tags,
    "chat configuration": _chat_configuration,
    "manifest": _manifest,
}
