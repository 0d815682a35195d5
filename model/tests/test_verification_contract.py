"""The static checks of `forge verify`: a sound folder passes, and each fault fails the check that is meant for it."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from test_compile_checks import SHADER, webgpu_module
from tiny_models import HuggingFaceModel

from reflection_model.cli import main
from reflection_model.compiler.checks import ALLOWED_IMPORTS, REQUIRED_EXPORTS
from reflection_model.llama_config import LlamaConfig
from reflection_model.schemes import parameter_shapes
from reflection_model.verification.contract import LIBRARY_FUNCTIONS, check_contract

CONTEXT, CHUNK = 256, 64


def unsigned(value: int) -> bytes:
    """Seven bits a byte, lowest first."""
    return bytes([value]) if value < 128 else bytes([value & 0x7F | 0x80]) + unsigned(value >> 7)


def counted(content: bytes) -> bytes:
    return unsigned(len(content)) + content


def library_bytes(
    metadata: dict[str, Any],
    imports: tuple[tuple[str, str], ...] = tuple(sorted(ALLOWED_IMPORTS)),
    exports: tuple[str, ...] = tuple(sorted(REQUIRED_EXPORTS)),
    functions: tuple[str, ...] = LIBRARY_FUNCTIONS,
    shader: str = SHADER,
) -> bytes:
    """The smallest module that has what the checks look at; it computes nothing."""
    table = b"".join(struct.pack("<Q", len(name)) + name.encode() for name in functions)
    data = table + webgpu_module(shader=shader) + json.dumps(metadata).encode() + b"\0"
    sections = {
        2: [counted(module.encode()) + counted(name.encode()) + b"\0\0" for module, name in imports],
        7: [counted(name.encode()) + b"\0\0" for name in exports],
        11: [b"\0\x41\x08\x0b" + counted(data)],
    }
    return b"\0asm\x01\0\0\0" + b"".join(
        bytes([kind]) + counted(unsigned(len(entries)) + b"".join(entries)) for kind, entries in sections.items()
    )


def metadata_of(config: LlamaConfig) -> dict[str, Any]:
    return {
        "model_type": "llama",
        "quantization": "q4f32",
        "context_window_size": CONTEXT,
        "prefill_chunk_size": CHUNK,
        "kv_state_kind": "kv_cache",
        "params": [
            {"name": name, "shape": shape, "dtype": dtype} for name, shape, dtype in parameter_shapes(config, "q4f32")
        ],
        "model_config": asdict(config),
    }


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `forge convert` writes it, with a made-up library."""
    place = tmp_path_factory.mktemp("contract")
    source = HuggingFaceModel(place / "source")
    library = place / "lib.wasm"
    library.write_bytes(library_bytes(metadata_of(source.config)))
    output = place / "output"
    options = ["--id", "tiny", "--revision", "r1", "--context", str(CONTEXT), "--chunk", str(CHUNK)]
    paths = ["--library", str(library), "--output", str(output)]
    assert main(["convert", str(source.folder), "--to", "webllm", *options, *paths]) == 0
    return output


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "model"))


def failures(folder: Path) -> dict[str, str]:
    return {finding.name: finding.detail for finding in check_contract(folder) if not finding.passed}


def test_a_sound_folder_passes_every_check(folder: Path) -> None:
    findings = check_contract(folder)
    assert len(findings) == 13
    assert {finding.name: finding.detail for finding in findings if not finding.passed} == {}
    assert all(finding.detail for finding in findings)


Change = Callable[[Any], object]


def edited(file: str, change: Change) -> Callable[[Path], None]:
    """Applies a change to a JSON file."""

    def apply(folder: Path) -> None:
        value = json.loads((folder / file).read_text())
        change(value)
        (folder / file).write_text(json.dumps(value))

    return apply


def chat(change: Change) -> Callable[[Path], None]:
    return edited("mlc-chat-config.json", change)


def index(change: Change) -> Callable[[Path], None]:
    return edited("tensor-cache.json", change)


def tokenizer(change: Change) -> Callable[[Path], None]:
    return edited("tokenizer.json", change)


def manifest(change: Change) -> Callable[[Path], None]:
    return edited("manifest.json", change)


def relinked(change: Change = lambda metadata: None, **parts: Any) -> Callable[[Path], None]:
    """Replaces the library by one with other metadata or other parts."""

    def apply(folder: Path) -> None:
        chat_config = json.loads((folder / "mlc-chat-config.json").read_text())
        metadata = metadata_of(LlamaConfig.from_hugging_face(chat_config["model_config"]))
        metadata = json.loads(json.dumps(metadata))
        change(metadata)
        (folder / "lib.wasm").write_bytes(library_bytes(metadata, **parts))

    return apply


def shard(folder: Path) -> Path:
    return folder / "params_shard_0.bin"


def shortened(folder: Path) -> None:
    shard(folder).write_bytes(shard(folder).read_bytes()[:-4])


def swapped(values: list[Any]) -> None:
    values[0], values[1] = values[1], values[0]


def record(value: dict[str, Any], number: int = 0) -> dict[str, Any]:
    return value["records"][0]["records"][number]


def untagged(value: dict[str, Any]) -> None:
    """Makes `<output>` an ordinary added token."""
    for token in value["added_tokens"]:
        if token["content"] == "<output>":
            token["special"] = False


def enlarged(folder: Path) -> None:
    """A shard of several tensors beyond the limit; sparse, so that it takes no space."""
    with shard(folder).open("r+b") as file:
        file.truncate(32_000_004)
    index(lambda value: value["records"][0].update(nbytes=32_000_004))(folder)


REMOTE = ("env", "_ZN3tvm7runtime22CreateRPCSessionModuleE")
PARAMETERS = {"library parameters", "stored parameters"}

FAULTS: dict[str, tuple[Callable[[Path], object], set[str], str]] = {
    "an import": (relinked(imports=(REMOTE,)), {"library imports"}, "CreateRPCSessionModule"),
    "an export": (
        relinked(exports=tuple(REQUIRED_EXPORTS - {"TVMFFIObjectIncRef"})),
        {"library exports"},
        "TVMFFIObjectIncRef is missing",
    ),
    **{
        f"no {name}": (
            relinked(functions=tuple(other for other in LIBRARY_FUNCTIONS if other != name)),
            {"library functions"},
            f"{name} is missing",
        )
        for name in LIBRARY_FUNCTIONS
    },
    "a kernel": (relinked(shader=SHADER.replace("(64, 2, 1)", "(512, 1, 1)")), {"library kernels"}, "512 threads"),
    "parameter order": (relinked(lambda m: swapped(m["params"])), {"library parameters"}, "parameter 0 is"),
    "parameter name": (
        relinked(lambda m: m["params"][0].update(name="embed")),
        {"library parameters"},
        "embed is not in tensor-cache.json",
    ),
    "parameter shape": (
        relinked(lambda m: m["params"][3].update(shape=[1, 2])),
        {"library parameters"},
        "[1, 2] in the library",
    ),
    "parameter type": (
        relinked(lambda m: m["params"][1].update(dtype="float16")),
        {"library parameters"},
        "float16",
    ),
    "missing parameter": (relinked(lambda m: m["params"].pop()), {"library parameters"}, "is nothing; the scheme has"),
    "scheme of the library": (
        relinked(lambda m: m.update(quantization="q4f16")),
        {"library settings"},
        "quantization is 'q4f16'",
    ),
    "chunk of the library": (
        relinked(lambda m: m.update(prefill_chunk_size=128)),
        {"library settings"},
        "prefill_chunk_size is 128",
    ),
    "window of the library": (
        relinked(lambda m: m.update(context_window_size=CONTEXT - 1)),
        {"library settings"},
        "exceeds the library's 255",
    ),
    "architecture of the library": (
        relinked(lambda m: m["model_config"].update(rope_theta=500.0)),
        {"library settings"},
        "rope_theta is 500.0 in the library",
    ),
    "kind of cache": (relinked(lambda m: m.update(kv_state_kind="hybrid")), {"library settings"}, "'hybrid'"),
    "chunk of the manifest": (
        manifest(lambda m: m.update(prefill_chunk=32)),
        {"library settings"},
        "32 in manifest.json",
    ),
    "missing shard": (lambda folder: shard(folder).unlink(), {"shard files"}, "is not a file"),
    "short shard": (shortened, {"shard files"}, "the index says"),
    "large shard": (enlarged, {"shard files"}, "32000004 bytes in several tensors"),
    "shard elsewhere": (
        index(lambda i: i["records"][0].update(dataPath="../model/params_shard_0.bin")),
        {"shard files"},
        "is not a file of the folder",
    ),
    "record outside": (
        index(lambda i: record(i, -1).update(byteOffset=i["records"][0]["nbytes"])),
        {"shard records"},
        "outside the shard",
    ),
    "overlap": (index(lambda i: record(i, 1).update(byteOffset=4)), {"shard records"}, "overlap"),
    "record size": (index(lambda i: record(i, -1).update(nbytes=4)), {"shard records"}, "4 bytes are not float32"),
    "record format": (
        index(lambda i: record(i).update(format="f32-to-bf16")),
        {"shard records"},
        "f32-to-bf16",
    ),
    "stored shape": (
        index(lambda i: record(i).update(shape=record(i)["shape"][::-1])),
        PARAMETERS,
        "parameter 0 is model.embed_tokens.q_weight",
    ),
    "stored order": (index(lambda i: swapped(i["records"][0]["records"])), {"stored parameters"}, "parameter 0 is"),
    "truncation": (
        tokenizer(
            lambda t: t.update(
                truncation={"max_length": 4, "strategy": "LongestFirst", "stride": 0, "direction": "Right"}
            )
        ),
        {"tokenizer"},
        "truncation is set",
    ),
    "padding": (
        tokenizer(
            lambda t: t.update(
                padding={
                    "strategy": "BatchLongest",
                    "direction": "Right",
                    "pad_to_multiple_of": None,
                    "pad_id": 0,
                    "pad_type_id": 0,
                    "pad_token": "x",
                }
            )
        ),
        {"tokenizer"},
        "padding is set",
    ),
    "logits without a token": (
        chat(lambda c: c.update(vocab_size=c["vocab_size"] + 1)),
        {"tokenizer", "chat configuration"},
        "rows of logits",
    ),
    "stop token": (
        chat(lambda c: c["conv_template"].update(stop_token_ids=[99_999])),
        {"tokenizer"},
        "99999 is used and does not exist",
    ),
    "tag that is not special": (tokenizer(untagged), {"tags"}, "<output> is not one special token"),
    "tag of another id": (
        manifest(lambda m: m["dialect"]["tags"][0].update(token_ids=[1])),
        {"tags"},
        "the manifest says [1]",
    ),
    "no sliding window": (
        chat(lambda c: c.pop("sliding_window_size")),
        {"chat configuration"},
        "exactly one of",
    ),
    "two windows": (chat(lambda c: c.update(sliding_window_size=64)), {"chat configuration"}, "exactly one of"),
    "role templates": (
        chat(lambda c: c["conv_template"].update(role_templates={"user": "{user_message}"})),
        {"chat configuration"},
        "role_templates is set",
    ),
    "dollar": (
        chat(lambda c: c["conv_template"].update(system_message="$5")),
        {"chat configuration"},
        "holds a `$`",
    ),
    "no role": (chat(lambda c: c["conv_template"]["roles"].pop("user")), {"chat configuration"}, "has no user"),
    "no separator": (
        chat(lambda c: c["conv_template"].pop("role_empty_sep")),
        {"chat configuration"},
        "role_empty_sep is missing",
    ),
    **{
        f"no {key}": (chat(lambda c, key=key: c.pop(key)), {"chat configuration"}, f"{key} is None")
        for key in ("temperature", "top_p", "repetition_penalty", "presence_penalty", "frequency_penalty")
    },
    "top_p": (chat(lambda c: c.update(top_p=0)), {"chat configuration"}, "top_p is 0, not a number above 0"),
    "another file": (lambda folder: (folder / "notes.txt").touch(), {"manifest"}, "notes.txt is in the folder"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_fails_its_check_and_no_other(folder: Path, fault: str) -> None:
    damage, expected, text = FAULTS[fault]
    damage(folder)
    failed = failures(folder)
    # The manifest knows every file's hash, so it notices all of them too.
    assert set(failed) - {"manifest"} == expected - {"manifest"} and "manifest" in failed
    assert any(text in failed[name] for name in expected), failed


def test_every_check_is_failed_by_some_fault(folder: Path) -> None:
    covered = set().union(*(expected for _, expected, _ in FAULTS.values()))
    assert covered == {finding.name for finding in check_contract(folder)}


@pytest.mark.parametrize(
    "file", ["lib.wasm", "manifest.json", "mlc-chat-config.json", "tensor-cache.json", "tokenizer.json"]
)
@pytest.mark.parametrize("content", [None, b"", b"{}", b"[1]", b'{"records": [7], "conv_template": 3}', b"\xff\0asm"])
def test_a_file_of_rubbish_is_reported_and_never_raised(folder: Path, file: str, content: bytes | None) -> None:
    if content is None:
        (folder / file).unlink()
    else:
        (folder / file).write_bytes(content)
    failed = failures(folder)
    assert len(failed) >= 2 and all(failed.values())


def test_a_folder_that_does_not_exist_fails_every_check(tmp_path: Path) -> None:
    assert not any(finding.passed for finding in check_contract(tmp_path / "absent"))


def test_a_smaller_window_than_the_library_s_is_allowed(folder: Path) -> None:
    relinked(lambda metadata: metadata.update(context_window_size=512))(folder)
    assert set(failures(folder)) == {"manifest"}  # which only sees another hash


def test_no_compiler_is_needed() -> None:
    program = "import sys; sys.modules['tvm'] = None; import reflection_model.verification.contract"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
