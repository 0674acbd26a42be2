"""A made-up finished run, rich enough to look at: Cantonese, Javanese and Marathi sentences.

``python tests/report/sample_run.py FOLDER`` writes one with its report, to be opened in a browser.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
from pathlib import Path
from typing import Any

CANTONESE = [
    "今朝落雨落到甩轆，我喺巴士站等咗成個鐘，架車先至肯嚟。司機仲話塞車塞到佢都眼瞓。",
    "阿媽叫我買斤菜心同兩條鯇魚，我去到街市見到啲蝦咁生猛，就順手秤埋半斤返去白灼。\n"
    "點知返到屋企先記得，細佬食親蝦都出風癩，結果得我同阿爸兩個食晒。",
    "你𠻺唔𠻺得出呢啖茶係舊年定係今年嘅春茶㗎？我就真係飲唔出喇。",
    "佢哋啱啱搬咗去元朗，話嗰邊屋租平啲，但係日日搭成粒半鐘車返工，攰到冇晒心機煮飯。",
    "個電腦又死機，入面啲相我仲未抄低㗎，今次真係喊都無謂。",
    "呢間茶餐廳嘅凍檸茶唔會落太多冰，侍應姐姐記性又好，一見我就知我要走甜。",
]
JAVANESE = [
    "Esuk-esuk simbah wis budhal menyang sawah, nggawa pacul lan sega bungkus loro.",
    "Aku durung ngerti apa bukune isih ana ing perpustakaan utawa wis disilih kancaku.",
]
MARATHI = [
    "आज सकाळी पाऊस पडला, म्हणून आम्ही शाळेत उशिरा पोचलो आणि गुरुजी हसले.",
    "आजीने केलेली पुरणपोळी खाल्ल्याशिवाय सण पूर्ण होत नाही असे सगळे म्हणतात.",
]
ARABIC = "هذه جملة كتبتها للتجربة لا غير."


def sha(text: str) -> str:
    """Return a stand-in hash that depends on nothing but the text."""
    return hashlib.sha256(text.encode()).hexdigest()


def stage(
    name: str, operation: str, kind: str, entered: int, reasons: dict[str, int], **more: Any
) -> dict[str, Any]:
    """Return one stage of a manifest whose counts add up."""
    dropped = sum(reasons.values())
    return {
        "name": name,
        "operation": operation,
        "kind": kind,
        "in": entered,
        "kept": entered - dropped,
        "dropped": dropped,
        "changed": more.get("changed", 0),
        "reasons": reasons,
        "histogram": more.get("histogram"),
    }


def bell(score: str, low: float, high: float, limit: float, kept: int, dropped: int) -> Any:
    """Return a histogram of about ``kept`` documents above ``limit``, ``dropped`` below."""
    bins = 24
    edges = [low + (high - low) * index / bins for index in range(bins + 1)]
    if high > 1:  # counts have bins that grow, as in a real run
        bins = 41
        edges = [0.0, *(2 ** (index / 2) for index in range(bins))]
    weights = [math.exp(-(((index - 14) / 4.5) ** 2)) for index in range(bins)]
    over = [w if edges[i] >= limit else 0.0 for i, w in enumerate(weights)]
    under = [0.0 if edges[i] >= limit else w for i, w in enumerate(weights)]
    return {
        "score": score,
        "edges": edges,
        "kept": [round(kept * w / sum(over)) for w in over],
        "dropped": [round(dropped * w / (sum(under) or 1)) for w in under],
    }


def full_manifest() -> dict[str, Any]:
    """Return the manifest of a run with every optional part."""
    stages: list[dict[str, Any]] = []
    living = 184_302

    def add(name: str, operation: str, kind: str, reasons: dict[str, int], **more: Any) -> None:
        nonlocal living
        stages.append(stage(name, operation, kind, living, reasons, **more))
        living = stages[-1]["kept"]

    add("reader", "JsonlReader", "reader", {"invalid_json": 17, "invalid_utf8": 4, "no_text": 86})
    add("unicode", "UnicodeReformatter", "local", {}, changed=21_744)
    add("urls", "UrlRemover", "local", {}, changed=9_310)
    add(
        "length",
        "WordCountFilter",
        "local",
        {"min_words=20": 23_118, "max_words=100000": 3},
        histogram=bell("word_count", 0, 1200, 20, 150_000, 23_121),
    )
    add(
        "symbols",
        "SymbolsToWordsFilter",
        "local",
        {"max_symbol_to_word_ratio=0.1": 1_904},
        histogram=bell("symbol_to_word_ratio", 0, 0.4, 0.05, 157_000, 1_904),
    )
    repeated = {
        "max_repeated_line_fraction=0.7": 612,
        "max_repeating_ngram_ratio=0.2": 480,
        "max_repeated_paragraphs_ratio=0.7": 77,
        "max_repeated_lines_char_ratio=0.8": 31,
        "max_repeating_duplicate_ngram_ratio=0.2": 12,
        "max_repeated_paragraphs_char_ratio=0.8": 2,
    }
    add("repetition", "RepetitionFilter", "local", repeated)
    add(
        "variety",
        "VarietyFilter",
        "local",
        {"min_affinity=0.5": 41_230, "label=written_chinese": 8_452},
        histogram=bell("affinity", 0.0, 1.0, 0.5, 107_000, 49_682),
    )
    add("exact", "ExactDuplicates", "global", {"exact_duplicate": 6_021})
    add("fuzzy", "FuzzyDuplicates", "global", {"near_duplicate": 11_870})
    return {
        "format": "curator-run/1",
        "name": "yue_demo",
        "language": "yue",
        "seed": 7,
        "code_version": "0.1.0+4f1c2a9",
        "versions": {"python": "3.11.9", "unicode": "14.0.0", "pyarrow": "21.0.0"},
        "recipe": {
            "name": "yue_demo",
            "language": "yue",
            "input": ["data/*.jsonl"],
            "stages": [
                {"Modify": {"modifier": "UnicodeReformatter"}},
                {"ScoreFilter": {"filter": {"WordCountFilter": {"min_words": 20}}}},
                {"FuzzyDuplicates": {"jaccard": 0.6, "keep": "best"}},
            ],
            "boilerplate": ["版權所有", "請按此登入"],
        },
        "recipe_sha256": sha("recipe"),
        "inputs": [
            {"file": f"forum/{year}.jsonl", "bytes": 31_000_000 + year, "sha256": sha(str(year))}
            for year in range(2019, 2025)
        ],
        "counts": {
            "documents_in": 184_302,
            "kept": living,
            "dropped": 184_302 - living,
            "characters_in": 61_204_991,
            "characters_kept": 38_119_407,
            "stages": stages,
        },
        "shards": [
            {
                "path": f"shards/yue_demo-{index:05}.jsonl",
                "documents": living // 3 + (index < living % 3),
                "bytes": 38_440_112 + index,
                "characters": 38_119_407 // 3,
                "sha256": sha(f"shard {index}"),
            }
            for index in range(3)
        ],
        "ledger": [],
        "vocabulary": {
            "files": [],
            "characters": 38_119_407,
            "distinct_characters": 7_214,
            "new_words": 3_406,
            "top_characters": [
                [character, 912_000 // (rank + 2)]
                for rank, character in enumerate("嘅係唔我佢咗喺啲有個人一哋嚟好冇都話就咁去𠻺㗎")
            ],
            "top_new_words": [
                {"word": word, "count": 4_200 // (rank + 1), "score": 9.1 - rank * 0.37}
                for rank, word in enumerate(
                    ["甩轆", "凍檸茶", "走甜", "返屋企", "風癩", "冇晒心機", "喊都無謂", "抄低"]
                )
            ],
        },
        "tokenizer": {
            "path": "tokenizer/tokenizer.json",
            "sha256": sha("tokenizer"),
            "vocab_size": 16_000,
            "special_tokens": {
                "pad": {"token": "<pad>", "id": 0},
                "bos": {"token": "<s>", "id": 1},
                "eos": {"token": "</s>", "id": 2},
            },
            "measures": {
                "characters_per_token": 1.4132,
                "bytes_per_token": 4.0219,
                "byte_fallback_rate": 0.00021,
                "round_trip_exact": 1.0,
                "renyi_efficiency": 0.5127,
            },
        },
        "tokens": {
            "dtype": "uint16",
            "eos_appended": True,
            "splits": {
                "train": {
                    "prefix": "tokens/train",
                    "documents": living - 800,
                    "tokens": 26_706_332,
                    "characters": 37_741_000,
                    "utf8_bytes": 107_410_000,
                    "bin_sha256": sha("train.bin"),
                    "idx_sha256": sha("train.idx"),
                },
                "valid": {
                    "prefix": "tokens/valid",
                    "documents": 800,
                    "tokens": 268_019,
                    "characters": 378_407,
                    "utf8_bytes": 1_077_000,
                    "unigram_character_bits_per_byte": 3.2871,
                    "bin_sha256": sha("valid.bin"),
                    "idx_sha256": sha("valid.idx"),
                },
            },
        },
    }


def full_samples() -> list[dict[str, Any]]:
    """Return samples of every kind, in several scripts."""
    kept = [
        {"kind": "kept", "stage": "", "id": f"forum/2021.jsonl:{number}", "text": text}
        for number, text in enumerate([*CANTONESE, *JAVANESE, *MARATHI, ARABIC], 1)
    ]

    def dropped(name: str, reason: str, value: str, text: str, number: int) -> dict[str, Any]:
        row = {"kind": "dropped", "stage": name, "id": f"forum/2020.jsonl:{number}"}
        return {**row, "text": text, "reason": reason, "value": value}

    def changed(name: str, before: str, after: str, number: int) -> dict[str, Any]:
        row = {"kind": "changed", "stage": name, "id": f"forum/2022.jsonl:{number}"}
        return {**row, "before": before, "after": after}

    page = "".join(f"{line}\n" for line in [*CANTONESE, *JAVANESE] * 4)
    link = "https://example.org/thread?p=88"
    return [
        *kept,
        dropped("reader", "invalid_json", "column 118: no closing quote; mend the line", "", 44),
        dropped("length", "min_words=20", "3", "早晨！", 12),
        dropped("length", "min_words=20", "6", "推\u200b文　　頂", 90),
        dropped("symbols", "max_symbol_to_word_ratio=0.1", "0.31", "★★★ 大減價 ★★★ #平 #靚 #正", 7),
        dropped("repetition", "max_repeated_line_fraction=0.7", "0.93", "登入後先可以睇\n" * 30, 8),
        dropped(
            "variety", "min_affinity=0.5", "0.02", "他们昨天已经搬到元朗去了，说那边的房租便宜。", 5
        ),
        dropped("exact", "exact_duplicate", "forum/2019.jsonl:77", CANTONESE[0], 61),
        dropped("fuzzy", "near_duplicate", "0.87", page, 62),
        changed(
            "unicode", "佢話ï¼\x9a「早晨」\ufeff，跟住就走咗。", "佢話：「早晨」，跟住就走咗。", 3
        ),
        changed(
            "unicode",
            "Simbah ora gelem, jare wis ke\u0300sel.",
            "Simbah ora gelem, jare wis kèsel.",
            4,
        ),
        changed("unicode", "हा  मुलगा‌ चांगला आहे.", "हा मुलगा चांगला आहे.", 5),
        changed(
            "urls", page + f"詳情睇呢度 {link} 啦\n" + page, page + "詳情睇呢度  啦\n" + page, 9
        ),
    ]


def full_training() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a trainer's summary and metrics: a loss that falls, with noise made of sines."""
    metrics: list[dict[str, Any]] = []
    for step in range(10, 4_001, 10):
        noise = math.sin(step * 1.7) * 0.06 + math.sin(step * 0.31) * 0.04
        metrics.append(
            {"kind": "train", "step": step, "loss": 2.9 + 6.2 * math.exp(-step / 420) + noise}
        )
        if step % 250 == 0:
            bits = 1.31 + 2.4 * math.exp(-step / 500)
            metrics.append({"kind": "validation", "step": step, "loss": 3, "bits_per_byte": bits})
    summary = {
        "steps": 4_000,
        "parameters": 21_400_000,
        "tokens_seen": 131_072_000,
        "validation": {"step": 4_000, "bits_per_byte": 1.3108},
        "model": {"layers": 8, "hidden": 512},
    }
    return summary, metrics


def write_run(
    folder: Path,
    manifest: dict[str, Any],
    samples: list[dict[str, Any]] | None = None,
    training: tuple[dict[str, Any], list[dict[str, Any]]] | None = None,
    timings: dict[str, Any] | None = None,
) -> Path:
    """Write a run folder from its parts and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    if samples is not None:
        (folder / "samples.jsonl").write_text(lines(samples), encoding="utf-8")
    if training is not None:
        (folder / "training").mkdir(exist_ok=True)
        (folder / "training/summary.json").write_text(json.dumps(training[0]), encoding="utf-8")
        (folder / "training/metrics.jsonl").write_text(lines(training[1]), encoding="utf-8")
    if timings is not None:
        (folder / "timings.json").write_text(json.dumps(timings), encoding="utf-8")
    return folder


def lines(rows: list[dict[str, Any]]) -> str:
    """Return rows as jsonl, everything beyond ASCII escaped so that any string can be written."""
    return "".join(json.dumps(row) + "\n" for row in rows)


def write_full_run(folder: Path) -> Path:
    """Write a run with every optional part."""
    manifest = full_manifest()
    names = [entry["name"] for entry in manifest["counts"]["stages"]]
    timings = {
        "seconds": {name: 1.5 + 7.25 * index for index, name in enumerate(names)},
        "documents_per_second": 1_204.0,
        "megabytes_per_second": 1.3,
        "workers": 2,
    }
    return write_run(folder, manifest, full_samples(), full_training(), timings)


def empty_manifest() -> dict[str, Any]:
    """Return the manifest of a run into which nothing went."""
    return {
        "format": "curator-run/1",
        "name": "nothing",
        "language": "jav",
        "recipe": {},
        "inputs": [],
        "counts": {
            "documents_in": 0,
            "kept": 0,
            "dropped": 0,
            "characters_in": 0,
            "characters_kept": 0,
            "stages": [stage("reader", "JsonlReader", "reader", 0, {})],
        },
        "shards": [],
        "ledger": [],
        "vocabulary": None,
        "tokenizer": None,
        "tokens": None,
    }


if __name__ == "__main__":
    from curator.report import write_report

    print(write_report(write_full_run(Path(sys.argv[1]))))
