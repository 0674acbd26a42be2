"""Modifiers: text in, text out. Everything public is listed here, and recipes look here."""

from curator.modifiers.base import DocumentModifier
from curator.modifiers.chinese import CantoneseCleaner, HanOnlyCleaner
from curator.modifiers.lines import LineRemover, NewlineNormalizer
from curator.modifiers.markup import MarkdownRemover, QuotationRemover, Slicer
from curator.modifiers.script import ScriptConverter
from curator.modifiers.unicode import UnicodeReformatter
from curator.modifiers.urls import UrlRemover

__all__ = [
    "CantoneseCleaner",
    "DocumentModifier",
    "HanOnlyCleaner",
    "LineRemover",
    "MarkdownRemover",
    "NewlineNormalizer",
    "QuotationRemover",
    "ScriptConverter",
    "Slicer",
    "UnicodeReformatter",
    "UrlRemover",
]
