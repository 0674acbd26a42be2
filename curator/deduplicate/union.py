"""The documents of an index and the lines of an input as one corpus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from curator.deduplicate.index import IndexParts
from curator.io.line_parts import LineParts
from curator.io.parts import Part


@dataclass(frozen=True)
class IndexAndLines:
    """Parts of the index first, then those of the input, whose ordinals follow."""

    index: IndexParts
    lines: LineParts

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts."""
        return (*self.index.parts, *self.lines.parts)

    @property
    def total_rows(self) -> int:
        """Documents of the index and lines of the input."""
        return sum(part.rows for part in self.parts)

    def only(self, number: int) -> IndexParts | LineParts:
        """Return a handle on one part; ordinals stay those of all."""
        inside = number - len(self.index.parts)
        return self.index.only(number) if inside < 0 else self.lines.only(inside)

    def read(self, number: int, columns: Sequence[str]) -> pa.Table:
        """Return ``columns`` of part ``number``; of the index there are id, file and line."""
        inside = number - len(self.index.parts)
        if inside < 0:
            return self.index.read(number, columns)
        return self.lines.read(inside, columns)
