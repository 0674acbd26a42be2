"""Sequential: stages one after the other; a stage itself."""

from __future__ import annotations

from collections.abc import Sequence

from curator.dataset import DocumentDataset
from curator.errors import CuratorError, RecipeError, named, shorten
from curator.stages.base import LocalStageBase, Stage, require_columns
from curator.stages.global_stage import GlobalStageBase
from curator.stages.workspace import Workspace


class Sequential(Stage):
    """Runs stages in order. Neighbouring local stages run fused, in one task a partition.

    Every name and column is checked before a byte is read, up to the first global stage when the
    dataset is built, and for the whole list by ``check``.
    """

    def __init__(self, modules: Sequence[Stage], name: str | None = None) -> None:
        self.modules = tuple(modules)
        self.name = name
        for module in self.modules:
            if not callable(module):
                raise RecipeError(
                    f"Sequential: {module!r} is not a stage; wrap a modifier in Modify and a "
                    "filter in ScoreFilter"
                )

    def flat(self) -> tuple[Stage, ...]:
        """Return the stages with nested ``Sequential``s opened up."""
        stages: list[Stage] = []
        for module in self.modules:
            stages.extend(module.flat() if isinstance(module, Sequential) else (module,))
        return tuple(stages)

    def __call__(
        self, dataset: DocumentDataset, workspace: Workspace | None = None
    ) -> DocumentDataset:
        """Return the dataset with every stage applied; local ones wait until it is computed."""
        self.check(dataset.columns_known, dataset.names)
        for stage in self.flat():
            name = getattr(stage, "label", type(stage).__name__)
            if isinstance(stage, GlobalStageBase):
                dataset = stage(dataset, workspace)
            else:
                with named(name):
                    dataset = stage(dataset)  # type: ignore[operator]  # callable: checked above
                if not isinstance(dataset, DocumentDataset):
                    raise CuratorError(f"{name}: returned {shorten(dataset)}, not a dataset")
        return dataset

    def check(self, columns: Sequence[str], names: Sequence[str] = ()) -> tuple[str, ...]:
        """Check names and columns of all stages without data; returns the columns at the end."""
        known = tuple(columns)
        taken = set(names)
        for stage in self.flat():
            name = getattr(stage, "label", type(stage).__name__)
            explicit = getattr(stage, "name", None)
            if explicit is not None and explicit in taken:
                raise RecipeError(f"two stages are named {explicit!r}; give one another `name`")
            taken.add(name)
            if isinstance(stage, LocalStageBase):
                known = stage.columns_after(known, name)
            elif isinstance(stage, GlobalStageBase):
                require_columns(stage.columns_needed(), known, name, "; add AddId before it")
        return known
