import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from transformers import BertTokenizer

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.synthesis.tokens import Tokens, words

TEXTS = [
    "Transmural enhancement in the mid anterior wall",
    "Subendocardial enhancement in the basal inferoseptal and inferior walls",
    "Mid-wall enhancement at the anterior RV insertion point",
]


@pytest.fixture(scope="module")
def tokens():
    return Tokens.learn(TEXTS * 2, 200)


def test_that_known_words_are_one_piece_and_unknown_ones_are_spelled(tokens):
    numbers, mask = tokens.encode(["mid wall", "xylophone"], 16)
    assert mask.sum(axis=1).tolist() == [4, 2 + len("xylophone")]
    pieces = [tokens.pieces[n] for n in numbers[0, :4]]
    assert pieces == ["[CLS]", "mid", "wall", "[SEP]"]


def test_that_case_and_accents_do_not_matter(tokens):
    first, _ = tokens.encode(["Transmural ÉNHANCEMENT"], 8)
    second, _ = tokens.encode(["transmural enhancement"], 8)
    assert (first == second).all()


def test_that_long_texts_are_cut_and_still_end(tokens):
    numbers, mask = tokens.encode(["wall " * 100], 16)
    assert mask.all()
    assert tokens.pieces[numbers[0, -1]] == "[SEP]"


def test_that_the_vocabulary_file_gives_the_same_tokens(tokens, tmp_path):
    (tmp_path / "vocab.txt").write_text(tokens.text(), encoding="utf-8")
    again = Tokens.read(tmp_path / "vocab.txt")
    assert again.pieces == tokens.pieces


@given(st.text(st.characters(codec="ascii"), max_size=60))
@example("[UNK]")
@example("scar [MASK] [SEP] wall")
def test_that_any_text_is_encoded_as_bert_would(text):
    tokens = Tokens.learn(TEXTS * 2, 200)
    vocabulary = {p: i for i, p in enumerate(tokens.pieces)}
    # A typed "[MASK]" is five letters in brackets, never the token of that name.
    expected = BertTokenizer(vocab=vocabulary, split_special_tokens=True)
    printable = "".join(c if c.isprintable() else " " for c in text).replace("_", " ")
    numbers, mask = tokens.encode([printable], 128)
    assert numbers[0, mask[0] > 0].tolist() == expected(printable)["input_ids"]


def test_that_a_vocabulary_without_special_tokens_is_refused():
    with pytest.raises(LgeSynthError, match="special"):
        Tokens(["wall", "mid"])


def test_that_punctuation_stands_alone():
    assert words("mid-wall, 60 %") == ["mid", "-", "wall", ",", "60", "%"]
