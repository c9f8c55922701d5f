import copy
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lgesynth_gui.io.atomic import canonical
from lgesynth_gui.io.chain import broken_links, chained, head_of, link

values = st.dictionaries(
    st.text(min_size=1, max_size=8).filter(lambda key: key not in ("chain", "sequence")),
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False,
                                                                              allow_infinity=False),
    max_size=4,
)  # fmt: skip
records = st.lists(values, min_size=1, max_size=6)


@given(records)
def test_that_a_chain_that_was_read_back_holds(told):
    chain = json.loads(canonical(chained(told)))
    assert broken_links(chain) == ()
    assert [one["sequence"] for one in chain] == list(range(1, len(told) + 1))


@given(records, records)
def test_that_a_chain_that_goes_on_is_one_that_was_made_at_once(first, then):
    begun = chained(first)
    assert begun + chained(then, begun) == chained(first + then)


def test_that_the_hash_is_the_one_of_the_rule():
    (one, two) = chained([{"a": 1}, {"b": "ü"}])
    first = hashlib.sha256(b'{"a":1,"sequence":1}').hexdigest()
    assert one["chain"] == first
    second = hashlib.sha256(first.encode() + '{"b":"ü","sequence":2}'.encode()).hexdigest()
    assert two["chain"] == second == head_of([one, two])


@given(records, st.data())
def test_that_any_change_of_any_record_names_its_number(told, data):
    chain = chained(told)
    at = data.draw(st.integers(0, len(chain) - 1))
    spoilt = copy.deepcopy(chain)
    spoilt[at]["new"] = "something"
    assert broken_links(spoilt)[0] == f"Record {at + 1} of the chain was changed."
    last = spoilt[at - 1]["chain"] if at else ""
    spoilt[at]["chain"] = link(last, {k: v for k, v in spoilt[at].items() if k != "chain"})
    after = broken_links(spoilt)  # its own hash made to fit: the next one tells
    assert after == (
        () if at + 1 == len(chain) else (f"Record {at + 2} of the chain was changed.",)
    )


@given(st.lists(values, min_size=3, max_size=6), st.data())
def test_that_a_dropped_and_a_moved_record_are_named(told, data):
    chain = chained(told)
    at = data.draw(st.integers(0, len(chain) - 2))
    dropped = chain[:at] + chain[at + 1 :]
    assert broken_links(dropped)[0].startswith(f"Record {at + 1} of the chain is missing")
    moved = [*chain[:at], chain[at + 1], chain[at], *chain[at + 2 :]]
    assert broken_links(moved)[0].startswith(f"Record {at + 1} of the chain is missing")


@pytest.mark.parametrize(
    "chain",
    [None, [], "x", [1], [{"sequence": "1"}], [{"sequence": True, "chain": ""}],
     [{"sequence": 1, "chain": "ü"}], [{"sequence": 1, "chain": None}],
     [{"sequence": 1, "value": float("nan"), "chain": "00"}]],
)  # fmt: skip
def test_that_what_is_no_chain_is_said_to_be_none(chain):
    assert broken_links(chain)
