"""Compiling small models: functions, kernels, metadata, and the whole way to a linked library."""

from __future__ import annotations

import json
import math
import re
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tvm", reason="the compile extra is not installed")

from reflection_model.cli import main
from reflection_model.compiler.build import Request, build_module, compile_model, unlinked_kernels, webgpu_target
from reflection_model.compiler.checks import check_kernel
from reflection_model.compiler.kernels.cache import inverse_frequencies
from reflection_model.compiler.model_library import KernelInfo, read_model_library
from reflection_model.errors import ForgeError
from reflection_model.llama_config import LlamaConfig, load_config
from reflection_model.schemes import parameter_shapes, scheme_named

ONE_LAYER = LlamaConfig(
    hidden_size=64,
    intermediate_size=96,
    num_hidden_layers=1,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=32,
    vocab_size=320,
    rms_norm_eps=1e-5,
    rope_theta=10000.0,
    rope_scaling=None,
    tie_word_embeddings=True,
    max_position_embeddings=512,
)
LLAMA3_SCALING = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 128,
}
CALLED_BY_WEBLLM = {
    "_metadata",
    "embed",
    "prefill",
    "decode",
    "create_tir_paged_kv_cache",
    "softmax_with_temperature",
    "argsort_probs",
    "sample_with_top_p",
    "apply_logit_bias_inplace",
    "apply_penalty_inplace",
    "apply_bitmask_inplace",
}
PRESETS = Path(__file__).parents[1] / "reflection_model" / "presets"
KERNELS = {"software": 19, "default": 25}


def request(scheme: str = "q4f32", schedule: str = "software", config: LlamaConfig = ONE_LAYER, **sizes) -> Request:
    return Request(config, scheme_named(scheme), schedule, **{"context": 128, "chunk": 32, **sizes})


@cache
def kernels_of(scheme: str, schedule: str) -> tuple[KernelInfo, ...]:
    """The kernels of the one-layer model, compiled once for all tests: that takes seconds."""
    return tuple(unlinked_kernels(compile_model(request(scheme, schedule))))


def test_the_module_has_every_function_that_webllm_calls():
    with webgpu_target():
        module = build_module(request())
    assert {variable.name_hint for variable in module.get_global_vars()} >= CALLED_BY_WEBLLM


def test_kernels_for_subgroups_are_for_those_of_32_threads_as_tvm_knows_no_other() -> None:
    assert webgpu_target(32).attrs["thread_warp_size"] == 32
    with pytest.raises(ForgeError, match="subgroup size 8 is none of 0, 32"):
        request(subgroup_size=8)


def test_the_chunk_and_the_context_bound_the_memory_plan():
    with webgpu_target():
        bounds = build_module(request(context=100, chunk=20))["prefill"].attrs["tir_var_upper_bound"]
    assert (int(bounds["seq_len"]), int(bounds["total_seq_len"])) == (20, 100)


def test_metadata_lists_the_parameters_in_order():
    found = request("q4f16", context=100, chunk=20).metadata()
    listed = [(entry["name"], tuple(entry["shape"]), entry["dtype"]) for entry in found["params"]]
    assert listed == parameter_shapes(ONE_LAYER, scheme_named("q4f16"))
    assert (found["prefill_chunk_size"], found["context_window_size"], found["kv_state_kind"]) == (20, 100, "kv_cache")
    assert found["model_config"]["num_key_value_heads"] == 2


@pytest.mark.parametrize("schedule", ["software", "default"])
@pytest.mark.parametrize("scheme", ["q4f32", "q4f16", "q0f32"])
def test_kernels_are_few_and_within_the_limits(schedule, scheme):
    kernels = kernels_of(scheme, schedule)
    assert [str(finding) for kernel in kernels for finding in check_kernel(kernel)] == []
    # Loading a model takes as long as its kernels: a change here is a change of load time.
    assert len(kernels) == KERNELS[schedule], [kernel.name for kernel in kernels]
    assert any("f16" in kernel.features for kernel in kernels) == (scheme == "q4f16")


def test_the_kernels_do_not_depend_on_the_number_of_layers():
    assert (
        len(unlinked_kernels(compile_model(request(config=replace(ONE_LAYER, num_hidden_layers=3)))))
        == KERNELS["software"]
    )


@pytest.mark.parametrize("schedule", ["software", "default"])
def test_untied_embeddings_and_scaled_rotation_compile(schedule):
    config = replace(ONE_LAYER, tie_word_embeddings=False, rope_scaling=LLAMA3_SCALING)
    kernels = unlinked_kernels(compile_model(request(schedule=schedule, config=config)))
    assert len(kernels) == KERNELS[schedule]


def test_products_and_attention_of_the_software_schedule_use_no_workgroup_memory():
    """On SwiftShader every word of it takes time when a model loads: a kilobyte as much as a product's whole kernel."""
    kernels = {kernel.name: kernel for kernel in kernels_of("q4f32", "software")}
    products = ("qkv_proj", "o_proj", "gate_up_proj", "down_proj", "lm_head", "embed_tokens", "split_rotary")
    for name in (*products, "attention_decode", "attention_prefill", "attention_prefill_ragged"):
        kernel = kernels[f"{name}_kernel"]
        assert kernel.shared_bytes == 0 and "workgroupBarrier" not in kernel.shader


@pytest.mark.parametrize(("heads", "kv_heads", "head_dim"), [(6, 2, 30), (20, 1, 16)])
def test_attention_of_the_software_schedule_compiles_for_other_groups_of_heads(heads, kv_heads, head_dim):
    shape = {"num_attention_heads": heads, "num_key_value_heads": kv_heads, "head_dim": head_dim}
    kernels = unlinked_kernels(compile_model(request("q0f32", config=replace(ONE_LAYER, **shape))))
    assert [str(finding) for kernel in kernels for finding in check_kernel(kernel)] == []


def test_products_of_the_software_schedule_leave_weights_where_they_are_in_their_word():
    """On SwiftShader the products took twice as long with shifts."""
    kernels = {kernel.name: kernel for kernel in kernels_of("q4f32", "software")}
    for name in ("qkv_proj", "o_proj", "gate_up_proj", "down_proj", "lm_head"):
        assert not re.search(r">>\s*(4|8|12|16|20|24|28)u", kernels[f"{name}_kernel"].shader), name


def test_nothing_sorts():
    with webgpu_target():
        module = build_module(request())
    assert not [v.name_hint for v in module.get_global_vars() if "sort" in v.name_hint.replace("argsort_probs", "")]


def test_plain_rotation_frequencies():
    expected = [10000.0 ** (-2 * pair / 32) for pair in range(16)]
    assert inverse_frequencies(ONE_LAYER) == pytest.approx(expected, rel=1e-7)


def test_llama3_scaling_slows_only_long_wavelengths():
    plain = inverse_frequencies(ONE_LAYER).astype(np.float64)
    scaled = inverse_frequencies(replace(ONE_LAYER, rope_scaling=LLAMA3_SCALING))
    for before, after in zip(plain, scaled, strict=True):
        wavelength = 2 * math.pi / before
        if wavelength < 128 / 4.0:
            assert after == pytest.approx(before, rel=1e-6)
        elif wavelength > 128 / 1.0:
            assert after == pytest.approx(before / 8.0, rel=1e-6)
        else:
            assert before / 8.0 < after < before


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"context": 513}, "outside 2 to 512"),
        ({"context": 1}, "outside 2 to 512"),
        ({"chunk": 0}, "outside 1 to 128"),
        ({"chunk": 129}, "outside 1 to 128"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(sizes, message):
    with pytest.raises(ForgeError, match=message):
        request(**sizes)


def test_an_unknown_schedule_is_refused():
    with pytest.raises(ForgeError, match="unknown schedule 'fast'"):
        request(schedule="fast")


def test_check_only_reports_without_linking(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))  # no Emscripten
    assert main(["compile", "reflection-tiny", "--schedule", "software", "--check-only"]) == 0
    said = capsys.readouterr().out
    assert "19 kernels" in said and "largest buffer" in said


def test_a_large_vocabulary_is_reported_as_a_requirement(tmp_path: Path, capsys):
    preset = json.loads((PRESETS / "llama-3.1-8b.json").read_text())
    config = tmp_path / "config.json"
    config.write_text(json.dumps({**preset, "num_hidden_layers": 1}))  # the kernels are those of all its layers
    assert main(["compile", str(config), "--scheme", "q4f16", "--check-only"]) == 0
    said = capsys.readouterr().out
    assert "maxStorageBufferBindingSize of at least 262668288" in said and "shader-f16" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["reflection-tiny"], "no --output given"),
        (["reflection-tiny", "--output", "library.js"], "must end in .wasm"),
        (["no-such-preset", "--check-only"], "neither a preset nor a config.json"),
        (["reflection-tiny", "--check-only", "--context", "1000000"], "outside 2 to"),
    ],
)
def test_wrong_arguments_are_explained(arguments, message, capsys):
    assert main(["compile", *arguments]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("emcc") is None, reason="Emscripten is not installed")
def test_a_whole_library_links_and_passes(tmp_path: Path, capsys):
    output = tmp_path / "tiny.wasm"
    assert main(["compile", "reflection-tiny", "--schedule", "software", "--output", str(output)]) == 0
    library = read_model_library(output)
    assert len(library.kernels) == KERNELS["software"]
    shapes = parameter_shapes(load_config("reflection-tiny"), scheme_named("q4f32"))
    assert [entry["name"] for entry in library.metadata["params"]] == [name for name, _, _ in shapes]
    assert library.wasm.size < 3_000_000
