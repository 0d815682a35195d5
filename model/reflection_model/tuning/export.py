"""A trained model as a Hugging Face folder, its matrices on the 4-bit grid so that conversion changes nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file

from ..errors import ForgeError
from ..files import replaced_folder, write_json
from ..llama_config import LlamaConfig
from .network import Llama, on_grid
from .prompts import BEGIN, END_OF_TURN


def hugging_face_config(config: LlamaConfig, begin_id: int, end_id: int) -> dict:
    """`config.json` for a LlamaForCausalLM."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "torch_dtype": "float32",
        "bos_token_id": begin_id,
        "eos_token_id": end_id,
        **{name: getattr(config, name) for name in LlamaConfig.__dataclass_fields__},
    }


def export_model(run: Path, data: Path, config: LlamaConfig) -> Path:
    """Writes the Hugging Face folder `run/model`.

    It holds config.json, model.safetensors, tokenizer.json, tokenizer_config.json and generation_config.json. Takes the
    checkpoint, since weights.pt may be of an earlier end that the run has gone on from; weights.pt where it stands
    alone. Returns the folder.

    Raises:
        ForgeError: there is neither.
    """
    checkpoint, weights = run / "checkpoint.pt", run / "weights.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True, map_location="cpu")["model"]
    elif weights.exists():
        state = torch.load(weights, weights_only=True, map_location="cpu")
    else:
        raise ForgeError(f"{run} holds no checkpoint to export", "Run `forge train` first, without --export-only.")
    model = Llama(config)
    model.load_state_dict(state)
    with torch.no_grad():
        for _, matrix in model.weight_matrices():
            matrix.copy_(on_grid(matrix))
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(data / "tokenizer.json"))
    begin_id, end_id = tokenizer.token_to_id(BEGIN), tokenizer.token_to_id(END_OF_TURN)
    folder = run / "model"
    with replaced_folder(folder) as temporary:
        write_json(temporary / "config.json", hugging_face_config(config, begin_id, end_id))
        tensors = {name: parameter.detach().contiguous() for name, parameter in model.named_parameters()}
        save_file(tensors, temporary / "model.safetensors", metadata={"format": "pt"})
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copyfile(data / name, temporary / name)
        sampling = {"do_sample": True, "temperature": 0.7, "top_p": 0.95}
        write_json(temporary / "generation_config.json", {"bos_token_id": begin_id, "eos_token_id": end_id, **sampling})
    return folder
