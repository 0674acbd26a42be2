"""Download and read in one call: ``download_wikipedia``, ``download_common_crawl`` …

Names and arguments follow NeMo Curator 0.x. What cannot be read is not lost: it is in the ledger
beside the output, and a file that cannot be fetched is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curator import schema
from curator.acquire.arxiv import ArxivReader
from curator.acquire.download import FetchOptions, Session, Wanted, arxiv, commoncrawl, fetch
from curator.acquire.download import wikimedia as wikimedia_dumps
from curator.acquire.html import HtmlExtractor, PageExtractor
from curator.acquire.warc import WarcReader
from curator.acquire.wikipedia.reader import WikipediaReader
from curator.cluster import current_client, run_tasks
from curator.dataset import DEFAULT_BLOCK_SIZE, DocumentDataset
from curator.errors import DataError, RecipeError
from curator.io.atomic import atomic_write
from curator.io.reader import Reader
from curator.io.shards import write_shard

OUTPUT_TYPES = ("jsonl", "parquet")

MakeReader = Callable[[str], Any]


def download_common_crawl(
    output_path: str | Path,
    start_snapshot: str,
    end_snapshot: str,
    output_type: str = "jsonl",
    algorithm: HtmlExtractor | None = None,
    stop_lists: None = None,
    news: bool = False,
    aws: bool = False,
    raw_download_dir: str | Path | None = None,
    keep_raw_download: bool = False,
    force_download: bool = False,
    url_limit: int | None = None,
    record_limit: int | None = None,
    *,
    base_url: str = "",
    options: FetchOptions | None = None,
) -> DocumentDataset:
    """Return the pages of whole WARC files of snapshots ``2024-10`` … (news: months ``2024-03``).

    ``algorithm`` takes the text out of HTML (default ``PageExtractor``); an extractor that needs
    stop lists has them as its own field. ``aws`` takes the bucket instead of the web server. See
    ``download_wikipedia`` for the other arguments.
    """
    if stop_lists is not None:
        raise RecipeError("download_common_crawl: give stop lists to the extractor, as algorithm")
    base = base_url or ("s3://commoncrawl" if aws else commoncrawl.BASE)
    job = _job(
        output_path, output_type, raw_download_dir, keep_raw_download, force_download, record_limit
    )
    with Session(_options(options, force_download), base=base) as session:
        if news:
            crawls = commoncrawl.news_between(start_snapshot, end_snapshot)
        else:
            crawls = commoncrawl.crawls_between(session, start_snapshot, end_snapshot)
        wanted = commoncrawl.crawl_files(session, crawls)[:url_limit]
        return job.run(session, wanted, partial(WarcReader, extractor=algorithm or PageExtractor()))


def download_wikipedia(
    output_path: str | Path,
    language: str = "en",
    dump_date: str | None = None,
    output_type: str = "jsonl",
    raw_download_dir: str | Path | None = None,
    keep_raw_download: bool = False,
    force_download: bool = False,
    url_limit: int | None = None,
    record_limit: int | None = None,
    *,
    base_url: str = wikimedia_dumps.BASE,
    options: FetchOptions | None = None,
) -> DocumentDataset:
    """Return the articles of a language's Wikipedia, from its dump of ``YYYYMMDD`` or the newest.

    Each file that is fetched becomes a file under ``output_path`` (``output_type``: ``jsonl`` or
    ``parquet``) and, with what could not be read, one under ``<output_path>-dropped``; those that
    are there already are neither fetched nor read again, unless ``force_download``. Raw files go to
    ``raw_download_dir`` (default ``<output_path>-downloads``) and are removed once they are read,
    unless ``keep_raw_download``. ``url_limit`` takes only so many files, ``record_limit`` only so
    many records of each. Raises ``DataError`` when a file cannot be fetched; the others are there.
    """
    job = _job(
        output_path, output_type, raw_download_dir, keep_raw_download, force_download, record_limit
    )
    wiki = wikimedia_dumps.database_name(language)
    with Session(_options(options, force_download), base=base_url) as session:
        listed = wikimedia_dumps.dump_files(session, wiki, dump_date or "latest")
        wanted = [one for one in listed if ".xml" in one.file][:url_limit]
        return job.run(session, wanted, partial(WikipediaReader, wiki=wiki))


def download_arxiv(
    output_path: str | Path,
    output_type: str = "jsonl",
    raw_download_dir: str | Path | None = None,
    keep_raw_download: bool = False,
    force_download: bool = False,
    url_limit: int | None = None,
    record_limit: int | None = None,
    *,
    start: str = "",
    end: str = "",
    base_url: str = arxiv.BASE,
    options: FetchOptions | None = None,
) -> DocumentDataset:
    """Return the papers of ArXiv's source archives of the months ``start`` to ``end`` (``yymm``).

    The bucket bills you: ``options=FetchOptions(storage={"requester_pays": True})``. See
    ``download_wikipedia`` for the other arguments.
    """
    job = _job(
        output_path, output_type, raw_download_dir, keep_raw_download, force_download, record_limit
    )
    with Session(_options(options, force_download), base=base_url) as session:
        wanted = arxiv.source_files(session, start, end)[:url_limit]
        return job.run(session, wanted, ArxivReader)


@dataclass(frozen=True)
class _Job:
    """Where everything goes."""

    output: Path
    raw: Path
    dropped: Path
    output_type: str
    keep_raw: bool
    force: bool
    record_limit: int | None

    def run(self, session: Session, wanted: Sequence[Wanted], make: MakeReader) -> DocumentDataset:
        outputs = {one.url: self.output / f"{one.file}.{self.output_type}" for one in wanted}
        missing = [one for one in wanted if self.force or not outputs[one.url].exists()]
        fetched = fetch(missing, self.raw, session=session)
        # a second thing of the same name has another place than the one it asked for
        items = [
            (self.raw / str(row.file), outputs[row.url], self._ledger(outputs[row.url]))
            for row in fetched.rows
            if row.status == "ok"
        ]
        read = partial(_read_file, make=make, limit=self.record_limit, kind=self.output_type)
        run_tasks(read, items, current_client())
        if not self.keep_raw:
            for path, _, _ in items:
                path.unlink(missing_ok=True)
        wrong = [row for row in fetched.rows if row.status != "ok"]
        if wrong:
            raise DataError(
                f"{wrong[0].url}: {wrong[0].status}: {wrong[0].reason}; {len(wrong)} of "
                f"{len(fetched.rows)} files are missing; call again to continue"
            )
        if not outputs:
            raise DataError(f"{session.base}: lists no file; choose other dates")
        paths = [str(path) for path in outputs.values()]
        read_back = DocumentDataset.read_json if self.output_type == "jsonl" else _parquet
        return read_back(paths)

    def _ledger(self, output: Path) -> Path:
        name = output.relative_to(self.output).as_posix().removesuffix(self.output_type)
        return self.dropped / f"{name}jsonl"


def _parquet(paths: Sequence[str]) -> DocumentDataset:
    return DocumentDataset.read_parquet(paths)


def _job(
    output_path: str | Path,
    output_type: str,
    raw_download_dir: str | Path | None,
    keep_raw_download: bool,
    force_download: bool,
    record_limit: int | None,
) -> _Job:
    if output_type not in OUTPUT_TYPES:
        raise RecipeError(f"no output_type {output_type!r}; known: {', '.join(OUTPUT_TYPES)}")
    if record_limit is not None and record_limit < 1:
        raise RecipeError(f"record_limit is {record_limit}; give 1 or more, or None")
    output = Path(output_path)
    beside = [output.with_name(output.name + ending) for ending in ("-downloads", "-dropped")]
    raw = Path(raw_download_dir) if raw_download_dir is not None else beside[0]
    return _Job(
        output, raw, beside[1], output_type, keep_raw_download, force_download, record_limit
    )


def _options(options: FetchOptions | None, force: bool) -> FetchOptions:
    given = options or FetchOptions()
    return FetchOptions(**{**vars(given), "force": force or given.force})


def _read_file(
    item: tuple[Path, Path, Path], make: MakeReader, limit: int | None, kind: str
) -> None:
    """Read one raw file, a block at a time: living rows to one file, the others to a ledger."""
    path, output, dropped = item
    for folder in (output.parent, dropped.parent):
        folder.mkdir(parents=True, exist_ok=True)
    reader: Reader = make(str(path))
    plan = reader.plan(DEFAULT_BLOCK_SIZE, None)
    full = schema.table_schema(plan.columns)
    visible = schema.visible_columns(full.names)
    scratch = dropped.with_name(f".{dropped.name}.rows.parquet")
    unproven = output.with_name(f".{output.name}")
    try:
        with pq.ParquetWriter(scratch, full, compression="zstd") as aside:
            living = _living(_tables(reader, plan, limit), aside)
            if kind == "jsonl":
                write_shard(unproven, living, visible)
            else:
                _write_parquet(unproven, living, [full.field(n) for n in (*visible, schema.EXTRA)])
        rows = (pa.Table.from_batches([batch]) for batch in pq.ParquetFile(scratch).iter_batches())
        ledger = [name for name in full.names if name != schema.EXTRA]
        write_shard(dropped, (table.cast(full) for table in rows), ledger)
        # last: where the output is, its ledger is too
        unproven.replace(output)
    finally:
        scratch.unlink(missing_ok=True)
        unproven.unlink(missing_ok=True)


def _write_parquet(path: Path, tables: Iterator[pa.Table], fields: list[pa.Field]) -> None:
    columns = pa.schema(fields)
    with atomic_write(path) as out, pq.ParquetWriter(out, columns, compression="zstd") as writer:
        for table in tables:
            writer.write_table(table.select(columns.names))


def _tables(reader: Reader, plan: Any, limit: int | None) -> Iterator[pa.Table]:
    left = limit
    for block in plan.blocks:
        table = reader.read(block, plan.columns)
        if left is not None:
            table = table.slice(0, left)
            left -= table.num_rows
        yield table
        if left == 0:
            return


def _living(tables: Iterator[pa.Table], aside: pq.ParquetWriter) -> Iterator[pa.Table]:
    """Yield the living rows of every table, and put the others aside."""
    for table in tables:
        lives = pc.is_null(table.column(schema.DROPPED_BY))
        aside.write_table(table.filter(pc.invert(lives)))
        yield table.filter(lives)
