"""Stages: objects that take a dataset and return a dataset.

The names load on first use: a global stage needs neither the filters nor the modifiers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curator.later import names_later

if TYPE_CHECKING:
    from curator.stages.add_id import AddId
    from curator.stages.base import LocalStageBase, Stage
    from curator.stages.global_stage import GlobalStageBase
    from curator.stages.modify import Modify
    from curator.stages.score import Filter, Score, ScoreFilter
    from curator.stages.sequential import Sequential
    from curator.stages.workspace import Workspace

_HOMES = {
    "AddId": "curator.stages.add_id",
    "Filter": "curator.stages.score",
    "GlobalStageBase": "curator.stages.global_stage",
    "LocalStageBase": "curator.stages.base",
    "Modify": "curator.stages.modify",
    "Score": "curator.stages.score",
    "ScoreFilter": "curator.stages.score",
    "Sequential": "curator.stages.sequential",
    "Stage": "curator.stages.base",
    "Workspace": "curator.stages.workspace",
}

__all__ = [
    "AddId",
    "Filter",
    "GlobalStageBase",
    "LocalStageBase",
    "Modify",
    "Score",
    "ScoreFilter",
    "Sequential",
    "Stage",
    "Workspace",
]

__getattr__, __dir__ = names_later(__name__, _HOMES)
