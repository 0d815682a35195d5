"""`forge libraries`: what a site needs to run its visitors' GGUF files on their GPUs."""

from __future__ import annotations

import argparse
import gzip
import os
import re
import sys
import time
from pathlib import Path

from ..errors import ForgeError
from ..library_sizes import library_sizes
from ..llama_config import load_config, preset_names
from ..runtime_build.build import build_runtime, cache_key, default_cache_folder
from ..runtime_build.toolchain import find_toolchain
from ..schemes import scheme_named
from ..site_libraries import Variant, add_to_list, rope_factor

COMMON_SHAPES = ("smollm2-135m", "smollm2-360m", "llama-3.2-1b", "llama-3.2-3b", "llama-3.1-8b")
"""Of the files that people have."""

SCHEMES = ("q4f32", "q4f16")

SUBGROUP_SIZES = (0, 32)
"""Kernels for every GPU, and for those whose subgroups have 32 threads."""

EPILOG = """\
A library holds code, no weights: it serves every model of its shape, also tuned ones. The page looks for the list
libraries.json in models/libraries/ beside itself; when a visitor brings a GGUF file of a listed shape, it takes the
library that suits the visitor's GPU and repacks the weights. Nothing else has to be built or configured.

In a checkout the default folder is public/models/libraries, which `npm run build` and `npm start` put into the site.
For a site that is served already, name its folder: --output /srv/site/models/libraries.

What is there already is not made again, so that the command can be stopped and goes on.

examples:
  forge libraries                                   all common shapes
  forge libraries smollm2-135m --scheme q4f32       one of them, for every GPU
  forge libraries path/to/config.json               a shape of your own
"""


def default_output() -> Path:
    """`public/models/libraries` of a checkout; libraries are ignored by git."""
    return Path(__file__).parents[3] / "public" / "models" / "libraries"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument(
        "configs",
        nargs="*",
        metavar="CONFIG",
        help=f"a config.json, its folder, or a preset: {', '.join(preset_names())} "
        f"(default: {', '.join(COMMON_SHAPES)})",
    )
    parser.add_argument(
        "--scheme",
        choices=SCHEMES,
        action="append",
        help="q4f32 for every GPU, q4f16 for those with shader-f16: faster, and less memory (default: both)",
    )
    parser.add_argument(
        "--subgroups",
        choices=("no", "only", "both"),
        default="both",
        help="kernels for GPUs whose subgroups have 32 threads, beside those for every GPU (default: both)",
    )
    parser.add_argument(
        "--schedule",
        choices=("default", "software"),
        default="default",
        help="as of `forge compile`; `software` is for trying a site where software plays the GPU",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=default_output(),
        metavar="FOLDER",
        help="where the site has models/libraries (default: public/models/libraries)",
    )
    parser.add_argument(
        "--runtime-cache",
        type=Path,
        default=default_cache_folder(),
        metavar="FOLDER",
        help="where `forge runtime` keeps its builds (default: model/build/runtime)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Compiles what is missing, writes the list, and prints sizes and times as a table."""
    variants = wanted(arguments)
    toolchain = find_toolchain()
    # Imported late: it loads the compiler, which `--help` and wrong arguments need not wait for.
    from ..compiler import build

    started = time.monotonic()

    def report(line: str) -> None:
        print(f"libraries: {time.monotonic() - started:6.1f} s  {line}", file=sys.stderr, flush=True)

    home = build_runtime(toolchain, arguments.runtime_cache, report=report)
    key = cache_key(toolchain.versions)
    print("| library | bytes | gzip | seconds of a core |\n|---|---|---|---|", flush=True)
    for variant in variants:
        begin = processor_seconds()
        path = arguments.output / variant.file_name(key)
        is_there = path.is_file()
        if not is_there:
            report(f"compiling {variant.title}")
            request = build.Request(
                variant.config,
                variant.scheme,
                variant.schedule,
                variant.context,
                variant.chunk,
                variant.subgroup_size,
            )
            executable, _ = build.compile_checked(request)
            build.link_library(executable, home, path)
        add_to_list(arguments.output, variant.entry(path))
        took = "there already" if is_there else f"{processor_seconds() - begin:.0f}"
        small = len(gzip.compress(path.read_bytes()))
        print(f"| {variant.title} | {path.stat().st_size} | {small} | {took} |", flush=True)
    report(f"{len(variants)} libraries are in {arguments.output}")


def processor_seconds() -> float:
    """What this process and those that it started have computed, also where other programs have the processors."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def wanted(arguments: argparse.Namespace) -> list[Variant]:
    """The libraries that were asked for.

    Raises:
        ForgeError: there is no such configuration, or the page could not use a library for it.
    """
    sizes = {"no": (0,), "only": SUBGROUP_SIZES[1:], "both": SUBGROUP_SIZES}[arguments.subgroups]
    variants = []
    for name in arguments.configs or COMMON_SHAPES:
        config = load_config(name)
        rope_factor(config)
        context, chunk = library_sizes(config)
        variants += [
            Variant(plain_name(name), config, scheme_named(scheme), size, arguments.schedule, context, chunk)
            for scheme in arguments.scheme or SCHEMES
            for size in sizes
        ]
    if len({variant.title for variant in variants}) < len(variants):
        raise ForgeError("two of the configurations have the same name", "Name each once, in folders of their own.")
    return variants


def plain_name(config: str) -> str:
    """Of a preset, or of the folder of a configuration, without what addresses have a meaning for."""
    path = Path(config)
    found = config if config in preset_names() else (path if path.is_dir() else path.parent).resolve().name
    # The page takes names of ASCII letters only; one that has none says nothing.
    return re.sub(r"[^\w.-]+", "-", found, flags=re.ASCII).strip("-") or "model"
