from __future__ import annotations

import pandas as pd
import pytest

from xrayiq.audit.text_places import first_places, is_among

KINDS = ("string", "str", "object")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("of_others", KINDS)
def test_place_is_that_of_the_first_that_is_the_same(kind: str, of_others: str) -> None:
    texts = pd.Series(["b", "x", None, "a", "b"], dtype=kind, index=[7, 7, 1, 0, 3])
    among = pd.Series(["a", "b", "a", "b"], dtype=of_others)
    assert first_places(texts, among).tolist() == [1, -1, -1, 0, 1]
    assert is_among(texts, among).tolist() == [True, False, False, True, True]


def test_a_missing_text_is_like_no_missing_one() -> None:
    texts = pd.Series([None, "a"], dtype="string")
    assert is_among(texts, texts).tolist() == [False, True]


def test_texts_in_pieces_are_found_as_well() -> None:
    pieces = [pd.Series(["a", "b"], dtype="string"), pd.Series(["c"], dtype="string")]
    whole = pd.concat(pieces, ignore_index=True)
    assert first_places(whole, whole[::-1]).tolist() == [2, 1, 0]


def test_nothing_is_found_among_none() -> None:
    none = pd.Series([], dtype="string")
    assert first_places(pd.Series(["a"], dtype="string"), none).tolist() == [-1]
    assert first_places(none, none).size == 0
