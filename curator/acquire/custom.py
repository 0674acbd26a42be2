"""Sources of the user's own: a downloader, an iterator and an extractor make a reader.

The three names and what they do follow NeMo Curator 0.x.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from curator import schema
from curator.acquire.documents import group_files
from curator.errors import DataError, RecipeError, shorten, told
from curator.io.atomic import atomic_write
from curator.io.blocks import Block, ReadPlan, Run, in_this_process
from curator.io.columns import OTHER, infer_columns, sampled
from curator.io.files import InputFile, as_inputs, find_files
from curator.io.rows import KINDS, SHOWN_CHARACTERS, Flaw, Rows, dump_json, fits, shown

HEAD_DOCUMENTS = 16
"""Documents of a file that are looked at for metadata columns."""

NOTES = ".downloads"
"""Folder, inside that of the downloads, with a note for each URL."""

END = object()
"""What is behind the last record."""

SCALARS = (str, int, float, bool, type(None))


class DocumentDownloader:
    """Fetches what a URL names."""

    def download(self, url: str, folder: Path) -> Path | str | None:
        """Write the file into ``folder`` and return its path; ``None`` when there is none."""
        raise NotImplementedError(f"{type(self).__name__} has no download; define it")


class DocumentIterator:
    """Takes a file apart into the records in it."""

    def iterate(self, path: Path | str) -> Iterator[tuple[Mapping[str, Any], Any]]:
        """Yield metadata and raw content of every record, always in the same order."""
        raise NotImplementedError(f"{type(self).__name__} has no iterate; define it")


class DocumentExtractor:
    """Makes a text of a record."""

    def extract(self, raw: Any) -> Mapping[str, Any] | str | None:
        """Return ``{"text": …}`` and further fields, or the text; ``None`` when it has none."""
        raise NotImplementedError(f"{type(self).__name__} has no extract; define it")


class _Failed(NamedTuple):
    """A record that is none, and why; the file may go on."""

    number: int
    id: str | None
    flaw: Flaw
    shown: str


class _Found(NamedTuple):
    number: int
    id: str | None
    text: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class CustomReader:
    """Reads files by the user's own iterator and extractor, and downloads them first if need be.

    A record is a document: its metadata and the fields that the extractor returns beside
    ``text`` are columns where all records agree on their type, else inside ``extra``. The id is
    the field ``id``, else ``<file>:<number of the record>``. Everything that fails is a row of the
    ledger with the error as its value: ``download_failed``, ``iterator_failed`` (records before
    it stay), ``extractor_failed``, ``no_text``, ``not_a_document``.
    """

    iterator: Any
    """Object with ``iterate(path)``, or its class, or ``package.module:Name``."""
    extractor: Any
    """Object with ``extract(raw)``, or its class, or ``package.module:Name``."""
    input: str | Sequence[str] = ()
    """Files, folders or globs that are here already."""
    extensions: Sequence[str] = ("",)
    """What names of files in a folder end in; by default all files are read."""
    urls: Sequence[str] = ()
    """What the downloader is to fetch."""
    downloader: Any = None
    """Object with ``download(url, folder)``, or its class, or ``package.module:Name``."""
    folder: str = ""
    """Where downloads are kept. What is there is not fetched again, and a failure neither: delete
    its note, which the ledger names, to try once more."""
    strict: bool = False
    """Raise ``DataError`` at the first failure in place of a ledger row."""

    def __post_init__(self) -> None:
        for name, method in (
            ("iterator", "iterate"),
            ("extractor", "extract"),
            ("downloader", "download"),
        ):
            made = _made(getattr(self, name), name)
            object.__setattr__(self, name, made)
            if (made is not None or name != "downloader") and not callable(
                getattr(made, method, None)
            ):
                raise RecipeError(f"CustomReader: {name} has no method {method}")
        if isinstance(self.urls, str):
            raise RecipeError("CustomReader: urls is a list")
        if bool(self.input) == bool(self.urls):
            raise RecipeError("CustomReader: give either input or urls")
        if self.urls and (self.downloader is None or not self.folder):
            raise RecipeError("CustomReader: urls need a downloader and a folder")

    def files(self) -> tuple[InputFile, ...]:
        """Return the files sorted by name, after downloading those that are not here."""
        if not self.urls:
            return find_files(as_inputs(self.input), tuple(self.extensions))
        folder = Path(self.folder).expanduser()
        paths = [str(self._fetched(url, folder)) for url in sorted(set(self.urls))]
        return find_files(paths, ())

    def plan(
        self, block_size: int, scratch: Path | None = None, run: Run = in_this_process
    ) -> ReadPlan:
        """Put whole files into blocks; columns are inferred from the first records of some."""
        files = self.files()
        kinds: list[dict[str, type]] = []
        for file in sampled(files):
            for found in self._records(file):
                if isinstance(found, _Found):
                    kinds.append(
                        {
                            n: type(v) if type(v) in SCALARS else OTHER
                            for n, v in found.fields.items()
                        }
                    )
                if found.number >= HEAD_DOCUMENTS:
                    break
        return ReadPlan(group_files(files, block_size), infer_columns(kinds, ()), files)

    def read(self, block: Block, columns: pa.Schema) -> pa.Table:
        """Return all rows of the block's files, failures among them."""
        tables = [schema.table_schema(columns).empty_table()]
        for file in getattr(block, "files", ()):
            rows = Rows(file.file, columns, self.strict)
            for found in self._records(file):
                if isinstance(found, _Failed):
                    rows.refuse(found.flaw, found.shown, found.number, found.id)
                else:
                    _add(rows, found)
            tables.append(rows.table())
        return pa.concat_tables(tables).combine_chunks()

    def _fetched(self, url: str, folder: Path) -> Path:
        """Return the file of a URL, or the note that says why there is none."""
        (folder / NOTES).mkdir(parents=True, exist_ok=True)
        note = folder / NOTES / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.json"
        if note.is_file():
            known = json.loads(note.read_bytes())
            path = Path(known["path"]) if "path" in known else note
            if path.is_file():
                return path
        found = {"url": url}
        path, failure = self._tried(url, self.downloader.download, url, folder)
        if path is None:
            found["failed"] = failure or "the downloader returned None"
        elif not Path(path).is_file():
            found["failed"] = f"the downloader wrote no file {shorten(str(path))}"
        else:
            found["path"] = str(path)
        with atomic_write(note) as out:
            out.write(json.dumps(found).encode())
        return Path(found["path"]) if "path" in found else note

    def _records(self, file: InputFile) -> Iterator[_Found | _Failed]:
        """Yield every record of a file as a document or a failure."""
        if self.urls and Path(file.path).parent.name == NOTES:
            note = json.loads(Path(file.path).read_bytes())
            what = f"{note['url']}: {note['failed']}; delete {file.file} to try again"
            yield _Failed(1, None, Flaw("download_failed", 1, what), note["url"])
            return
        number = 0
        records, failure = self._tried(file.file, lambda: iter(self.iterator.iterate(file.path)))
        while not failure:
            number += 1
            place = f"{file.file}:{number}"
            record, failure = self._tried(place, lambda: next(records, END))
            if record is END:
                return
            if not failure:
                yield self._record(place, number, record)
        what = f"{failure}; records behind it are lost: mend the file or the iterator"
        yield _Failed(max(number, 1), None, Flaw("iterator_failed", 1, what), "")

    def _tried(self, place: str, function: Callable[..., Any], *arguments: Any) -> tuple[Any, str]:
        """Call a user's code, which may raise anything; returns its result, and what it raised."""
        try:
            return function(*arguments), ""
        except MemoryError:  # the machine's fault, not that of the code
            raise
        except (Exception, SystemExit) as error:
            if self.strict:
                raise DataError(f"{place}: {told(error)}") from error
            return None, told(error)

    def _record(self, place: str, number: int, record: Any) -> _Found | _Failed:
        if not isinstance(record, tuple) or len(record) != 2 or not isinstance(record[0], Mapping):
            what = f"the iterator gave {type(record).__name__}; yield (metadata, raw) pairs"
            return _Failed(number, None, Flaw("not_a_document", 1, what), shorten(record))
        metadata, raw = record
        given = metadata.get("id")
        id = str(given) if isinstance(given, (str, int)) and given != "" else None
        extracted, failure = self._tried(place, self.extractor.extract, raw)
        if failure:
            return _Failed(number, id, Flaw("extractor_failed", 1, failure), _shown(raw))
        if isinstance(extracted, str):
            extracted = {"text": extracted}
        if extracted is None or (isinstance(extracted, Mapping) and not extracted.get("text")):
            what = "the extractor found no text; leave the record out, or mend it"
            return _Failed(number, id, Flaw("no_text", 1, what), _shown(raw))
        if not isinstance(extracted, Mapping) or not isinstance(extracted["text"], str):
            what = "the extractor gave no text; return {'text': …}, a string or None"
            return _Failed(number, id, Flaw("not_a_document", 1, what), shorten(extracted, 400))
        fields = {str(name): value for name, value in {**metadata, **extracted}.items()}
        text = fields.pop("text")
        late = fields.pop("id", None)
        id = id or (str(late) if isinstance(late, (str, int)) and late != "" else None)
        if "\0" in text or "\0" in (id or "") or not _is_unicode(text):
            what = "text or id has a NUL or half of a surrogate pair; remove it"
            return _Failed(number, None, Flaw("nul_character", 1, what), shorten(text, 400))
        try:
            dump_json(fields).encode()
        except (TypeError, ValueError, RecursionError) as error:
            what = f"a field is nothing that JSON has: {error}; make it a string"
            return _Failed(number, id, Flaw("not_a_document", 1, what), text)
        return _Found(number, id, text, fields)


def _shown(raw: Any) -> str:
    """Return the start of a record for the ledger."""
    if isinstance(raw, bytes):
        return shown(raw)
    head = raw[:SHOWN_CHARACTERS] if isinstance(raw, str) else shorten(raw, 400)
    return head.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _add(rows: Rows, found: _Found) -> None:
    values, rest = [], dict(found.fields)
    for name, kind in zip(rows.columns.names, rows.columns.types, strict=True):
        value = rest.get(name)
        if fits(value, KINDS[kind]):
            rest.pop(name, None)
            values.append(float(value) if KINDS[kind] is float and value is not None else value)
        else:
            values.append(None)
    id = found.id or f"{rows.file}:{found.number}"
    extra = dump_json(rest) if rest else None
    rows.documents.append((id, found.text, *values, extra, found.number))


def _made(value: Any, name: str) -> Any:
    """Return an object for an object, a class, or ``package.module:Name``."""
    if isinstance(value, str):
        module_name, colon, attribute = value.partition(":")
        if not colon or not all(part.isidentifier() for part in module_name.split(".")):
            raise RecipeError(f"CustomReader: {name} {value!r} is no package.module:Name")
        value = _imported(module_name, attribute, name)
    return value() if isinstance(value, type) else value


def _imported(module_name: str, attribute: str, name: str) -> Callable[..., Any]:
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise RecipeError(
            f"CustomReader: {name}: cannot import {module_name!r}: {error}; "
            "put it beside the recipe"
        ) from error
    found: Callable[..., Any] | None = getattr(module, attribute, None)
    if found is None:
        raise RecipeError(f"CustomReader: {name}: {module_name} has no {attribute!r}")
    return found
