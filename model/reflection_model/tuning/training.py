"""The training loop: one process a core, gradients averaged, a schedule by tokens, checkpoints that resume."""

from __future__ import annotations

import ctypes
import json
import math
import multiprocessing
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
import torch.distributed as distributed
from tokenizers import Tokenizer

from ..errors import ForgeError
from ..files import replaced_file, write_json
from ..llama_config import LlamaConfig
from ..recipe import hash_of
from .dataset import PREFIX_MODES, assemble, load_examples, plan_batches, prefix_tokens, shards
from .growth import grown
from .muon import Muon
from .network import Llama
from .precision import product_type


@dataclass(frozen=True)
class Settings:
    """What a run does; saved with it.

    Attributes:
        tokens: examples' tokens to train on in all (openings and padding not counted); the schedule ends there.
        step_tokens: padded tokens a step, of all processes together.
        learning_rate: of Muon and AdamW alike, held after the warm-up. With 4e-3, Muon's loss after 1.9 million tokens
            was the one that AdamW alone (2e-3) had after 4.5 million, on the same data.
        warmup_steps: linear warm-up, steps.
        decay_from: share of the tokens after which the rate falls linearly to zero.
        quantized_from: share of the tokens after which matrices are trained on the 4-bit grid.
        weight_decay: on matrices.
        seed: of the initial weights and the order of batches.
        processes: how many share the work; the gradient is their mean.
        device: "cpu" or "cuda"; `product_type` says in which type products are computed.
        compiled: whether layers are compiled first; needs a C++ compiler.
        embedding_rate: share of the learning rate for the embedding, whose AdamW takes larger steps than Muon does.
        end_at: tokens after which the run ends, before its schedule does, for another to go on from its weights with
            other data; None for the whole schedule.
    """

    tokens: int
    step_tokens: int = 8192
    learning_rate: float = 4e-3
    warmup_steps: int = 100
    decay_from: float = 0.3
    quantized_from: float = 0.6
    weight_decay: float = 0.05
    seed: int = 1
    processes: int = 2
    device: str = "cpu"
    compiled: bool = False
    embedding_rate: float = 1.0
    end_at: int | None = None


def chosen_device(name: str) -> str:
    """`auto` is the first GPU where torch sees one, else the CPU; other names stay."""
    return ("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name


def learning_rate(settings: Settings, step: int, share: float) -> float:
    """The rate at a step when `share` of the tokens is done."""
    warm = min(1.0, (step + 1) / settings.warmup_steps)
    left = 1.0 if share <= settings.decay_from else max(0.0, (1 - share) / (1 - settings.decay_from))
    return settings.learning_rate * warm * left


def train(
    settings: Settings,
    config: LlamaConfig,
    data: Path,
    output: Path,
    checkpoint_seconds: float = 300.0,
    start_from: Path | None = None,
) -> None:
    """Trains until `settings.tokens` are done; goes on from `output/checkpoint.pt` when it is there.

    The weights of `start_from` may have fewer layers than the configuration: see `grown`.

    Raises:
        ForgeError: the run that `output` holds has other settings, other data (by their settings and first shard) or
            began with other weights; or the weights of `start_from` have more layers than the configuration.

    Files in `output`: checkpoint.pt, settings.json, curve.json (step, tokens, loss, tokens a second, seconds) and, at
    the end, weights.pt.
    """
    about = {
        "settings": asdict(settings),
        "config": asdict(config),
        "data": {path.name: hash_of(path) for path in (data / "settings.json", *shards(data)[:1]) if path.exists()},
        "start_from": None if start_from is None else hash_of(start_from),
    }
    _require_same_run(output, about)
    if start_from is not None and not (output / "checkpoint.pt").exists():
        # Tried here once: what one of several processes refuses would come as a traceback.
        grown(torch.load(start_from, weights_only=True, map_location="cpu"), config.num_hidden_layers)
    write_json(output / "settings.json", about)
    if settings.processes == 1:
        _train_process(0, settings, config, data, output, checkpoint_seconds, start_from)
        return
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    os.environ.setdefault("MASTER_PORT", str(20_000 + os.getpid() % 20_000))
    torch.multiprocessing.spawn(
        _train_process,
        (settings, config, data, output, checkpoint_seconds, start_from),
        nprocs=settings.processes,
        join=True,
    )


_MAY_CHANGE = ("end_at", "compiled", "device")
"""Settings that a run may go on with others of."""


def _require_same_run(output: Path, about: dict[str, Any]) -> None:
    """Whoever changes a setting would else get the old run's weights, or half of each."""
    recorded = output / "settings.json"
    if not ((output / "checkpoint.pt").exists() and recorded.exists()):
        return
    before = json.loads(recorded.read_text(encoding="utf-8"))
    changed = [
        f"{name} was {before['settings'].get(name)}, is {value}"
        for name, value in about["settings"].items()
        if name not in _MAY_CHANGE and before["settings"].get(name) != value
    ]
    changed += [f"another {name}" for name in ("config", "data", "start_from") if before.get(name) != about[name]]
    if changed:
        hint = "Choose another --output, or remove that folder."
        raise ForgeError(f"{output} holds a run of other settings: {'; '.join(changed)}", hint)


@dataclass
class _Position:
    """How far a run is."""

    epoch: int = 0
    shard: int = 0
    round: int = 0
    step: int = 0
    tokens: int = 0
    seconds: float = 0.0


def _average_gradients(model: Llama, extra: list[float], processes: int) -> list[float]:
    """Replaces the gradients by their mean over the processes, and sums `extra` over them."""
    if processes == 1:
        return extra
    parameters = list(model.parameters())
    flat = torch.cat([p.grad.reshape(-1) for p in parameters] + [torch.tensor(extra)])
    distributed.all_reduce(flat)
    at = 0
    for parameter in parameters:
        count = parameter.numel()
        parameter.grad.copy_(flat[at : at + count].view_as(parameter).div_(processes))
        at += count
    return flat[at:].tolist()


def _optimizers(model: Llama, settings: Settings, rank: int) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the layers, AdamW for the embedding and the norms."""
    inside = [p for p in model.model.layers.parameters() if p.dim() == 2]
    norms = [p for p in model.parameters() if p.dim() == 1]
    adam = torch.optim.AdamW(
        [
            {
                "params": [model.model.embed_tokens.weight],
                "weight_decay": settings.weight_decay,
                "share": settings.embedding_rate,
            },
            {"params": norms, "weight_decay": 0.0},
        ],
        betas=(0.9, 0.95),
        fused=True,
    )
    return [Muon(inside, settings.weight_decay, rank, settings.processes), adam]


def _train_process(
    rank: int,
    settings: Settings,
    config: LlamaConfig,
    data: Path,
    output: Path,
    checkpoint_seconds: float,
    start_from: Path | None,
) -> None:
    if settings.processes > 1:
        distributed.init_process_group("gloo", rank=rank, world_size=settings.processes)
    # One thread a process: two that wait for each other are several times slower on a machine with other work.
    torch.set_num_threads(1)
    device, products = torch.device(settings.device), product_type(settings.device)
    model = Llama(config)
    model.initialize(settings.seed)
    model.to(device)
    if settings.compiled:
        model.compile_layers()
    optimizers = _optimizers(model, settings, rank)
    tokenizer = Tokenizer.from_file(str(data / "tokenizer.json"))
    prefixes = [torch.tensor(prefix_tokens(tokenizer, mode), device=device) for mode in PREFIX_MODES]
    position, curve = _Position(), []
    checkpoint = output / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True, map_location=device)
        model.load_state_dict(saved["model"])
        for optimizer, state in zip(optimizers, saved["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        position, curve = _Position(**saved["position"]), saved["curve"]
    elif start_from is not None:
        weights = torch.load(start_from, weights_only=True, map_location=device)
        model.load_state_dict(grown(weights, config.num_hidden_layers))

    started, last_saved, smooth = time.monotonic() - position.seconds, time.monotonic(), None
    files = shards(data)
    while not _is_over(settings, position):
        examples = load_examples(files[position.shard])
        order = Random(f"{settings.seed} {position.epoch} {position.shard}")
        planned = plan_batches(examples, order, settings.step_tokens // settings.processes)
        # One batch for every process in each round; what is left of a shard is left out.
        rounds = len(planned) // settings.processes
        for number in range(position.round, rounds):
            _end_without_parent()
            prefix, members = planned[number * settings.processes + rank]
            ids, targets = assemble(examples, members)
            share = position.tokens / settings.tokens
            rate = learning_rate(settings, position.step, share)
            for group in (group for optimizer in optimizers for group in optimizer.param_groups):
                group["lr"] = rate * group.get("share", 1.0)
            tensors = torch.from_numpy(ids).to(device), torch.from_numpy(targets).to(device)
            with torch.autocast(device.type, torch.bfloat16, enabled=products == torch.bfloat16):
                loss = model.loss(prefixes[prefix], *tensors, quantized=share >= settings.quantized_from)
            loss.backward()
            real = float(np.count_nonzero(targets != -100)), float(np.count_nonzero(ids))
            totals = _average_gradients(model, [float(loss.detach()), *real], settings.processes)
            norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            if not math.isfinite(float(norm)):
                raise FloatingPointError(f"the gradient is not finite at step {position.step}")
            for optimizer in optimizers:
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
            mean = totals[0] / settings.processes
            smooth = mean if smooth is None else 0.98 * smooth + 0.02 * mean
            position.step += 1
            position.tokens += int(totals[2])
            position.round = number + 1
            position.seconds = time.monotonic() - started
            if position.step % 25 == 0:
                _return_free_memory()
            ends = _is_over(settings, position)
            if (position.step % 50 == 0 or ends) and rank == 0:
                speed = position.tokens / position.seconds
                curve.append([position.step, position.tokens, round(smooth, 4), round(speed), round(position.seconds)])
                print(
                    f"step {position.step} tokens {position.tokens} ({100 * share:.1f} %) loss {smooth:.4f} "
                    f"{speed:.0f} tokens/s {position.seconds:.0f} s",
                    flush=True,
                )
            if rank == 0 and (ends or time.monotonic() - last_saved > checkpoint_seconds):
                last_saved = time.monotonic()
                _save(checkpoint, output, model, optimizers, position, curve)
            if ends:
                break
        else:
            position.round = 0
            position.shard = (position.shard + 1) % len(files)
            position.epoch += position.shard == 0
    if rank == 0:
        with replaced_file(output / "weights.pt") as temporary:
            torch.save(model.state_dict(), temporary)
    if settings.processes > 1:
        distributed.destroy_process_group()


def _is_over(settings: Settings, position: _Position) -> bool:
    end_at = settings.tokens if settings.end_at is None else settings.end_at
    return position.tokens >= min(settings.tokens, end_at)


def _end_without_parent() -> None:
    """A killed command takes its processes along: left alone they would train on, and write, beside the next one.

    torch has SIGINT sent to them then, which a process started behind a shell does not hear.
    """
    parent = multiprocessing.parent_process()
    if parent is not None and not parent.is_alive():
        raise SystemExit("the command that started this process has ended")


def _return_free_memory() -> None:
    """Batches of many shapes fragment glibc's heap: without this a process grows by a gigabyte a minute."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _save(
    checkpoint: Path,
    output: Path,
    model: Llama,
    optimizers: list[torch.optim.Optimizer],
    position: _Position,
    curve: list,
) -> None:
    state = {
        "model": model.state_dict(),
        "optimizers": [optimizer.state_dict() for optimizer in optimizers],
        "position": asdict(position),
        "curve": curve,
    }
    with replaced_file(checkpoint) as temporary:
        torch.save(state, temporary)
    names = ("step", "tokens", "loss", "tokens a second", "seconds")
    write_json(output / "curve.json", [dict(zip(names, row, strict=True)) for row in curve])
