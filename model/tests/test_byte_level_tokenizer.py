import json
from pathlib import Path
from typing import Any

import pytest
from tiny_models import TAGS, HuggingFaceModel, tiny_tokenizer
from tokenizers import Tokenizer, models

from reflection_model.byte_level_tokenizer import ByteLevelTokenizer, checked_tokenizer, tokenizer_from_folder
from reflection_model.errors import ForgeError


def document_of(tokenizer: Tokenizer) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(tokenizer.to_str())
    return document


def test_truncation_and_padding_are_removed() -> None:
    tokenizer = tiny_tokenizer(TAGS)
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=64)
    checked = checked_tokenizer(ByteLevelTokenizer(document_of(tokenizer)), "test")
    assert (checked.document["truncation"], checked.document["padding"]) == (None, None)
    text = "one two three four five six seven eight nine"
    assert checked.decode(checked.encode(text)) == text
    assert json.loads(checked.serialized()) == checked.document


def test_added_tokens_are_single(tmp_path: Path) -> None:
    tokenizer = checked_tokenizer(ByteLevelTokenizer(document_of(tiny_tokenizer(TAGS))), "test")
    for index, tag in enumerate(TAGS):
        assert tokenizer.encode(f"a{tag}b")[1:-1] == [index] == [tokenizer.ids[tag]]
    assert tokenizer.is_single("<thinking>")
    assert not tokenizer.is_single("three")


def test_reads_the_files_beside_the_tokenizer(tmp_path: Path) -> None:
    model = HuggingFaceModel(tmp_path)
    model.write_json("generation_config.json", {"eos_token_id": [1, 4]})
    tokenizer = tokenizer_from_folder(tmp_path, {"eos_token_id": 1})
    assert (tokenizer.bos_token, tokenizer.eos_token) == ("<|begin_of_text|>", "<|eot_id|>")
    assert tokenizer.stop_token_ids == (1, 4)
    assert tokenizer.end_ids() == [1, 4]
    assert tokenizer.chat_template is not None and "<|start_header_id|>" in tokenizer.chat_template


def test_a_template_file_wins_over_the_settings(tmp_path: Path) -> None:
    HuggingFaceModel(tmp_path)
    (tmp_path / "chat_template.jinja").write_text("from the file")
    assert tokenizer_from_folder(tmp_path, {}).chat_template == "from the file"


def test_ids_of_the_configuration_serve_where_the_tokenizer_names_none(tmp_path: Path) -> None:
    model = HuggingFaceModel(tmp_path)
    model.write_json("tokenizer_config.json", {"bos_token": {"content": "<|begin_of_text|>"}})
    tokenizer = tokenizer_from_folder(tmp_path, {"eos_token_id": [4, 1], "bos_token_id": 2})
    assert (tokenizer.bos_token, tokenizer.eos_token) == ("<|begin_of_text|>", "<|eot_id|>")


@pytest.mark.parametrize(
    "model", [models.Unigram([("<unk>", 0.0), ("a", -1.0)], 0), models.WordPiece({"[UNK]": 0, "a": 1})]
)
def test_refuses_other_kinds_of_tokenizer(model: models.Model) -> None:
    kind = type(model).__name__
    with pytest.raises(ForgeError, match=f"of kind {kind}; only byte-level BPE"):
        checked_tokenizer(ByteLevelTokenizer(document_of(Tokenizer(model))), "test")


def test_refuses_bpe_that_is_not_byte_level() -> None:
    tokenizer = Tokenizer(models.BPE({"<0x41>": 0, "a": 1}, [], byte_fallback=True))
    with pytest.raises(ForgeError, match="SentencePiece"):
        checked_tokenizer(ByteLevelTokenizer(document_of(tokenizer)), "test")


def test_refuses_a_vocabulary_that_loses_bytes() -> None:
    document = document_of(tiny_tokenizer(TAGS))
    document["model"]["merges"] = []
    document["model"]["vocab"] = {text: i for text, i in document["model"]["vocab"].items() if text != "Ã" and i < 262}
    with pytest.raises(ForgeError, match="does not give text back"):
        checked_tokenizer(ByteLevelTokenizer(document), "test")


def test_refuses_special_tokens_that_do_not_exist() -> None:
    document = document_of(tiny_tokenizer(TAGS))
    with pytest.raises(ForgeError, match="eos_token '</s>'"):
        checked_tokenizer(ByteLevelTokenizer(document, eos_token="</s>"), "test")
    with pytest.raises(ForgeError, match="stop token id 999999"):
        checked_tokenizer(ByteLevelTokenizer(document, stop_token_ids=(999999,)), "test")


def test_names_a_sentencepiece_model(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.model").write_bytes(b"\0")
    with pytest.raises(ForgeError, match="SentencePiece"):
        tokenizer_from_folder(tmp_path, {})


def test_says_which_file_is_missing_or_broken(tmp_path: Path) -> None:
    with pytest.raises(ForgeError, match="tokenizer.json is missing"):
        tokenizer_from_folder(tmp_path, {})
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(ForgeError, match="not JSON"):
        tokenizer_from_folder(tmp_path, {})
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ForgeError, match=r"not a tokenizer\.json"):
        tokenizer_from_folder(tmp_path, {})
