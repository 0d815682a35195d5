"""From a configuration to a linked and checked model library."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import tvm
import tvm_ffi
from tvm import relax
from tvm.relax.backend import gpu_generic
from tvm.s_tir import dlight
from tvm.target import Target

from ..errors import ForgeError
from ..files import replaced_file
from ..llama_config import LlamaConfig
from ..schemes import VALUES_PER_WORD, Scheme, parameter_shapes
from .checks import check_kernel, check_library
from .model import Llama
from .model_library import KernelInfo, ModelLibrary, read_kernels, read_model_library
from .operators import SCHEDULES
from .sampler import add_sampler

SAMPLER_THREADS = {"default": 256, "software": 64}
"""Threads of the workgroup that reduces over the vocabulary. A software GPU runs them in turn: fewer cost it less."""

LARGEST_CHUNK = 32768
"""A grid's second axis counts the tokens of a chunk and must stay below 65536."""


SUBGROUP_SIZES = (0, 32)
"""0 is for kernels without subgroups. TVM writes the others for 32 threads, whatever its target is told: on GPUs with
smaller subgroups they compute wrong numbers."""


@dataclass(frozen=True)
class Request:
    """What to compile.

    Args:
        config: architecture.
        scheme: how weights are stored and activations computed.
        schedule: one of `SCHEDULES`.
        context: tokens of prompt and answer together; at least 2.
        chunk: most tokens of a prompt that are taken at once; at most `context`.
        subgroup_size: threads that share registers on the GPUs it is for, where kernels shall make use of that; 0 for
            kernels that run on every GPU.

    Raises:
        ForgeError: the numbers do not fit together.
    """

    config: LlamaConfig
    scheme: Scheme
    schedule: str
    context: int
    chunk: int
    subgroup_size: int = 0

    def __post_init__(self) -> None:
        if self.schedule not in SCHEDULES:
            raise ForgeError(f"unknown schedule {self.schedule!r}", f"Schedules: {', '.join(SCHEDULES)}.")
        longest = self.config.max_position_embeddings
        if not 2 <= self.context <= longest:
            raise ForgeError(
                f"context {self.context} is outside 2 to {longest}, the positions that this model was made for"
            )
        if not 1 <= self.chunk <= min(self.context, LARGEST_CHUNK):
            raise ForgeError(
                f"chunk {self.chunk} is outside 1 to {min(self.context, LARGEST_CHUNK)}",
                "A chunk is a part of the context; 256 suits most models.",
            )
        if self.subgroup_size not in SUBGROUP_SIZES:
            raise ForgeError(
                f"subgroup size {self.subgroup_size} is none of {', '.join(map(str, SUBGROUP_SIZES))}",
                "TVM writes kernels for subgroups of 32 threads only; 0 is for kernels without subgroups.",
            )
        if self.config.hidden_size % VALUES_PER_WORD:
            raise ForgeError(f"hidden_size {self.config.hidden_size} is not a multiple of {VALUES_PER_WORD}")

    def metadata(self) -> dict[str, Any]:
        """What the library says about itself. WebLLM reads the parameter names, the chunk and the kind of state."""
        return {
            "model_type": "llama",
            "quantization": self.scheme.name,
            "context_window_size": self.context,
            "prefill_chunk_size": self.chunk,
            "sliding_window_size": -1,
            "attention_sink_size": -1,
            "tensor_parallel_shards": 1,
            "max_batch_size": 1,
            "kv_state_kind": "kv_cache",
            "schedule": self.schedule,
            **({"subgroup_size": self.subgroup_size} if self.subgroup_size else {}),
            "params": [
                {"name": name, "shape": list(shape), "dtype": dtype}
                for name, shape, dtype in parameter_shapes(self.config, self.scheme)
            ],
            "model_config": asdict(self.config),
        }


def webgpu_target(subgroup_size: int = 0) -> Target:
    """WebGPU kernels with a host part in 32-bit WebAssembly; 256 threads is what every device has.

    Args:
        subgroup_size: as in `Request`.
    """
    host = {"kind": "llvm", "mtriple": "wasm32-unknown-unknown-wasm"}
    subgroups = {"supports_subgroups": True, "thread_warp_size": subgroup_size} if subgroup_size else {}
    return Target({"kind": "webgpu", "max_num_threads": 256, "host": host, **subgroups})


def build_module(request: Request) -> tvm.ir.IRModule:
    """The model, its sampler and its metadata in TVM's intermediate language, kernels not yet all scheduled.

    Call with a target in scope (`with webgpu_target():`).
    """
    config, scheme = request.config, request.scheme
    model = Llama(config, scheme, request.schedule)
    module, parameters = model.export_tvm(spec=model.specification())[:2]
    declared = [(name, tuple(int(n) for n in tensor.shape), str(tensor.dtype)) for name, tensor in parameters]
    # A defect of the forge, not of the input: the weights would be read in another order than written.
    assert declared == parameter_shapes(config, scheme), "the model's parameters differ from the scheme's"
    builder = relax.BlockBuilder(module)
    add_sampler(builder, SAMPLER_THREADS[request.schedule])
    with builder.function("_metadata", params=[]):
        builder.emit_func_output(tvm.ir.StringImm(json.dumps(request.metadata())))
    module = builder.finalize()
    # Upper bounds of the symbolic extents: memory for the largest chunk is planned once, at compile time.
    bounds = {
        "seq_len": request.chunk,
        "total_seq_len": request.context,
        "batch_size": 1,
        "vocab_size": config.vocab_size,
        "num_samples": 1,
    }
    for name, function in list(module.functions_items()):
        if isinstance(function, relax.Function):
            module[name] = function.with_attr("tir_var_upper_bound", bounds)
    return module


def compile_model(request: Request) -> relax.VMExecutable:
    """Schedules every kernel and generates code; the result is not linked yet."""
    target = webgpu_target(request.subgroup_size)
    # Kernels written by hand are scheduled already; these rules see only the products of the default schedule.
    rules = (
        dlight.gpu.Matmul(),
        dlight.gpu.GEMV(),
        dlight.gpu.Reduction(),
        dlight.gpu.GeneralReduction(),
        dlight.gpu.Fallback(),
    )
    passes = tvm.transform.Sequential(
        [
            # A reshape stays an operation, which becomes a view; as a kernel it would copy.
            relax.transform.LegalizeOps(skip_ops=["relax.reshape"]),
            relax.transform.FoldConstant(),
            relax.transform.DeadCodeElimination(),
            dlight.ApplyDefaultSchedule(*rules),
            # WebGPU passes scalars in 32 bits.
            tvm.tirx.transform.ForceNarrowIndexToInt32(),
            relax.transform.ToNonDataflow(),
            relax.transform.RemovePurityChecking(),
            relax.transform.CallTIRRewrite(),
            *gpu_generic.finalize_passes(target),
        ]
    )
    with target, tvm.transform.PassContext(config={"relax.backend.use_cuda_graph": False}):
        return relax.build(build_module(request), target=target, relax_pipeline=passes, system_lib=True)


def unlinked_kernels(executable: relax.VMExecutable) -> tuple[KernelInfo, ...]:
    """The kernels of a compiled model, read from the block that linking would put into the library."""
    block = tvm_ffi.get_global_func("runtime.ModulePackImportsToTensor")(executable.mod)
    return read_kernels(block.numpy().tobytes(), "the compiled model")


def compile_checked(request: Request) -> tuple[relax.VMExecutable, tuple[KernelInfo, ...]]:
    """What `compile_model` makes, and its kernels.

    Raises:
        ForgeError: kernels are beyond the limits of WebGPU or WebLLM; the message names all of them.
    """
    executable = compile_model(request)
    kernels = unlinked_kernels(executable)
    _refuse([str(finding) for kernel in kernels for finding in check_kernel(kernel)])
    return executable, kernels


def link_library(executable: relax.VMExecutable, runtime_home: Path, output: Path) -> ModelLibrary:
    """Links a compiled model with the runtime, checks the result, and only then puts it in place.

    Args:
        executable: from `compile_checked`.
        runtime_home: from `runtime_build.build.build_runtime`.
        output: the `.wasm` file; replaced when everything is right, untouched otherwise.

    Raises:
        ForgeError: the linker failed, or the library breaks a rule of `checks`.
    """
    with tempfile.TemporaryDirectory(prefix="forge-link-") as scratch:
        linked = Path(scratch) / "library.wasm"  # the linker decides by the ending what to write
        with _tvm_home(runtime_home):
            try:
                executable.export_library(str(linked))
            except RuntimeError as error:
                raise ForgeError(f"Emscripten could not link the library:\n{error}") from error
        library = read_model_library(linked)
        _refuse([str(finding) for finding in check_library(library)])
        with replaced_file(output) as temporary:
            temporary.write_bytes(linked.read_bytes())
    return library


def _refuse(problems: list[str]) -> None:
    if problems:
        raise ForgeError("the library would not run:\n" + "\n".join(f"  {problem}" for problem in problems))


@contextlib.contextmanager
def _tvm_home(folder: Path) -> Iterator[None]:
    """TVM's linker looks for the runtime below the folder that this variable names."""
    before = os.environ.get("TVM_HOME")
    os.environ["TVM_HOME"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["TVM_HOME"]
        else:
            os.environ["TVM_HOME"] = before
