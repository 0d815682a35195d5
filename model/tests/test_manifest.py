import json
import shutil
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tiny_models import CHATML_TOKENS, TAGS, HuggingFaceModel

from reflection_model.cli import main
from reflection_model.errors import ForgeError
from reflection_model.gpu_memory import gpu_memory
from reflection_model.llama_config import load_config
from reflection_model.manifest import validate_manifest
from reflection_model.open_source import open_source
from reflection_model.schemes import scheme_named
from reflection_model.webllm_folder import read_parameters

DETAILS: dict[str, Any] = {
    "id": "tiny",
    "revision": "2026-11-21",
    "name": "Tiny",
    "description": "A model for tests.",
    "languages": ["en"],
    "license": {"spdx": "Apache-2.0", "notices": ["Trained on generated text."]},
    "base_model": {"name": "none-such", "license": "MIT"},
    "system_message": "Reflect before you answer.",
    "chat_template_notes": ["One turn at a time."],
    "good_at": [{"task": "addition", "examples": ["What is 12 + 30?"]}],
    "sampling": {"temperature": 0.5},
    "reflection_calibration": {"logit_bias": {"never": -100, "less": -2.5, "normal": 0, "more": 2.5}},
    "quality": [
        {
            "name": "exact match",
            "value": 91.5,
            "unit": "%",
            "command": "forge evaluate tiny",
            "date": "2026-11-21",
            "machine": "2 cores",
            "details": "2,000 problems",
        }
    ],
}


def convert(source: Path, output: Path, details: dict[str, Any], *options: str) -> int:
    path = output.parent / f"{output.name}-details.json"
    path.write_text(json.dumps(details))
    settings = ["--to", "webllm", "--output", str(output), "--manifest-details", str(path), *options]
    return main(["convert", str(source), *settings])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("manifest")
    library = root / "tiny.wasm"
    library.write_bytes(b"\0asm\1\0\0\0")
    model = HuggingFaceModel(root / "model")
    options = ["--scheme", "q4f16", "--context", "128", "--chunk", "32", "--library", str(library)]
    options.append("--with-gguf")
    assert convert(model.folder, root / "made", DETAILS, *options) == 0
    return root / "made"


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


def manifest_of(folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return manifest


def test_schema_is_valid_and_closed() -> None:
    schema = json.loads((resources.files("reflection_model") / "manifest.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == set(schema["properties"])


def test_what_was_given_is_said(made: Path) -> None:
    manifest = manifest_of(made)
    for key in ("id", "revision", "name", "description", "languages", "license", "base_model", "good_at", "quality"):
        assert manifest[key] == DETAILS[key]
    assert manifest["sampling"]["temperature"] == 0.5
    assert manifest["sampling"]["top_p"] == 0.95
    assert manifest["chat_template"]["default_system_message"] == "Reflect before you answer."
    assert manifest["chat_template"]["notes"] == ["One turn at a time."]
    assert "Reflect before you answer." in manifest["chat_template"]["jinja"]


def test_the_gguf_file_of_a_folder_says_the_same_and_is_the_same_when_it_is_converted_again(
    made: Path, tmp_path: Path
) -> None:
    template = manifest_of(made)["chat_template"]["jinja"]
    assert open_source(made / "tiny.gguf").tokenizer.chat_template == template
    assert main(["convert", str(made), "--to", "webllm", "--output", str(tmp_path / "again")]) == 0
    assert (tmp_path / "again" / "tiny.gguf").read_bytes() == (made / "tiny.gguf").read_bytes()


def test_what_can_be_computed_is_computed(made: Path) -> None:
    manifest = manifest_of(made)
    files = {entry["path"]: entry for entry in manifest["files"]}
    assert files.keys() == {path.name for path in made.iterdir()} - {"manifest.json"}
    assert {entry["role"] for entry in manifest["files"]} == {
        "weights",
        "weights-index",
        "tokenizer",
        "chat-config",
        "library",
        "gguf",
    }
    parameters = read_parameters(made)
    stored = sum(value.nbytes for value in parameters.values())
    assert manifest["gpu_memory"]["weights_bytes"] == stored
    assert manifest["bits_per_weight"] == pytest.approx(8 * stored / manifest["parameters"])
    largest = manifest["requirements"]["webgpu_limits"]["maxStorageBufferBindingSize"]
    assert largest >= max(value.nbytes for value in parameters.values())
    assert manifest["requirements"]["webgpu_features"] == ["shader-f16"]
    assert (manifest["context_window"], manifest["prefill_chunk"]) == (128, 32)


def test_tags_have_the_ids_of_the_tokenizer(made: Path) -> None:
    manifest = manifest_of(made)
    ids = {token["content"]: token["id"] for token in json.loads((made / "tokenizer.json").read_text())["added_tokens"]}
    assert manifest["dialect"]["name"] == "reflection"
    assert manifest["dialect"]["tags"] == [{"text": tag, "token_ids": [ids[tag]]} for tag in TAGS]
    assert manifest["reflection_calibration"] == {
        "token": "<reflection>",
        "token_id": ids["<reflection>"],
        "logit_bias": DETAILS["reflection_calibration"]["logit_bias"],
    }


def test_a_model_without_tags_speaks_plainly(tmp_path: Path) -> None:
    model = HuggingFaceModel(tmp_path / "model", special=[*CHATML_TOKENS, "<|reserved|>"])
    details = {key: DETAILS[key] for key in ("id", "revision")}
    assert convert(model.folder, tmp_path / "plain", details) == 0
    manifest = manifest_of(tmp_path / "plain")
    assert manifest["dialect"] == {"name": "plain", "tags": []}
    assert manifest["license"] == {"spdx": "NOASSERTION", "notices": []}
    assert validate_manifest(tmp_path / "plain") == []

    assert convert(model.folder, tmp_path / "told", {**details, "dialect": "reflection"}) == 0
    tags = manifest_of(tmp_path / "told")["dialect"]["tags"]
    assert [tag["text"] for tag in tags] == TAGS and all(len(tag["token_ids"]) > 1 for tag in tags)


def test_calibration_needs_the_token(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = HuggingFaceModel(tmp_path / "model", special=CHATML_TOKENS)
    assert convert(model.folder, tmp_path / "out", DETAILS) == 1
    assert "needs <reflection> as a single token" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"good_et": []}, "unknown key 'good_et'"),
        ({"good_at": [{"task": "addition"}]}, "'examples' is a required property"),
        ({"quality": [{**DETAILS["quality"][0], "value": "high"}]}, "'high' is not of type 'number'"),
        ({"quality": [{**DETAILS["quality"][0], "date": "yesterday"}]}, "'yesterday' does not match"),
        ({"reflection_calibration": {"logit_bias": {"never": -100}}}, "reflection_calibration"),
        ({"revision": "a/b"}, "'a/b' does not match"),
        ({"license": {"spdx": ""}}, "license.spdx"),
        ({"dialect": "french"}, "'french' is not one of"),
    ],
)
def test_wrong_details_are_refused(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, Any], message: str
) -> None:
    assert convert(made, tmp_path / "out", {**DETAILS, **change}) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_results_are_added_to_a_folder_without_converting_again(made: Path, folder: Path) -> None:
    second = {**DETAILS["quality"][0], "name": "well-formed", "value": 99.8}
    assert convert(folder, folder, {"quality": [*DETAILS["quality"], second]}, "--force") == 0
    before, after = manifest_of(made), manifest_of(folder)
    assert after.pop("quality") == [*before.pop("quality"), second]
    assert after == before
    assert validate_manifest(folder) == []


def test_a_complete_folder_has_no_problems(made: Path) -> None:
    assert validate_manifest(made) == []


def change_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    manifest = manifest_of(folder)
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.update(context_window=64), "context_window is 64 in the manifest and 128"),
        (lambda m: m.update(prefill_chunk=16), "prefill_chunk is 16 in the manifest and 32"),
        (lambda m: m.update(scheme="q4f32"), "scheme is 'q4f32'"),
        (lambda m: m["files"][0].update(role="gguf"), "more than one file has the role gguf"),
        (lambda m: m.update(total_bytes=5), "total_bytes is not the sum"),
        (lambda m: m.update(library="other.wasm"), "other.wasm is not listed"),
        (lambda m: m["sampling"].update(top_p=0.5), "sampling.top_p is 0.5"),
        (lambda m: m["dialect"]["tags"][2].update(token_ids=[40]), "tag <reflection> is"),
        (lambda m: m["chat_template"].update(stop_token_ids=[77]), "77 is no special token"),
        (lambda m: m["reflection_calibration"].update(token_id=1), "<reflection> is not id 1"),
        (lambda m: m["gpu_memory"].update(kv_cache_bytes=1), "gpu_memory does not follow"),
        (lambda m: m["architecture"].update(rope_theta=5.0), "architecture is not the model_config"),
        (lambda m: m["files"].pop(0), "params_shard_0.bin is in the folder but not in the manifest"),
        (lambda m: m["files"][0].update(sha256="0" * 64), "does not have the SHA-256"),
        (lambda m: m["files"][0].update(bytes=1), "the manifest says 1"),
        (lambda m: m.update(schema_version=2), "schema_version"),
        (lambda m: m.pop("license"), "'license' is a required property"),
        (lambda m: m.update(extra=1), "'extra' was unexpected"),
    ],
)
def test_every_contradiction_is_named(folder: Path, change: Callable[[dict[str, Any]], object], message: str) -> None:
    change_manifest(folder, change)
    problems = validate_manifest(folder)
    assert any(message in problem for problem in problems), problems


def test_changed_missing_and_foreign_files_are_named(folder: Path) -> None:
    shard = folder / "params_shard_0.bin"
    data = bytearray(shard.read_bytes())
    data[100] ^= 1
    shard.write_bytes(data)
    (folder / "tiny.wasm").unlink()
    (folder / "left-over.bin").write_bytes(b"")
    assert validate_manifest(folder) == [
        "params_shard_0.bin does not have the SHA-256 that the manifest says",
        "tiny.wasm is listed but missing",
        "left-over.bin is in the folder but not in the manifest",
    ]


def test_a_folder_without_a_manifest_is_an_error(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    with pytest.raises(ForgeError, match=r"manifest\.json is missing"):
        validate_manifest(folder)


def test_memory_of_llama_8b_is_what_its_parts_add_up_to() -> None:
    memory = gpu_memory(load_config("llama-3.1-8b"), scheme_named("q4f16"), 4096, 512)
    # 8.03 B weights: 4.5 bits each in matrices, 16 in the 65 norms of 4096.
    norms = 65 * 4096
    assert memory.weights == (8_030_261_248 - norms) * 9 // 16 + norms * 2
    # 32 layers, 257 pages of 16 tokens, keys and values of 8 heads of 128, two bytes each.
    assert memory.kv_cache == 32 * 257 * 16 * 2 * 8 * 128 * 2
    # The embedding is the largest: 128,256 rows of 4,096 values of half a byte.
    assert memory.largest_buffer == 128_256 * 4096 // 2
    assert memory.total == memory.weights + memory.kv_cache + memory.workspace
    assert 30_000_000 < memory.workspace < 200_000_000
