"""Filters equal the published definitions on English, and are just to every other script."""

from __future__ import annotations

import gzip
import json
import math
import pickle
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curator import filters
from curator.errors import RecipeError
from curator.filters import (
    BoilerPlateStringFilter,
    BulletsFilter,
    CommonEnglishWordsFilter,
    CommonWordsFilter,
    DocumentFilter,
    EllipsisFilter,
    HistogramFilter,
    LanguageFilter,
    LengthFilter,
    LongWordFilter,
    MeanWordLengthFilter,
    NonAlphaNumericFilter,
    NumbersFilter,
    ParenthesesFilter,
    PornographicUrlsFilter,
    PunctuationFilter,
    RepeatedLinesByCharFilter,
    RepeatedLinesFilter,
    RepeatedParagraphsByCharFilter,
    RepeatedParagraphsFilter,
    RepeatingDuplicateNGramsFilter,
    RepeatingTopNGramsFilter,
    ReplacementCharacterFilter,
    RunLengthFilter,
    ScriptFilter,
    StatisticsFilter,
    SubstringFilter,
    SymbolsToWordsFilter,
    TokenCountFilter,
    UrlsFilter,
    WhiteSpaceFilter,
    WordCountFilter,
    WordsWithoutAlphabetsFilter,
)
from curator.kernels import buffers
from curator.kernels.text_stats import text_stats
from tokenizers import Tokenizer, models, pre_tokenizers

CANTONESE = "佢哋而家喺度食緊飯，唔該等多陣。「好 chill 㗎！」佢話……"
JAVANESE = "Aku lan kowe ora arep lunga menyang pasar. Iki wis wengi!"
BENGALI = "বাংলা ভাষায় লেখা একটি বাক্য। এটা কি কঠিন?"
SHELF = tuple(
    getattr(filters, name)()
    for name in filters.__all__
    if name not in ("DocumentFilter", "StatisticsFilter")
)

# The published definitions, written down anew for text in ASCII and the published marks.
BULLETS = "•‣⁃⁌⁍∙○●◘◦⦾⦿"
ELLIPSES = ("...", "[...]", "…", "(...)", "[…]", "-»", "read more..", "read more")


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _of_lines(holds: Callable[[str], bool]) -> Callable[[str], float]:
    def score(text: str) -> float:
        lines = _lines(text)
        return sum(map(holds, lines)) / len(lines) if lines else 0.0

    return score


def _of_characters(expression: str) -> Callable[[str], float]:
    found = re.compile(expression)
    return lambda text: sum(map(len, found.findall(text))) / len(text) if text else 1.0


def _symbols(text: str) -> float:
    words = text.split()
    marks = [w for w in words if w in ELLIPSES or 2 * len(re.findall("#+", w)) > len(w)]
    return len(marks) / len(words) if words else 0.0


def _left(pieces: list[str]) -> float:
    return len(set(pieces)) / len(pieces) if pieces else 1.0


def _left_characters(pieces: list[str]) -> float:
    total = sum(map(len, pieces))
    return sum(map(len, set(pieces))) / total if total else 1.0


def _small_print(text: str) -> float:
    phrases = ("terms of use", "privacy policy", "cookie policy", "use cookies", "uses cookies")
    paragraphs = [paragraph.strip().lower() for paragraph in text.split("\n\n")]
    if any("lorem ipsum" in paragraph for paragraph in paragraphs):
        return 1.0
    return sum(any(p in paragraph for p in phrases) for paragraph in paragraphs) / len(paragraphs)


def _common_words(text: str) -> float:
    eight = ("the", "be", "to", "of", "and", "that", "have", "with")
    return float(min(2, sum(word in eight for word in text.split())))


def _places(text: str, n: int) -> dict[tuple[str, ...], list[range]]:
    """Where in the text every n-gram of its words stands."""
    words = list(re.finditer(r"\S+", text))
    found: dict[tuple[str, ...], list[range]] = {}
    for index in range(len(words) - n + 1):
        gram = words[index : index + n]
        place = range(gram[0].start(), gram[-1].end())
        found.setdefault(tuple(word.group() for word in gram), []).append(place)
    return found


def _top(n: int) -> Callable[[str], float]:
    def score(text: str) -> float:
        found = _places(text, n).values()
        if not found:
            return 1.0
        most = max(found, key=lambda places: (len(places), len(places[0])))
        return len(set().union(*most)) / len(text)

    return score


def _duplicate(n: int) -> Callable[[str], float]:
    def score(text: str) -> float:
        found = _places(text, n).values()
        if not found:
            return 1.0
        again = [place for places in found for place in places[1:]]
        return len(set().union(*again)) / len(text)

    return score


PUBLISHED: dict[StatisticsFilter, Callable[[str], float]] = {
    LengthFilter(): len,
    WordCountFilter(): lambda text: len(text.split()),
    LongWordFilter(): lambda text: max(map(len, text.split()), default=0),
    MeanWordLengthFilter(): lambda text: (
        float(np.mean([len(word) for word in text.split()])) if text.split() else math.nan
    ),
    NonAlphaNumericFilter(): _of_characters(r"[^a-zA-Z0-9\n?!,.]"),
    NumbersFilter(): _of_characters("[0-9]"),
    UrlsFilter(): _of_characters(r"https?://[!$-_a-z]+"),
    WhiteSpaceFilter(): _of_characters("[\t\n\r\b ]"),
    ParenthesesFilter(): _of_characters(r"[()\[\]{}⟨⟩]"),
    SymbolsToWordsFilter(): _symbols,
    WordsWithoutAlphabetsFilter(): lambda text: (
        float(np.mean([bool(re.search("[a-zA-Z]", word)) for word in text.split()]))
        if text.split()
        else 1.0
    ),
    BulletsFilter(): _of_lines(lambda line: line[0] in BULLETS),
    PunctuationFilter(): _of_lines(lambda line: line[-1] not in ".?!\"'"),
    EllipsisFilter(): _of_lines(lambda line: line.lower().endswith(ELLIPSES)),
    RepeatedLinesFilter(): lambda text: _left([x for x in text.split("\n") if x.strip()]),
    RepeatedLinesByCharFilter(): lambda text: _left_characters(
        [x for x in text.split("\n") if x.strip()]
    ),
    RepeatedParagraphsFilter(): lambda text: _left(text.split("\n\n")),
    RepeatedParagraphsByCharFilter(): lambda text: _left_characters(text.split("\n\n")),
    BoilerPlateStringFilter(): _small_print,
    CommonEnglishWordsFilter(): _common_words,
    PornographicUrlsFilter(): lambda text: float(
        any("porn" in address for address in re.findall(r"https?://[!$-_a-z]+", text))
    ),
    SubstringFilter("a"): lambda text: float("a" in text),
    SubstringFilter("ab", "prefix"): lambda text: float(text.startswith("ab")),
    SubstringFilter("b", "suffix"): lambda text: float(text.endswith("b")),
    TokenCountFilter(): len,
    HistogramFilter(characters="ab1 \n"): lambda text: (
        sum(character in "ab1 \n" for character in text) / len(text) if text else 1.0
    ),
    **{RepeatingTopNGramsFilter(n): _top(n) for n in (2, 3, 4)},
    **{RepeatingDuplicateNGramsFilter(n): _duplicate(n) for n in (2, 5, 10)},
}
ascii_text = st.one_of(
    st.text(alphabet=st.characters(max_codepoint=127), max_size=60),
    st.text(alphabet="ab1 .?!#\n\"'()[]\t", max_size=60),
    st.lists(
        st.sampled_from(
            ("read more", "...", "[...]", "(...)", "http://a.b/c", "https://", "#", "# ", "\n", " ")
        )
    ).map("".join),
    st.lists(st.sampled_from(("Privacy Policy", "use cookies", "LOREM ipsum", "hm", "\n\n"))).map(
        " ".join
    ),
    st.lists(st.sampled_from(("the", "and", "The", "be,", "\n", "http://porn.x", "porn"))).map(
        " ".join
    ),
    st.lists(st.sampled_from("abc"), max_size=80).map(" ".join),
)


@pytest.mark.parametrize("one", PUBLISHED, ids=repr)
@given(documents=st.lists(ascii_text, min_size=1, max_size=4))
@settings(max_examples=120, deadline=None)
@example(documents=["", " \n ", "#### # a#", "a\n\na\n\n\na", "Read more.."])
@example(documents=["a b c " * 20, "Terms of Use\n\nhm", "the The of", "x http://porn.a porn"])
def test_on_english_the_score_is_the_published_one(
    one: StatisticsFilter, documents: list[str]
) -> None:
    scores = one.score_statistics(text_stats(buffers.of(documents)))
    expected = [PUBLISHED[one](document) for document in documents]
    np.testing.assert_allclose(scores, expected, rtol=1e-12)


@pytest.mark.parametrize("mark", ["• a", "⦿ a", "a …", "x […]", "read -»", "⟨a⟩"])
def test_the_published_marks_beyond_ascii_count(mark: str) -> None:
    for one in (BulletsFilter(), EllipsisFilter(), SymbolsToWordsFilter(), ParenthesesFilter()):
        expected = _of_characters(r"[()\[\]{}⟨⟩]") if one.name == "ParenthesesFilter" else None
        assert one.score_document(mark) == (expected or PUBLISHED[one])(mark)


@pytest.mark.parametrize("one", SHELF, ids=repr)
@given(documents=st.lists(st.text(max_size=40), max_size=4))
@settings(max_examples=60, deadline=None)
@example(documents=["", CANTONESE, JAVANESE, BENGALI])
def test_one_document_scores_as_it_does_among_many(
    one: StatisticsFilter, documents: list[str]
) -> None:
    scores = one.score_statistics(text_stats(buffers.of(documents)))
    assert scores.dtype == np.float64
    alone = [one.score_document(document) for document in documents]
    np.testing.assert_array_equal(scores, alone)
    kept = one.keep_scores(scores)
    assert kept.dtype == bool
    assert kept.tolist() == [one.keep_document(score) for score in alone]
    for score, keep in zip(alone, kept, strict=True):
        assert (one.reason(score) == "kept") == keep


@pytest.mark.parametrize(
    "one",
    [
        f
        for f in SHELF
        if f.name
        not in (
            "CommonEnglishWordsFilter",  # three languages, none of them English
            "CommonWordsFilter",
            "EllipsisFilter",
            "HistogramFilter",
            "LanguageFilter",
            "RepeatingTopNGramsFilter",  # as published, short texts are dropped
            "ScriptFilter",
            "WordCountFilter",
        )
    ],
    ids=lambda one: one.name,
)
@pytest.mark.parametrize("text", [CANTONESE, JAVANESE, BENGALI], ids=["yue", "jav", "ben"])
def test_good_text_of_any_script_is_kept(one: DocumentFilter, text: str) -> None:
    assert one.keep_document(one.score_document(text))


@pytest.mark.parametrize(
    ("one", "text", "reason"),
    [
        (LengthFilter(min_characters=10), "你好", "min_characters=10"),
        (LengthFilter(max_characters=1), "你好", "max_characters=1"),
        (WordCountFilter(min_words=6), "我哋食 dim sum", "min_words=6"),
        (LongWordFilter(max_word_length=5), "kapitalisme", "max_word_length=5"),
        (MeanWordLengthFilter(), "a b c", "min_mean_word_length=3"),
        (NonAlphaNumericFilter(), "♥♥♥好", "max_non_alpha_numeric_to_text_ratio=0.25"),
        (SymbolsToWordsFilter(), "係……咁……", "max_symbol_to_word_ratio=0.1"),
        (NumbersFilter(), "১২৩ কি", "max_number_to_text_ratio=0.15"),
        (UrlsFilter(), "睇https://a.hk/x，", "max_url_to_text_ratio=0.2"),
        (WhiteSpaceFilter(), "好　　　", "max_white_space_ratio=0.25"),
        (ParenthesesFilter(), "（好）", "max_parentheses_ratio=0.1"),
        (WordsWithoutAlphabetsFilter(), "1 2 কি", "min_words_with_alphabets=0.8"),
        (RunLengthFilter(max_run_length=4), "哈哈哈哈哈", "max_run_length=4"),
        (ReplacementCharacterFilter(), "好\ufffd", "max_replacement_ratio=0.01"),
        (BulletsFilter(), "・甲\n・乙", "max_bullet_lines_ratio=0.9"),
        (PunctuationFilter(), "首頁\n聯絡", "max_num_sentences_without_endmark_ratio=0.85"),
        (EllipsisFilter(), "佢話……", "max_num_lines_ending_with_ellipsis_ratio=0.3"),
        (RepeatedLinesFilter(), "好\n好\n好", "max_repeated_line_fraction=0.7"),
        (RepeatedParagraphsFilter(), "কি\n\nকি", "max_repeated_paragraphs_ratio=0.7"),
        (RepeatedLinesByCharFilter(), "好\n好", "max_repeated_lines_char_ratio=0.8"),
        (RepeatedParagraphsByCharFilter(), "好\n\n好", "max_repeated_paragraphs_char_ratio=0.8"),
        (ScriptFilter(), "hello 好", "min_share=0.5"),
        (RepeatingTopNGramsFilter(), "係呀係呀係呀", "max_repeating_ngram_ratio=0.2"),
        (
            RepeatingDuplicateNGramsFilter(5, 0.15),
            "কি না কি না কি না কি না",
            "max_repeating_duplicate_ngram_ratio=0.15",
        ),
        (BoilerPlateStringFilter(), "私隱政策\n\n好", "max_boilerplate_string_ratio=0.4"),
        (BoilerPlateStringFilter(), "Kebijakan Privasi", "max_boilerplate_string_ratio=0.4"),
        (CommonEnglishWordsFilter(), "THE BE the", "min_num_common_words=2"),
        (CommonWordsFilter(), "佢住香港", "min_num_common_words=2"),
        (CommonWordsFilter("jav"), "saya dan kamu", "min_num_common_words=2"),
        (PornographicUrlsFilter(), "睇http://porn.hk，", "max_pornographic_urls=0"),
        (SubstringFilter("嘅"), "我的", "substring='嘅'"),
        (TokenCountFilter(min_tokens=7), "你好", "min_tokens=7"),
        (TokenCountFilter(max_tokens=5), "কি", "max_tokens=5"),
        (HistogramFilter(), "বাংলা", "threshold=0.8"),
        (HistogramFilter("jav", 0.9), "好 chill", "threshold=0.9"),
        (LanguageFilter(), "他們的東西是這個嗎", "min_share=0.25"),
        (LanguageFilter(keep_neutral=False), "香港", "keep_neutral=false"),
        (LanguageFilter("jav"), "Saya tidak tahu apa yang ada di rumah", "min_share=0.4"),
    ],
)
def test_a_reason_names_the_violated_parameter(one: DocumentFilter, text: str, reason: str) -> None:
    score = one.score_document(text)
    assert not one.keep_document(score)
    assert one.reason(score) == reason


def test_every_filter_on_the_shelf_tells_what_it_counts() -> None:
    assert len({(one.name, one.score_name) for one in SHELF}) == len(SHELF)
    for one in SHELF:
        assert one.score_name != "score"
        assert one.score_kind in ("count", "fraction", "number")
        assert pickle.loads(pickle.dumps(one)) == one


def test_mean_word_length_does_not_judge_unspaced_text() -> None:
    score = MeanWordLengthFilter().score_document(CANTONESE)
    assert math.isnan(score)
    assert MeanWordLengthFilter().keep_document(score)


@pytest.mark.parametrize(
    ("one", "message"),
    [
        (lambda: LanguageFilter("yeu"), "no language pack 'yeu'; did you mean 'yue'"),
        (lambda: ScriptFilter("han"), "no script 'han'; did you mean 'Han'"),
        (lambda: CommonWordsFilter("yeu"), "no language pack 'yeu'; did you mean 'yue'"),
        (lambda: HistogramFilter("jva"), "no language pack 'jva'; did you mean 'jav'"),
        (lambda: SubstringFilter("a", "sufix"), "no position 'sufix'; did you mean 'suffix'"),
        (lambda: RepeatingTopNGramsFilter(1), "n=1 is not counted; give a number from 2 to 10"),
        (lambda: RepeatingDuplicateNGramsFilter(11), "n=11 is not counted"),
    ],
)
def test_a_wrong_name_is_met_with_the_nearest(
    one: Callable[[], DocumentFilter], message: str
) -> None:
    with pytest.raises(RecipeError, match=re.escape(message)):
        one()


def test_learned_characters_leave_strays_out() -> None:
    one = HistogramFilter.learned(["বাংলা ভাষা " * 100, "好"], coverage=0.99)
    assert one.characters == "".join(sorted(set("বাংলা ভাষা ")))
    assert one.score_document("ভাষা好") == 0.8
    assert one.keep_document(0.8)
    assert not one.keep_document(0.79)
    assert HistogramFilter.learned([]).score_document("a") == 0.0


def test_a_language_s_characters_are_its_scripts_and_what_is_no_letter() -> None:
    yue, jav = HistogramFilter("yue"), HistogramFilter("jav")
    assert yue.score_document("佢話：好 chill 㗎！𠻺 3 個 ☺") == 1.0
    assert yue.score_document("привіт") == 0.0
    assert jav.score_document("Sugeng enjing, kowé! ꦱꦸꦒꦼꦁ") == 1.0
    assert jav.score_document("好") == 0.0


def test_a_common_word_counts_as_often_as_it_stands_there() -> None:
    assert CommonEnglishWordsFilter(stop_at_false=False).score_document("the the of (the") == 3
    assert CommonEnglishWordsFilter(min_num_common_words=1).score_document("the the of") == 1
    assert CommonWordsFilter().score_document("佢哋食咗嘢") == 4
    assert CommonWordsFilter("jav").score_document("Aku ora arep lunga") == 3


@pytest.mark.parametrize(
    ("substring", "position", "text", "kept"),
    [
        ("嘅", "any", "我嘅", True),
        ("嘅", "prefix", "我嘅", False),
        ("我嘅", "prefix", "我嘅", True),
        ("কি", "suffix", "না কি", True),
        ("কি", "suffix", "কি না", False),
        ("我嘅我嘅", "suffix", "我嘅", False),
        ("", "suffix", "", True),
    ],
)
def test_a_substring_is_looked_for_in_its_place(
    substring: str, position: str, text: str, kept: bool
) -> None:
    one = SubstringFilter(substring, position)
    assert one.keep_document(one.score_document(text)) == kept
    among = one.score_statistics(text_stats(buffers.of(["x", text, "嘅"])))
    assert bool(among[1]) == kept


def _tokenizer(folder: Path) -> Path:
    pieces = {"<unk>": 0, "<pad>": 1, "你": 2, "好": 3, "你好": 4, "ক": 5, "ি": 6}
    tokenizer = Tokenizer(models.WordLevel(pieces, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(["<pad>"])
    tokenizer.enable_truncation(2)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def test_tokens_are_those_of_the_tokenizer_in_a_folder_or_a_file(tmp_path: Path) -> None:
    folder = _tokenizer(tmp_path)
    for place in (folder, folder / "tokenizer.json"):
        one = TokenCountFilter(str(place), min_tokens=2)
        scores = one.score_statistics(text_stats(buffers.of(["你好", "你 好 你", "", "কি <pad>"])))
        assert scores.tolist() == [1, 3, 0, 4]
        assert one.keep_scores(scores).tolist() == [False, True, False, True]
        assert pickle.loads(pickle.dumps(one)) == one


def test_a_missing_or_broken_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"nowhere: no such file; give a tokenizer\.json"):
        TokenCountFilter(str(tmp_path / "nowhere")).score_document("a")
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(RecipeError, match="is no tokenizer"):
        TokenCountFilter(str(tmp_path)).score_document("a")


def _documents(path: Path, step: int = 1) -> list[str]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line)["text"] for index, line in enumerate(lines) if index % step == 0]
    return [text for text in rows if len(text) >= 10]


def _kept(one: LanguageFilter, documents: list[str]) -> np.ndarray:
    return one.keep_scores(one.score_statistics(text_stats(buffers.of(documents))))


@pytest.mark.parametrize(
    ("language", "path", "most"),
    [
        ("yue", "yue/yuewiki_20220901.jsonl.gz", 0.02),
        ("yue", "yue/hkcancor.jsonl", 0.0),
        ("yue", "yue/cantomap.jsonl", 0.0),
        ("yue", "yue/jyutping_org_hans.jsonl", 0.0),
        ("jav", "jav/nusaparagraph_jav.jsonl.gz", 0.001),
        ("jav", "jav/nusatranslation_jav_sents.jsonl.gz", 0.02),
    ],
)
def test_hardly_any_document_of_the_language_is_lost(
    corpora: Path, language: str, path: str, most: float
) -> None:
    kept = _kept(LanguageFilter(language), _documents(corpora / path, 3))
    assert 1 - kept.mean() <= most


@pytest.mark.parametrize(
    ("language", "path", "least"),
    [
        ("yue", "zh_hant/drcd_zhwiki.jsonl", 1.0),
        ("yue", "zh_hans/cmrc2018_zhwiki.jsonl", 0.99),
        ("yue", "zh_hans/tatoeba_cmn_mixed_script.jsonl", 0.9),
        ("jav", "ind/nusatranslation_ind_sents.jsonl.gz", 0.8),
        ("jav", "msa/tatoeba_zsm.jsonl", 0.9),
    ],
)
def test_neighbours_are_mostly_rejected(
    corpora: Path, language: str, path: str, least: float
) -> None:
    kept = _kept(LanguageFilter(language), _documents(corpora / path))
    assert 1 - kept.mean() >= least
