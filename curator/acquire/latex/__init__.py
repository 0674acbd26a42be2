"""LaTeX papers as text."""

from curator.acquire.latex.stream import TexError
from curator.acquire.latex.text import LatexOptions, Paper, latex_text

__all__ = ["LatexOptions", "Paper", "TexError", "latex_text"]
