"""`forge train`: trains a Reflection model on the data of `forge data`, and writes it as a Hugging Face folder."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path

from ..errors import ForgeError
from ..llama_config import load_config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("--data", type=Path, required=True, help="folder written by `forge data`")
    parser.add_argument(
        "--output", type=Path, required=True, help="folder of the run; an interrupted run goes on from its checkpoint"
    )
    parser.add_argument("--config", default="reflection-tiny", help="preset or config.json (default reflection-tiny)")
    parser.add_argument(
        "--tokens", type=int, default=60_000_000, help="tokens to train on; the schedule ends there (default 60 M)"
    )
    parser.add_argument(
        "--batch-tokens", type=int, default=8192, help="tokens a step, shared among the processes (default 8192)"
    )
    parser.add_argument("--learning-rate", type=float, default=4e-3, help="of Muon and AdamW (default 4e-3)")
    parser.add_argument("--warmup-steps", type=int, default=100, help="until the rate is reached (default 100)")
    parser.add_argument(
        "--embedding-rate", type=float, default=1.0, help="of the learning rate, for the embedding (default 1)"
    )
    parser.add_argument(
        "--decay-from", type=float, default=0.3, help="share after which the rate falls to zero (default 0.3)"
    )
    parser.add_argument(
        "--quantized-from", type=float, default=0.6, help="share after which weights are trained on the 4-bit grid"
    )
    parser.add_argument("--seed", type=int, default=1, help="initial weights and order of batches (default 1)")
    parser.add_argument("--processes", type=int, default=2, help="processes of one thread each (default 2)")
    parser.add_argument(
        "--device",
        default="auto",
        choices=("auto", "cpu", "cuda"),
        help="where to train (default: a GPU if any)",
    )
    parser.add_argument(
        "--compile", action="store_true", help="compile the layers first: a minute, then faster; needs a C++ compiler"
    )
    parser.add_argument(
        "--checkpoint-seconds", type=float, default=300.0, help="time between checkpoints (default 300)"
    )
    parser.add_argument("--layers", type=int, help="how many layers, if not as many as the configuration has")
    parser.add_argument(
        "--start-from",
        type=Path,
        help="weights.pt to start from instead of random weights; those of fewer layers get more that add nothing yet",
    )
    parser.add_argument(
        "--end-at", type=int, help="end after so many tokens, before the schedule does, for another run to go on"
    )
    parser.add_argument(
        "--export-only", action="store_true", help="only write the folder `model` from the checkpoint as it is"
    )


def run(arguments: argparse.Namespace) -> None:
    """Trains and exports."""
    try:
        from ..tuning.export import export_model
        from ..tuning.plots import plot_curve
        from ..tuning.training import Settings, chosen_device, train
    except ModuleNotFoundError as error:
        raise ForgeError(f"training needs {error.name}", "Run `forge setup train --install`.") from error
    config = load_config(arguments.config)
    if arguments.layers is not None:
        if arguments.layers < 1:
            raise ForgeError(f"--layers {arguments.layers}: a model has one layer or more")
        config = dataclasses.replace(config, num_hidden_layers=arguments.layers)
    tokenizer = json.loads((arguments.data / "tokenizer.json").read_text(encoding="utf-8"))
    size = len(tokenizer["model"]["vocab"])
    if config.vocab_size != size:
        raise ForgeError(f"the configuration has {config.vocab_size} tokens, the tokenizer of {arguments.data} {size}")
    device = chosen_device(arguments.device)
    settings = Settings(
        tokens=arguments.tokens,
        step_tokens=arguments.batch_tokens,
        learning_rate=arguments.learning_rate,
        warmup_steps=arguments.warmup_steps,
        embedding_rate=arguments.embedding_rate,
        decay_from=arguments.decay_from,
        quantized_from=arguments.quantized_from,
        seed=arguments.seed,
        processes=1 if device == "cuda" else arguments.processes,
        device=device,
        compiled=arguments.compile,
        end_at=arguments.end_at,
    )
    arguments.output.mkdir(parents=True, exist_ok=True)
    if not arguments.export_only:
        train(settings, config, arguments.data, arguments.output, arguments.checkpoint_seconds, arguments.start_from)
    export_model(arguments.output, arguments.data, config)
    plot_curve(
        json.loads((arguments.output / "curve.json").read_text(encoding="utf-8")), arguments.output / "curve.svg"
    )
    print(json.dumps({"run": str(arguments.output), "settings": dataclasses.asdict(settings)}, indent=2))
