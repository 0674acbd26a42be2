"""Untrusted text: harmless, and nothing in it invisible."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from curator.report.visible import cut, neutral, one_line, pieces

ANY_TEXT = st.text(st.characters(codec=None), max_size=40)  # lone surrogates too


def test_ordinary_text_of_any_script_is_left_alone() -> None:
    for text in (
        "你𠻺唔𠻺㗎？",
        "Simbah ora gelem",
        "पुरणपोळी",
        "क्\u200dष",
        "👩\u200d🌾",
        "هذه جملة",
    ):
        assert neutral(text) == text
        assert [piece.kind for piece in pieces(text)].count("mark") == 0


def test_a_direction_override_is_spelled_out() -> None:
    assert neutral("早\u202e晨") == "早⟨U+202E⟩晨"
    found = pieces("अ\u202eब")
    assert [(piece.kind, piece.text) for piece in found] == [
        ("text", "अ"),
        ("mark", "U+202E"),
        ("text", "ब"),
    ]
    assert found[1].title == "U+202E RIGHT-TO-LEFT OVERRIDE"


def test_a_run_of_one_invisible_character_is_one_mark_with_a_count() -> None:
    assert [piece.text for piece in pieces("\x00" * 1000)] == ["U+0000×1,000"]


def test_spaces_are_framed_and_plain_ones_only_inside_a_change() -> None:
    assert [piece.kind for piece in pieces("推　頂")] == ["text", "space", "text"]
    assert [piece.kind for piece in pieces("a b")] == ["text"]
    assert [piece.kind for piece in pieces("a b", in_a_change=True)] == ["text", "space", "text"]


def test_joiners_are_spelled_out_only_inside_a_change() -> None:
    assert [piece.kind for piece in pieces("मुलगा\u200c")] == ["text"]
    assert [piece.text for piece in pieces("मुलगा\u200c", in_a_change=True)] == ["मुलगा", "U+200C"]


def test_terminal_escapes_and_line_breaks_stay_on_one_line() -> None:
    assert one_line("a\x1b[31mb\r\nc\td\x9b2J") == "a⟨U+001B⟩[31mb↵c d⟨U+009B⟩2J"


@given(ANY_TEXT)
def test_neutral_text_can_be_encoded_and_stays_neutral(text: str) -> None:
    safe = neutral(text)
    safe.encode("utf-8")
    assert neutral(safe) == safe


@given(ANY_TEXT)
def test_no_visible_character_is_lost_in_pieces(text: str) -> None:
    shown = "".join(piece.text for piece in pieces(text) if piece.kind != "mark")
    remaining = iter(text)
    assert all(character in remaining for character in shown)
    safe = "".join(piece.text for piece in pieces(text))
    safe.encode("utf-8")


def test_a_cut_keeps_marks_with_their_base_and_says_what_is_left() -> None:
    assert cut("一二三四", 3, 9) == ("一二三", 1)
    assert cut("cafe\u0301s", 4, 9) == ("cafe\u0301", 1)
    assert cut("甲\n乙\n丙", 9, 2) == ("甲\n乙", 2)
    assert cut("पाणी", 99, 9) == ("पाणी", 0)
    assert cut("", 5, 5) == ("", 0)
