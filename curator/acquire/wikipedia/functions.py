"""Parser functions and magic words: ``{{formatnum:1234}}``, ``{{#if:a|b}}``, ``{{PAGENAME}}``."""

from __future__ import annotations

from collections.abc import Sequence

from curator.acquire.wikipedia.marks import FENCE, is_blank

TITLE_WORDS = (
    "PAGENAME FULLPAGENAME BASEPAGENAME SUBPAGENAME ROOTPAGENAME TITLE "
    "PAGENAMEE FULLPAGENAMEE BASEPAGENAMEE"
)
SHOWN_WORDS = "formatnum lc uc lcfirst ucfirst padleft padright nse urlencode"
HIDDEN_WORDS = (
    "defaultsort displaytitle defaultsortkey defaultcategorysort pagelanguage int ns "
    "fullurl localurl filepath subst safesubst msg raw anchorencode canonicalurl gender "
    "numberofarticles currentyear currentmonth currentday currenttime currentmonthname currentdow "
    "currentday2 localyear localmonth localday localtime sitename server namespace talkpagename "
    "numberofpages numberofusers numberofactiveusers numberofedits numberoffiles revisionid "
    "revisionuser revisiontimestamp pagesize protectionlevel currenttimestamp contentlanguage "
    "currentversion scriptpath stylepath"
)
TITLES = frozenset(TITLE_WORDS.split())
SHOWN = frozenset(SHOWN_WORDS.split())
HIDDEN = frozenset(HIDDEN_WORDS.split())
CHANGES = {
    "lc": str.lower,
    "uc": str.upper,
    "lcfirst": lambda text: text[:1].lower() + text[1:],
    "ucfirst": lambda text: text[:1].upper() + text[1:],
}


def parser_function(name: str, rest: Sequence[str], title: str) -> str | None:
    """Return what a parser function or magic word shows, ``None`` for a template's name."""
    word, colon, first = name.partition(":")
    word = word.strip(" \t\n" + FENCE)
    if not colon:
        if word in TITLES:
            return title
        return FENCE if word.isupper() and word.casefold() in HIDDEN else None
    if word.startswith("#"):
        return _branch(word.casefold(), first, rest)
    word = word.casefold()
    if word in SHOWN:
        return CHANGES.get(word, str)(first.strip())
    if word == "plural":
        return rest[-1] if rest else FENCE
    if word == "grammar":
        return rest[0] if rest else FENCE
    return FENCE if word in HIDDEN else None


def _branch(word: str, first: str, rest: Sequence[str]) -> str:
    """``#if`` and ``#ifeq`` are decided; what needs a wiki or arithmetic shows nothing."""
    chosen = ""
    if word == "#if":
        chosen = _at(rest, 1 if is_blank(first) else 0)
    elif word == "#ifeq":
        chosen = _at(rest, 1 if first.strip() == _at(rest, 0) else 2)
    elif word in ("#iferror", "#ifexist", "#ifexpr"):
        chosen = _at(rest, 1) if word == "#iferror" else _at(rest, 0)
    elif word == "#switch":
        chosen = _switch(first.strip(), rest)
    elif word in ("#dateformat", "#formatdate", "#lst", "#language"):
        chosen = first.strip() if word != "#lst" else ""
    return chosen or FENCE


def _switch(value: str, cases: Sequence[str]) -> str:
    matched = False
    for place, case in enumerate(cases):
        label, equals, shown = case.partition("=")
        matched = matched or label.strip() == value
        if equals and (matched or label.strip() == "#default"):
            return shown.strip()
        if not equals and place == len(cases) - 1:
            return label.strip()
    return ""


def _at(parts: Sequence[str], index: int) -> str:
    return parts[index].strip() if index < len(parts) else ""
