"""AddId: gives every row an id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from curator import schema
from curator.batch import Batch, Tally
from curator.stages.base import LocalStageBase, require_columns


@dataclass(frozen=True)
class AddId(LocalStageBase):
    """Writes an id made of the file and line a row came from: ``<prefix>-<file>:<line>``.

    It depends on the input alone, so any number of partitions gives the same ids. Rows without a
    file and line (a frame made in memory) keep their place as number: ``<prefix>-<index>``.
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
        """Add the id column."""
        require_columns([schema.FILE, schema.LINE], columns, name)
        if self.id_field in columns:
            return tuple(columns)
        return (*columns, self.id_field)

    def apply(self, batch: Batch, name: str) -> Tally:
        """Write the ids of all rows, living or not."""
        frame = batch.frame
        # a frame made in memory has no files; its index then tells rows apart
        file = frame[schema.FILE].fillna("")
        place = (
            frame[schema.LINE]
            .astype("string")
            .fillna(pd.Series(frame.index.astype(str), index=frame.index, dtype="string"))
        )
        separator = file.map(lambda value: ":" if value else "")
        ids = self.id_prefix + "-" + file + separator + place
        batch.set_column(self.id_field, ids.astype(schema.STRING_DTYPE))
        return Tally(name, "AddId", "local", n_in=len(batch.living_rows))
