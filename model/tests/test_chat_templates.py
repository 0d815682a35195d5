import json
from dataclasses import replace

import pytest
from tiny_models import CHATML_TOKENS, LLAMA3_JINJA, LLAMA3_TOKENS, TAGS, tiny_tokenizer

from reflection_model.byte_level_tokenizer import ByteLevelTokenizer, checked_tokenizer
from reflection_model.chat_templates import (
    Message,
    chosen_style,
    conversation_template,
    default_system_message,
    difference_from_jinja,
    jinja_template,
    render,
    render_jinja,
    with_default_system_message,
)
from reflection_model.errors import ForgeError

SMOLLM2_JINJA = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are SmolLM.<|im_end|>\n' }}{% endif %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
CONVERSATION: list[Message] = [
    {"role": "user", "content": "Price: $$5 & $&?"},
    {"role": "assistant", "content": "<output>Five.</output>"},
    {"role": "user", "content": "Sure?"},
]


def tokenizer(special: list[str], chat_template: str | None = None) -> ByteLevelTokenizer:
    document = json.loads(tiny_tokenizer(special + TAGS).to_str())
    return checked_tokenizer(
        ByteLevelTokenizer(document, bos_token=special[0], eos_token=special[-1], chat_template=chat_template), "test"
    )


LLAMA3 = tokenizer(LLAMA3_TOKENS, LLAMA3_JINJA)
CHATML = tokenizer(CHATML_TOKENS, SMOLLM2_JINJA)


def test_llama_3_conversation_is_rendered_as_that_model_expects() -> None:
    template = conversation_template(chosen_style(LLAMA3), LLAMA3, "Reflect.")
    assert template["system_prefix_token_ids"] == [LLAMA3.ids["<|begin_of_text|>"]]
    assert template["stop_token_ids"] == [LLAMA3.ids["<|eot_id|>"]]
    assert "".join(render(template, CONVERSATION)) == (
        "<|start_header_id|>system<|end_header_id|>\n\nReflect.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nPrice: $$5 & $&?<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n<output>Five.</output><|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nSure?<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    )


def test_chatml_conversation_is_rendered_as_that_model_expects() -> None:
    template = conversation_template(chosen_style(CHATML), CHATML, "")
    assert template["system_prefix_token_ids"] is None
    assert "".join(render(template, [{"role": "system", "content": "Be brief."}, *CONVERSATION])) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n"
        "<|im_start|>user\nPrice: $$5 & $&?<|im_end|>\n"
        "<|im_start|>assistant\n<output>Five.</output><|im_end|>\n"
        "<|im_start|>user\nSure?<|im_end|>\n"
        "<|im_start|>assistant\n"
    )


def test_no_system_message_leaves_no_empty_turn() -> None:
    template = conversation_template(chosen_style(LLAMA3), LLAMA3, "")
    assert render(template, CONVERSATION[:1])[0].startswith("<|start_header_id|>user")
    assert template["render_empty_system_message"] is False


@pytest.mark.parametrize("spoken", [LLAMA3, CHATML])
def test_pieces_tokenize_like_the_whole_text(spoken: ByteLevelTokenizer) -> None:
    pieces = render(conversation_template(chosen_style(spoken), spoken, "Reflect."), CONVERSATION)
    assert [i for piece in pieces for i in spoken.encode(piece)] == spoken.encode("".join(pieces))


@pytest.mark.parametrize("spoken", [LLAMA3, CHATML])
@pytest.mark.parametrize("system_message", ["", "It's {{ braced }}\nand \\ escaped."])
def test_the_jinja_that_we_write_says_the_same(spoken: ByteLevelTokenizer, system_message: str) -> None:
    style = chosen_style(spoken)
    written = replace(spoken, chat_template=jinja_template(style, spoken, system_message))
    template = conversation_template(style, written, system_message)
    assert difference_from_jinja(template, written) is None
    own_system: Message = {"role": "system", "content": "Own."}
    prefix = written.bos_token if style.begins_with_bos else ""
    for messages in (CONVERSATION, CONVERSATION[:1], [own_system, *CONVERSATION]):
        assert render_jinja(written, messages) == f"{prefix}{''.join(render(template, messages))}"


def test_finds_the_default_system_message_in_the_template() -> None:
    assert default_system_message(chosen_style(CHATML), CHATML) == "You are SmolLM."
    assert default_system_message(chosen_style(LLAMA3), LLAMA3) == ""
    broken = replace(CHATML, chat_template="{{ raise_exception('no') }}<|im_start|>")
    assert default_system_message(chosen_style(CHATML), broken) == ""


def test_a_default_system_message_is_added_to_the_model_s_own_template() -> None:
    style = chosen_style(LLAMA3)
    extended = with_default_system_message(style, LLAMA3, "Reflect.")
    assert default_system_message(style, extended) == "Reflect."
    assert difference_from_jinja(conversation_template(style, extended, "Reflect."), extended) is None
    assert with_default_system_message(style, extended, "Reflect.") is extended
    dated = replace(LLAMA3, chat_template=LLAMA3_JINJA.replace("<|eot_id|>", " on Sunday<|eot_id|>"))
    assert with_default_system_message(style, dated, "Reflect.") is dated


def test_says_where_the_model_s_own_template_differs() -> None:
    dated = LLAMA3_JINJA.replace("{{ bos_token }}", "{{ bos_token }}Today is Sunday.")
    spoken = replace(LLAMA3, chat_template=dated)
    difference = difference_from_jinja(conversation_template(chosen_style(spoken), spoken, ""), spoken)
    assert difference is not None and "Today is Sunday." in difference
    broken = replace(LLAMA3, chat_template="<|start_header_id|>{% if %}")
    difference = difference_from_jinja(conversation_template(chosen_style(broken), broken, ""), broken)
    assert difference is not None and "cannot be rendered" in difference


def test_a_chatml_template_that_begins_with_bos_gets_its_prefix() -> None:
    spoken = replace(CHATML, chat_template="{{ bos_token }}" + SMOLLM2_JINJA)
    template = conversation_template(chosen_style(spoken), spoken, "You are SmolLM.")
    assert template["system_prefix_token_ids"] == [CHATML.ids["<|endoftext|>"]]
    assert difference_from_jinja(template, spoken) is None


def test_refuses_templates_that_it_does_not_know() -> None:
    with pytest.raises(ForgeError, match="fit no conversation style"):
        chosen_style(replace(LLAMA3, chat_template="[INST] {{ messages[0]['content'] }} [/INST]"))
    with pytest.raises(ForgeError, match="fit no conversation style"):
        chosen_style(tokenizer(["<s>", "</s>"]))


def test_asks_when_two_styles_fit() -> None:
    both = replace(tokenizer(LLAMA3_TOKENS + CHATML_TOKENS), chat_template=None)
    with pytest.raises(ForgeError, match="several conversation styles"):
        chosen_style(both)
    assert chosen_style(both, "chatml").name == "chatml"
    with pytest.raises(ForgeError, match=r"needs the special token <\|im_start\|>"):
        chosen_style(LLAMA3, "chatml")


def test_llama_3_needs_a_beginning_token() -> None:
    with pytest.raises(ForgeError, match="bos_token"):
        chosen_style(replace(LLAMA3, bos_token=None))


def test_refuses_a_dollar_in_the_system_message() -> None:
    with pytest.raises(ForgeError, match=r"contains \$"):
        conversation_template(chosen_style(LLAMA3), LLAMA3, "Prices are in $.")
