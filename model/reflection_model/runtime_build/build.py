"""Builds the three object files of the runtime and keeps them by version.

TVM's wheel ships the sources of its runtime but not the objects that a model library is linked with. This lays the
sources out as they expect to find each other, adds our own `wasm_runtime.cc` and the headers that the wheel leaves out,
and compiles. The compiler inside the wheel and these objects must come from one TVM version: the library's bytecode is
read back by the runtime.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..errors import ForgeError
from ..files import replaced_folder, write_json
from .toolchain import Toolchain

OBJECT_FILES = ("wasm_runtime.bc", "tvmjs_support.bc", "webgpu_runtime.bc")
"""What a model library is linked with. TVM's linker looks for these names, of bitcode, which links half as fast."""

OBJECT_FOLDER = Path("web") / "dist" / "wasm"
"""Where TVM's linker looks for them, below the folder that TVM_HOME names."""

COMPILE_FLAGS = ("-O3", "-std=c++17", "-Wno-ignored-attributes", "-c")

_HERE = Path(__file__).parent
SOURCES = _HERE / "sources"
SHIMS = _HERE / "shims"


def default_cache_folder() -> Path:
    """`model/build/runtime` of a checkout; it is ignored by git."""
    return _HERE.parent.parent / "build" / "runtime"


def our_sources() -> list[Path]:
    """Our own source and header files, in a fixed order."""
    return sorted(path for root in (SOURCES, SHIMS) for path in root.rglob("*") if path.suffix in (".cc", ".h"))


def cache_key(versions: dict[str, str]) -> str:
    """A name for one build: versions that a person can read, then a hash of our sources and the compiler's flags."""
    digest = hashlib.sha256(json.dumps([versions, COMPILE_FLAGS], sort_keys=True).encode())
    for path in our_sources():
        digest.update(path.relative_to(_HERE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return f"tvm-{versions['tvm']}-emscripten-{versions['emscripten']}-{digest.hexdigest()[:12]}"


def is_complete(home: Path) -> bool:
    """Whether a cached build has all three files and the record that is written last."""
    return (home / "build.json").is_file() and all((home / OBJECT_FOLDER / name).is_file() for name in OBJECT_FILES)


def build_runtime(
    toolchain: Toolchain,
    cache: Path | None = None,
    rebuild: bool = False,
    report: Callable[[str], None] = lambda line: None,
) -> Path:
    """Builds the runtime unless the cache has this version.

    Args:
        toolchain: from `find_toolchain`.
        cache: folder of builds, one subfolder a version; `default_cache_folder()` when absent.
        rebuild: build even if cached.
        report: gets one line when a file starts and ends.

    Returns:
        The folder to name in TVM_HOME; they lie in `web/dist/wasm` below it.

    Raises:
        ForgeError: a source is missing from the wheel, or the compiler refused one; the message has its output.
    """
    home = (cache or default_cache_folder()) / cache_key(toolchain.versions)
    if is_complete(home) and not rebuild:
        report(f"cached: {home}")
        return home
    with replaced_folder(home) as built, tempfile.TemporaryDirectory(prefix="forge-runtime-") as scratch:
        tree = _lay_out_sources(toolchain, Path(scratch))
        output = built / OBJECT_FOLDER
        output.mkdir(parents=True)
        jobs = {
            "wasm_runtime.bc": SOURCES / "wasm_runtime.cc",
            "tvmjs_support.bc": tree / "web" / "emcc" / "tvmjs_support.cc",
            "webgpu_runtime.bc": tree / "web" / "emcc" / "webgpu_runtime.cc",
        }
        with ThreadPoolExecutor(max_workers=2) as pool:
            for job in [pool.submit(_compile, toolchain, tree, jobs[n], output / n, report) for n in OBJECT_FILES]:
                job.result()
        sizes = {name: (output / name).stat().st_size for name in OBJECT_FILES}
        write_json(built / "build.json", {"versions": toolchain.versions, "flags": COMPILE_FLAGS, "bytes": sizes})
    return home


def _lay_out_sources(toolchain: Toolchain, tree: Path) -> Path:
    """Copies the wheel's sources to where their relative includes work, with our headers among them."""
    for part in ("src/runtime", "web/emcc"):
        source = toolchain.tvm / part
        if not source.is_dir():
            raise ForgeError(
                f"{source} is missing: this TVM installation has no runtime sources.",
                "Install the wheel from the package index; a build from source may leave them out.",
            )
        # A link would not do: `#include "../../x.h"` is resolved against the file's real folder.
        shutil.copytree(source, tree / part)
    shutil.copytree(SHIMS / "src", tree / "src", dirs_exist_ok=True)
    (tree / "3rdparty").mkdir()
    (tree / "3rdparty" / "tvm-ffi").symlink_to(toolchain.tvm_ffi, target_is_directory=True)
    return tree


def _compile(toolchain: Toolchain, tree: Path, source: Path, output: Path, report: Callable[[str], None]) -> None:
    report(f"compiling {source.name}")
    includes = [SHIMS, tree, toolchain.tvm / "include", toolchain.tvm_ffi / "include"]
    command = [str(toolchain.emcc), *COMPILE_FLAGS, *(f"-I{path}" for path in includes), str(source), "-o", str(output)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=False)
    if answer.returncode != 0:
        errors = [line for line in answer.stderr.splitlines() if "error" in line] or answer.stderr.splitlines()
        raise ForgeError(
            f"Emscripten could not compile {source.name}:\n" + "\n".join(errors[:20]),
            "The forge is tested with Emscripten 3.1.6; `forge setup` shows the versions found here.",
        )
    report(f"compiled {source.name}: {output.stat().st_size / 1e6:.1f} MB")
