"""DocumentDataset: an immutable handle on a corpus with the dropped rows still in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from curator import schema
from curator.batch import Chain, LocalStage, Tally, run_chain
from curator.cluster import current_client, run_tasks
from curator.errors import RecipeError, named
from curator.fingerprint import fingerprint
from curator.frames import OWN_STRINGS, FramePiece, Piece, dask_pieces, pandas_pieces
from curator.io.atomic import atomic_write
from curator.io.parts import Parts, cut_columns
from curator.io.reader import Reader, reader_for
from curator.io.shards import write_shard

if TYPE_CHECKING:
    import dask.dataframe as dd

DEFAULT_BLOCK_SIZE = 32 * 2**20
"""Bytes of input a task holds. A partition needs about six times this in memory."""


@dataclass(frozen=True)
class DocumentDataset:
    """Documents as a Dask frame; every stage returns a new dataset and changes none.

    Local stages wait in ``pending`` and run fused, in one task a partition, when the frame is
    computed. A plain Dask or pandas frame is taken too: ``DocumentDataset(frame)``.
    """

    frame: dd.DataFrame | pd.DataFrame
    """All rows, living and dropped, before the pending stages. Where ``pieces`` were given too, an
    empty pandas frame with their columns does: the Dask frame is made when it is asked for."""
    pieces: tuple[Piece, ...] = ()
    """One loader a partition; made from ``frame`` when empty."""
    pending: Chain = ()
    """Local stages not yet run."""
    columns_known: tuple[str, ...] = ()
    """Columns after the pending stages."""
    origin: str = ""
    """Fingerprint of the input and of every global stage before the pending ones."""
    names: tuple[str, ...] = ()
    """Names given to stages so far: they are unique in the ledger."""
    parts: Parts | None = None
    """The checkpoint the pieces load, where they load one."""

    def __post_init__(self) -> None:
        if self.pieces:
            return
        known: Any
        if isinstance(self.frame, pd.DataFrame):
            known, pieces, origin = pandas_pieces(self.frame, 1)
        else:
            known, pieces, origin = dask_pieces(self.frame)
        put = partial(object.__setattr__, self)
        put("frame", known)
        put("pieces", pieces)
        put("columns_known", tuple(known.columns))
        put("origin", origin)

    @classmethod
    def read(
        cls,
        source: str | Sequence[str] | Reader,
        block_size: int = DEFAULT_BLOCK_SIZE,
        scratch: Path | None = None,
        unpack: Callable[..., Any] | None = None,
        identity: str = "",
        **options: Any,
    ) -> DocumentDataset:
        """Read files, folders, globs or URLs by their extension, or through a given reader.

        Compressed files are split into blocks only when ``scratch`` names a folder to unpack
        them into; without it each is one partition. ``unpack(function, files)`` maps over files
        and may do so in parallel. ``identity`` is a hash of the files' contents where it is
        known; without it a changed file is told by its size and time alone.
        """
        if isinstance(source, str | list | tuple):
            inputs = source if isinstance(source, str) else list(source)
            reader: Reader = reader_for(inputs, **options)
        else:
            reader = source  # type: ignore[assignment]  # a Sequence[str] was handled above
        plan = reader.plan(block_size, scratch, **({} if unpack is None else {"run": unpack}))
        pieces = tuple(partial(_read_block, reader, block, plan.columns) for block in plan.blocks)
        meta = schema.to_frame(schema.table_schema(plan.columns).empty_table())
        origin = fingerprint(reader, list(plan.files), block_size, identity)
        return cls._from_pieces(pieces, meta, origin, names=("reader",))

    @classmethod
    def read_json(
        cls, input_files: str | Sequence[str], blocksize: int = DEFAULT_BLOCK_SIZE, **options: Any
    ) -> DocumentDataset:
        """Read jsonl files (plain, .gz, .zst, .bz2), folders or globs of them."""
        from curator.io.jsonl import JsonlReader

        return cls.read(JsonlReader(input_files, **options), blocksize)

    @classmethod
    def read_parquet(
        cls, input_files: str | Sequence[str], blocksize: int = DEFAULT_BLOCK_SIZE, **options: Any
    ) -> DocumentDataset:
        """Read Parquet files, folders or globs of them."""
        from curator.io.parquet import ParquetReader

        return cls.read(ParquetReader(input_files, **options), blocksize)

    @classmethod
    def from_pandas(cls, data: pd.DataFrame, npartitions: int = 1) -> DocumentDataset:
        """Take a pandas frame; its index and its caller's object stay as they are."""
        known, pieces, origin = pandas_pieces(data, npartitions)
        return cls(known, pieces, (), tuple(known.columns), origin)

    @classmethod
    def from_parts(cls, parts: Parts, origin: str, names: Sequence[str]) -> DocumentDataset:
        """Return the dataset whose rows are checkpointed parts."""
        pieces = tuple(_PartPiece(parts.only(i)) for i in range(len(parts.parts)))
        meta = schema.to_frame(parts.empty_table())
        return replace(cls._from_pieces(pieces, meta, origin, tuple(names)), parts=parts)

    @classmethod
    def _from_pieces(
        cls, pieces: tuple[Piece, ...], meta: pd.DataFrame, origin: str, names: tuple[str, ...]
    ) -> DocumentDataset:
        # from_map wants at least one partition; an empty corpus is one empty partition.
        pieces = pieces or (partial(meta.copy),)
        return cls(meta, pieces, (), tuple(meta.columns), origin, names)

    @property
    def rows(self) -> dd.DataFrame:
        """All rows after the pending stages, with the verdict columns."""
        frame: Any = self.frame
        if isinstance(frame, pd.DataFrame):  # the columns alone; see _from_pieces
            frame = _as_dask(self.pieces, frame)
        if not self.pending:
            return frame
        meta, _ = run_chain(frame._meta, self.pending)
        return frame.map_partitions(_apply, self.pending, meta=meta, enforce_metadata=False)

    @property
    def df(self) -> dd.DataFrame:
        """Living rows, without the library's own columns."""
        rows = self.rows
        return rows[rows[schema.DROPPED_BY].isna()][schema.visible_columns(list(rows.columns))]

    @property
    def dropped(self) -> dd.DataFrame:
        """Dropped rows with file, line and verdict: the ledger."""
        rows = self.rows
        return rows[~rows[schema.DROPPED_BY].isna()]

    @property
    def cuts(self) -> pd.DataFrame:
        """What global stages cut out of documents so far, one row a cut, in memory.

        The columns are those of the ledger of cuts: id, file, line, stage, column, start, end,
        text, reason, value, duplicate_of. No cuts give no rows.
        """
        if self.parts is None:
            return schema.to_frame(cut_columns())
        tables = [self.parts.read_cuts(index) for index in range(len(self.parts.parts))]
        return schema.to_frame(pa.concat_tables([cut_columns(), *tables]))

    @property
    def npartitions(self) -> int:
        """Number of partitions."""
        return len(self.pieces)

    def then(self, stage: LocalStage, name: str) -> DocumentDataset:
        """Return the dataset with one more local stage waiting; checks its columns now."""
        if name in self.names:
            raise RecipeError(f"two stages are named {name!r}; give one of them another `name`")
        columns = stage.columns_after(self.columns_known, name)
        return replace(
            self,
            pending=(*self.pending, (name, stage)),
            columns_known=tuple(columns),
            names=(*self.names, name),
        )

    def free_name(self, wanted: str) -> str:
        """Return ``wanted``, or ``wanted#2`` and so on when an earlier stage has the name."""
        if wanted not in self.names:
            return wanted
        number = 2
        while f"{wanted}#{number}" in self.names:
            number += 1
        return f"{wanted}#{number}"

    def persist(self) -> DocumentDataset:
        """Compute the pending stages once and keep the frame in the cluster's memory."""
        return replace(DocumentDataset(self.rows.persist()), names=self.names)

    def repartition(self, npartitions: int) -> DocumentDataset:
        """Return the same rows in another number of partitions."""
        return replace(
            DocumentDataset(self.rows.repartition(npartitions=npartitions)), names=self.names
        )

    def head(self, n: int = 5) -> pd.DataFrame:
        """Return the first living rows."""
        return self.df.head(n, npartitions=-1)

    def to_pandas(self) -> pd.DataFrame:
        """Return all living rows in memory."""
        return self.df.compute().reset_index(drop=True)

    def to_json(self, output_path: str | Path, compression: str | None = None) -> list[Path]:
        """Write the living rows as jsonl, one file a partition, and return the files.

        ``compression`` is ``None``, ``gz`` or ``zst``. A partition without living rows gives an
        empty file. (``curator run`` cuts shards by size instead, whatever the partitions.)
        """
        suffix = ".jsonl" if compression is None else f".jsonl.{compression}"
        return self._write(partial(_write_jsonl, compression=compression), output_path, suffix)

    def to_parquet(self, output_path: str | Path) -> list[Path]:
        """Write the living rows as Parquet, one file a partition, and return the files."""
        return self._write(_write_parquet, output_path, ".parquet")

    def _write(
        self, write: Callable[[Path, pa.Table], None], output_path: str | Path, suffix: str
    ) -> list[Path]:
        folder = Path(output_path)
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / f"part-{index:05d}{suffix}" for index in range(self.npartitions)]
        task = partial(_write_living, write=write, chain=self.pending)
        client = current_client()
        run_tasks(
            task,
            list(zip(self.pieces, paths, strict=True)),
            client,
            prepare=lambda item: (on_worker(item[0], client), item[1]),
        )
        for path in sorted(folder.glob(f"part-*{suffix}")):
            if path not in paths:  # of an earlier, longer dataset
                path.unlink()
        return paths

    def __len__(self) -> int:
        return len(self.df)

    def __bool__(self) -> bool:
        return True  # or `if dataset:` would compute the whole corpus

    def __repr__(self) -> str:
        waiting = ", ".join(name for name, _ in self.pending) or "nothing"
        columns = ", ".join(schema.visible_columns(self.columns_known))
        return f"DocumentDataset({self.npartitions} partitions; {columns}; waiting: {waiting})"


def _as_dask(pieces: Sequence[Piece], meta: pd.DataFrame) -> dd.DataFrame:
    import dask
    import dask.dataframe as dd  # heavy: a run never needs it, nor do its workers

    with dask.config.set(OWN_STRINGS):
        return dd.from_map(_load, list(pieces), meta=meta, enforce_metadata=False)


def _load(piece: Piece) -> pd.DataFrame:
    return piece()


def _read_block(reader: Reader, block: Any, columns: pa.Schema) -> pd.DataFrame:
    with named(f"{type(reader).__name__}: {getattr(block, 'file', block)}"):
        return schema.to_frame(reader.read(block, columns))


def _apply(frame: pd.DataFrame, chain: Chain) -> pd.DataFrame:
    return run_chain(frame, chain)[0]


def _write_living(
    item: tuple[Piece | pd.DataFrame, Path],
    write: Callable[[Path, pa.Table], None],
    chain: Chain,
) -> None:
    piece, path = item
    frame, _ = run_piece(piece, chain, strict=False)
    write(path, schema.to_table(frame[schema.living(frame)]))


def _write_jsonl(path: Path, table: pa.Table, compression: str | None) -> None:
    write_shard(path, [table], schema.visible_columns(table.column_names), compression)


def _write_parquet(path: Path, table: pa.Table) -> None:
    extra = [schema.EXTRA] if table.column(schema.EXTRA).null_count < table.num_rows else []
    with atomic_write(path) as file:
        columns = [*schema.visible_columns(table.column_names), *extra]
        pq.write_table(table.select(columns), file, compression="zstd")


def run_piece(
    piece: Piece | pd.DataFrame, chain: Chain, *, strict: bool
) -> tuple[pd.DataFrame, list[Tally]]:
    """Load one partition, unless it is loaded already, and run the pending stages over it."""
    return run_chain(piece() if callable(piece) else piece, chain, strict=strict)


def on_worker(piece: Piece, client: Any | None) -> Any:
    """Return what to send for a piece: itself, or a future of what the cluster holds of it."""
    return piece.on(client) if client is not None and isinstance(piece, FramePiece) else piece


@dataclass(frozen=True)
class _PartPiece:
    parts: Parts

    def __call__(self) -> pd.DataFrame:
        return schema.to_frame(self.parts.read(0))
