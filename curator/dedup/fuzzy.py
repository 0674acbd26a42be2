"""FuzzyDuplicates: documents that share most of their shingles with a better one."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from curator import schema
from curator.dedup.copies.signing import Signing
from curator.dedup.pieces import open_work
from curator.dedup.verdicts import Duplicates, to_marks
from curator.errors import RecipeError, nearest
from curator.io.parts import Corpus
from curator.kernels.minhash import SCHEMES
from curator.kernels.shingles import SPACED_CHARACTERS, UNSPACED_CHARACTERS
from curator.stages.global_stage import GlobalStageBase

CANDIDATE_RECALL = 0.995
"""Aim of the automatic bands: the share of pairs at the very threshold that become candidates."""
AUTOMATIC_BANDS = 42
"""Bands of 8 bytes a document that the automatic choice spends at most where it can."""
ALIGNED_BANDS = 96
ALIGNED_CHARACTERS = 12
"""Bands of one hash, of long shingles: of a text with one character in five replaced 7 % of these
remain, and a pair that shares 3 in 100 meets in one of 96 bands with odds of .95. Two hashes of
5 characters a band find less and let more strangers through."""
NO_ROWS = np.zeros(0, np.int64)


def choose_bands(jaccard: float) -> tuple[int, int]:
    """Return (bands, rows_per_band) that find a pair at ``jaccard`` with ``CANDIDATE_RECALL``.

    The most rows for which ``AUTOMATIC_BANDS`` are enough, and at least 2: with one row a band,
    unrelated texts (Jaccard up to .018 in Cantonese) would meet in a bucket. 0.5 gives (40, 3).
    Source: P(candidate) = 1 − (1 − J^rows)^bands, Leskovec, Rajaraman, Ullman, ch. 3.4.
    """

    def needed(rows: int) -> int:
        share = min(jaccard**rows, 1 - 1e-12)
        return max(1, math.ceil(math.log(1 - CANDIDATE_RECALL) / math.log1p(-share)))

    rows = 2
    while rows < 16 and needed(rows + 1) <= AUTOMATIC_BANDS:
        rows += 1
    return needed(rows), rows


@dataclass(frozen=True)
class FuzzyDuplicates(GlobalStageBase):
    """Drops a document when nine tenths of it run alongside a kept one, small changes allowed.

    Texts are compared by their folded key: case, punctuation, white space, Traditional or
    Simplified script and regional variants make no difference, nor do the old and the new Latin
    spelling of Indonesian, Malay, Javanese and Sundanese (``modern_spelling``). A document runs
    alongside a kept one where stretch by stretch, in whatever order, two of three characters are
    the same; beside one more than twice as long, 97 % of it must. No copies are: pages that say
    something else, in which words or numbers differ and not letters here and there, short pages
    that name another subject at their beginning, translations into a neighbouring language
    (``differences``), and pages that share only what many documents share. A copy of a copy is
    dropped, too, when seven tenths of it run alongside the kept document.

    With ``jaccard`` the classical rule holds instead: the share of shingles in common.

    Candidates come from MinHash bands; every dropped document was verified against the very
    document that ``duplicate_of`` names. Documents with the same key are dropped first
    (``same_key``), whatever their length; those of punctuation alone must be equal to the byte.

    Kept is the member that ``prefer`` prefers, then the one with the fewest U+FFFD, then the
    longest text (punctuation and space not counted), then the most Traditional characters, then
    the smallest id.
    """

    aligned: float = 0.9
    """Least share of a document's characters that must run alongside a kept document."""
    jaccard: float | None = None
    """Classical rule: least share of shingles in common, of all shingles in either. On edited
    Cantonese copies F1 was .73 at .7, .85 at .5, .97 at .25, and .99 by ``aligned``."""
    shingle_characters: int | None = None
    """Shingle length in characters of the key; null means 12, and with ``jaccard`` chooses by
    script: 5 where words are written without spaces (Chinese, Thai, Javanese script), 10
    elsewhere."""
    bands: int | None = None
    """Bands of the signature; null means 96, or chooses them for ``jaccard``. More find more and
    cost 4 bytes a document each."""
    rows_per_band: int | None = None
    """Hashes a band; more let fewer unlike pairs through. Give this and ``bands``, or neither."""
    min_key_characters: int = 50
    """Texts with fewer characters in their key are compared as a whole only: in so little text,
    common phrases look like copying. Scripts with spaces need twice as many."""
    seed: int = 0
    """Seed of the hashes; another one may miss other pairs near the threshold."""
    scheme: str = "one_permutation"
    """Kind of MinHash signature."""
    prefer: str | None = None
    """Column of numbers, such as a score or the rank of a source; of each cluster the member with
    the largest is kept, one without a number last."""
    text_field: str = schema.TEXT
    """Column to compare."""
    name: str | None = None
    """Name in the ledger and the report."""

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Raise ``RecipeError`` when a field cannot work."""
        what = type(self).__name__
        if not 0.5 <= self.aligned <= 1:
            raise RecipeError(
                f"{what}: aligned={self.aligned}; give a share from 0.5 to 1, for example 0.9"
            )
        if self.jaccard is not None and not 0.1 <= self.jaccard <= 1:
            raise RecipeError(
                f"{what}: jaccard={self.jaccard}; give a share from 0.1 to 1, for example 0.8"
            )
        for field in ("shingle_characters", "bands", "rows_per_band", "min_key_characters"):
            value = getattr(self, field)
            if value is not None and value < 1:
                raise RecipeError(f"{what}: {field}={value}; give a whole number from 1")
        if (self.bands is None) != (self.rows_per_band is None):
            raise RecipeError(f"{what}: give both bands and rows_per_band, or neither")
        if not 0 <= self.seed < 1 << 63:
            raise RecipeError(f"{what}: seed={self.seed}; give a whole number from 0 to 2**63 - 1")
        if self.scheme not in SCHEMES:
            raise RecipeError(f"{what}: scheme={self.scheme!r}{nearest(self.scheme, SCHEMES)}")

    @property
    def signing(self) -> Signing:
        """The resolved parameters of the signatures."""
        bands, rows = self.bands, self.rows_per_band
        characters = (ALIGNED_CHARACTERS, ALIGNED_CHARACTERS)
        if self.jaccard is not None:
            characters = (UNSPACED_CHARACTERS, SPACED_CHARACTERS)
        if bands is None or rows is None:
            chosen = (ALIGNED_BANDS, 1) if self.jaccard is None else choose_bands(self.jaccard)
            bands, rows = chosen
        if self.shingle_characters is not None:
            characters = (self.shingle_characters, self.shingle_characters)
        return Signing(
            text_field=self.text_field,
            characters=characters,
            bands=bands,
            rows_per_band=rows,
            sketched=self.jaccard is None,
            min_key_characters=self.min_key_characters,
            seed=self.seed,
            scheme=self.scheme,
            prefer=self.prefer,
        )

    def columns_needed(self) -> tuple[str, ...]:
        """Return id, text and the column that decides."""
        return (*super().columns_needed(), *([] if self.prefer is None else [self.prefer]))

    def mark(self, parts: Corpus, work: Path, client: Any | None) -> pa.Table:
        """Return marks with reason ``same_key`` or ``fuzzy_duplicate`` and the share as value."""
        return to_marks(parts, self.label, self.duplicates(parts, work, client))

    def open(self, parts: Corpus, work: Path) -> None:
        """Make the work folder, or check that it was made by the same stage for the same parts."""
        parameters = {"stage": "FuzzyDuplicates", **asdict(self), **self.signing._asdict()}
        del parameters["name"]
        parameters["characters"] = list(self.signing.characters)
        open_work(work, {**parameters, "rows": [part.rows for part in parts.parts]})

    def duplicates(
        self,
        parts: Corpus,
        work: Path,
        client: Any | None,
        absent: np.ndarray = NO_ROWS,
    ) -> Duplicates:
        """Return which rows to drop, and for which; ``absent`` (int64[n]) were dropped before."""
        from curator.dedup.copies.finding import find  # of no use before; see its make_ready

        self.open(parts, work)
        return find(parts, self.signing, (self.aligned, self.jaccard), work, client, absent)
