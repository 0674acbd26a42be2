"""Stages: objects that take a dataset and return a dataset."""

from curator.stages.add_id import AddId
from curator.stages.base import LocalStageBase, Stage
from curator.stages.global_stage import GlobalStageBase
from curator.stages.modify import Modify
from curator.stages.score import Filter, Score, ScoreFilter
from curator.stages.sequential import Sequential
from curator.stages.workspace import Workspace

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
