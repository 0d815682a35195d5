"""The libraries that a site offers for GGUF files: which are made, and the list by which the page finds them."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import pytest

from reflection_model.cli import main
from reflection_model.commands import libraries
from reflection_model.errors import ForgeError
from reflection_model.llama_config import load_config
from reflection_model.schemes import scheme_named
from reflection_model.site_libraries import Variant, add_to_list, read_list, rope_factor


def wanted(*arguments: str) -> list[Variant]:
    parser = argparse.ArgumentParser()
    libraries.add_arguments(parser)
    return libraries.wanted(parser.parse_args(arguments))


def variant(**changes) -> Variant:
    plain = Variant("tiny", load_config("smollm2-135m"), scheme_named("q4f32"), 0, "default", 4096, 256)
    return replace(plain, **changes)


def test_all_common_shapes_come_in_both_schemes_with_and_without_subgroups() -> None:
    titles = [one.title for one in wanted()]
    assert len(titles) == len(set(titles)) == 5 * 2 * 2
    assert {"smollm2-360m-q4f16", "llama-3.1-8b-q4f32-subgroups32"} <= set(titles)


def test_the_name_of_a_file_changes_with_what_it_is_made_from() -> None:
    others = [
        variant(config=load_config("smollm2-360m")),
        variant(scheme=scheme_named("q4f16")),
        variant(subgroup_size=32),
        variant(context=2048),
    ]
    names = {one.file_name("runtime-1") for one in (variant(), *others)}
    assert len(names) == 5
    assert variant().file_name("runtime-1") in names and variant().file_name("runtime-2") not in names


def test_the_list_tells_the_page_the_shape_and_what_the_gpu_must_offer(tmp_path: Path) -> None:
    file = tmp_path / "x.wasm"
    file.write_bytes(b"library")
    entry = variant(config=load_config("llama-3.2-3b"), scheme=scheme_named("q4f16"), subgroup_size=32).entry(file)
    assert entry["shape"]["ropeFactor"] == 32 and entry["shape"]["keyValueHeads"] == 8
    assert entry["requiredFeatures"] == ["shader-f16", "subgroups"] and entry["subgroupSize"] == 32
    assert (entry["float"], entry["bytes"], len(entry["sha256"])) == ("float16", 7, 64)


def test_a_library_that_is_made_anew_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    for name in ("old.wasm", "other.wasm", "new.wasm"):
        (tmp_path / name).write_bytes(name.encode())
    add_to_list(tmp_path, variant().entry(tmp_path / "old.wasm"))
    add_to_list(tmp_path, variant(subgroup_size=32).entry(tmp_path / "other.wasm"))
    add_to_list(tmp_path, variant().entry(tmp_path / "new.wasm"))
    assert [entry["file"] for entry in read_list(tmp_path)] == ["other.wasm", "new.wasm"]
    assert sorted(path.name for path in tmp_path.glob("*.wasm")) == ["new.wasm", "other.wasm"]


def test_a_file_that_is_no_list_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "libraries.json").write_text(json.dumps({"mine": 1}))
    with pytest.raises(ForgeError, match="no list of libraries"):
        read_list(tmp_path)


@pytest.mark.parametrize(("folder", "name"), [("Über Llama", "ber-Llama"), ("模型", "model"), ("a.b_c-1", "a.b_c-1")])
def test_a_library_has_a_name_that_the_page_takes(tmp_path: Path, folder: str, name: str) -> None:
    (tmp_path / folder).mkdir()
    assert libraries.plain_name(str(tmp_path / folder)) == name


def test_a_rotation_that_the_page_does_not_know_is_refused(tmp_path: Path, capsys) -> None:
    config = load_config("llama-3.2-1b").to_hugging_face()
    config["rope_scaling"]["low_freq_factor"] = 2.0
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert main(["libraries", str(tmp_path), "--output", str(tmp_path)]) == 1
    assert "which the page does not know" in capsys.readouterr().err
    assert rope_factor(load_config("smollm2-135m")) == 1
