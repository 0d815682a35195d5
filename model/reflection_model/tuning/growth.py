"""More layers for a trained model: the deeper one computes the same at first, and has more to learn with."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor, zeros_like

from ..errors import ForgeError

_LAYER = re.compile(r"model\.layers\.(\d+)\.")
_LAST = ("self_attn.o_proj.weight", "mlp.down_proj.weight")
"""What a layer adds to the stream comes through these; where they are zero, it adds nothing."""


def layers_of(state: Mapping[str, Tensor]) -> int:
    """How many layers the weights of a model have."""
    return 1 + max(int(match[1]) for match in map(_LAYER.match, state) if match)


def grown(state: Mapping[str, Tensor], layers: int) -> dict[str, Tensor]:
    """The weights of a model with `layers` layers that computes what the one of `state` does.

    The new layers stand evenly between the old ones; each is a copy of the one before it that adds nothing to the
    stream yet.

    Raises:
        ForgeError: the model has more layers already.
    """
    known = layers_of(state)
    if layers < known:
        raise ForgeError(f"the weights have {known} layers, more than {layers}", f"Give --layers {known}, or more.")
    copied = [at * known // layers for at in range(layers)]
    made = {name: tensor for name, tensor in state.items() if not _LAYER.match(name)}
    for at, source in enumerate(copied):
        is_new = at > 0 and copied[at - 1] == source
        for name, tensor in state.items():
            match = _LAYER.match(name)
            if match and int(match[1]) == source:
                part = name[match.end() :]
                made[f"model.layers.{at}.{part}"] = zeros_like(tensor) if is_new and part in _LAST else tensor.clone()
    return made
