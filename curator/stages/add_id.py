"""AddId: gives every row an id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from curator import schema
from curator.batch import Batch, Tally
from curator.errors import DataError
from curator.stages.base import LocalStageBase, require_columns, with_new_column


@dataclass(frozen=True)
class AddId(LocalStageBase):
    """Writes an id made of the file and line a row came from: ``<prefix>-<file>:<line>``.

    It depends on the input alone, so any number of partitions gives the same ids. Rows of a frame
    made in memory have no file: ``<prefix>-<number of the row>``. ``id_field`` may be a new column
    or ``id`` itself, whose values are then replaced.
    """

    id_field: str = schema.ID
    """Column to write."""
    id_prefix: str = "doc_id"
    """Put before every id."""
    name: str | None = None
    """Name in the plan."""

    @property
    def writes_ids(self) -> bool:
        """Whether the documents' own ids change."""
        return self.id_field == schema.ID

    def columns_after(self, columns: Sequence[str], name: str) -> tuple[str, ...]:
        """Add the id column; an existing one but ``id`` is not written over."""
        require_columns([schema.FILE, schema.LINE], columns, name)
        if self.id_field == schema.ID:
            return tuple(columns)
        return with_new_column(columns, self.id_field, "id_field", name)

    def apply(self, batch: Batch, name: str) -> Tally:
        """Write the ids of all rows, living or not; ``DataError`` where a row has no line."""
        frame = batch.frame
        if frame[schema.LINE].isna().any():
            raise DataError(
                f"{name}: rows have neither file nor line; give the Dask frame an id column, or "
                "read the files with DocumentDataset.read"
            )
        file = frame[schema.FILE].fillna("")
        separator = file.map(lambda value: ":" if value else "")
        ids = self.id_prefix + "-" + file + separator + frame[schema.LINE].astype(str)
        batch.set_column(self.id_field, ids.astype(schema.STRING_DTYPE))
        return Tally(name, "AddId", "local", n_in=len(batch.living_rows))
