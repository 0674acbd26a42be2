"""What a stage is, and what local stages share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from curator import schema
from curator.errors import DataError, RecipeError, nearest, shorten

if TYPE_CHECKING:
    from curator.batch import Batch, Tally
    from curator.dataset import DocumentDataset


class Stage:
    """Anything that takes a dataset and returns a dataset."""

    @property
    def label(self) -> str:
        """The name this stage goes by in plans, ledgers and reports unless it is given one."""
        return getattr(self, "name", None) or type(self).__name__


class LocalStageBase(Stage):
    """A stage that looks at one document, or one partition, at a time."""

    def __call__(self, dataset: DocumentDataset) -> DocumentDataset:
        """Return the dataset with this stage waiting to run."""
        return dataset.then(self, dataset.free_name(self.label))

    def apply(self, batch: Batch, name: str) -> Tally:
        """Run over one partition."""
        raise NotImplementedError(f"{type(self).__name__} has no apply; define apply(batch, name)")

    def columns_after(self, columns: Sequence[str], name: str) -> tuple[str, ...]:
        """Return the columns after this stage; the default changes none."""
        return tuple(columns)


def require_columns(
    wanted: Sequence[str], columns: Sequence[str], stage: str, mend: str = ""
) -> None:
    """Raise ``RecipeError`` when a column a stage reads will not be there."""
    for column in wanted:
        if column not in columns:
            raise RecipeError(
                f"{stage} reads column {column!r}, which is not there"
                f"{nearest(column, schema.visible_columns(columns))}{mend}"
            )


def with_new_column(columns: Sequence[str], column: str, field: str, stage: str) -> tuple[str, ...]:
    """Return the columns with one more; raises ``RecipeError`` where it would replace another."""
    if column in columns or column in (schema.ID, schema.TEXT, *schema.RESERVED):
        raise RecipeError(
            f"{stage}: {field} {column!r} is a column already; take another name, nothing is "
            "written over"
        )
    return (*columns, column)


def call_for_rows(
    function: Callable[[str], Any],
    texts: Sequence[str],
    identifiers: Sequence[str],
    stage: str,
    *,
    strict: bool,
) -> tuple[list[Any], dict[int, str]]:
    """Call a user's function once a text; returns the results and the failures by position.

    A failing document is never data: its result is ``None`` and its position is in the failures
    with the error's text. With ``strict`` the first failure raises ``DataError`` instead.
    """
    results: list[Any] = []
    failures: dict[int, str] = {}
    for position, text in enumerate(texts):
        try:
            results.append(function(text))
        except MemoryError:  # the machine's fault, not the document's
            raise
        except (Exception, SystemExit) as error:  # a user's code may raise anything: a ledger row
            if strict:
                raise DataError(
                    f"{stage}: document {identifiers[position]!r}: "
                    f"{type(error).__name__}: {error}; text {shorten(text)}"
                ) from error
            results.append(None)
            failures[position] = f"{type(error).__name__}: {error}"[:200]
    return results, failures
