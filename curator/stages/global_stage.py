"""A stage that needs every row: it sees checkpointed parts and returns marks on rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from curator import schema
from curator.io.parts import Parts
from curator.stages.base import Stage
from curator.stages.judgement import Judgement

if TYPE_CHECKING:
    from curator.dataset import DocumentDataset
    from curator.stages.workspace import Workspace


class GlobalStageBase(Stage):
    """A stage that needs every row: it reads checkpointed parts and returns marks."""

    def mark(self, parts: Parts, work: Path, client: Any | None) -> pa.Table:
        """Return the marks to lay over the parts: see ``curator.io.parts.MARKS_SCHEMA``."""
        raise NotImplementedError(f"{type(self).__name__} has no mark; define mark(...)")

    def judge(self, parts: Parts, name: str, work: Path, client: Any | None) -> Judgement:
        """Return everything the stage has to say of the parts; a stage that cuts says more."""
        return Judgement(self.mark(parts, work / "pieces", client))

    def columns_needed(self) -> tuple[str, ...]:
        """Return the columns that must exist before this stage."""
        return (schema.ID, getattr(self, "text_field", schema.TEXT))

    def __call__(
        self, dataset: DocumentDataset, workspace: Workspace | None = None
    ) -> DocumentDataset:
        """Checkpoint the dataset, mark it, and return the dataset with the marks in it."""
        return mark_dataset(self, dataset, workspace)


def mark_dataset(
    stage: GlobalStageBase, dataset: DocumentDataset, workspace: Workspace | None = None
) -> DocumentDataset:
    """Return the dataset with the marks of a global stage in it: see ``curator.stages.marking``."""
    from curator.stages import marking  # datasets and all readers: not where parts are at hand

    return marking.mark_dataset(stage, dataset, workspace or marking.temporary_workspace())
