"""The runtime build: what it needs, how it names its cache, and what it says when something is missing."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from reflection_model.cli import main
from reflection_model.errors import ForgeError
from reflection_model.runtime_build import build, toolchain

VERSIONS = {"tvm": "0.27.0.post1", "tvm-ffi": "0.1.15", "emscripten": "3.1.6"}


def _fake_emcc(folder: Path, version: str) -> None:
    """A program that answers like `emcc --version`."""
    program = folder / "emcc"
    program.write_text(f"#!/bin/sh\necho 'emcc (Emscripten gcc/clang-like replacement) {version} ()'\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


def test_our_sources_are_installed_with_the_package():
    names = {path.name for path in build.our_sources()}
    assert {"wasm_runtime.cc", "io.h", "serializer.h", "bytes_io.h", "base64.h", "nvtx.h", "utils.h"} <= names


def test_the_runtime_leaves_out_what_a_library_never_calls():
    included = re.findall(r'#include "(.*)"', (build.SOURCES / "wasm_runtime.cc").read_text())
    assert not [name for name in included if "sort" in name or "testing" in name or "endpoint" in name]
    assert [name for name in included if "/rpc/" in name] == [
        "src/runtime/rpc/rpc_local_session.cc",
        "src/runtime/rpc/rpc_session.cc",
    ]


def test_every_included_source_exists_in_the_wheels():
    tvm = pytest.importorskip("tvm", reason="the compile extra is not installed")
    ffi = toolchain.package_folder("tvm_ffi", toolchain.TVM_FFI_PACKAGE)
    for name in re.findall(r'#include "(.*\.cc)"', (build.SOURCES / "wasm_runtime.cc").read_text()):
        ours = name.removeprefix("3rdparty/tvm-ffi/")
        path = ffi / ours if ours != name else Path(tvm.__file__).parent / name
        assert path.is_file(), name


def test_the_cache_key_names_the_versions_and_changes_with_each():
    key = build.cache_key(VERSIONS)
    assert "0.27.0.post1" in key and "3.1.6" in key
    assert key == build.cache_key(dict(VERSIONS))
    for part in VERSIONS:
        assert build.cache_key({**VERSIONS, part: "9.9.9"}) != key


def test_the_cache_key_changes_with_our_sources(tmp_path, monkeypatch):
    before = build.cache_key(VERSIONS)
    changed = tmp_path / "wasm_runtime.cc"
    changed.write_text("// changed\n")
    monkeypatch.setattr(build, "_HERE", tmp_path)
    monkeypatch.setattr(build, "our_sources", lambda: [changed])
    assert build.cache_key(VERSIONS) != before


def test_a_complete_build_is_not_built_again(tmp_path):
    home = tmp_path / build.cache_key(VERSIONS)
    (home / build.OBJECT_FOLDER).mkdir(parents=True)
    for name in build.OBJECT_FILES:
        (home / build.OBJECT_FOLDER / name).write_bytes(b"object")
    tools = toolchain.Toolchain(Path("/nowhere"), Path("/nowhere"), Path("/nowhere/emcc"), VERSIONS)
    (home / "build.json").write_text("{}")
    assert build.build_runtime(tools, tmp_path) == home
    (home / "build.json").unlink()  # without the record that is written last, the build is not trusted
    with pytest.raises(ForgeError, match="no runtime sources"):
        build.build_runtime(tools, tmp_path)


def test_a_missing_compiler_is_named_with_the_command_that_installs_it(tmp_path, monkeypatch, capsys):
    pytest.importorskip("tvm", reason="the compile extra is not installed")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["runtime", "--cache", str(tmp_path / "cache")]) == 1
    said = capsys.readouterr().err
    assert "`emcc` is not on the search path" in said and "apt-get install emscripten" in said
    assert not (tmp_path / "cache").exists()


def test_an_old_compiler_is_refused(tmp_path, monkeypatch):
    _fake_emcc(tmp_path, "2.0.34")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(ForgeError, match="2.0.34 is too old"):
        toolchain.find_emcc()


def test_a_missing_python_package_is_named():
    with pytest.raises(ForgeError, match="no-such-package is not installed") as error:
        toolchain.package_folder("no_such_module_anywhere", "no-such-package")
    assert "pip install" in error.value.hint


def test_a_refused_source_shows_what_the_compiler_said(tmp_path, monkeypatch):
    tree = tmp_path / "tvm"
    for part in ("src/runtime", "web/emcc"):
        (tree / part).mkdir(parents=True)
    for name in ("tvmjs_support.cc", "webgpu_runtime.cc"):
        (tree / "web" / "emcc" / name).write_text("")
    emcc = tmp_path / "emcc"
    emcc.write_text("#!/bin/sh\necho 'x.cc:1:1: error: no such header' >&2\nexit 1\n")
    emcc.chmod(0o755)
    tools = toolchain.Toolchain(tree, tree, emcc, VERSIONS)
    with pytest.raises(ForgeError, match="no such header"):
        build.build_runtime(tools, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
