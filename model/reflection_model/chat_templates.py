"""Conversation templates for WebLLM: chosen from a tokenizer, rendered as WebLLM renders them, compared with Jinja.

WebLLM reads `conv_template` of `mlc-chat-config.json` and not the model's Jinja template, so both must say the same.
Three of its habits shape what is written here:

- Message text is inserted with JavaScript's `String.replace` wherever `role_templates` are given, which reads `$&` and
  `$$` in a user's text as patterns. Without `role_templates` text is taken verbatim, so none are written. The system
  message is always inserted that way, so a default one must not contain `$`.
- When it reuses the KV cache it feeds the new user turn and the reply header only. The separator after the previous
  reply is then never fed; the model sees the user header directly after its own last token. Nothing can or need be
  written here about that: the stop token ended that reply, and both supported styles open each turn with a special
  token of their own. A test against a fresh rendering must expect the difference.
- Each message is tokenized on its own. In both styles a message begins with a special token, where BPE never merges
  across, so the ids are those of the whole text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .byte_level_tokenizer import ByteLevelTokenizer
from .errors import ForgeError

Message = dict[str, str]
"""A message with `role` ("system", "user", "assistant") and `content`."""


_SAMPLE: list[Message] = [
    {"role": "system", "content": "You are brief."},
    {"role": "user", "content": "Hello"},
    {"role": "assistant", "content": "Good day."},
    {"role": "user", "content": "How are you?"},
]


@dataclass(frozen=True)
class ChatStyle:
    """How a conversation becomes text.

    Args:
        name: as on the command line.
        turn_start: the special token that opens a turn, before the role.
        header_end: what stands between the role and the text.
        turn_end: what stands after the text.
        end_token: the special token that ends a reply.
        special_tokens: all that the style needs as single tokens.
        begins_with_bos: whether a conversation begins with the tokenizer's `bos_token`.
    """

    name: str
    turn_start: str
    header_end: str
    turn_end: str
    end_token: str
    special_tokens: tuple[str, ...]
    begins_with_bos: bool

    def turn(self, role: str, content: str) -> str:
        """One whole turn as text."""
        return f"{self.turn_start}{role}{self.header_end}{content}{self.turn_end}"


STYLES: dict[str, ChatStyle] = {
    style.name: style
    for style in (
        ChatStyle(
            name="llama-3",
            turn_start="<|start_header_id|>",
            header_end="<|end_header_id|>\n\n",
            turn_end="<|eot_id|>",
            end_token="<|eot_id|>",
            special_tokens=("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
            begins_with_bos=True,
        ),
        ChatStyle(
            name="chatml",
            turn_start="<|im_start|>",
            header_end="\n",
            turn_end="<|im_end|>\n",
            end_token="<|im_end|>",
            special_tokens=("<|im_start|>", "<|im_end|>"),
            begins_with_bos=False,
        ),
    )
}


def chosen_style(tokenizer: ByteLevelTokenizer, name: str | None = None) -> ChatStyle:
    """The style that fits the tokenizer's special tokens and, where there is one, its Jinja template.

    Args:
        tokenizer: of the model.
        name: a style to use whatever the template says; its tokens are still checked.

    Raises:
        ForgeError: no style fits, or two do.
    """
    if name is not None:
        if name not in STYLES:
            raise ForgeError(f"unknown chat style {name!r}", f"Styles: {', '.join(STYLES)}.")
        missing = [token for token in STYLES[name].special_tokens if not tokenizer.is_single(token)]
        if missing:
            raise ForgeError(
                f"chat style {name} needs the special token {missing[0]}, which the tokenizer does not have"
            )
        fitting = [STYLES[name]]
    else:
        fitting = [
            style
            for style in STYLES.values()
            if all(tokenizer.is_single(token) for token in style.special_tokens)
            and (tokenizer.chat_template is None or style.turn_start in tokenizer.chat_template)
        ]
    if not fitting:
        raise ForgeError(
            "the tokenizer's special tokens and chat template fit no conversation style that this forge writes",
            "Known styles: "
            + "; ".join(f"{style.name} with {' '.join(style.special_tokens)}" for style in STYLES.values())
            + ".",
        )
    if len(fitting) > 1:
        raise ForgeError(
            f"the tokenizer fits several conversation styles: {', '.join(style.name for style in fitting)}",
            "Choose one with --chat-style.",
        )
    if fitting[0].begins_with_bos and tokenizer.bos_token is None:
        raise ForgeError(f"chat style {fitting[0].name} begins with bos_token, which the tokenizer does not name")
    return fitting[0]


def prefix_ids(style: ChatStyle, tokenizer: ByteLevelTokenizer) -> list[int]:
    """The ids fed once before a conversation: `bos_token` where the style or the Jinja template begins with it."""
    begins = style.begins_with_bos or "bos_token" in (tokenizer.chat_template or "")
    identity = tokenizer.id_of(tokenizer.bos_token)
    return [identity] if begins and identity is not None else []


def stop_ids(style: ChatStyle, tokenizer: ByteLevelTokenizer) -> list[int]:
    """All ids that end a reply, sorted."""
    return sorted({*tokenizer.end_ids(), tokenizer.ids[style.end_token]})


def conversation_template(style: ChatStyle, tokenizer: ByteLevelTokenizer, system_message: str) -> dict[str, Any]:
    """WebLLM's `conv_template`.

    Args:
        style: of the conversation.
        tokenizer: of the model.
        system_message: used where a conversation brings none of its own; empty for none.

    Raises:
        ForgeError: the system message contains `$`, which WebLLM would read as a pattern.
    """
    if "$" in system_message:
        raise ForgeError("the default system message contains $, which WebLLM would misread; write it without")
    return {
        "name": style.name,
        "system_template": style.turn("system", "{system_message}"),
        "system_message": system_message,
        "render_empty_system_message": False,
        "system_prefix_token_ids": prefix_ids(style, tokenizer) or None,
        "add_role_after_system_message": True,
        "roles": {
            "user": f"{style.turn_start}user",
            "assistant": f"{style.turn_start}assistant",
        },
        "messages": [],
        "seps": [style.turn_end],
        "role_content_sep": style.header_end,
        "role_empty_sep": style.header_end,
        "stop_str": [],
        "stop_token_ids": stop_ids(style, tokenizer),
    }


def render(template: dict[str, Any], messages: list[Message]) -> list[str]:
    """The pieces of text that WebLLM tokenizes for a fresh conversation, one for each turn, the reply header last.

    The ids of `system_prefix_token_ids` come before them. A leading message of role "system" replaces the default.

    Args:
        template: a `conv_template` without `role_templates`.
        messages: ending with the user's.
    """
    own = [message["content"] for message in messages[:1] if message["role"] == "system"]
    system_message = own[0] if own else template["system_message"]
    pieces = []
    if system_message or template.get("render_empty_system_message", True):
        pieces.append(template["system_template"].replace("{system_message}", system_message))
    roles, separators = template["roles"], template["seps"]
    for index, message in enumerate(messages[len(own) :]):
        header = roles[message["role"]] + template["role_content_sep"]
        pieces.append(header + message["content"] + separators[index % len(separators)])
    pieces.append(roles["assistant"] + template["role_empty_sep"])
    return pieces


def jinja_template(style: ChatStyle, tokenizer: ByteLevelTokenizer, system_message: str) -> str:
    """A Jinja template that says what `conversation_template` says."""
    start = "{{ bos_token }}" if prefix_ids(style, tokenizer) else ""
    default = ""
    if system_message:
        # Inside a Jinja string, so that nothing in the message is read as Jinja.
        literal = _jinja_string(style.turn("system", system_message))
        default = "{% if messages[0]['role'] != 'system' %}{{ " + literal + " }}{% endif %}"
    header_end, turn_end = _jinja_string(style.header_end), _jinja_string(style.turn_end)
    start_literal = _jinja_string(style.turn_start)
    return (
        f"{start}{default}"
        "{% for message in messages %}"
        "{{ " + f"{start_literal} + message['role'] + {header_end} + message['content'] + {turn_end}" + " }}"
        "{% endfor %}"
        "{% if add_generation_prompt %}{{ " + f"{start_literal} + 'assistant' + {header_end}" + " }}{% endif %}"
    )


def _jinja_string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


def render_jinja(tokenizer: ByteLevelTokenizer, messages: list[Message]) -> str:
    """The text that the model's own Jinja template makes of a conversation, reply header included.

    Raises:
        jinja2.TemplateError: the template is malformed, or refuses these messages.
    """
    assert tokenizer.chat_template is not None

    def refuse(message: str) -> None:
        raise jinja2.TemplateError(message)

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["raise_exception"] = refuse
    return environment.from_string(tokenizer.chat_template).render(
        messages=messages,
        add_generation_prompt=True,
        bos_token=tokenizer.bos_token or "",
        eos_token=tokenizer.eos_token or "",
    )


def default_system_message(style: ChatStyle, tokenizer: ByteLevelTokenizer) -> str:
    """The system message that the model's own template adds to a conversation without one; empty when it adds none."""
    if tokenizer.chat_template is None:
        return ""
    try:
        text = render_jinja(tokenizer, [{"role": "user", "content": "Hello"}])
    except (jinja2.TemplateError, TypeError):
        return ""
    opening, closing = style.turn("system", "\0").split("\0")
    before, found, rest = text.partition(opening)
    if not found or before not in ("", tokenizer.bos_token):
        return ""
    return rest.partition(closing)[0]


def with_default_system_message(
    style: ChatStyle, tokenizer: ByteLevelTokenizer, system_message: str
) -> ByteLevelTokenizer:
    """The tokenizer with a Jinja template that adds this system message where a conversation brings none.

    Programs that read Jinja then say what WebLLM says, and the message survives a way through GGUF. The model's own
    template stays if it adds that message already, or if it differs from the style in more than this.
    """
    ours = replace(tokenizer, chat_template=jinja_template(style, tokenizer, system_message))
    if tokenizer.chat_template is None:
        return ours
    if default_system_message(style, tokenizer) == system_message:
        return tokenizer
    try:
        differs = render_jinja(tokenizer, _SAMPLE) != render_jinja(ours, _SAMPLE)
    except (jinja2.TemplateError, TypeError):
        return tokenizer
    return tokenizer if differs else ours


def difference_from_jinja(template: dict[str, Any], tokenizer: ByteLevelTokenizer) -> str | None:
    """How WebLLM's rendering differs from the model's own template on a sample conversation; None when it does not.

    A difference is worth knowing and no error: Llama 3.1's own template, for one, adds a date to every system message.
    """
    if tokenizer.chat_template is None:
        return None
    for messages in (_SAMPLE, _SAMPLE[1:]):
        prefix = tokenizer.bos_token if template["system_prefix_token_ids"] else ""
        ours = f"{prefix}{''.join(render(template, messages))}"
        try:
            theirs = render_jinja(tokenizer, messages)
        except (jinja2.TemplateError, TypeError) as error:
            return f"the model's own chat template cannot be rendered: {error}"
        if ours != theirs:
            place = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), None)
            at = min(len(ours), len(theirs)) if place is None else place
            return (
                f"WebLLM renders {ours[at : at + 60]!r} where the model's own chat template renders "
                f"{theirs[at : at + 60]!r} (character {at} of a sample conversation)"
            )
    return None
