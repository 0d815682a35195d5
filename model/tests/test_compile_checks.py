"""The static checks of a model library, on made-up kernels and WebAssembly files."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from reflection_model.compiler.checks import (
    ALLOWED_IMPORTS,
    REQUIRED_EXPORTS,
    check_kernel,
    check_library,
    required_features,
)
from reflection_model.compiler.model_library import (
    ModelLibrary,
    describe_kernel,
    read_kernels,
    read_metadata,
    read_model_library,
)
from reflection_model.compiler.wasm_file import WasmFile, read_wasm
from reflection_model.errors import ForgeError

SHADER = """
@group(0) @binding(0) var<storage, read_write> a : array<f32>;
@group(0) @binding(1) var<storage, read> b : array<u32>;
struct PODArgs { n: i32, packGridDimX: u32 }
@group(0) @binding(2) var<uniform> podArgs : PODArgs;
var<workgroup> sums : array<f32, 64>;
@compute @workgroup_size(64, 2, 1)
fn example_kernel() {}
"""
TAGS = ("blockIdx.x", "threadIdx.x", "threadIdx.y", "paramWriteAccess:[1,0]")
TYPES = ("handle", "handle", "int32")
METADATA = {
    "model_type": "llama",
    "quantization": "q4f32",
    "context_window_size": 8,
    "prefill_chunk_size": 8,
    "params": [],
}


def example(shader: str = SHADER, tags: tuple[str, ...] = TAGS, types: tuple[str, ...] = TYPES):
    return describe_kernel("example_kernel", types, tags, shader)


def library(*kernels, imports=(), exports=None):
    wasm = WasmFile(tuple(imports), tuple(REQUIRED_EXPORTS if exports is None else exports), b"", 8)
    return ModelLibrary(wasm, kernels, METADATA)


def problems(kernel) -> str:
    return "; ".join(str(finding) for finding in check_kernel(kernel))


def test_a_sound_library_has_no_findings():
    assert check_library(library(example(), imports=sorted(ALLOWED_IMPORTS))) == []


def test_sizes_are_read_from_the_shader():
    kernel = example()
    assert (kernel.workgroup, kernel.storage_buffers, kernel.shared_bytes) == ((64, 2, 1), 2, 256)
    vectors = example(
        SHADER.replace("array<f32, 64>", "array<vec4<f16>, 10>").replace("\nvar", "\nenable f16;\nvar", 1)
    )
    assert (vectors.shared_bytes, vectors.features) == (80, ("f16",))


def test_an_import_that_webllm_does_not_give_is_found():
    found = check_library(library(example(), imports=[("env", "_ZN3tvm7runtime22CreateRPCSessionModuleE")]))
    assert len(found) == 1 and "CreateRPCSessionModule" in str(found[0])


def test_a_missing_export_is_found():
    found = check_library(library(example(), exports=REQUIRED_EXPORTS - {"TVMFFIObjectIncRef"}))
    assert [str(finding) for finding in found] == ["exports: TVMFFIObjectIncRef is missing, which WebLLM calls"]


def test_missing_metadata_is_found():
    without = {name: value for name, value in METADATA.items() if name != "prefill_chunk_size"}
    assert "prefill_chunk_size is missing" in str(check_library(replace(library(example()), metadata=without))[0])


@pytest.mark.parametrize(
    ("kernel", "expected"),
    [
        (example(SHADER.replace("(64, 2, 1)", "(32, 8, 2)")), "512 threads"),
        (example(SHADER.replace("(64, 2, 1)", "(1, 1, 128)")), "128 threads along z"),
        (example(SHADER.replace("array<f32, 64>", "array<f32, 8193>")), "32772 bytes of workgroup memory"),
        (example(tags=(*TAGS, "blockIdx.z")), "grid along z"),
        (example(tags=(*TAGS, "tirx.use_dyn_shared_memory")), "launch tag 'tirx.use_dyn_shared_memory'"),
        (example(tags=TAGS[:-1]), "write access is not given"),
        (example(tags=(*TAGS[:-1], "paramWriteAccess:[1]")), "write access is not given"),
        (example(types=("handle", "handle", "bool")), "type bool"),
        (
            example(
                SHADER + "@group(0) @binding(3) var<storage, read> more : array<f32>;\n" * 9,
                (*TAGS[:-1], f"paramWriteAccess:[{','.join('0' * 11)}]"),
                ("handle",) * 11,
            ),
            "11 storage buffers",
        ),
    ],
)
def test_a_kernel_beyond_a_limit_is_found(kernel, expected):
    assert expected in problems(kernel)


def test_the_limits_themselves_are_allowed():
    shader = SHADER.replace("(64, 2, 1)", "(256, 1, 1)").replace("array<f32, 64>", "array<f32, 8192>")
    assert problems(example(shader)) == ""


def test_features_are_reported_by_their_webgpu_names():
    with_f16 = example("enable f16;\n" + SHADER)
    assert required_features(library(example(), with_f16)) == ("shader-f16",)


def test_shared_memory_of_an_unknown_type_is_refused_rather_than_counted_as_nothing():
    with pytest.raises(ForgeError, match="unknown type"):
        example(SHADER.replace("array<f32, 64>", "array<mat4x4<f32>, 64>"))


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def webgpu_module(name: str = "example_kernel", shader: str = SHADER) -> bytes:
    """A module as TVM serializes it: function map, then shaders."""
    info = text(name) + text(name)
    info += struct.pack("<Q", 3) + struct.pack("<BBH", 3, 64, 1) * 2 + struct.pack("<BBH", 0, 32, 1)
    info += struct.pack("<Q", len(TAGS)) + b"".join(text(tag) for tag in TAGS) + struct.pack("<Q3i", 3, 0, 0, 0)
    body = struct.pack("<Q", 1) + info + struct.pack("<Q", 1) + text(name) + text(shader)
    return text("webgpu") + struct.pack("<Q", len(body)) + body


def test_kernels_are_found_in_a_library_s_memory():
    # The first "webgpu" is a string that only looks like the module.
    memory = b"\0" * 100 + text("webgpu") + b"\xff" * 40 + webgpu_module() + b"\0tail"
    assert read_kernels(memory, "made-up") == (example(),)


def test_a_file_without_kernels_is_refused():
    with pytest.raises(ForgeError, match="made-up holds no WebGPU kernels"):
        read_kernels(b"nothing here", "made-up")


def test_metadata_is_found_in_a_library_s_memory():
    memory = b'{"model_type" \0 {"model_type": "llama", "params": [{"name": "a"}]}\0\xff'
    assert read_metadata(memory, "made-up")["params"] == [{"name": "a"}]


def section(kind: int, body: bytes) -> bytes:
    assert len(body) < 16384
    return bytes([kind, len(body) & 0x7F | 0x80, len(body) >> 7]) + body


def name(value: str) -> bytes:
    return bytes([len(value)]) + value.encode()


def wasm(memory: bytes, address: int = 64) -> bytes:
    """A module with one import, the required exports and one data segment."""
    exports = b"".join(name(export) + b"\0\0" for export in sorted(REQUIRED_EXPORTS))
    place = bytes([0x41, address & 0x7F | 0x80, address >> 7, 0x0B])
    size = bytes([len(memory) & 0x7F | 0x80, len(memory) >> 7])
    return (
        b"\0asm\x01\0\0\0"
        + section(2, b"\x01" + name("env") + name("__cxa_thread_atexit") + b"\0\0")
        + section(7, bytes([len(REQUIRED_EXPORTS)]) + exports)
        + section(11, b"\x01\0" + place + size + memory)
    )


def test_a_whole_library_file_is_read_and_passes(tmp_path):
    path = tmp_path / "library.wasm"
    content = webgpu_module() + b'{"model_type": "llama", "quantization": "q4f32", "context_window_size": 8, '
    content += b'"prefill_chunk_size": 8, "params": []}\0'
    path.write_bytes(wasm(content))
    found = read_model_library(path)
    assert found.wasm.imports == (("env", "__cxa_thread_atexit"),)
    assert found.wasm.memory[:64] == bytes(64)
    assert check_library(found) == []


def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "library.wasm"
    path.write_bytes(wasm(webgpu_module())[:-20])
    with pytest.raises(ForgeError, match="damaged"):
        read_wasm(path)
    path.write_text("<!doctype html>")
    with pytest.raises(ForgeError, match="not a WebAssembly module"):
        read_wasm(path)
    with pytest.raises(ForgeError, match="cannot read"):
        read_wasm(tmp_path / "absent.wasm")
