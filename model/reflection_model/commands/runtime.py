"""`forge runtime`: builds the WebAssembly runtime from the TVM wheels."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from ..runtime_build.build import OBJECT_FILES, OBJECT_FOLDER, build_runtime, default_cache_folder
from ..runtime_build.toolchain import find_toolchain


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `forge runtime`."""
    parser.epilog = (
        "Needs the `compile` extra and Emscripten (see `forge setup`); takes about a minute the first time. "
        "`forge compile` builds the runtime by itself when it is not cached."
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=default_cache_folder(),
        metavar="FOLDER",
        help="where builds are kept, one subfolder for each set of versions (default: model/build/runtime)",
    )
    parser.add_argument("--rebuild", action="store_true", help="build even if this version is cached")


def run(arguments: argparse.Namespace) -> None:
    """Builds or finds the runtime and prints where it is."""
    started = time.monotonic()

    def report(line: str) -> None:
        print(f"runtime: {time.monotonic() - started:5.1f} s  {line}", file=sys.stderr, flush=True)

    home = build_runtime(find_toolchain(), arguments.cache, arguments.rebuild, report)
    for name in OBJECT_FILES:
        path = home / OBJECT_FOLDER / name
        print(f"{path}  {path.stat().st_size} bytes")
