"""Static checks of a model library: would unmodified WebLLM load it on a device with the usual limits?

The limits are those that WebLLM 0.2.86 requests of a device, or that WebGPU guarantees on every one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .model_library import KernelInfo, ModelLibrary

ALLOWED_IMPORTS = frozenset(
    [
        *(
            (module, name)
            for module in ("env", "wasi_snapshot_preview1")
            for name in (
                "TVMFFIWasmFunctionDeleter",
                "TVMFFIWasmSafeCall",
                "clock_time_get",
                "emscripten_notify_memory_growth",
                "environ_get",
                "environ_sizes_get",
                "fd_close",
                "fd_read",
                "fd_seek",
                "fd_write",
                "proc_exit",
            )
        ),
        ("env", "__cxa_thread_atexit"),
        ("env", "__console_log"),
    ]
)
"""What WebLLM's bundled runtime gives a library. Anything else fails the instantiation."""

REQUIRED_EXPORTS = frozenset(
    [
        "memory",
        "_initialize",
        "TVMWasmAllocSpace",
        "TVMWasmFreeSpace",
        "TVMFFIWasmGetLastError",
        "TVMFFIWasmFunctionCreate",
        "TVMFFIFunctionSetGlobal",
        "TVMFFIFunctionGetGlobal",
        "TVMFFIFunctionCall",
        "TVMFFIAnyViewToOwnedAny",
        "TVMFFIObjectDecRef",
        "TVMFFIObjectIncRef",
        "TVMFFITypeKeyToIndex",
        "TVMFFIGetTypeInfo",
        "TVMFFIErrorSetRaisedFromCStr",
        "TVMFFIDataTypeToString",
    ]
)
"""What WebLLM's bundled runtime calls; TVMFFIObjectIncRef since 0.2.86."""

MAX_STORAGE_BUFFERS = 10
MAX_THREADS = 256
MAX_WORKGROUP_EXTENT = (256, 256, 64)
MAX_SHARED_BYTES = 32 * 1024
PORTABLE_BINDING_BYTES = 128 * 1024 * 1024
"""Largest buffer that every device can bind; WebLLM asks for 1 GiB and falls back to this."""

_LAUNCH_TAGS = re.compile(r"(blockIdx\.[xy]|threadIdx\.[xyz]|paramWriteAccess:\[[01](,[01])*\])")
_ARGUMENT_TYPES = re.compile(r"(handle|(u?int|float)\d+)")
_REQUIRED_METADATA = ("model_type", "quantization", "context_window_size", "prefill_chunk_size", "params")


@dataclass(frozen=True)
class Finding:
    """One broken rule: where, and what WebLLM or the device would do about it."""

    where: str
    problem: str

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}"


def check_library(library: ModelLibrary) -> list[Finding]:
    """All broken rules of a library; an empty list means that none was found."""
    findings = [
        Finding("imports", f"{module}.{name} is not provided by WebLLM, so the library cannot be instantiated")
        for module, name in library.wasm.imports
        if (module, name) not in ALLOWED_IMPORTS
    ]
    findings += [
        Finding("exports", f"{name} is missing, which WebLLM calls")
        for name in sorted(REQUIRED_EXPORTS - set(library.wasm.exports))
    ]
    findings += [
        Finding("metadata", f"{name} is missing") for name in _REQUIRED_METADATA if name not in library.metadata
    ]
    for kernel in library.kernels:
        findings += check_kernel(kernel)
    return findings


def check_kernel(kernel: KernelInfo) -> list[Finding]:
    """All broken rules of one kernel."""
    problems = []
    if kernel.storage_buffers > MAX_STORAGE_BUFFERS:
        problems.append(f"{kernel.storage_buffers} storage buffers, at most {MAX_STORAGE_BUFFERS} are guaranteed")
    x, y, z = kernel.workgroup
    if x * y * z > MAX_THREADS:
        problems.append(f"{x * y * z} threads a workgroup, at most {MAX_THREADS} are guaranteed")
    for axis, extent, limit in zip("xyz", kernel.workgroup, MAX_WORKGROUP_EXTENT, strict=True):
        if extent > limit:
            problems.append(f"{extent} threads along {axis}, at most {limit} are guaranteed")
    if kernel.shared_bytes > MAX_SHARED_BYTES:
        problems.append(f"{kernel.shared_bytes} bytes of workgroup memory, at most {MAX_SHARED_BYTES} are requested")
    for tag in kernel.launch_tags:
        if tag == "blockIdx.z":
            problems.append("a grid along z, which WebLLM keeps for grids too long for x")
        elif not _LAUNCH_TAGS.fullmatch(tag):
            problems.append(f"launch tag {tag!r}, which WebLLM cannot handle")
    access = [tag for tag in kernel.launch_tags if tag.startswith("paramWriteAccess:")]
    buffers = kernel.argument_types.count("handle")
    if len(access) != 1 or access[0].count(",") + 1 != buffers:
        problems.append(f"write access is not given once for each of its {buffers} buffers")
    for kind in kernel.argument_types:
        if not _ARGUMENT_TYPES.fullmatch(kind):
            problems.append(f"an argument of type {kind}, which WebLLM cannot pass")
    return [Finding(f"kernel {kernel.name}", problem) for problem in problems]


def required_features(library: ModelLibrary) -> tuple[str, ...]:
    """WebGPU features that an adapter must have, by their WebGPU names, sorted."""
    names = {"f16": "shader-f16", "subgroups": "subgroups"}
    return tuple(sorted({names.get(feature, feature) for kernel in library.kernels for feature in kernel.features}))
