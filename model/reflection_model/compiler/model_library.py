"""Reads a linked model library without running it: its kernels, their shaders, and its metadata.

TVM stores the modules of a library as one block in the data of the WebAssembly file; the WebGPU module in it holds the
function map that WebLLM reads at load, and the shader of every kernel.
"""

from __future__ import annotations

import json
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ForgeError
from .wasm_file import WasmFile, read_wasm

_WEBGPU_KEY = struct.pack("<Q", len("webgpu")) + b"webgpu"
_TYPE_CODES = {0: "int", 1: "uint", 2: "float", 3: "handle", 6: "bool"}
_ELEMENT_BYTES = {"f32": 4, "i32": 4, "u32": 4, "f16": 2, "atomic<u32>": 4, "atomic<i32>": 4}


@dataclass(frozen=True)
class KernelInfo:
    """One kernel of a library.

    Args:
        name: key in the function map, and the shader's entry point.
        argument_types: "handle" for a buffer, else the scalar's type.
        launch_tags: how the launch arguments and the write access are passed.
        workgroup: threads along x, y and z.
        storage_buffers: bindings of storage buffers.
        shared_bytes: workgroup memory.
        features: WebGPU features that the shader enables ("f16", "subgroups").
        shader: the WGSL source.
    """

    name: str
    argument_types: tuple[str, ...]
    launch_tags: tuple[str, ...]
    workgroup: tuple[int, int, int]
    storage_buffers: int
    shared_bytes: int
    features: tuple[str, ...]
    shader: str


@dataclass(frozen=True)
class ModelLibrary:
    """A linked library: the WebAssembly around it, its kernels by name, and its `_metadata`."""

    wasm: WasmFile
    kernels: tuple[KernelInfo, ...]
    metadata: dict[str, Any]


def read_model_library(path: Path) -> ModelLibrary:
    """Reads a library file.

    Raises:
        ForgeError: it is not a WebAssembly module, or holds no WebGPU kernels or no metadata.
    """
    wasm = read_wasm(path)
    return ModelLibrary(wasm, read_kernels(wasm.memory, path.name), read_metadata(wasm.memory, path.name))


def describe_kernel(
    name: str, argument_types: tuple[str, ...], launch_tags: tuple[str, ...], shader: str
) -> KernelInfo:
    """Reads the sizes that matter from a kernel's shader.

    Raises:
        ForgeError: the shader declares no workgroup size, or shared memory of a type that is not known here.
    """
    size = re.search(r"@workgroup_size\(([^)]*)\)", shader)
    if size is None:
        raise ForgeError(f"the shader of {name} declares no workgroup size")
    extents = [int(part) for part in size[1].split(",") if part.strip()]
    return KernelInfo(
        name=name,
        argument_types=argument_types,
        launch_tags=launch_tags,
        workgroup=(*extents, 1, 1)[:3],
        storage_buffers=len(re.findall(r"var<storage\b", shader)),
        shared_bytes=sum(
            _array_bytes(name, kind) for kind in re.findall(r"var<workgroup>\s*\w+\s*:\s*([^;]+);", shader)
        ),
        features=tuple(re.findall(r"^\s*enable\s+(\w+)\s*;", shader, re.MULTILINE)),
        shader=shader,
    )


def _array_bytes(kernel: str, declared: str) -> int:
    """Bytes of `array<f32, 64>` or `array<vec4<f16>, 64>`."""
    match = re.fullmatch(r"array<\s*(?:vec([234])<\s*(\w+)\s*>|(\w+(?:<\w+>)?))\s*,\s*(\d+)u?\s*>", declared.strip())
    element = match and (match[2] or match[3])
    if match is None or element not in _ELEMENT_BYTES:
        raise ForgeError(f"the shader of {kernel} declares workgroup memory of an unknown type: {declared}")
    lanes = {None: 1, "2": 2, "3": 4, "4": 4}[match[1]]  # three lanes are aligned like four
    return _ELEMENT_BYTES[element] * lanes * int(match[4])


class _Block:
    """A cursor over TVM's serialized values: lengths in 64 bits, then the elements."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    def unpack(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return values

    def count(self, limit: int) -> int:
        (value,) = self.unpack("<Q")
        if value > limit:
            raise ValueError("not a plausible length")
        return value

    def text(self) -> str:
        size = self.count(len(self.data) - self.at)
        self.at += size
        return self.data[self.at - size : self.at].decode()


def read_kernels(memory: bytes, where: str) -> tuple[KernelInfo, ...]:
    """Finds the WebGPU module in a library's memory, or in the block that TVM packs into it, and reads its kernels.

    Raises:
        ForgeError: there is none; `where` names the library.
    """
    at = memory.find(_WEBGPU_KEY)
    while at >= 0:
        try:
            # The name is followed by the module's size in bytes, the function map and the shaders.
            return _parse_webgpu_module(_Block(memory, at + len(_WEBGPU_KEY) + 8))
        except (ValueError, struct.error, UnicodeDecodeError, KeyError):
            at = memory.find(_WEBGPU_KEY, at + 1)  # the same bytes by chance
    raise ForgeError(f"{where} holds no WebGPU kernels", "It is not a model library built for WebLLM.")


def _parse_webgpu_module(block: _Block) -> tuple[KernelInfo, ...]:
    functions: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    for _ in range(block.count(4096)):
        key = block.text()
        if block.text() != key:
            raise ValueError("a function is listed under another name than its own")
        types = []
        for _ in range(block.count(64)):
            code, bits, lanes = block.unpack("<BBH")
            kind = _TYPE_CODES[code]
            types.append(kind if kind in ("handle", "bool") else f"{kind}{bits}" + (f"x{lanes}" if lanes > 1 else ""))
        tags = tuple(block.text() for _ in range(block.count(64)))
        block.unpack(f"<{block.count(64)}i")
        functions[key] = (tuple(types), tags)
    shaders = {block.text(): block.text() for _ in range(block.count(4096))}
    if set(shaders) != set(functions):
        raise ValueError("function map and shaders list different kernels")
    return tuple(describe_kernel(name, *functions[name], shaders[name]) for name in sorted(functions))


def read_metadata(memory: bytes, where: str) -> dict[str, Any]:
    """Finds the JSON that the library's `_metadata` function returns.

    Raises:
        ForgeError: there is none; `where` names the library.
    """
    for match in re.finditer(rb'\{"model_type"', memory):
        text = memory[match.start() : memory.find(b"\0", match.start())].decode(errors="replace")
        try:
            found, _ = json.JSONDecoder().raw_decode(text)
        except json.JSONDecodeError:
            continue
        return found
    raise ForgeError(f"{where} holds no metadata", "Its `_metadata` must be JSON that starts with the model_type.")
