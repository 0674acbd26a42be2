"""Alignment of two keys: the compiled walk equals a plain one, and follows what copies change."""

from __future__ import annotations

import itertools
import sys
import unicodedata

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curator.kernels import alignment, buffers
from curator.kernels.alignment import (
    SPACED_LONG,
    SPACED_SEED,
    UNSPACED_LONG,
    UNSPACED_SEED,
    Alignment,
    Exchange,
)
from curator.kernels.alignment.cpu import BACK, CREDIT, MATCH, MISS
from curator.kernels.alignment.digits import BITS
from curator.kernels.alignment.exchanges import (
    COUNTS,
    FEW,
    LETTERS,
    MOST,
    NEAR,
    NEIGHBOUR,
    NONE,
    NUMBERS,
    OWN,
    WORDS,
)
from curator.kernels.alignment.seeds import SCANS
from curator.kernels.fold import Keys, fold
from curator.kernels.narrow import NarrowKeys, narrow
from curator.kernels.shingles import unspaced

CANTONESE = (
    "阿婆每朝早五點就起身，行落街市買餸。佢話以前嘅街市好熱鬧，檔主個個都識佢，買菜實送條葱。"
    "而家好多檔都執咗，得返幾個老街坊仲會坐喺門口傾偈。有時我放學經過，佢會叫我幫手拎啲嘢返屋企，"
    "然後煲碗綠豆沙俾我飲。佢成日提我天口熱要飲多啲水，唔好淨係顧住打機。"
)
JAVANESE = (
    "Saben esuk simbah tangi jam papat banjur adang ing pawon. Pitiké petelung ekor wis padha "
    "kluruk nalika aku isih turu. Sawisé srengéngé mlethèk, simbah lunga menyang sawah nggawa "
    "pacul lan kendhi. Aku nyusul karo nggawa rantang isi sega jagung lan sayur lodhèh."
)
HINDI = (
    "दादी हर सुबह नदी के किनारे बैठकर पुराने गीत गाती हैं। गाँव के बच्चे उनके पास दौड़ते हुए आते हैं और "
    "कहानी सुनने की ज़िद करते हैं। वह हँसकर अपनी पोटली से गुड़ निकालती हैं और सबको थोड़ा थोड़ा बाँट देती हैं।"
)
LANGUAGES = pytest.mark.parametrize("text", [CANTONESE * 3, JAVANESE * 2, HINDI * 2])


def align(
    whole: Keys,
    part: Keys,
    pairs: np.ndarray,
    is_unspaced: np.ndarray | None = None,
    at_least: float = 0.0,
) -> Alignment:
    """Align keys as they come from folding; the scripts of the parts are looked up."""
    scripts = unspaced(part) if is_unspaced is None else is_unspaced
    return alignment.align(narrowed(whole), narrowed(part), pairs, scripts, at_least, CLASSES)


def narrowed(keys: Keys) -> NarrowKeys:
    return narrow(keys, np.arange(len(keys.lengths)))


CLASSES = np.zeros(1 << 16, np.uint8)
CLASSES[[ord("我"), ord("食")]] = OWN
CLASSES[[ord("哋"), ord("飯")]] = NEIGHBOUR
Change = tuple[int, int, int, int, int]
"""Begin and end in the part, begin and end in the whole, and how many characters missed."""


class PlainWalk:
    """The same algorithm over one pair, with a dictionary of seeds and strings."""

    def __init__(self, whole: str, part: str, seed: int, at_least: float = 0) -> None:
        self.whole, self.part, self.seed = whole, part, seed
        self.may_miss = int(len(part) * (1 - at_least) + 1e-6)
        self.places: dict[str, int] = {}
        for place in range(len(whole) - seed + 1):
            self.places.setdefault(whole[place : place + seed], place)

    def result(self) -> tuple[int, ...]:
        aligned = equal = digits = equal_digits = i = done = left = 0
        changes: list[Change] = []
        noted: list[Change] = []
        while i + self.seed <= len(self.part):
            j = self.places.get(self.part[i : i + self.seed], -1)
            if j < 0:
                i += 1
                continue
            before, changes_before = self.backward(j, i, done)
            after, last, there, changes_after = self.forward(j + self.seed, i + self.seed)
            same = [*before, *range(i, i + self.seed), *after]
            if len(same) >= 2 * self.seed:
                stretch = range(min(same), last)
                aligned += len(stretch)
                equal += len(same)
                digits += sum(self.part[k].isdecimal() for k in stretch)
                equal_digits += sum(self.part[k].isdecimal() for k in same)
                changes += [*changes_before, *changes_after]
                noted += changes_before
                at = j - (i - min(same))
                if 0 <= at - left <= BACK:
                    changes.append((done, min(same), left, at, min(same) - done))
                    noted += [changes[-1]] if min(same) > done or at > left else []
                noted += changes_after
                left = there
                done = last
            i = last
        if len(self.part) - aligned > self.may_miss:
            return (0,) * 16
        long = UNSPACED_LONG if self.seed == UNSPACED_SEED else SPACED_LONG
        if aligned and len(self.whole) - left <= BACK:
            rest = len(self.part) - done
            changes.append((done, done + rest, left, len(self.whole), rest))
            noted += [changes[-1]] if rest or left < len(self.whole) else []
        lengths = [missed for *_, missed in changes]
        n_long = sum(length >= long for length in lengths)
        counts = aligned, equal, digits, equal_digits, sum(map(bool, lengths)), n_long
        return *counts, self.translations(noted[:MOST]), *self.exchange(noted[:MOST], long)

    def translations(self, noted: list[Change]) -> int:
        """Return how many changes put letters of "我食" for letters of "哋飯", or the other way."""
        swaps = [(classes(self.part[a:b]), classes(self.whole[c:d])) for a, b, c, d, _ in noted]
        return max(swaps.count(({OWN}, {NEIGHBOUR})), swaps.count(({NEIGHBOUR}, {OWN})))

    def exchange(self, noted: list[Change], long: int) -> tuple[int, ...]:
        """Return the fields of the first change, beside the others."""
        nothing = (0,) * len(Exchange._fields)
        if not noted:
            return nothing
        first = min(range(len(noted)), key=lambda at: noted[at][:2])
        here, there = noted[first][0], noted[first][2]
        pieces = [trimmed(self.part[a:b], self.whole[c:d]) for a, b, c, d, _ in noted]
        prefix, new, old = pieces[first]
        before = max(here, there) + prefix
        if max(here, there) > NEAR or before > NEAR or not new or not old:
            return nothing
        swaps = [(one, other) for _, one, other in pieces]
        kinds = [kind(one, other, long) for one, other in swaps]
        others = [at for at in range(len(swaps)) if at != first]
        size = max(len(new), len(old))
        found = kinds[first], before, size, ord(new[0]), ord(old[0])
        if kinds[first] == LETTERS:
            return *found, 0, 0, 0, 0
        repeated = sum(
            kinds[at] == kinds[first]
            and (
                swaps[at] == (new, old)
                if kinds[at] == NUMBERS
                else begin_alike(swaps[at], (new, old))
            )
            for at in others
        )
        tail = range(len(self.part))
        kept = sum(self.part.startswith(old, at) for at in tail) if repeated else 0
        turned = numbers = 0
        if len(noted) <= FEW:
            numbers = sum(kinds[at] == NUMBERS and swaps[at] != (new, old) for at in others)
            turned = sum(
                min(kinds[one], kinds[two]) >= WORDS and swaps[one] == swaps[two][::-1]
                for one, two in itertools.combinations(range(len(swaps)), 2)
            )
        return *found, repeated, kept, turned, numbers

    def backward(self, j: int, i: int, lowest: int) -> tuple[list[int], list[Change]]:
        """Return the places that agree, and the changes between them."""
        same, credit, back = [], CREDIT // 2, 1
        changes: list[Change] = []
        missed = 0
        while credit > 0 and back <= BACK and i - back >= lowest and j - back >= 0:
            if self.part[i - back] == self.whole[j - back]:
                same.append(i - back)
                credit = min(CREDIT, credit + MATCH)
                if missed:
                    here, there = i - back + 1, j - back + 1
                    changes.append((here, here + missed, there, there + missed, missed))
                missed = 0
            else:
                credit -= MISS
                missed += 1
            back += 1
        return same, changes

    def forward(self, j: int, i: int) -> tuple[list[int], int, int, list[Change]]:
        same, credit, last, there = [], CREDIT, i, j
        changes: list[Change] = []
        missed = 0
        while credit > 0 and i < len(self.part) and j < len(self.whole):
            if self.part[i] == self.whole[j]:
                same.append(i)
                changes += [(last, i, there, j, missed)] if missed else []
                missed = 0
                i, j = i + 1, j + 1
                credit, last, there = min(CREDIT, credit + MATCH), i, j
                continue
            credit -= MISS
            missed += 1
            replaced, added, left_out = (
                self.agree(i + 1, j + 1),
                self.agree(i + 1, j),
                self.agree(i, j + 1),
            )
            i += 1 if replaced or added or not left_out else 0
            j += 1 if replaced or not added else 0
        return same, last, there, changes

    def agree(self, i: int, j: int) -> bool:
        following = self.part[i : i + 2]
        return len(following) == 2 and following == self.whole[j : j + 2]


def columns(found: Alignment) -> list[np.ndarray]:
    """Return the fields of an alignment, and then those of its exchange."""
    return [*found[:COUNTS], *found.exchange]


def classes(text: str) -> set[int]:
    return {CLASSES[ord(c)] for c in text if ord(c) < len(CLASSES)} - {0}


def alike(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def trimmed(new: str, old: str) -> tuple[int, str, str]:
    """Return how much both begin with, and what is left of them without it and the common end."""
    prefix = alike(new, old)
    new, old = new[prefix:], old[prefix:]
    suffix = alike(new[::-1], old[::-1])
    return prefix, new[: len(new) - suffix], old[: len(old) - suffix]


def begin_alike(one: tuple[str, str], other: tuple[str, str]) -> bool:
    return all(a.startswith(b) or b.startswith(a) for a, b in zip(one, other, strict=True))


def kind(new: str, old: str, long: int) -> int:
    if not new or not old:
        return NONE
    if all(unicodedata.numeric(c, None) is not None or c == "两" for c in new + old):
        return NUMBERS
    han = all(" IDEOGRAPH-" in unicodedata.name(c, "") for c in new[0] + old[0])
    return WORDS if han or min(len(new), len(old)) >= long else LETTERS


def keys_of(keys: list[str]) -> Keys:
    """Return strings, whatever is in them, as keys."""
    offsets = np.cumsum([0, *map(len, keys)], dtype=np.int64)
    codepoints = np.array([ord(c) for key in keys for c in key], np.uint32)
    nothing = np.zeros(len(keys), np.int64)
    return Keys(offsets, codepoints, nothing, nothing)


def one(whole: str, part: str) -> tuple[int, ...]:
    """Align the keys of two texts; return the first six fields."""
    found = align(fold(buffers.of([whole])), fold(buffers.of([part])), np.array([[0, 0]]))
    return tuple(int(column[0]) for column in found[:6])


def share(whole: str, part: str) -> float:
    """Return the aligned share of the key of ``part``."""
    return one(whole, part)[0] / int(fold(buffers.of([part])).lengths[0])


CHARACTERS = st.one_of(
    st.sampled_from("ab"),
    st.sampled_from("我哋食飯12٣९"),
    st.characters(),
    st.sampled_from(["\0", "\ud800", "\udfff", "\U0010ffff", "\ufffd", "\u0301", "𠮶", "𝟗"]),
)
STRETCHES = st.lists(
    st.one_of(
        st.text(CHARACTERS, max_size=20),
        st.sampled_from(["我哋今日去行山睇日出", "abcdefghijklm", "a" * 30, "ab" * 12, "97年7月"]),
    ),
    max_size=8,
).map("".join)
"""Keys that share stretches now and then."""


@settings(deadline=None)  # the first example compiles the kernel
@given(
    st.lists(STRETCHES, min_size=1, max_size=4),
    st.lists(STRETCHES, min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=10),
    st.sampled_from([0.0, 0.3, 0.5, 0.9, 1.0]),
)
@example(["a" * 40], ["a" * 40], [(0, 0)], 1.0)
@example(["a" * 40], ["a" * 6], [(0, 0)], 0.5)
@example(["", "abc"], ["", "abc"], [(0, 0), (0, 1), (1, 0), (1, 1)], 0.0)
def test_the_walk_equals_a_plain_one_whatever_the_keys_and_the_order_of_the_pairs(
    wholes: list[str], parts: list[str], chosen: list[tuple[int, int]], at_least: float
) -> None:
    pairs = [(w % len(wholes), p % len(parts)) for w, p in chosen]
    part_keys = keys_of(parts)
    places = np.array(pairs, np.int64).reshape(-1, 2)
    found = align(keys_of(wholes), part_keys, places, at_least=at_least)
    seeds = np.where(unspaced(part_keys), UNSPACED_SEED, SPACED_SEED)
    expected = [PlainWalk(wholes[w], parts[p], int(seeds[p]), at_least).result() for w, p in pairs]
    assert list(zip(*(column.tolist() for column in columns(found)), strict=True)) == expected
    for counts, (_, p) in zip(expected, pairs, strict=True):
        aligned, equal, digits, equal_digits, changes, n_long, translations = counts[:COUNTS]
        assert translations <= changes + 1
        assert n_long <= changes <= len(parts[p])
        assert equal_digits <= digits <= aligned <= len(parts[p])
        assert equal_digits <= equal <= aligned


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["replace", "add", "leave out", "move", "repeat", "exchange", "turn"]),
        st.integers(0, 10_000),
        st.integers(1, 90),
    ),
    max_size=30,
)


def edited(text: str, edits: list[tuple[str, int, int]]) -> str:
    """Return ``text`` after small changes and moves, each at a place and of a length."""
    for kind, place, length in edits:
        at = place % (len(text) + 1)
        before, there, after = text[:at], text[at : at + length], text[at + length :]
        if kind == "replace":
            text = before + "7٣x"[length % 3] + text[at + 1 :]
        elif kind == "add":
            text = before + "䶮2q"[length % 3] + text[at:]
        elif kind == "leave out":
            text = before + text[at + 1 :]
        elif kind == "exchange":
            text = text.replace(text[at : at + length % 4] or "a", ["九", "十四", "x"][length % 3])
        elif kind == "turn":
            new, old = (before + "天" + "地")[-1], (there + "東北")[1]
            text = text.translate({ord(new): old, ord(old): new})
        elif kind == "move":
            text = there + before + after
        else:
            text = before + there + there + after
    return text


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from([CANTONESE * 3, JAVANESE * 2, HINDI * 2]),
    EDITS,
    EDITS,
    st.sampled_from([0.0, 0.5, 0.7, 0.9, 0.97]),
    st.booleans(),
)
def test_edited_copies_are_walked_along_as_by_the_plain_walk(
    text: str, one_edits: list, other_edits: list, at_least: float, is_unspaced: bool
) -> None:
    texts = [edited(text, one_edits), edited(text, other_edits), text]
    keys = keys_of(texts)
    pairs = np.array([(a, b) for a in range(3) for b in range(3)])
    found = align(keys, keys, pairs, np.full(3, is_unspaced), at_least)
    seed = UNSPACED_SEED if is_unspaced else SPACED_SEED
    expected = [PlainWalk(texts[w], texts[p], seed, at_least).result() for w, p in pairs.tolist()]
    assert list(zip(*(column.tolist() for column in columns(found)), strict=True)) == expected


@pytest.mark.parametrize("source", [CANTONESE, JAVANESE, HINDI])
@pytest.mark.parametrize("n_pieces", [2, SCANS, SCANS + 1, 3 * SCANS])
def test_few_seeds_and_many_are_found_where_they_first_stand(source: str, n_pieces: int) -> None:
    pieces = [source[i % 40 : i % 40 + 20] + chr(0x10400 + i) for i in range(n_pieces)]
    whole = "".join(pieces) * 2
    part = "".join(piece + chr(0x12000 + i) * 20 for i, piece in enumerate(reversed(pieces)))
    keys = keys_of([whole, part, source])
    pairs = np.array([[0, 1], [0, 2], [0, 1], [1, 0], [2, 1]])
    found = align(keys, keys, pairs, np.zeros(3, np.bool_))
    texts = [whole, part, source]
    expected = [PlainWalk(texts[w], texts[p], SPACED_SEED).result() for w, p in pairs.tolist()]
    assert list(zip(*(column.tolist() for column in columns(found)), strict=True)) == expected
    assert found.equal[0] >= 10 * n_pieces


@LANGUAGES
def test_asking_for_more_only_turns_pairs_into_zeros(text: str) -> None:
    rng = np.random.default_rng(1)
    copies = [text]
    for share_of_text in (0.05, 0.2, 0.4, 0.8):
        gone = rng.integers(0, len(text), int(share_of_text * 20))
        copies.append("".join("𠮶" * 8 + c if i in gone else c for i, c in enumerate(text)))
    keys = keys_of([*copies, text[: len(text) // 3] + CANTONESE[::-1], ""])
    n = len(keys.offsets) - 1
    pairs = np.array([(a, b) for a in range(n) for b in range(n)])
    everything = np.stack(columns(align(keys, keys, pairs)), axis=1)
    lengths = keys.lengths[pairs[:, 1]]
    for at_least in (0.5, 0.7, 0.9, 1.0):
        found = np.stack(columns(align(keys, keys, pairs, None, at_least)), axis=1)
        enough = everything[:, 0] >= np.round(at_least * lengths, 6)
        assert np.array_equal(found, np.where(enough[:, None], everything, 0))


def test_keys_that_cannot_be_written_to_are_aligned_like_others() -> None:
    keys = fold(buffers.of([CANTONESE, JAVANESE, CANTONESE[10:]]))
    pairs = np.array([[0, 2], [2, 0], [0, 1]])
    expected = [column.tolist() for column in columns(align(keys, keys, pairs))]
    for array in keys:
        array.flags.writeable = False
    assert [column.tolist() for column in columns(align(keys, keys, pairs))] == expected


@settings(deadline=None)
@given(STRETCHES, st.booleans())
def test_scripts_given_beforehand_decide_the_seeds(text: str, is_unspaced: bool) -> None:
    keys = keys_of([text, text[: len(text) // 2]])
    pairs = np.array([[0, 1], [1, 0]])
    found = align(keys, keys, pairs, np.array([is_unspaced, is_unspaced]))
    seed = UNSPACED_SEED if is_unspaced else SPACED_SEED
    both = (text, text[: len(text) // 2])
    expected = [PlainWalk(both[w], both[p], seed).result() for w, p in pairs.tolist()]
    assert list(zip(*(column.tolist() for column in columns(found)), strict=True)) == expected


def test_digits_are_those_of_every_script() -> None:
    digits = {c for c in range(sys.maxunicode + 1) if chr(c).isdecimal()}
    bits = np.unpackbits(BITS.astype("<u4").view(np.uint8), bitorder="little")
    assert set(np.flatnonzero(bits).tolist()) == digits
    everything = [c for c in range(sys.maxunicode + 1) if not 0xD800 <= c < 0xE000]
    key = keys_of(["".join(map(chr, everything))])
    found = align(key, key, np.array([[0, 0]]))
    assert [int(column[0]) for column in found[:6]] == [
        len(everything),
        len(everything),
        len(digits),
        len(digits),
        0,
        0,
    ]


def test_letters_that_were_exchanged_are_told_from_words() -> None:
    letters = CANTONESE.replace("街市", "街帀").replace("阿婆", "亞婆").replace("綠豆", "録豆")
    words = CANTONESE.replace("街市", "碼頭").replace("阿婆", "細佬").replace("綠豆", "雪梨")
    assert one(CANTONESE, letters)[4:] == (4, 0)
    assert one(CANTONESE, words)[4:] == (4, 4)
    letters = JAVANESE.replace("simbah", "simbih").replace("sawah", "sawoh").replace("aku", "oku")
    words = JAVANESE.replace("simbah", "bapakku").replace("sawah", "kutha").replace("kendhi", "wos")
    assert one(JAVANESE, letters)[5] == 0 < one(JAVANESE, letters)[4]
    assert one(JAVANESE, words)[5] >= 3


@LANGUAGES
def test_a_text_runs_alongside_itself_from_end_to_end(text: str) -> None:
    n = int(fold(buffers.of([text])).lengths[0])
    assert one(text, text)[:2] == (n, n)
    assert one("頭" * 9 + text + "尾", text)[:2] == (n, n)


@pytest.mark.parametrize("text", [CANTONESE, JAVANESE, HINDI])
def test_sentences_in_another_order_still_count(text: str) -> None:
    sentences = [s for s in text.replace("।", ".").replace("。", ".").split(".") if s.strip()]
    moved = ". ".join(reversed(sentences))
    aligned, equal, *_ = one(text, moved)
    n = int(fold(buffers.of([moved])).lengths[0])
    assert aligned >= 0.97 * n
    assert equal >= 0.97 * n


@LANGUAGES
def test_nine_tenths_are_alongside_after_one_character_in_five_was_replaced(text: str) -> None:
    key = fold(buffers.of([text])).document(0)
    strangers = "qwxzvf" if key[0] < "\u0100" else "龘靐齉爨麤纛"
    shares = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        replaced = [str(rng.choice(list(strangers))) if rng.random() < 0.2 else c for c in key]
        found = align(keys_of([key]), keys_of(["".join(replaced)]), np.array([[0, 0]]))
        assert 0.65 * len(key) <= found.equal[0] <= 0.9 * len(key)
        shares.append(found.aligned[0] / len(key))
    assert min(shares) >= 0.8
    assert np.mean(shares) >= 0.92


@LANGUAGES
@pytest.mark.parametrize("seed", range(3))
def test_characters_added_and_left_out_are_followed(text: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    key = fold(buffers.of([text])).document(0)
    places = range(0, len(key), 15)
    left_out = {place + int(rng.integers(0, 8)) for place in places}
    shorter = "".join(c for place, c in enumerate(key) if place not in left_out)
    pairs = np.array([[0, 0]])
    gone = align(keys_of([key]), keys_of([shorter]), pairs)
    assert gone.aligned[0] >= 0.97 * len(shorter)
    more = align(keys_of([shorter]), keys_of([key]), pairs)
    assert more.aligned[0] >= 0.97 * len(key)
    assert more.equal[0] >= 0.97 * len(shorter)


def test_strangers_of_one_language_do_not_run_alongside() -> None:
    other = "今晚落大雨，天文台掛咗黃雨，巴士遲咗成個鐘先到。好彩有個叔叔同我哋一齊擔遮。"
    assert share(CANTONESE, other) == 0
    assert share(JAVANESE, "Kucingku ireng ilang wingi sore, durung ketemu nganti saiki.") == 0
    assert share(HINDI, "कल रात ज़ोर से बारिश हुई, इसलिए बस बहुत देर से आई।") < 0.2


def test_numbers_that_differ_are_aligned_digits_that_are_not_equal() -> None:
    whole = "彌敦道 1001 號巴士站嘅頭班車朝早 05:40 開，尾班車夜晚 23:55 開，假日加開特別班次。"
    part = "彌敦道 2882 號巴士站嘅頭班車朝早 06:13 開，尾班車夜晚 22:26 開，假日加開特別班次。"
    aligned, equal, digits, equal_digits, *_ = one(whole, part)
    # Four characters in a row that differ, as the number of the house, end a stretch.
    assert (digits, equal_digits) == (8, 2)
    assert aligned - equal == 6
    n = int(fold(buffers.of([whole])).lengths[0])
    assert one(whole, whole) == (n, n, 12, 12, 0, 0)


def test_empty_keys_and_keys_shorter_than_a_seed_have_nothing_alongside() -> None:
    texts = ["", "。", "我哋去邊", "abcdef", CANTONESE, JAVANESE]
    keys = fold(buffers.of(texts))
    pairs = np.array([(a, b) for a in range(6) for b in range(6) if a < 4 or b < 4])
    found = align(keys, keys, pairs)
    for column in columns(found):
        assert column.dtype == np.int64
        assert column.tolist() == [0] * len(pairs)
    nothing = columns(align(keys, keys, np.zeros((0, 2), np.int64)))
    assert [column.shape for column in nothing] == [(0,)] * 16


def test_millions_of_one_character_take_no_longer_than_other_text() -> None:
    n = 5_000_000
    long = Keys(
        np.array([0, n, n + 7]),
        np.concatenate([np.full(n, ord("一"), np.uint32), np.full(7, ord("二"), np.uint32)]),
        np.zeros(2, np.int64),
        np.zeros(2, np.int64),
    )
    found = align(long, long, np.array([[0, 0], [0, 1], [1, 0], [1, 1]]))
    assert found.aligned.tolist() == [n, 0, 0, 0]  # seven characters are fewer than two seeds
    assert found.equal.tolist() == [n, 0, 0, 0]


@pytest.mark.parametrize("period", ["甲乙", "甲乙丙丁戊己庚辛", "abcabd"])
def test_long_repeats_laid_alongside_other_repeats_end(period: str) -> None:
    whole, part = period * 100_000, (period + "x") * 100_000
    found = align(keys_of([whole]), keys_of([part]), np.array([[0, 0]]))
    assert found.equal[0] <= found.aligned[0] <= len(part)


def test_a_pair_of_which_too_little_is_aligned_is_given_up_with_zeros() -> None:
    part = "甲乙丙丁戊己庚辛壬癸" + "".join(chr(0x4E00 + i) for i in range(100, 110))
    whole = keys_of([part[:10] + "子丑寅卯"])
    half = [
        [
            int(column[0])
            for column in align(whole, keys_of([part]), np.array([[0, 0]]), None, share)[:6]
        ]
        for share in (0.0, 0.5, 0.51)
    ]
    assert half == [[10, 10, 0, 0, 1, 1], [10, 10, 0, 0, 1, 1], [0] * 6]
