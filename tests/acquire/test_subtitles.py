"""Subtitles: the words of the captions, whatever the format, once each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.acquire.subtitles import SubtitleReader
from curator.errors import DataError, RecipeError
from tests.acquire.reading import COMBINING, JAV, YUE, kept, read_all, rows_of, verdicts

SRT = f"""1
00:00:01,000 --> 00:00:02,500
<i>{YUE}</i>

2
00:00:03,000 --> 00:00:04,000 X1:40 X2:600 Y1:20 Y2:50
{{\\an8}}{JAV}
{COMBINING}

3
00:01:04,000 --> 00:01:05,000
係 3 < 5
"""

VTT = """\ufeffWEBVTT - a film
Kind: captions
Language: yue

NOTE two speakers
and a remark

STYLE
::cue { color: red }

intro
00:01.000 --> 00:02.000 align:start position:0%
<v 阿明>你食咗<ruby>飯<rt>faan6</rt></ruby>未呀？</v>

00:02.000 --> 00:03.000
<v.loud Siti>Durung &amp; ora.</v>
"""

ASS = """[Script Info]
Title: test

[V4+ Styles]
Format: Name, Fontname
Style: Default,Arial

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,{\\i1}後嗰句{\\i0}，有逗號\\N第二行
Dialogue: 0,0:00:01.50,0:00:02.00,Default,,0,0,0,,先嗰句
Comment: 0,0:00:01.50,0:00:02.00,Default,,0,0,0,,not shown
Dialogue: 0,0:00:07.00,0:00:08.00,Default,,0,0,0,,{\\p1}m 0 0 l 10 10{\\p0}
"""

ROLLING = """WEBVTT

00:00:00.000 --> 00:00:02.000 align:start position:0%
\x20
我哋<00:00:00.500><c>今日</c>

00:00:02.000 --> 00:00:02.010 align:start position:0%
我哋今日
\x20

00:00:02.010 --> 00:00:04.000 align:start position:0%
我哋今日
去<00:00:02.500><c>食飯</c>

00:00:04.000 --> 00:00:04.010
去食飯
\x20

00:00:04.010 --> 00:00:06.000
去食飯
飽<00:00:05.500><c>喇</c>
"""


def reader(folder: Path, name: str, text: str | bytes, **options: Any) -> SubtitleReader:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return SubtitleReader(str(folder), **options)


def test_words_of_subrip_without_tags_and_places(tmp_path: Path) -> None:
    [row] = rows_of(reader(tmp_path, "a.srt", SRT))
    assert row["text"] == f"{YUE}\n{JAV}\n{COMBINING}\n係 3 < 5"
    assert (row["id"], row["start_seconds"], row["end_seconds"]) == ("a.srt:1", 1.0, 65.0)
    assert (row["captions"], row["charset"], row["replacements"]) == (3, "utf-8", 0)


def test_a_long_pause_begins_a_document(tmp_path: Path) -> None:
    rows = rows_of(reader(tmp_path, "a.srt", SRT, gap_seconds=30))
    assert [(row["id"], row["captions"]) for row in rows] == [("a.srt:1", 2), ("a.srt:10", 1)]
    assert rows[1]["text"] == "係 3 < 5"


def test_webvtt_has_voices_readings_and_blocks_that_are_no_captions(tmp_path: Path) -> None:
    made = reader(tmp_path, "a.vtt", VTT)
    assert kept(made) == ["阿明：你食咗飯未呀？\nSiti: Durung & ora."]
    made = reader(tmp_path, "a.vtt", VTT, speakers="drop")
    assert kept(made) == ["你食咗飯未呀？\nDurung & ora."]


def test_substation_is_read_by_time(tmp_path: Path) -> None:
    assert kept(reader(tmp_path, "a.ass", ASS)) == ["先嗰句\n後嗰句，有逗號\n第二行"]


def test_rolling_captions_say_every_line_once(tmp_path: Path) -> None:
    [row] = rows_of(reader(tmp_path, "a.vtt", ROLLING))
    assert row["text"] == "我哋今日\n去食飯\n飽喇"
    assert row["repeated_lines"] == 4
    [row] = rows_of(reader(tmp_path, "a.vtt", ROLLING, rolling=False))
    assert row["text"].count("我哋今日") == 3


def test_captions_that_grow_are_the_last_of_them(tmp_path: Path) -> None:
    lines = ["我", "我哋", "我哋去", "Ayo", "Ayo lunga"]
    cues = [f"00:00:0{i}.000 --> 00:00:0{i + 1}.000\n{line}\n" for i, line in enumerate(lines)]
    made = reader(tmp_path, "a.vtt", "WEBVTT\n\n" + "\n".join(cues))
    assert kept(made) == ["我哋去\nAyo lunga"]


def test_what_somebody_says_twice_is_there_twice(tmp_path: Path) -> None:
    lines = ["係。", "係。", *[f"第{i}句" for i in range(8)]]
    cues = [f"00:00:{i:02},000 --> 00:00:{i + 1:02},000\n{line}\n" for i, line in enumerate(lines)]
    text = "\n".join(f"{i + 1}\n{cue}" for i, cue in enumerate(cues))
    assert kept(reader(tmp_path, "a.srt", text)) == ["\n".join(lines)]


def test_sounds_and_speakers_by_option(tmp_path: Path) -> None:
    lines = [
        "[Music]",
        "（笑聲）",
        "♪ 獅子山下 ♪",
        "JOHN: Yes",
        "- 你好",
        "[阿明] 好",
        "佢話：走啦",
    ]
    cues = [f"{i}\n00:00:0{i},000 --> 00:00:0{i},900\n{line}\n" for i, line in enumerate(lines)]
    text = "\n".join(cues)
    [row] = rows_of(reader(tmp_path, "a.srt", text))
    assert row["text"] == "獅子山下\nJOHN: Yes\n- 你好\n好\n佢話：走啦"
    assert row["sound_lines"] == 2
    made = reader(tmp_path, "a.srt", text, sounds="keep", speakers="drop", speaker_names=["佢話"])
    assert kept(made) == ["[Music]\n（笑聲）\n♪ 獅子山下 ♪\nYes\n你好\n[阿明] 好\n走啦"]


def test_big5_keeps_its_cantonese(tmp_path: Path) -> None:
    text = SRT.replace(JAV, "嗰啲嘢喺邊度㗎？我哋聽日再嚟過啦。").replace(COMBINING, "唔該晒")
    data = text.encode("big5hkscs")
    [row] = rows_of(reader(tmp_path, "a.srt", data))
    assert "嗰啲嘢喺邊度㗎" in row["text"]
    assert (row["charset"], row["replacements"]) == ("big5", 0)


def test_what_is_no_caption_is_told(tmp_path: Path) -> None:
    text = "preface\n\n1\n00:00:01,000 --> 00:00:02,000\ngood\n\n2\n00:xx --> 00:00:04\nbad\n"
    made = reader(tmp_path, "a.srt", text)
    assert verdicts(made) == [(1, "not_a_cue"), (8, "bad_timing"), (3, None)]
    with pytest.raises(DataError, match=r"^a\.srt:1:1: text outside of captions"):
        read_all(SubtitleReader(str(tmp_path), strict=True))
    assert verdicts(reader(tmp_path, "a.srt", "WEBVTT\n\nno times\n\n1\n")) == [
        (3, "not_a_cue"),
        (5, "not_a_cue"),
    ]
    only_sounds = "1\n00:00:01,000 --> 00:00:02,000\n[Music]\n"
    assert verdicts(reader(tmp_path, "a.srt", only_sounds)) == [(1, "no_text")]


@pytest.mark.parametrize("text", ["", "\ufeff", "\n\n", "WEBVTT\n", "[Events]\n"])
def test_a_file_without_captions_has_no_documents(tmp_path: Path, text: str) -> None:
    assert rows_of(reader(tmp_path, "a.vtt", text)) == []


def test_large_files_are_told_and_packed_ones_read(tmp_path: Path) -> None:
    import gzip

    (tmp_path / "b.srt.gz").write_bytes(gzip.compress(SRT.encode()))
    made = reader(tmp_path, "a.srt", SRT + "\n" * 5000, max_file_bytes=2000)
    rows = rows_of(made)
    assert [(row["file"], row["reason"]) for row in rows] == [
        ("a.srt", "file_too_large"),
        ("b.srt.gz", None),
    ]


def test_options_are_checked() -> None:
    with pytest.raises(RecipeError, match="did you mean 'drop'"):
        SubtitleReader("a", sounds="dorp")
    with pytest.raises(RecipeError, match="gap_seconds"):
        SubtitleReader("a", gap_seconds=0)


pieces = st.sampled_from(
    ["1\n", "\n", "00:00:01,000 --> 00:00:02,000\n", "-->", "係", " ", "<i>", "[", "WEBVTT\n", "(",
     "Dialogue: ", "[Events]\n", "{\\an8}", "n\u0303\n", "00:99:99.9", ":", "\r\n", "- "]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(text=st.lists(pieces, max_size=40).map("".join), name=st.sampled_from(["a.srt", "a.vtt"]))
def test_any_text_gives_rows_and_no_error(
    tmp_path_factory: pytest.TempPathFactory, text: str, name: str
) -> None:
    rows_of(reader(tmp_path_factory.mktemp("cues"), name, text, speakers="drop"))


@pytest.mark.parametrize(
    "text",
    [
        "1\n00:00:01,000 --> 00:00:02,000\n" + "(" * 200_000,
        "1\n00:00:01,000 --> 00:00:02,000\n" + " " * 200_000 + "x",
        "1\n00:00:01,000 --> 00:00:02,000\n" + "[a] " * 50_000,
        "1\n00:00:01,000 --> 00:00:02,000\n" + "<" * 200_000,
        "1\n00:00:01,000 --> 00:00:02,000\n" + "<v " * 60_000,
        "-->\n" * 50_000,
        "WEBVTT\n" + "00:00:01.000 --> 00:00:02.000\n" * 20_000,
        "[Events]\n" + "Dialogue: " + "," * 200_000,
    ],
)
def test_hostile_captions_end(tmp_path: Path, text: str) -> None:
    read_all(reader(tmp_path, "a.srt", text))
