"""`forge convert`: weights into WebLLM's model folder or a GGUF file, and back."""

from __future__ import annotations

import argparse
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..chat_templates import (
    STYLES,
    ChatStyle,
    chosen_style,
    conversation_template,
    default_system_message,
    with_default_system_message,
)
from ..conversion import ConversionReport, FittedSource, write_gguf_file, write_shards
from ..errors import ForgeError
from ..files import replaced_file, replaced_folder, write_json
from ..gguf_files.tokenizer import pre_tokenizer_name
from ..library_sizes import CHUNK, MOST_CONTEXT
from ..manifest import (
    ConvertedModel,
    details_of,
    read_details,
    require_calibration,
    require_file_name,
    require_valid_details,
    sampling_of,
    validate_manifest,
    write_manifest,
)
from ..model_source import ModelSource, SourceNotes
from ..open_source import open_source
from ..schemes import SCHEMES, Scheme, scheme_named
from ..webllm_folder import CHAT_CONFIG_FILE, INDEX_FILE, TOKENIZER_FILE, chat_config
from ..webllm_source import WebllmSource

_OF_A_GGUF_FILE = ("name", "license", "system_message")
"""The details that a GGUF file has a place for; what else a manifest would say may be unfinished then."""

EPILOG = """\
Sources: a Hugging Face folder (config.json, tokenizer.json, one or several safetensors files in f32, f16 or bf16), a
GGUF file (F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K), or a WebLLM folder written by this command.
Between Q4_0 GGUF and the 4-bit WebLLM schemes numbers are repacked without loss; everything else is quantized with the
least squared error found per group of 32 weights.

Shards hold at most 32 MB. A single tensor is never split: one that is larger gets a shard of its own.

examples:
  forge convert runs/tiny --to webllm --scheme q4f32 --manifest-details cards/tiny.json --library tiny.wasm --output out
  forge convert model.Q4_0.gguf --to webllm --scheme q4f16 --id my-model --revision v1 --output out
  forge convert out --to gguf --output my-model.gguf
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("source", type=Path, metavar="SOURCE", help="folder or GGUF file to convert")
    parser.add_argument("--to", choices=("webllm", "gguf"), required=True, help="what to write")
    parser.add_argument(
        "--scheme",
        choices=tuple(SCHEMES),
        help="numbers of the output (default: a WebLLM source's, else q4f32); as GGUF, q4* is Q4_0 and q0f32 is F32",
    )
    parser.add_argument("--output", type=Path, required=True, help="folder to write (webllm) or file (gguf)")
    parser.add_argument("--force", action="store_true", help="replace the output if it exists")
    parser.add_argument("--id", help="identity of the model in its manifest, as in its URL")
    parser.add_argument("--revision", help="revision in the manifest, as in the URL; never reuse a published one")
    parser.add_argument(
        "--manifest-details",
        type=Path,
        metavar="FILE.json",
        help="what the manifest says and nothing can compute: good_at, license, quality, system_message …",
    )
    parser.add_argument(
        "--with-gguf",
        action="store_true",
        help="put the same weights into the folder as a GGUF file, too, which browsers run on the processor",
    )
    parser.add_argument("--library", type=Path, metavar="WASM", help="compiled model library to put into the folder")
    parser.add_argument(
        "--context", type=int, help=f"context window, tokens (default: the model's, at most {MOST_CONTEXT})"
    )
    parser.add_argument(
        "--chunk",
        type=int,
        help=f"prefill chunk of the library, tokens (default: {CHUNK}, at most the window)",
    )
    parser.add_argument("--chat-style", choices=tuple(STYLES), help="conversation style, where it is not evident")
    parser.add_argument(
        "--trim-vocabulary", action="store_true", help="leave out rows of the embedding that have no token"
    )
    parser.add_argument("--report", type=Path, metavar="FILE.json", help="write the error of each tensor as JSON, too")


def run(arguments: argparse.Namespace) -> None:
    """Converts, prints the error of each tensor, and writes the output or nothing."""
    _refuse_existing(arguments.output, arguments.to, arguments.force)
    # Its place is settled now: the output may be the current folder, which is another one afterwards.
    report_file = None if arguments.report is None else arguments.report.resolve()
    opened = open_source(arguments.source)
    source = FittedSource(opened, arguments.trim_vocabulary)
    known_scheme = opened.scheme.name if isinstance(opened, WebllmSource) else "q4f32"
    scheme = scheme_named(arguments.scheme or known_scheme)
    details = _details(arguments, opened)
    told = details if arguments.to == "webllm" else {key: details[key] for key in _OF_A_GGUF_FILE if key in details}
    require_valid_details(told)
    style = chosen_style(source.tokenizer, arguments.chat_style)
    system_message = details.get("system_message")
    if system_message is None:
        system_message = default_system_message(style, source.tokenizer)
    source.tokenizer = with_default_system_message(style, source.tokenizer, system_message)
    if arguments.to == "gguf":
        report = _write_gguf(arguments.output, source, scheme, details)
    else:
        lengths = _lengths(arguments, opened, source)
        library = _library(arguments, opened)
        conversation = conversation_template(style, source.tokenizer, system_message)
        with_gguf = arguments.with_gguf or isinstance(opened, WebllmSource) and any(arguments.source.glob("*.gguf"))
        report = _write_folder(
            arguments.output, source, scheme, details, style, conversation, lengths, library, with_gguf
        )
    if report_file is not None:
        write_json(report_file, report.as_json())


def _write_gguf(output: Path, source: FittedSource, scheme: Scheme, details: dict[str, Any]) -> ConversionReport:
    license_id = (details.get("license") or {}).get("spdx")
    source.notes = SourceNotes(name=details.get("name") or details.get("id"), license=license_id)
    with replaced_file(output) as temporary:
        report = write_gguf_file(temporary, source, scheme)
    print(report.as_table())
    print(f"{output}: {output.stat().st_size:,} bytes")
    return report


def _write_folder(
    output: Path,
    source: FittedSource,
    scheme: Scheme,
    details: dict[str, Any],
    style: ChatStyle,
    conversation: dict[str, Any],
    lengths: tuple[int, int],
    library: Path | None,
    with_gguf: bool,
) -> ConversionReport:
    for key in ("id", "revision"):
        if not details.get(key):
            raise ForgeError(f"a WebLLM folder needs --{key}, or {key} in the file given with --manifest-details")
    # Refused now, not after the weights: converting a large model takes an hour.
    require_calibration(details, source.tokenizer)
    if library is not None:
        require_file_name(library.name)
    if with_gguf:
        pre_tokenizer_name(source.tokenizer)
    context, chunk = lengths
    with replaced_folder(output) as folder:
        report = write_shards(folder, source, scheme)
        (folder / TOKENIZER_FILE).write_text(source.tokenizer.serialized(), encoding="utf-8")
        chat = chat_config(source.config, scheme, source.tokenizer, conversation, context, chunk, sampling_of(details))
        write_json(folder / CHAT_CONFIG_FILE, chat)
        if library is not None:
            shutil.copyfile(library, folder / library.name)
        if with_gguf:
            # From what was written, so that a folder that is converted again gets the same file. Only the template is
            # not there yet: it stands in the manifest, which lists this file.
            again = FittedSource(WebllmSource(folder), False)
            again.tokenizer = replace(again.tokenizer, chat_template=source.tokenizer.chat_template)
            _write_gguf(folder / f"{details['id']}.gguf", again, scheme, details)
        model = ConvertedModel(
            config=source.config,
            scheme=scheme,
            tokenizer=source.tokenizer,
            style=style,
            conversation=conversation,
            context_window=context,
            prefill_chunk=chunk,
            weights=report.weight_count,
            bits_per_weight=report.bits_per_weight,
            library=None if library is None else library.name,
        )
        manifest = write_manifest(folder, model, details)
        problems = validate_manifest(folder)
        if problems:
            raise ForgeError(f"the folder contradicts its manifest: {problems[0]}", "Please report this as a defect.")
    print(report.as_table())
    for note in manifest["chat_template"]["notes"]:
        print(f"note: {note}")
    memory = manifest["gpu_memory"]["total_bytes"]
    print(
        f"{output}: {len(manifest['files'])} files, {manifest['total_bytes']:,} bytes; {memory:,} bytes of GPU memory"
    )
    return report


def _refuse_existing(output: Path, kind: str, force: bool) -> None:
    if not output.exists():
        return
    if not force:
        raise ForgeError(f"{output} exists", "Pass --force to replace it.")
    if kind == "gguf" and output.is_dir():
        raise ForgeError(f"{output} is a folder; a GGUF output is a file")
    if kind == "webllm" and not output.is_dir():
        raise ForgeError(f"{output} is a file; a WebLLM output is a folder")
    if kind == "webllm" and any(output.iterdir()) and not (output / INDEX_FILE).is_file():
        # --force deletes the folder: never one that only shares the name.
        raise ForgeError(f"{output} is not a WebLLM model folder and is not empty; it will not be replaced")


def _details(arguments: argparse.Namespace, source: ModelSource) -> dict[str, Any]:
    """The manifest's details: options over the details file over what the source says."""
    details: dict[str, Any] = {}
    if source.notes.name:
        details["name"] = source.notes.name
    if source.notes.license:
        details["license"] = {"spdx": source.notes.license}
    if isinstance(source, WebllmSource) and source.manifest:
        details.update(details_of(source.manifest))
    if arguments.manifest_details is not None:
        details.update(read_details(arguments.manifest_details))
    for key in ("id", "revision"):
        if getattr(arguments, key) is not None:
            details[key] = getattr(arguments, key)
    return details


def _lengths(arguments: argparse.Namespace, opened: ModelSource, source: FittedSource) -> tuple[int, int]:
    """Context window and prefill chunk."""
    before = opened.manifest if isinstance(opened, WebllmSource) else {}
    longest = source.config.max_position_embeddings
    context = arguments.context or before.get("context_window") or min(longest, MOST_CONTEXT)
    chunk = arguments.chunk or min(before.get("prefill_chunk") or CHUNK, context)
    if not 0 < context <= longest:
        raise ForgeError(
            f"--context {context} is not between 1 and {longest}, the positions that the model was made for"
        )
    if not 0 < chunk <= context:
        raise ForgeError(f"--chunk {chunk} is not between 1 and the context window of {context}")
    return context, chunk


def _library(arguments: argparse.Namespace, source: ModelSource) -> Path | None:
    """The library to copy: the one named, or that of a WebLLM source."""
    path: Path | None = arguments.library
    if path is None:
        if not isinstance(source, WebllmSource) or not source.manifest.get("library"):
            return None
        path = arguments.source / source.manifest["library"]
    if not path.is_file():
        raise ForgeError(f"{path} does not exist", "Compile it first: forge compile.")
    with path.open("rb") as file:
        if file.read(4) != b"\0asm":
            raise ForgeError(f"{path} is not WebAssembly")
    return path
