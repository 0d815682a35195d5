import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt
import pytest
import safetensors.numpy
from gguf import GGMLQuantizationType as Kind
from tiny_models import CHATML_TOKENS, LLAMA3_TOKENS, TAGS, TINY, GgufModel, HuggingFaceModel, random_weights

from reflection_model.cli import main
from reflection_model.llama_config import load_config
from reflection_model.schemes import parameter_shapes
from reflection_model.webllm_folder import read_parameters

IDENTITY = ["--id", "tiny", "--revision", "r1"]
LAYER = "model.layers.1."


def convert(source: Path, *options: str | Path) -> int:
    return main(["convert", str(source), *map(str, options)])


def to_webllm(source: Path, output: Path, *options: str | Path) -> Path:
    assert convert(source, "--to", "webllm", *IDENTITY, "--output", output, *options) == 0
    return output


def to_gguf(source: Path, output: Path, *options: str | Path) -> Path:
    assert convert(source, "--to", "gguf", "--output", output, *options) == 0
    return output


def weights_of(folder: Path, stem: str) -> npt.NDArray[np.float32]:
    """A matrix of a model folder, read by the definition of the format."""
    parameters = read_parameters(folder)
    words, scales = parameters[f"{stem}.q_weight"], parameters[f"{stem}.q_scale"]
    values = np.stack([(words >> np.uint32(4 * j)) & 15 for j in range(8)], axis=2).reshape(len(words), -1)
    return (values.astype(np.float32) - 8) * np.repeat(scales.astype(np.float32), 32, axis=1)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def chat_config(folder: Path) -> dict[str, Any]:
    config: dict[str, Any] = json.loads((folder / "mlc-chat-config.json").read_text())
    return config


@pytest.fixture
def model(tmp_path: Path) -> HuggingFaceModel:
    return HuggingFaceModel(tmp_path / "model")


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "output"


@pytest.mark.parametrize("scheme", ["q4f32", "q4f16", "q0f32"])
@pytest.mark.parametrize("tied", [True, False])
def test_parameters_are_those_of_the_scheme(model: HuggingFaceModel, output: Path, scheme: str, tied: bool) -> None:
    model.config = replace(model.config, tie_word_embeddings=tied)
    model.tensors = dict(random_weights(model.config))
    model.save()
    to_webllm(model.folder, output, "--scheme", scheme)
    parameters = read_parameters(output)
    expected = parameter_shapes(model.config, scheme)
    assert [(name, value.shape, value.dtype.name) for name, value in parameters.items()] == expected


def test_matrices_are_stacked_in_order_and_close_to_the_source(model: HuggingFaceModel, output: Path) -> None:
    to_webllm(model.folder, output)
    for stacked, parts in (
        ("self_attn.qkv_proj", ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]),
        ("self_attn.o_proj", ["self_attn.o_proj"]),
        ("mlp.gate_up_proj", ["mlp.gate_proj", "mlp.up_proj"]),
        ("mlp.down_proj", ["mlp.down_proj"]),
    ):
        original = np.concatenate([model.tensors[f"{LAYER}{part}.weight"] for part in parts])
        error = weights_of(output, LAYER + stacked) - original
        assert np.sqrt((error**2).mean() / (original**2).mean()) < 0.09
    parameters = read_parameters(output)
    for norm in ("model.norm.weight", LAYER + "post_attention_layernorm.weight"):
        np.testing.assert_array_equal(parameters[norm], model.tensors[norm])


def test_unquantized_scheme_keeps_every_number(model: HuggingFaceModel, output: Path, tmp_path: Path) -> None:
    to_webllm(model.folder, output, "--scheme", "q0f32")
    stored = read_parameters(output)
    np.testing.assert_array_equal(stored["model.embed_tokens.weight"], model.tensors["model.embed_tokens.weight"])
    again = to_webllm(to_gguf(output, tmp_path / "m.gguf"), tmp_path / "again", "--scheme", "q0f32")
    assert contents(again) == contents(output)


def test_weights_trained_on_the_grid_come_through_exactly(model: HuggingFaceModel, output: Path) -> None:
    for name, value in model.tensors.items():
        if value.ndim == 2:
            model.tensors[name] = gguf.dequantize(gguf.quantize(value, Kind.Q4_0), Kind.Q4_0)
    model.save()
    to_webllm(model.folder, output)
    for part in ("self_attn.o_proj", "mlp.down_proj"):
        np.testing.assert_array_equal(weights_of(output, LAYER + part), model.tensors[f"{LAYER}{part}.weight"])


@pytest.mark.parametrize("scheme", ["q4f32", "q4f16"])
def test_q4_0_is_repacked_bit_by_bit(model: HuggingFaceModel, output: Path, tmp_path: Path, scheme: str) -> None:
    q4_0 = GgufModel(model.config, model.tensors, model.tokenizer).all_as(Kind.Q4_0).write(tmp_path / "m.gguf")
    to_webllm(q4_0, output, "--scheme", scheme)
    stored = {}
    for name, value in model.tensors.items():
        stored[name] = gguf.dequantize(gguf.quantize(value, Kind.Q4_0), Kind.Q4_0) if value.ndim == 2 else value
    qkv = np.concatenate([stored[f"{LAYER}self_attn.{letter}_proj.weight"] for letter in "qkv"])
    np.testing.assert_array_equal(weights_of(output, LAYER + "self_attn.qkv_proj"), qkv)
    np.testing.assert_array_equal(weights_of(output, "model.embed_tokens"), stored["model.embed_tokens.weight"])

    back = to_gguf(output, tmp_path / "back.gguf")
    before = {tensor.name: tensor for tensor in gguf.GGUFReader(q4_0).tensors}
    after = {tensor.name: tensor for tensor in gguf.GGUFReader(back).tensors}
    assert before.keys() == after.keys()
    for name, tensor in before.items():
        assert after[name].tensor_type == tensor.tensor_type
        np.testing.assert_array_equal(after[name].data, tensor.data)


@pytest.mark.parametrize("scheme", ["q4f32", "q4f16"])
@pytest.mark.parametrize("pre", ["smollm", "llama-bpe"])
def test_folder_to_gguf_to_folder_changes_no_byte(tmp_path: Path, scheme: str, pre: str) -> None:
    config = replace(TINY, tie_word_embeddings=False, rope_theta=500000.0)
    scaling = {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}
    config = replace(config, rope_scaling={"rope_type": "llama3", **scaling})
    # An even vocabulary: float16 scales of an odd one would not be whole words.
    model = HuggingFaceModel(tmp_path / "model", config, pre, [*LLAMA3_TOKENS, *TAGS, "<|reserved|>"])
    model.write_json("generation_config.json", {"eos_token_id": [1, 4]})
    first = to_webllm(model.folder, tmp_path / "first", "--scheme", scheme)
    file = to_gguf(first, tmp_path / "m.gguf")
    second = to_webllm(file, tmp_path / "second", "--scheme", scheme)
    assert contents(second).keys() == contents(first).keys()
    for name, data in contents(first).items():
        if name == "manifest.json":
            assert json.loads(contents(second)[name]) == json.loads(data)
        else:
            assert contents(second)[name] == data, name
    assert to_gguf(second, tmp_path / "again.gguf").read_bytes() == file.read_bytes()


def test_gguf_is_written_from_safetensors(model: HuggingFaceModel, tmp_path: Path, output: Path) -> None:
    direct = to_gguf(model.folder, tmp_path / "direct.gguf")
    reader = gguf.GGUFReader(direct)
    assert {tensor.tensor_type for tensor in reader.tensors if len(tensor.shape) == 2} == {Kind.Q4_0}
    assert reader.fields["tokenizer.ggml.pre"].contents() == "smollm"
    assert reader.fields["general.architecture"].contents() == "llama"
    through_folder = to_gguf(to_webllm(model.folder, output), tmp_path / "through.gguf")
    for first, second in zip(reader.tensors, gguf.GGUFReader(through_folder).tensors, strict=True):
        assert first.name == second.name
        np.testing.assert_array_equal(first.data, second.data)


def test_float16_folder_and_float32_folder_give_the_same_gguf(model: HuggingFaceModel, tmp_path: Path) -> None:
    files = [
        to_gguf(to_webllm(model.folder, tmp_path / scheme, "--scheme", scheme), tmp_path / f"{scheme}.gguf")
        for scheme in ("q4f32", "q4f16")
    ]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_model_without_a_template_gets_one_in_gguf(tmp_path: Path) -> None:
    model = HuggingFaceModel(tmp_path / "chatml", special=CHATML_TOKENS + TAGS)
    file = to_gguf(model.folder, tmp_path / "m.gguf")
    assert "<|im_start|>" in gguf.GGUFReader(file).fields["tokenizer.chat_template"].contents()


def test_chat_config_says_everything_that_webllm_reads(model: HuggingFaceModel, output: Path) -> None:
    to_webllm(model.folder, output, "--context", "256", "--chunk", "64")
    config = chat_config(output)
    assert config["vocab_size"] == model.config.vocab_size
    assert (config["context_window_size"], config["prefill_chunk_size"]) == (256, 64)
    assert (config["sliding_window_size"], config["attention_sink_size"]) == (-1, -1)
    assert (config["temperature"], config["top_p"], config["repetition_penalty"]) == (0.7, 0.95, 1.0)
    assert (config["presence_penalty"], config["frequency_penalty"]) == (0.0, 0.0)
    assert config["tokenizer_files"] == ["tokenizer.json"]
    assert config["tokenizer_info"]["token_postproc_method"] == "byte_level"
    assert "role_templates" not in config["conv_template"]
    assert config["conv_template"]["seps"] == ["<|eot_id|>"]
    model_config = output.parent / "config.json"
    model_config.write_text(json.dumps(config["model_config"]))
    assert load_config(model_config) == model.config


def test_shards_are_small_and_large_tensors_stand_alone(
    model: HuggingFaceModel, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reflection_model.webllm_folder.SHARD_BYTES", 6000)
    to_webllm(model.folder, output)
    index = json.loads((output / "tensor-cache.json").read_text())
    assert len(index["records"]) > 5
    for shard in index["records"]:
        assert shard["nbytes"] == (output / shard["dataPath"]).stat().st_size
        assert shard["nbytes"] <= 6000 or len(shard["records"]) == 1
        assert shard["records"][0]["byteOffset"] == 0
    assert weights_of(output, LAYER + "mlp.down_proj").shape == (64, 96)


def test_a_matrix_is_read_in_blocks_of_rows(
    model: HuggingFaceModel, output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = contents(to_webllm(model.folder, output))
    monkeypatch.setattr("reflection_model.conversion._WEIGHTS_AT_ONCE", 64 * 7)
    assert contents(to_webllm(model.folder, tmp_path / "blocks")) == whole
    file = to_gguf(model.folder, tmp_path / "m.gguf")
    assert contents(to_webllm(file, tmp_path / "from-gguf"))["params_shard_0.bin"] == whole["params_shard_0.bin"]


def test_a_folder_without_a_manifest_still_converts_back(model: HuggingFaceModel, output: Path, tmp_path: Path) -> None:
    to_webllm(model.folder, output)
    before = contents(output)
    (output / "manifest.json").unlink()
    file = to_gguf(output, tmp_path / "m.gguf")
    assert contents(to_webllm(file, tmp_path / "again"))["params_shard_0.bin"] == before["params_shard_0.bin"]


def test_report_names_every_matrix_and_its_error(
    model: HuggingFaceModel, output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report_path = tmp_path / "report.json"
    to_webllm(model.folder, output, "--report", report_path)
    report = json.loads(report_path.read_text())
    down = next(tensor for tensor in report["tensors"] if tensor["name"] == LAYER + "mlp.down_proj")
    original = model.tensors[f"{LAYER}mlp.down_proj.weight"]
    error = weights_of(output, LAYER + "mlp.down_proj") - original
    assert down["relative_rms_error"] == pytest.approx(np.sqrt((error**2).sum() / (original**2).sum()), rel=1e-4)
    assert down["largest_error"] == pytest.approx(np.abs(error).max())
    assert down["bits_per_weight"] == 5.0
    assert report["weights"] == sum(value.size for value in model.tensors.values())
    stored = sum(value.nbytes for value in read_parameters(output).values())
    assert report["bits_per_weight"] == pytest.approx(8 * stored / report["weights"])
    table = capsys.readouterr().out
    assert LAYER + "mlp.down_proj" in table and "bits a weight" in table


def test_library_is_copied_and_kept(model: HuggingFaceModel, output: Path, tmp_path: Path) -> None:
    library = tmp_path / "tiny-q4f32.wasm"
    library.write_bytes(b"\0asm\1\0\0\0")
    to_webllm(model.folder, output, "--library", library, "--context", "128", "--chunk", "32")
    manifest = json.loads((output / "manifest.json").read_text())
    assert manifest["library"] == "tiny-q4f32.wasm"
    assert (output / "tiny-q4f32.wasm").read_bytes() == library.read_bytes()
    before = contents(output)
    to_webllm(output, output, "--force")
    assert contents(output) == before


def refused(capsys: pytest.CaptureFixture[str], output: Path, source: Path, *options: str | Path) -> str:
    """Runs a conversion that must fail, and returns what it said."""
    kind = [] if "--to" in options else ["--to", "webllm", *IDENTITY]
    before = sorted(path.name for path in output.parent.iterdir())
    assert convert(source, *kind, "--output", output, *options) == 1
    assert sorted(path.name for path in output.parent.iterdir()) == before, "something half-written was left behind"
    return capsys.readouterr().err


@pytest.mark.parametrize("kind", ["webllm", "gguf"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("name", [f"{LAYER}mlp.up_proj.weight", "model.norm.weight"])
def test_refuses_weights_that_are_not_finite(
    model: HuggingFaceModel, output: Path, capsys: pytest.CaptureFixture[str], kind: str, value: float, name: str
) -> None:
    model.tensors[name].reshape(-1)[5] = value
    model.save()
    assert f"{name} holds NaN" in refused(capsys, output, model.folder, "--to", kind, *IDENTITY)


def test_refuses_a_q4_0_scale_that_is_not_finite(
    model: HuggingFaceModel, output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = GgufModel(model.config, model.tensors, model.tokenizer).all_as(Kind.Q4_0)
    name = "blk.0.ffn_up.weight"
    blocks = gguf.quantize(written.tensors[name], Kind.Q4_0)
    blocks[3, :2] = np.frombuffer(np.float16(np.inf).tobytes(), np.uint8)
    written.raw[name] = blocks
    assert f"{name} holds NaN" in refused(capsys, output, written.write(tmp_path / "m.gguf"))


def test_refuses_columns_that_do_not_fill_groups(
    tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = HuggingFaceModel(tmp_path / "odd", replace(TINY, intermediate_size=80))
    assert "80 columns, not a multiple of 32" in refused(capsys, output, model.folder)
    to_webllm(model.folder, output, "--scheme", "q0f32")


def test_refuses_truncated_and_missing_weights(
    model: HuggingFaceModel, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = model.folder / "model.safetensors"
    data = path.read_bytes()
    path.write_bytes(data[:-100])
    assert "cut short" in refused(capsys, output, model.folder)
    del model.tensors[f"{LAYER}mlp.up_proj.weight"]
    safetensors.numpy.save_file(model.tensors, path)
    assert "up_proj.weight is missing" in refused(capsys, output, model.folder)


def test_padded_vocabulary_is_refused_or_left_out(
    model: HuggingFaceModel, output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = contents(to_webllm(model.folder, tmp_path / "plain"))
    tokens = model.config.vocab_size
    model.config = replace(model.config, vocab_size=tokens + 9)
    embedding = model.tensors["model.embed_tokens.weight"]
    model.tensors["model.embed_tokens.weight"] = np.concatenate([embedding, embedding[:9]])
    model.save()
    message = refused(capsys, output, model.folder)
    assert f"{tokens + 9} rows but the tokenizer only {tokens} tokens" in message and "--trim-vocabulary" in message
    to_webllm(model.folder, output, "--trim-vocabulary")
    assert contents(output) == plain
    file = to_gguf(model.folder, tmp_path / "m.gguf", "--trim-vocabulary")
    assert len(gguf.GGUFReader(file).fields["tokenizer.ggml.tokens"].contents()) == tokens


def test_unused_tokens_of_a_gguf_are_padding(
    model: HuggingFaceModel, output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = GgufModel(model.config, model.tensors, model.tokenizer)
    written.tensors["token_embd.weight"] = np.concatenate(
        [written.tensors["token_embd.weight"], np.ones((2, 64), "f4")]
    )
    written.tokens += ["[PAD1]", "[PAD2]"]
    written.token_types += [5, 5]
    file = written.write(tmp_path / "m.gguf")
    assert "padded rows could be sampled" in refused(capsys, output, file)
    to_webllm(file, output, "--trim-vocabulary")
    assert chat_config(output)["vocab_size"] == model.config.vocab_size


def test_refuses_ids_without_a_token_and_tokens_without_a_row(
    model: HuggingFaceModel, output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = model.tokenizer_document()
    last = model.config.vocab_size - 1
    vocabulary = document["model"]["vocab"]
    for text, index in vocabulary.items():
        if index == last:
            vocabulary[text] = last + 3
    model.config = replace(model.config, vocab_size=last + 4)
    model.tensors = dict(random_weights(model.config))
    model.save()
    model.write_json("tokenizer.json", document)
    assert f"no token, the first is {last}" in refused(capsys, output, model.folder, "--trim-vocabulary")

    model.config = replace(model.config, vocab_size=100)
    model.tensors = dict(random_weights(model.config))
    model.save()
    assert "but the embedding only 100 rows" in refused(capsys, output, model.folder)


def test_refuses_to_replace_what_exists(
    model: HuggingFaceModel, output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to_webllm(model.folder, output)
    before = contents(output)
    assert "exists" in refused(capsys, output, model.folder)
    assert contents(output) == before
    to_webllm(model.folder, output, "--force", "--context", "64")
    assert contents(output) != before
    assert "is a folder" in refused(capsys, output, model.folder, "--to", "gguf", "--force")

    file = to_gguf(model.folder, tmp_path / "m.gguf")
    assert "exists" in refused(capsys, file, model.folder, "--to", "gguf")
    assert "is a file" in refused(capsys, file, model.folder, "--force")


def test_force_never_deletes_another_folder(
    model: HuggingFaceModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "notes.txt").write_text("keep")
    assert "will not be replaced" in refused(capsys, precious, model.folder, "--force")
    assert (precious / "notes.txt").read_text() == "keep"


def test_the_current_folder_and_what_a_link_leads_to_are_replaced(
    model: HuggingFaceModel, output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_webllm(model.folder, output, "--context", "64")
    monkeypatch.chdir(output)
    to_webllm(model.folder, Path("."), "--force", "--context", "128", "--report", "../report.json")
    assert chat_config(output)["context_window_size"] == 128
    assert (tmp_path / "report.json").is_file()
    link = tmp_path / "link"
    link.symlink_to(output)
    to_webllm(model.folder, link, "--force", "--context", "256")
    assert link.is_symlink() and chat_config(output)["context_window_size"] == 256
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "model", "output", "report.json"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--context", "4096"], "not between 1 and 512"),
        (["--context", "-1"], "not between 1 and 512"),
        (["--context", "64", "--chunk", "128"], "not between 1 and the context window"),
        (["--library", "missing.wasm"], "missing.wasm does not exist"),
        (["--chat-style", "chatml"], "needs the special token"),
        (["--manifest-details", "missing.json"], "missing.json is missing"),
    ],
)
def test_refuses_wrong_options(
    model: HuggingFaceModel, output: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert message in refused(capsys, output, model.folder, *options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--id", "SmolLM2-135M"], "manifest would not be valid: $.id"),
        (["--id", "org/model", "--with-gguf"], "manifest would not be valid: $.id"),
        (["--revision", "a/b"], "manifest would not be valid: $.revision"),
        (["--library", "my library.wasm"], "cannot hold a file named 'my library.wasm'"),
        (["--manifest-details", "details.json"], "$.license: 'MIT' is not of type 'object'"),
        (["--to", "gguf", "--manifest-details", "details.json"], "$.license: 'MIT' is not of type 'object'"),
        (["--manifest-details", "calibration.json"], "$.reflection_calibration: 'logit_bias' is a required property"),
    ],
)
def test_what_the_manifest_would_refuse_is_refused_before_the_weights(
    model: HuggingFaceModel,
    output: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(model.folder)
    Path("my library.wasm").write_bytes(b"\0asm\1\0\0\0")
    Path("details.json").write_text(json.dumps({"license": "MIT"}))
    Path("calibration.json").write_text(json.dumps({"reflection_calibration": {"token": "<output>"}}))
    said = refused(capsys, output, model.folder, "--to", "webllm", *IDENTITY, *options)
    assert message in said and "converting" not in said


def test_a_tokenizer_without_a_name_in_gguf_is_refused_before_the_weights(
    model: HuggingFaceModel, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads((model.folder / "tokenizer.json").read_text())
    document["pre_tokenizer"]["pretokenizers"][0]["individual_digits"] = False
    model.write_json("tokenizer.json", document)
    said = refused(capsys, output, model.folder, "--with-gguf")
    assert "GGUF has no name" in said and "converting" not in said


def test_an_id_of_a_foreign_folder_never_leads_out_of_the_output(
    model: HuggingFaceModel, output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    foreign = to_webllm(model.folder, tmp_path / "foreign", "--with-gguf")
    manifest = json.loads((foreign / "manifest.json").read_text())
    (foreign / "manifest.json").write_text(json.dumps({**manifest, "id": "../escaped"}))
    assert "manifest would not be valid: $.id" in refused(capsys, output, foreign, "--to", "webllm")
    to_gguf(foreign, tmp_path / "name-only.gguf")  # the manifest's id is no part of its name


def test_asks_for_an_identity(model: HuggingFaceModel, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "needs --id" in refused(capsys, output, model.folder, "--to", "webllm", "--revision", "r1")
    assert "needs --revision" in refused(capsys, output, model.folder, "--to", "webllm", "--id", "tiny")


def test_refuses_sources_that_are_no_models(tmp_path: Path, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "does not exist" in refused(capsys, output, tmp_path / "missing")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "no model folder" in refused(capsys, output, empty)
    text = tmp_path / "text.gguf"
    text.write_text("not a model")
    assert "not a GGUF file" in refused(capsys, output, text)


def test_refuses_a_library_that_is_not_webassembly(
    model: HuggingFaceModel, output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = tmp_path / "lib.wasm"
    library.write_text("<html>")
    assert "not WebAssembly" in refused(capsys, output, model.folder, "--library", library)


def test_refuses_a_damaged_model_folder(
    model: HuggingFaceModel, output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = to_webllm(model.folder, tmp_path / "folder")
    shard = folder / "params_shard_0.bin"
    data = shard.read_bytes()
    shard.write_bytes(data[:-4])
    assert "its index says" in refused(capsys, output, folder)
    # One scale that no float16 can hold: not from this forge, so that repacking would lose something.
    index = json.loads((folder / "tensor-cache.json").read_text())
    place = next(r["byteOffset"] for r in index["records"][0]["records"] if r["name"].endswith("q_scale"))
    shard.write_bytes(data[:place] + np.float32(0.1).tobytes() + data[place + 4 :])
    assert "is not a float16 number" in refused(capsys, output, folder)
    shard.unlink()
    assert "params_shard_0.bin is missing" in refused(capsys, output, folder)
