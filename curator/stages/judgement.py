"""What a stage that sees the whole corpus says of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pyarrow as pa

from curator.batch import Tally
from curator.io.cuts import CutLayer
from curator.io.parts import Parts

CUTS = "cuts"
"""In a stage's work folder: the files of its cuts."""


class Judgement(NamedTuple):
    """What a global stage has to say of the corpus."""

    marks: pa.Table
    """Verdicts on rows: see ``curator.io.parts.MARKS_SCHEMA``."""
    cuts: CutLayer | None = None
    """What it cut out of documents; its files are written."""
    tally: Tally | None = None
    """What the tally of a stage that cuts has beside documents in and dropped."""


class JudgingStage(Protocol):
    """A stage whose judgement of the corpus is laid over it."""

    @property
    def label(self) -> str:
        """Name in the ledger and the report."""

    def columns_needed(self) -> tuple[str, ...]:
        """Return the columns that must exist before this stage."""

    def judge(self, parts: Parts, name: str, work: Path, client: Any | None) -> Judgement:
        """Return everything the stage has to say of the parts."""
