"""The `forge` command line. Each subcommand is a module with `add_arguments(parser)` and `run(arguments)`."""

from __future__ import annotations

import argparse
import importlib
import sys

from .errors import ForgeError

COMMANDS = {
    "setup": ("reflection_model.commands.setup", "prepare this environment, or say exactly what is missing"),
    "runtime": ("reflection_model.commands.runtime", "build the WebAssembly runtime from the TVM wheels"),
    "compile": ("reflection_model.commands.compile", "compile a Llama configuration into a WebLLM model library"),
    "libraries": (
        "reflection_model.commands.libraries",
        "compile the libraries that a site offers to visitors with GGUF files",
    ),
    "convert": (
        "reflection_model.commands.convert",
        "turn safetensors or GGUF into a WebLLM folder, or back into GGUF",
    ),
    "verify": ("reflection_model.commands.verify", "check a model folder: contract, logits, and a browser run"),
    "data": ("reflection_model.commands.data", "generate the reflection-tuning data, its tokenizer and held-out set"),
    "train": ("reflection_model.commands.train", "train a Reflection model on generated data, with checkpoints"),
    "solve": ("reflection_model.commands.solve", "let a model solve training problems, and note its own wrong steps"),
    "select": ("reflection_model.commands.select", "keep the better of each pair and its rewrite, by IFD and r-IFD"),
    "evaluate": ("reflection_model.commands.evaluate", "measure a model on the held-out problems"),
}


def main(argv: list[str] | None = None) -> int:
    """Runs one subcommand and returns the exit status: 0 done, 1 refused with a reason, 2 wrong arguments."""
    arguments_in = sys.argv[1:] if argv is None else argv
    parser = argparse.ArgumentParser(
        prog="forge",
        description="Trains, converts, compiles and verifies Reflection models for WebLLM.",
        epilog="Run `forge COMMAND --help` for one command; model/README.md walks through all of them in order.",
    )
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module_name, summary) in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        # Only the chosen command's module is imported: `convert` must not need the compiler or torch.
        if name in arguments_in[:1]:
            importlib.import_module(module_name).add_arguments(subparser)
    arguments = parser.parse_args(arguments_in)
    try:
        importlib.import_module(COMMANDS[arguments.command][0]).run(arguments)
    except ForgeError as error:
        print(f"forge: {error}", file=sys.stderr)
        if error.hint:
            print(f"  {error.hint}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("forge: stopped; nothing half-written was left behind", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
