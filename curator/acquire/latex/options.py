"""What is wanted of a paper, and what is found in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LatexOptions:
    """What of a paper becomes text."""

    math: str | None = None
    """What stands for a formula; ``None`` keeps its TeX, with the paper's own macros replaced."""
    references: str = "[…]"
    """What stands for a citation or the number of a section; empty to leave it out."""
    figures: bool = False
    """Keep what is in figures: their captions."""
    tables: bool = False
    """Keep tables, the cells of a row as ``a | b``."""
    bibliography: bool = False
    """Keep the list of references."""
    footnotes: bool = True
    """Keep footnotes, each behind its paragraph."""
    code: bool = False
    """Keep listings."""


@dataclass(frozen=True)
class Paper:
    """What was found in a paper."""

    title: str
    text: str
    """Title, abstract, sections; a blank line between blocks."""
    missing_inputs: int
    """Files that it reads in and that are not there."""
