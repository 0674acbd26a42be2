"""Language packs are complete, consistent, and found by their code."""

from __future__ import annotations

import pickle

import pytest

from curator.errors import DataError, RecipeError
from curator.languages import (
    _language,
    interchanged_letters,
    known_languages,
    load_language,
    telling_letters,
)


def test_the_packs_are_known() -> None:
    assert set(known_languages()) >= {"jav", "yue"}


@pytest.mark.parametrize("code", known_languages())
def test_a_pack_is_consistent(code: str) -> None:
    pack = load_language(code)
    assert pack.code == code
    assert pack.name
    assert pack.autonym
    assert pack.markers
    against = {word for contrast in pack.contrasts for word in contrast.markers}
    assert against
    assert not set(pack.markers) & against
    assert not (set(pack.markers) | against) & set(pack.neutral)
    # Text is compared after its capitals are made small, so a capital would never be found.
    assert all(word == word.lower() for word in (*pack.markers, *against, *pack.neutral))
    assert set(pack.sources) >= {"markers"}
    assert pickle.loads(pickle.dumps(pack)) == pack


@pytest.mark.parametrize("code", known_languages())
def test_a_neutral_word_hides_a_marker_or_contrast(code: str) -> None:
    pack = load_language(code)
    evidence = (*pack.markers, *(word for c in pack.contrasts for word in c.markers))
    for word in pack.neutral:
        assert any(piece in word for piece in evidence), word


def test_respellings_lead_to_standard_spelling_and_stay_there() -> None:
    respellings = load_language("yue").respellings
    assert respellings["佢地"] == "佢哋"
    assert respellings["食左"] == "食咗"
    assert not set(respellings) & set(respellings.values())


def test_letters_put_for_one_another_are_known() -> None:
    letters = interchanged_letters()
    assert {"嘅", "既", "慨"} in map(set, letters)
    assert all(len(set(of_one)) > 1 for of_one in letters)


def test_letters_tell_languages_without_spaces_from_their_neighbours() -> None:
    (own, neighbours) = dict(enumerate(telling_letters()))[0]
    assert set("嘅咗喺啲") <= set(own)
    assert set("的了在") <= set(neighbours)
    assert not set(own) & set(neighbours)


def test_an_unknown_code_is_met_with_the_nearest() -> None:
    with pytest.raises(RecipeError, match="no language pack 'yu'; did you mean 'yue'"):
        load_language("yu")


def test_a_pack_with_a_wrong_field_is_refused() -> None:
    with pytest.raises(DataError, match="the field 'autonym' is missing"):
        _language("languages/x/language.yaml", {"code": "x"})
