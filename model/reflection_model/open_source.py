"""Opens a model, whatever it is stored as."""

from __future__ import annotations

from pathlib import Path

from .errors import ForgeError
from .gguf_files.reader import GgufSource
from .model_source import ModelSource
from .safetensors_source import SafetensorsSource
from .webllm_folder import INDEX_FILE
from .webllm_source import WebllmSource


def open_source(path: Path) -> ModelSource:
    """Opens whatever lies at `path`.

    Raises:
        ForgeError: it is none of the known kinds of source, or damaged.
    """
    if path.is_dir():
        if (path / INDEX_FILE).is_file():
            return WebllmSource(path)
        if (path / "config.json").is_file():
            return SafetensorsSource(path)
        raise ForgeError(
            f"{path} is no model folder: it has neither config.json nor {INDEX_FILE}", "Name a .gguf file by its path."
        )
    if not path.is_file():
        raise ForgeError(f"{path} does not exist")
    with path.open("rb") as file:
        if file.read(4) == b"GGUF":
            return GgufSource(path)
    raise ForgeError(
        f"{path} is not a GGUF file", "For safetensors, name the folder that also holds config.json and tokenizer.json."
    )
