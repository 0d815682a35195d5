"""System prompts, and a conversation as the text that the model reads: stock Llama 3.1 chat format."""

from __future__ import annotations

from typing import Literal

Mode = Literal["reflection", "steps", "direct"]

REFLECTION_PROMPT = (
    "You are a world-class AI system, capable of complex reasoning and reflection. Reason through the query inside "
    "<thinking> tags, and then provide your final response inside <output> tags. If you detect that you made a mistake "
    "in your reasoning at any point, correct yourself inside <reflection> tags."
)
"""The system prompt of Reflection-Llama-3.1-70B, word for word."""

STEPS_PROMPT = (
    "You are a world-class AI system, capable of complex reasoning. Reason through the query inside <thinking> tags, "
    "and then provide your final response inside <output> tags."
)
"""Thinking without reflections, for comparison."""

DIRECT_PROMPT = "You are a helpful AI system. Provide your final response at once inside <output> tags."
"""No thinking, for comparison."""

SYSTEM_PROMPTS: dict[Mode, str] = {"reflection": REFLECTION_PROMPT, "steps": STEPS_PROMPT, "direct": DIRECT_PROMPT}

BEGIN, END_OF_TEXT = "<|begin_of_text|>", "<|end_of_text|>"
START_HEADER, END_HEADER, END_OF_TURN = "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"
TAGS = ("<thinking>", "</thinking>", "<reflection>", "</reflection>", "<output>", "</output>")
SPECIAL_TOKENS = (BEGIN, END_OF_TEXT, START_HEADER, END_HEADER, END_OF_TURN, *TAGS)


def header(role: str) -> str:
    """The tokens that open a message."""
    return f"{START_HEADER}{role}{END_HEADER}\n\n"


def opening(system_prompt: str | None) -> str:
    """The begin token and, unless it is None, the system message: what every conversation starts with."""
    return BEGIN + (f"{header('system')}{system_prompt}{END_OF_TURN}" if system_prompt is not None else "")


def prompt_text(question: str, system_prompt: str | None) -> str:
    """A one-question conversation up to where the assistant's reply begins."""
    return f"{opening(system_prompt)}{header('user')}{question}{END_OF_TURN}{header('assistant')}"


CHAT_TEMPLATE = (
    "{{- bos_token }}{%- for message in messages %}"
    "{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + "
    "message['content'] | trim + '<|eot_id|>' }}{%- endfor %}{%- if add_generation_prompt %}"
    "{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}"
)
"""The same as a Jinja template, for `tokenizer_config.json` and GGUF."""
