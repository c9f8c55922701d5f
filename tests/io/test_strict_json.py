import pytest

from lgesynth_gui.io.strict_json import strict_value


@pytest.mark.parametrize(
    "text",
    [
        "NaN", "Infinity", "1e999", "-1e999", "9" * 400, '{"a": 1, "a": 2}', "[" * 50 + "]" * 50,
        "", "{", "\xff",
    ],
)  # fmt: skip
def test_that_what_is_no_plain_json_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        strict_value(text.encode("latin-1"))


def test_that_plain_json_is_read():
    assert strict_value(b'{"a": [1, -2.5e3, 18446744073709551615, null]}') == {
        "a": [1, -2500.0, 2**64 - 1, None]
    }
