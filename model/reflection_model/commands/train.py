"""`forge train`: trains a Reflection model on the data of `forge data`, and writes it as a Hugging Face folder."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path

from tokenizers import Tokenizer

from ..errors import ForgeError
from ..llama_config import LlamaConfig, load_config
from ..schemes import parameter_shapes
from ..tuning.dataset import LONGEST_EXAMPLE, PREFIX_MODES, prefix_tokens


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
    _require_trainable(config, arguments.data)
    if not (arguments.export_only or arguments.start_from is None or arguments.start_from.is_file()):
        raise ForgeError(f"{arguments.start_from} is missing", "Give the weights.pt of a finished run.")
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
    if not arguments.export_only:
        arguments.output.mkdir(parents=True, exist_ok=True)
        train(settings, config, arguments.data, arguments.output, arguments.checkpoint_seconds, arguments.start_from)
    export_model(arguments.output, arguments.data, config)
    curve = arguments.output / "curve.json"
    if curve.is_file():  # not where weights.pt stands alone
        plot_curve(json.loads(curve.read_text(encoding="utf-8")), arguments.output / "curve.svg")
    print(json.dumps({"run": str(arguments.output), "settings": dataclasses.asdict(settings)}, indent=2))


def _require_trainable(config: LlamaConfig, data: Path) -> None:
    """Refuses before the first step what training would only stumble over later, on the 4-bit grid even late."""
    file = data / "tokenizer.json"
    if not file.is_file():
        raise ForgeError(f"{file} is missing", "Run `forge data` first, to its end.")
    tokenizer = Tokenizer.from_file(str(file))
    size = tokenizer.get_vocab_size()
    if config.vocab_size != size:
        raise ForgeError(f"the configuration has {config.vocab_size} tokens, the tokenizer of {data} {size}")
    parameter_shapes(config, "q4f32")  # refuses what the 4-bit grid cannot hold
    if not config.tie_word_embeddings:
        raise ForgeError("the configuration has an output matrix of its own", "Set tie_word_embeddings to true.")
    longest = LONGEST_EXAMPLE + max(len(prefix_tokens(tokenizer, mode)) for mode in PREFIX_MODES)
    if config.max_position_embeddings < longest:
        raise ForgeError(
            f"the configuration has {config.max_position_embeddings} positions, an example up to {longest}",
            f"Set max_position_embeddings to {longest} or more.",
        )
