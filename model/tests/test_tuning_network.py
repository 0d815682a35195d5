"""The network, the 4-bit grid, generation and the training loop; needs the `train` extra."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the `train` extra: forge setup train --install")

from safetensors.numpy import load_file  # noqa: E402
from tiny_models import TINY, HuggingFaceModel  # noqa: E402

from reflection_model.cli import main  # noqa: E402
from reflection_model.errors import ForgeError  # noqa: E402
from reflection_model.llama_config import LlamaConfig  # noqa: E402
from reflection_model.quantization import quantize_rows  # noqa: E402
from reflection_model.tuning.bpe import train_tokenizer  # noqa: E402
from reflection_model.tuning.curriculum import Curriculum, draw_conversation  # noqa: E402
from reflection_model.tuning.dataset import draw_examples, save_examples  # noqa: E402
from reflection_model.tuning.export import export_model  # noqa: E402
from reflection_model.tuning.generation import generate, load_model  # noqa: E402
from reflection_model.tuning.growth import grown  # noqa: E402
from reflection_model.tuning.network import Llama, on_grid  # noqa: E402
from reflection_model.tuning.training import Settings, chosen_device, learning_rate, train  # noqa: E402
from reflection_model.verification.reference import Reference  # noqa: E402

CONFIG = LlamaConfig(64, 96, 2, 4, 2, 16, 400, 1e-5, 10000.0, None, True, 1024)


@pytest.fixture
def model() -> Llama:
    network = Llama(CONFIG)
    network.initialize(3)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(3.0) if parameter.dim() == 2 else parameter.add_(torch.randn_like(parameter) * 0.1)
    return network


def test_a_shared_opening_costs_the_same_as_one_in_every_row(model: Llama) -> None:
    ids = torch.randint(0, 400, (3, 20))
    prefix = torch.randint(0, 400, (7,))
    targets = ids.roll(-1, 1)
    targets[:, -1] = -100
    shared = model.loss(prefix, ids, targets)
    rows = torch.cat([prefix.repeat(3, 1), ids], 1)[:, 1:]
    padded = torch.cat([torch.full((3, 6), -100), targets], 1)
    assert torch.allclose(shared, model.loss(prefix[:1], rows, padded), atol=1e-5)


@pytest.mark.skipif(shutil.which("c++") is None, reason="no C++ compiler here")
def test_compiled_layers_compute_the_same(model: Llama) -> None:
    compiled = Llama(CONFIG)
    compiled.load_state_dict(model.state_dict())
    compiled.compile_layers()
    for batch, length in ((3, 20), (5, 9), (4, 31)):
        prefix, ids = torch.randint(0, 400, (7,)), torch.randint(0, 400, (batch, length))
        targets = torch.where(torch.rand(batch, length) < 0.7, ids.roll(-1, 1), -100)
        losses = [network.loss(prefix, ids, targets, quantized=True) for network in (model, compiled)]
        assert torch.allclose(*losses, atol=1e-5)
        for network, loss in zip((model, compiled), losses, strict=True):
            network.zero_grad()
            loss.backward()
        for here, there in zip(model.parameters(), compiled.parameters(), strict=True):
            assert torch.allclose(here.grad, there.grad, atol=1e-4)


def test_a_later_token_changes_nothing_before_it(model: Llama) -> None:
    prefix, ids = torch.tensor([1]), torch.randint(0, 400, (1, 12))
    targets = torch.full((1, 12), -100)
    targets[0, :6] = ids[0, 1:7]
    changed = ids.clone()
    changed[0, 8:] = (changed[0, 8:] + 1) % 400
    assert torch.equal(model.loss(prefix, ids, targets), model.loss(prefix, changed, targets))


def test_the_grid_is_a_fixed_point_and_what_the_converter_finds() -> None:
    weights = torch.randn(16, 64)
    moved = on_grid(weights)
    assert torch.equal(on_grid(moved), moved)
    assert not torch.equal(moved, weights)
    assert np.array_equal(quantize_rows(moved.numpy()).weights(), moved.numpy())


def test_generation_follows_the_most_likely_tokens_of_the_whole_text(model: Llama) -> None:
    random = Random(1)
    prompts = [[random.randrange(400) for _ in range(length)] for length in (3, 9, 5)]
    for prompt, reply in zip(prompts, generate(model, prompts, end_id=-1, longest=6), strict=True):
        text = prompt[1:]
        for token in reply:
            ids = torch.tensor([[*text, 0]])
            losses = []
            for candidate in (token, (token + 1) % 400):
                targets = torch.full_like(ids, -100)
                targets[0, len(text) - 1] = candidate
                losses.append(model.loss(torch.tensor(prompt[:1]), ids, targets).item())
            assert losses[0] <= losses[1] + 1e-4
            text.append(token)


def test_a_bias_forbids_a_token(model: Llama) -> None:
    prompt = [[1, 2, 3]]
    first = generate(model, prompt, end_id=-1, longest=1)[0][0]
    assert generate(model, prompt, end_id=-1, longest=1, bias={first: -100.0})[0][0] != first


def test_sampling_repeats_with_its_seed_and_follows_the_chances(model: Llama) -> None:
    prompts = [[1, 2, 3]] * 300
    drawn = generate(model, prompts, end_id=-1, longest=2, temperature=1.0, top_p=0.9, seed=4)
    assert drawn == generate(model, prompts, end_id=-1, longest=2, temperature=1.0, top_p=0.9, seed=4)
    assert len({tuple(reply) for reply in drawn}) > 20
    greedy = generate(model, prompts[:1], end_id=-1, longest=2)[0]
    assert generate(model, prompts[:1], end_id=-1, longest=2, temperature=0.8, top_p=1e-6)[0] == greedy


def test_a_device_is_chosen_by_what_is_there() -> None:
    assert chosen_device("cpu") == "cpu"
    assert chosen_device("auto") == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_gpu_computes_what_the_cpu_does(model: Llama) -> None:
    prefix, ids = torch.tensor([1, 5]), torch.randint(0, 400, (3, 12))
    targets = ids.roll(-1, 1)
    here, prompts = model.loss(prefix, ids, targets), [[1, 2, 3], [4, 5]]
    replies = generate(model, prompts, end_id=-1, longest=4)
    model.to("cuda")
    there = model.loss(prefix.to("cuda"), ids.to("cuda"), targets.to("cuda"))
    assert torch.allclose(here, there.cpu(), atol=1e-3)
    assert generate(model, prompts, end_id=-1, longest=4) == replies


def test_the_rate_warms_up_holds_and_falls_to_zero() -> None:
    settings = Settings(tokens=100, warmup_steps=10, decay_from=0.5)
    assert learning_rate(settings, 0, 0.0) == pytest.approx(settings.learning_rate / 10)
    assert learning_rate(settings, 500, 0.5) == settings.learning_rate
    assert learning_rate(settings, 500, 0.75) == pytest.approx(settings.learning_rate / 2)
    assert learning_rate(settings, 500, 1.0) == 0.0


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    random = Random(1)
    texts = ["".join(part.text for part in draw_conversation(random, Curriculum()).parts) for _ in range(2000)]
    tokenizer = train_tokenizer(texts, 400)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text("{}")
    save_examples(folder / "examples-000.npz", draw_examples(tokenizer, Curriculum(), "t", 30_000))
    return folder


def test_training_lowers_the_loss_and_resumes_where_it_stopped(data, tmp_path) -> None:
    settings = Settings(tokens=24_000, step_tokens=512, processes=1, warmup_steps=5)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir()
    parts.mkdir()
    train(settings, CONFIG, data, whole, checkpoint_seconds=1e9)
    curve = json.loads((whole / "curve.json").read_text())
    assert curve[-1]["loss"] < 0.9 * np.log(400)

    # Stopped after 12,000 tokens of the same schedule, then run again.
    halted = dataclasses.replace(settings, end_at=12_000)
    train(halted, CONFIG, data, parts, checkpoint_seconds=1e9)
    saved = torch.load(parts / "checkpoint.pt", weights_only=True)
    assert 12_000 <= saved["position"]["tokens"] < 13_000
    (parts / "weights.pt").unlink()
    train(settings, CONFIG, data, parts, checkpoint_seconds=1e9)
    steps = torch.load(whole / "checkpoint.pt", weights_only=True)["position"]["step"]
    assert torch.load(parts / "checkpoint.pt", weights_only=True)["position"]["step"] == steps

    folder = export_model(whole, data, CONFIG)
    tensors = load_file(folder / "model.safetensors")
    assert all(np.array_equal(on_grid(torch.from_numpy(t)).numpy(), t) for t in tensors.values() if t.ndim == 2)
    assert load_model(folder).config.vocab_size == 400


def test_the_embedding_learns_at_its_share_of_the_rate(data, tmp_path) -> None:
    settings = Settings(tokens=24_000, step_tokens=512, processes=1, warmup_steps=5, end_at=1)
    begun = Llama(CONFIG)
    begun.initialize(settings.seed)
    moved = {}
    for share in (1.0, 0.25):
        (tmp_path / str(share)).mkdir()
        train(dataclasses.replace(settings, embedding_rate=share), CONFIG, data, tmp_path / str(share), 1e9)
        weights = torch.load(tmp_path / str(share) / "weights.pt", weights_only=True)
        name = "model.embed_tokens.weight"
        moved[share] = float((weights[name] - begun.state_dict()[name]).abs().mean())
    assert moved[0.25] == pytest.approx(moved[1.0] / 4, rel=0.01)


def test_training_ends_before_its_schedule_and_another_goes_on_from_there(data, tmp_path) -> None:
    settings = Settings(tokens=24_000, step_tokens=512, processes=1, warmup_steps=5, end_at=3000)
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    for _ in range(2):  # begun again, it has nothing left to do
        train(settings, CONFIG, data, first, checkpoint_seconds=1e9)
        position = torch.load(first / "checkpoint.pt", weights_only=True)["position"]
        assert 3000 <= position["tokens"] < 3600
    weights = torch.load(first / "weights.pt", weights_only=True)
    goes_on = dataclasses.replace(settings, end_at=0)
    train(goes_on, CONFIG, data, second, checkpoint_seconds=1e9, start_from=first / "weights.pt")
    begun = torch.load(second / "weights.pt", weights_only=True)
    assert all(torch.equal(begun[name], weights[name]) for name in weights)


def test_a_run_of_other_settings_is_left_alone(data, tmp_path) -> None:
    settings = Settings(tokens=24_000, step_tokens=512, processes=1, warmup_steps=5, end_at=1)
    train(settings, CONFIG, data, tmp_path, 1e9)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ForgeError, match="seed was 1, is 2; another config"):
        train(dataclasses.replace(settings, seed=2), dataclasses.replace(CONFIG, num_hidden_layers=5), data, tmp_path)
    other = shutil.copytree(data, tmp_path.parent / "other" / data.name)
    (other / "settings.json").write_text("{}")
    with pytest.raises(ForgeError, match="other settings: another data$"):
        train(settings, CONFIG, other, tmp_path)
    with pytest.raises(ForgeError, match="other settings: another start_from$"):
        train(settings, CONFIG, data, tmp_path, start_from=tmp_path / "weights.pt")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    train(dataclasses.replace(settings, end_at=1000), CONFIG, data, tmp_path, 1e9)
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["position"]["tokens"] >= 1000


def test_a_run_that_went_on_is_exported_as_far_as_it_is(data, tmp_path) -> None:
    settings = Settings(tokens=24_000, step_tokens=512, processes=1, warmup_steps=5, end_at=1)
    train(settings, CONFIG, data, tmp_path, 1e9)
    ended_before = (tmp_path / "weights.pt").read_bytes()
    train(dataclasses.replace(settings, end_at=1500), CONFIG, data, tmp_path, 1e9)
    (tmp_path / "weights.pt").write_bytes(ended_before)  # as when it is stopped between two checkpoints
    exported = load_file(export_model(tmp_path, data, CONFIG) / "model.safetensors")
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["model"]
    name = "model.norm.weight"
    assert np.array_equal(exported[name], state[name].numpy())
    assert not np.array_equal(exported[name], torch.load(tmp_path / "weights.pt", weights_only=True)[name].numpy())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"intermediate_size": 80}, "80 columns, not a multiple of 32"),
        ({"tie_word_embeddings": False}, "output matrix of its own"),
        ({"max_position_embeddings": 512}, "has 512 positions, an example up to 9"),
        ({"vocab_size": 500}, "has 500 tokens, the tokenizer of"),
    ],
)
def test_a_configuration_that_cannot_be_trained_to_the_end_is_refused_at_the_start(
    data, tmp_path, capsys, changes: dict[str, int], message: str
) -> None:
    config = dataclasses.replace(CONFIG, **changes).to_hugging_face()
    (tmp_path / "config.json").write_text(json.dumps(config))
    command = ["train", "--data", str(data), "--output", str(tmp_path / "run"), "--config", str(tmp_path)]
    assert main([*command, "--tokens", "1000", "--processes", "1"]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_what_is_missing_is_said(model: Llama, data, tmp_path, capsys) -> None:
    (tmp_path / "config.json").write_text(json.dumps(CONFIG.to_hugging_face()))
    deeper = dict(grown(model.state_dict(), 5))
    torch.save(deeper, tmp_path / "deeper.pt")
    options = ["--output", str(tmp_path / "run"), "--config", str(tmp_path)]
    for command, message in (
        (["train", *options, "--data", str(tmp_path / "nowhere")], "tokenizer.json is missing"),
        (["train", *options, "--data", str(data), "--start-from", str(tmp_path / "no.pt")], "no.pt is missing"),
        (["train", *options, "--data", str(data), "--export-only"], "holds no checkpoint to export"),
        (
            ["train", *options, "--data", str(data), "--start-from", str(tmp_path / "deeper.pt"), "--processes", "2"],
            "the weights have 5 layers, more than 2",
        ),
        (["evaluate", str(tmp_path), "--held-out", str(tmp_path / "no.json")], "no.json is missing"),
    ):
        assert main(command) == 1
        assert message in capsys.readouterr().err


SCALING = {"factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}


@pytest.mark.parametrize("scaling", [None, {"rope_type": "llama3", **SCALING}])
def test_the_network_computes_what_the_reference_does(tmp_path, scaling: dict | None) -> None:
    written = HuggingFaceModel(tmp_path / "model", dataclasses.replace(TINY, rope_scaling=scaling))
    command = ["convert", str(written.folder), "--to", "webllm", "--scheme", "q0f32", "--id", "tiny"]
    assert main([*command, "--revision", "r1", "--output", str(tmp_path / "webllm")]) == 0
    ids = np.random.default_rng(1).integers(written.config.vocab_size, size=60).tolist()
    logits = torch.from_numpy(np.asarray(Reference(tmp_path / "webllm").logits(ids[:-1])[-1])).float()
    targets = torch.full((1, 60), -100)
    targets[0, 58] = ids[59]
    loss = load_model(tmp_path / "webllm").loss(torch.tensor([], dtype=torch.long), torch.tensor([ids]), targets)
    assert loss.item() == pytest.approx(-logits.log_softmax(0)[ids[59]].item(), abs=1e-4)


def test_a_model_without_a_layer_is_refused(tmp_path, capsys) -> None:
    assert main(["train", "--data", str(tmp_path), "--output", str(tmp_path / "run"), "--layers", "0"]) == 1
    assert "--layers 0: a model has one layer or more" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_model_grows_without_a_change_of_what_it_computes_and_learns_in_all_layers(model, data, tmp_path) -> None:  # noqa: ANN001
    deeper = dataclasses.replace(CONFIG, num_hidden_layers=5)
    state = grown(model.state_dict(), 5)
    larger = Llama(deeper)
    larger.load_state_dict(state)
    ids = torch.randint(0, 400, (2, 20))
    prefix = torch.randint(0, 400, (7,))
    assert torch.equal(larger.loss(prefix, ids, ids), model.loss(prefix, ids, ids))
    # 0 0 0 1 1: each old layer, then what grew behind it.
    for at, source in ((0, 0), (3, 1)):
        name = "self_attn.o_proj.weight"
        assert torch.equal(state[f"model.layers.{at}.{name}"], model.state_dict()[f"model.layers.{source}.{name}"])
    torch.save(model.state_dict(), tmp_path / "weights-before.pt")
    settings = Settings(tokens=3000, step_tokens=512, processes=1, warmup_steps=1)
    train(settings, deeper, data, tmp_path, 1e9, start_from=tmp_path / "weights-before.pt")
    trained = torch.load(tmp_path / "weights.pt", weights_only=True)
    assert all(
        trained[f"model.layers.{at}.mlp.{part}.weight"].any() for at in range(5) for part in ("up_proj", "down_proj")
    )
    assert grown(trained, 5).keys() == trained.keys()
    with pytest.raises(ForgeError, match="5 layers, more than 2"):
        grown(trained, 2)


def _train_for_long(data: str, output: str) -> None:
    settings = Settings(tokens=10**9, step_tokens=512, processes=2)
    train(settings, CONFIG, Path(data), Path(output), checkpoint_seconds=0)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="counts processes as Linux shows them")
def test_processes_end_with_the_command_that_started_them(data, tmp_path) -> None:
    # In a session of its own, whose members can be counted; without SIGINT, as a shell starts what shall run behind.
    code = f"import test_tuning_network as this; this._train_for_long({str(data)!r}, {str(tmp_path)!r})"
    shell = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]
    command = subprocess.Popen([*shell, sys.executable, "-c", code], cwd=Path(__file__).parent, start_new_session=True)
    try:
        _wait_for((tmp_path / "checkpoint.pt").exists)
        assert len(_members(command.pid)) >= 3
        command.kill()
        command.wait()
        _wait_for(lambda: not _members(command.pid))
    finally:
        for member in _members(command.pid):
            os.kill(member, signal.SIGKILL)


def _members(session: int) -> list[int]:
    """The processes of a session, zombies left out."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, number = stat.read_text().rpartition(")")[2].split()[:4]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(number) == session and state != "Z":
            found.append(int(stat.parent.name))
    return found


def _wait_for(condition: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)
