"""Cantonese corpora that the package PyCantonese brings along: a demonstration without a download.

The corpora keep their own licences; CantoMap is GPL-3.0. Sources: HKCanCor (Luke and Wong 2015),
CantoMap (Winterstein et al. 2020), CTCPC, Common Voice.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from curator import schema
from curator.errors import DataError, RecipeError, nearest
from curator.io.blocks import Block, ReadPlan, Run, in_this_process
from curator.io.files import InputFile
from curator.io.rows import Flaw, Rows

COLUMNS = pa.schema(
    [
        ("source", pa.large_string()),
        ("license", pa.large_string()),
        ("title", pa.large_string()),
        ("speakers", pa.int64()),
    ]
)


class Corpus(NamedTuple):
    """One corpus of the package."""

    source: str
    license: str
    """SPDX name of the licence that the package states for it."""
    folder: str
    """Under the package's folder ``data``."""
    conversations: bool
    """Files of one conversation each; else one file of sentences."""


CORPORA = {
    "cantomap": Corpus("CantoMap", "GPL-3.0", "cantomap/extracted", True),
    "common_voice": Corpus("Common Voice", "MPL-2.0", "common_voice", False),
    "ctcpc": Corpus("CTCPC", "CC0-1.0", "ctcpc", False),
    "hkcancor": Corpus("HKCanCor", "CC-BY-4.0", "hkcancor", True),
}

PAUSE = "#"
"""Token for a pause in CantoMap: an annotation, not text."""

CLOSING = (",", ".", "?", "!", ";", ":")
"""Marks written without a space before them and with one behind."""

UNSPACED_FROM = "\u2e80"
"""First code point of the blocks of Han characters, kana and their marks: no spaces there."""


@dataclass(frozen=True)
class PyCantonese:
    """Reads corpora out of the installed package PyCantonese (extra ``curator[demo]``).

    HKCanCor and CantoMap give one document a conversation, its utterances one a line, words
    joined without spaces between Han characters. CTCPC and Common Voice give one document a
    sentence. Ids are ``<corpus>-<file>`` and ``<corpus>-<number>``; metadata columns ``source``,
    ``license``, ``title`` (file of a conversation) and ``speakers`` (their number).
    """

    corpora: Sequence[str] = ("hkcancor", "cantomap", "ctcpc", "common_voice")
    """Which corpora, in any order; they are read in the order of their names."""

    def __post_init__(self) -> None:
        if isinstance(self.corpora, str) or not self.corpora:
            raise RecipeError("PyCantonese: corpora is a list of names, not empty")
        for name in self.corpora:
            if name not in CORPORA:
                raise RecipeError(f"PyCantonese has no corpus {name!r}{nearest(name, CORPORA)}")

    def files(self) -> tuple[InputFile, ...]:
        """Return the package's data files, sorted; ``DataError`` when it is not installed."""
        root = Path(_package("pycantonese").__file__).parent / "data"
        version = _package("pycantonese").__version__
        found = []
        for name in sorted(set(self.corpora)):
            corpus = CORPORA[name]
            pattern = "*.cha" if corpus.conversations else "sents.json"
            paths = sorted((root / corpus.folder).glob(pattern))
            if not paths:
                raise DataError(
                    f"{root / corpus.folder}: PyCantonese {version} brings no {name}; "
                    "install pycantonese>=5.0"
                )
            found += [
                InputFile(str(path), f"{name}/{path.name}", path.stat().st_size, version)
                for path in paths
            ]
        return tuple(found)

    def plan(
        self, block_size: int, scratch: Path | None = None, run: Run = in_this_process
    ) -> ReadPlan:
        """Cut each corpus into blocks of whole documents; nothing is unpacked.

        In these blocks ``start`` and ``end`` count conversations or sentences, not bytes, and
        ``path`` is the corpus' name.
        """
        if block_size < 1:
            raise RecipeError(f"block_size is {block_size}; give a number of bytes above 0")
        files = self.files()
        blocks: list[Block] = []
        for name in sorted(set(self.corpora)):
            own = [file for file in files if file.file.startswith(f"{name}/")]
            conversations = CORPORA[name].conversations
            n_documents = len(own) if conversations else len(_sentences(name))
            n_blocks = min(n_documents, -(-sum(file.size for file in own) // block_size))
            bounds = [n_documents * i // n_blocks for i in range(n_blocks + 1)]
            blocks += [
                Block(name, name, bounds[i], bounds[i + 1], 1 if conversations else bounds[i] + 1)
                for i in range(n_blocks)
            ]
        return ReadPlan(tuple(blocks), COLUMNS, files)

    def read(self, block: Block, columns: pa.Schema) -> pa.Table:
        """Return the documents of a block."""
        corpus = CORPORA[block.path]
        tables = [schema.table_schema(columns).empty_table()]
        if corpus.conversations:
            files = PyCantonese((block.path,)).files()[block.start : block.end]
            for file, utterances in zip(files, _utterances(files), strict=True):
                tables.append(_conversation(block.path, file, utterances).table())
        else:
            tables.append(_sentence_rows(block).table())
        return pa.concat_tables(tables).combine_chunks()


def _package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise DataError(
            f"the package PyCantonese cannot be used ({error}); pip install 'curator[demo]'"
        ) from error


def _sentences(corpus: str) -> list[str]:
    sentences: list[str] = _package(f"pycantonese.data.{corpus}").SENTS
    return sentences


def _utterances(files: Sequence[InputFile]) -> list[list[Any]]:
    """Return the utterances of every file, which the package parses."""
    chat = _package("pycantonese").CHAT.from_files([file.path for file in files], parallel=False)
    utterances: list[list[Any]] = chat.utterances(by_file=True)
    return utterances


def _conversation(name: str, file: InputFile, utterances: Sequence[Any]) -> Rows:
    corpus, title = CORPORA[name], Path(file.path).stem
    lines = (spaced(token.word for token in utterance.tokens) for utterance in utterances)
    speakers = len({utterance.participant for utterance in utterances})
    rows = Rows(file.file, COLUMNS)
    text = "\n".join(line for line in lines if line)
    metadata = (corpus.source, corpus.license, title, speakers)
    rows.documents.append((f"{name}-{title}", text, *metadata, None, 1))
    return rows


def _sentence_rows(block: Block) -> Rows:
    corpus = CORPORA[block.path]
    rows = Rows(f"{block.path}/sents.json", COLUMNS)
    sentences = _sentences(block.path)[block.start : block.end]
    for number, text in enumerate(sentences, block.start + 1):
        id = f"{block.path}-{number}"
        if "\0" in text:
            flaw = Flaw("nul_character", text.index("\0") + 1, "a NUL character; remove it")
            rows.refuse(flaw, text, number, id)
            continue
        rows.documents.append((id, text, corpus.source, corpus.license, None, None, None, number))
    return rows


def spaced(words: Iterator[str]) -> str:
    """Join the words of an utterance as they are written: ``佢 book 咗 位 .`` → ``佢 book 咗位.``

    No space between Han characters (``食 咗 飯`` → ``食咗飯``) nor before a closing mark; pause
    signs are left out; ``New_Zealand`` is two words.
    """
    text = ""
    for word in words:
        if not word or word == PAUSE:
            continue
        word = word.replace("_", " ")
        joined = text[-1:] >= UNSPACED_FROM and word[0] >= UNSPACED_FROM
        if text and not joined and not word.startswith(CLOSING):
            text += " "
        text += word
    return text
