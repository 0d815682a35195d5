import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from tiny_models import HuggingFaceModel

from reflection_model.errors import ForgeError
from reflection_model.safetensors_source import SafetensorsSource, read_safetensors

Q_PROJ = "model.layers.0.self_attn.q_proj"


@pytest.fixture
def model(tmp_path: Path) -> HuggingFaceModel:
    return HuggingFaceModel(tmp_path / "model")


def save_as_bfloat16(path: Path, tensors: dict[str, np.ndarray]) -> None:
    """Writes bfloat16 by hand: NumPy has no such type, and so neither has the library's writer for it."""
    header, blobs, offset = {}, [], 0
    for name, value in tensors.items():
        blob = (value.view(np.uint32) >> 16).astype("<u2").tobytes()
        header[name] = {"dtype": "BF16", "shape": list(value.shape), "data_offsets": [offset, offset + len(blob)]}
        offset += len(blob)
        blobs.append(blob)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(blobs))


def test_reads_float32_rows(model: HuggingFaceModel) -> None:
    matrix = SafetensorsSource(model.folder).matrix(Q_PROJ, 128, 64)
    np.testing.assert_array_equal(matrix.read_float(3, 9), model.tensors[f"{Q_PROJ}.weight"][3:9])
    assert matrix.read_quantized is None


def test_reads_float16(model: HuggingFaceModel) -> None:
    model.tensors = {name: value.astype(np.float16) for name, value in model.tensors.items()}
    model.save()
    source = SafetensorsSource(model.folder)
    expected = model.tensors[f"{Q_PROJ}.weight"].astype(np.float32)
    np.testing.assert_array_equal(source.matrix(Q_PROJ, 128, 64).read_float(0, 128), expected)


def test_reads_bfloat16(model: HuggingFaceModel) -> None:
    save_as_bfloat16(model.folder / "model.safetensors", model.tensors)
    read = SafetensorsSource(model.folder).matrix(Q_PROJ, 128, 64).read_float(0, 128)
    original = model.tensors[f"{Q_PROJ}.weight"]
    np.testing.assert_array_equal(read.view(np.uint32), original.view(np.uint32) & 0xFFFF0000)


def test_reads_a_sharded_model(model: HuggingFaceModel) -> None:
    names = list(model.tensors)
    files = {"model-00001-of-00002.safetensors": names[:7], "model-00002-of-00002.safetensors": names[7:]}
    for file, members in files.items():
        safetensors.numpy.save_file({name: model.tensors[name] for name in members}, model.folder / file)
    places = {name: file for file, members in files.items() for name in members}
    model.write_json("model.safetensors.index.json", {"metadata": {}, "weight_map": places})
    (model.folder / "model.safetensors").unlink()
    source = SafetensorsSource(model.folder)
    for name in ("model.norm.weight", "model.layers.0.input_layernorm.weight"):
        np.testing.assert_array_equal(source.norm(name, 64), model.tensors[name])

    (model.folder / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(ForgeError, match=r"model-00002-of-00002\.safetensors is missing"):
        SafetensorsSource(model.folder)
    safetensors.numpy.save_file({"other": np.zeros(1, np.float32)}, model.folder / "model-00002-of-00002.safetensors")
    with pytest.raises(ForgeError, match="is listed in .* but is missing"):
        SafetensorsSource(model.folder)


@pytest.mark.parametrize("kept", [0, 4, 20, 0.5, 0.999])
def test_says_that_a_file_is_cut_short(model: HuggingFaceModel, kept: float) -> None:
    path = model.folder / "model.safetensors"
    data = path.read_bytes()
    path.write_bytes(data[: int(kept) if kept >= 1 else int(kept * len(data))])
    with pytest.raises(ForgeError, match="cut short"):
        SafetensorsSource(model.folder)


def test_says_that_a_file_is_something_else(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"<!doctype html>" * 100)
    with pytest.raises(ForgeError, match="not a safetensors file"):
        read_safetensors(path)
    path.write_bytes((12).to_bytes(8, "little") + b"not json....")
    with pytest.raises(ForgeError, match="header is not JSON"):
        read_safetensors(path)
    path.write_bytes((10).to_bytes(8, "little") + b'{"a": {}} ')
    with pytest.raises(ForgeError, match="tensor a is malformed"):
        read_safetensors(path)


def test_says_that_a_type_is_not_supported(model: HuggingFaceModel) -> None:
    model.tensors["model.norm.weight"] = np.zeros(64, np.int8)
    model.save()
    with pytest.raises(ForgeError, match=r"model\.norm\.weight has type I8"):
        SafetensorsSource(model.folder)


def test_says_which_tensor_is_missing(model: HuggingFaceModel) -> None:
    del model.tensors[f"{Q_PROJ}.weight"]
    model.save()
    with pytest.raises(ForgeError, match=rf"tensor {Q_PROJ}\.weight is missing"):
        SafetensorsSource(model.folder).matrix(Q_PROJ, 128, 64)


def test_says_which_tensor_has_the_wrong_shape(model: HuggingFaceModel) -> None:
    model.tensors[f"{Q_PROJ}.weight"] = np.zeros((160, 64), np.float32)
    model.tensors["model.norm.weight"] = np.zeros(96, np.float32)
    model.save()
    source = SafetensorsSource(model.folder)
    with pytest.raises(ForgeError, match=r"q_proj\.weight has shape \[160, 64\].*\[128, 64\]"):
        source.matrix(Q_PROJ, 128, 64)
    with pytest.raises(ForgeError, match=r"norm\.weight has shape \[96\].*\[64\]"):
        source.norm("model.norm.weight", 64)


def test_refuses_tensors_that_plain_llama_does_not_have(model: HuggingFaceModel) -> None:
    model.tensors["model.layers.0.self_attn.rotary_emb.inv_freq"] = np.zeros(16, np.float32)
    model.save()
    SafetensorsSource(model.folder)
    model.tensors["model.layers.0.self_attn.q_norm.weight"] = np.zeros(32, np.float32)
    model.save()
    with pytest.raises(ForgeError, match="q_norm.weight does not belong to a plain Llama"):
        SafetensorsSource(model.folder)


def test_asks_for_safetensors(model: HuggingFaceModel) -> None:
    (model.folder / "model.safetensors").unlink()
    with pytest.raises(ForgeError, match=r"neither model\.safetensors"):
        SafetensorsSource(model.folder)
