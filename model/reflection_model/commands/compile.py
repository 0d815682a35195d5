"""`forge compile`: a Llama configuration to a WebLLM model library."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from ..compiler.checks import PORTABLE_BINDING_BYTES
from ..compiler.model_library import KernelInfo
from ..errors import ForgeError
from ..gpu_memory import gpu_memory
from ..library_sizes import CHUNK, MOST_CONTEXT, library_sizes
from ..llama_config import LlamaConfig, load_config, preset_names
from ..runtime_build.build import build_runtime, default_cache_folder
from ..runtime_build.toolchain import find_toolchain, tvm_version
from ..schemes import SCHEMES, Scheme, byte_count, parameter_shapes, scheme_named

EPILOG = """\
The library holds code, no weights: one library serves every model of the same configuration, scheme and context.

Schedules. `default` is for real GPUs: matrix products are tiled into workgroup memory, with other kernels for one token
and for many. `software` is for GPUs emulated on a CPU: every thread computes a few outputs alone, SwiGLU and
residuals are fused into the products, and almost nothing waits at a barrier. On SwiftShader it is more than ten times
faster; on a real GPU it is right too, and fast enough for a model of a few million parameters.

Every kernel is compiled by the browser when the model loads, so the report counts them. After linking, the library is
checked against what WebLLM provides and what every WebGPU device offers; a library that fails is not written.

examples:
  forge compile reflection-tiny --schedule software --context 1024 --chunk 256 --output reflection-tiny.wasm
  forge compile runs/mine/config.json --scheme q4f16 --context 4096 --output mine.wasm
  forge compile llama-3.1-70b --scheme q4f16 --check-only
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument(
        "config", metavar="CONFIG", help=f"a config.json, its folder, or a preset: {', '.join(preset_names())}"
    )
    parser.add_argument(
        "--scheme",
        choices=tuple(SCHEMES),
        default="q4f32",
        help="q4f32: 4-bit weights, float32 activations (default); q4f16: float16 activations, needs shader-f16; "
        "q0f32: float32 weights, for checks",
    )
    parser.add_argument(
        "--context",
        type=int,
        metavar="N",
        help=f"tokens of prompt and answer (default: the model's, at most {MOST_CONTEXT})",
    )
    parser.add_argument(
        "--chunk",
        type=int,
        metavar="N",
        help=f"most prompt tokens taken at once (default: {CHUNK}, at most the context)",
    )
    parser.add_argument(
        "--schedule", choices=("default", "software"), default="default", help="which GPUs to write kernels for"
    )
    parser.add_argument(
        "--subgroup-size",
        type=int,
        default=0,
        metavar="N",
        help="32: write kernels that exchange values within subgroups of 32 threads, for GPUs that have just these "
        "(default: 0, kernels for every GPU)",
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="the library to write (needed to link)")
    parser.add_argument(
        "--check-only", action="store_true", help="compile and check the kernels; do not link, write nothing"
    )
    parser.add_argument(
        "--runtime-cache",
        type=Path,
        default=default_cache_folder(),
        metavar="FOLDER",
        help="where `forge runtime` keeps its builds (default: model/build/runtime)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Compiles, links, checks and reports."""
    if arguments.output is None and not arguments.check_only:
        raise ForgeError("no --output given", "Name the library to write, or pass --check-only.")
    if arguments.output is not None and arguments.output.suffix != ".wasm":
        raise ForgeError(f"--output {arguments.output} must end in .wasm")
    config, scheme = load_config(arguments.config), scheme_named(arguments.scheme)
    tvm_version()
    toolchain = None if arguments.check_only else find_toolchain()
    # Imported late: it loads the compiler, which `--help` and wrong arguments need not wait for.
    from ..compiler import build

    context, chunk = library_sizes(config, arguments.context, arguments.chunk)
    request = build.Request(config, scheme, arguments.schedule, context, chunk, arguments.subgroup_size)
    started = time.monotonic()

    def report(line: str) -> None:
        print(f"compile: {time.monotonic() - started:5.1f} s  {line}", file=sys.stderr, flush=True)

    report(
        f"compiling {arguments.config}: {scheme.name}, {request.schedule} schedule, context {context}, chunk {chunk}"
    )
    executable, kernels = build.compile_checked(request)
    if toolchain is None:
        report(f"{len(kernels)} kernels pass the checks; nothing was linked")
        print(describe(config, scheme, context, chunk, kernels))
        return
    home = build_runtime(toolchain, arguments.runtime_cache, report=report)
    report("linking")
    library = build.link_library(executable, home, arguments.output)
    report(f"{len(kernels)} kernels and the linked library pass the checks")
    print(f"{arguments.output}  {library.wasm.size} bytes")
    print(describe(config, scheme, context, chunk, kernels))


def describe(config: LlamaConfig, scheme: Scheme, context: int, chunk: int, kernels: tuple[KernelInfo, ...]) -> str:
    """A table of the kernels, then what a device must offer."""
    width = max(len(kernel.name) for kernel in kernels)
    lines = [f"{'kernel':{width}}  threads  buffers  shared bytes  shader bytes"]
    for kernel in kernels:
        x, y, z = kernel.workgroup
        lines.append(
            f"{kernel.name:{width}}  {x * y * z:7}  {kernel.storage_buffers:7}  {kernel.shared_bytes:12}  "
            f"{len(kernel.shader):12}"
        )
    lines.append(f"{len(kernels)} kernels, {sum(len(kernel.shader) for kernel in kernels)} bytes of shaders")
    memory = gpu_memory(config, scheme, context, chunk)
    name, shape, dtype = max(parameter_shapes(config, scheme), key=lambda p: byte_count(p[1], p[2]))
    lines.append(
        f"GPU memory {memory.total / 2**20:.0f} MiB: weights {memory.weights / 2**20:.1f}, "
        f"cache {memory.kv_cache / 2**20:.1f}, workspace about {memory.workspace / 2**20:.1f}"
    )
    lines.append(
        f"largest weight {name} {list(shape)} {dtype}, {byte_count(shape, dtype) / 2**20:.1f} MiB; "
        f"largest buffer {memory.largest_buffer / 2**20:.1f} MiB"
    )
    if memory.largest_buffer > PORTABLE_BINDING_BYTES:
        lines.append(
            f"requirement: maxStorageBufferBindingSize of at least {memory.largest_buffer} bytes. WebGPU guarantees "
            "128 MiB; WebLLM asks for 1 GiB and takes 128 MiB where an adapter has less."
        )
    if scheme.required_features:
        lines.append(f"requirement: WebGPU features {', '.join(scheme.required_features)}")
    return "\n".join(lines)
