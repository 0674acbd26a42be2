"""Commands that are characters, and how many arguments those have that are no text."""

from __future__ import annotations

import unicodedata

from curator.acquire.latex.tokens import commands


def _starred(names: str) -> frozenset[str]:
    return frozenset(name + star for name in names.split() for star in ("", "*"))


ACCENTS = {
    "\\'": "\u0301", "\\`": "\u0300", "\\^": "\u0302", '\\"': "\u0308", "\\~": "\u0303",
    "\\=": "\u0304", "\\.": "\u0307", "\\u": "\u0306", "\\v": "\u030c", "\\H": "\u030b",
    "\\c": "\u0327", "\\k": "\u0328", "\\r": "\u030a", "\\d": "\u0323", "\\b": "\u0331",
    "\\t": "\u0361", "\\h": "\u0309", "\\G": "\u030f", "\\C": "\u030f", "\\U": "\u030e",
    "\\textcommabelow": "\u0326", "\\capitalgrave": "\u0300",
}  # fmt: skip
"""Accent commands and their combining marks; ``\\h`` is the hook of Vietnamese (T5)."""

LETTERS = {
    "\\i": "ı", "\\j": "ȷ", "\\ss": "ß", "\\SS": "ẞ", "\\ae": "æ", "\\AE": "Æ", "\\oe": "œ",
    "\\OE": "Œ", "\\o": "ø", "\\O": "Ø", "\\l": "ł", "\\L": "Ł", "\\aa": "å", "\\AA": "Å",
    "\\dh": "ð", "\\DH": "Ð", "\\dj": "đ", "\\DJ": "Đ", "\\th": "þ", "\\TH": "Þ", "\\ng": "ŋ",
    "\\NG": "Ŋ", "\\ohorn": "ơ", "\\OHORN": "Ơ", "\\uhorn": "ư", "\\UHORN": "Ư", "\\ij": "ĳ",
    "\\IJ": "Ĳ",
}  # fmt: skip

SYMBOLS = {
    **LETTERS,
    "\\%": "%", "\\&": "&", "\\$": "$", "\\#": "#", "\\_": "_", "\\{": "{", "\\}": "}",
    "\\ ": " ", "\\\n": " ", "\\\t": " ", "\\,": " ", "\\;": " ", "\\:": " ", "\\>": " ",
    "\\!": "", "\\/": "", "\\-": "", "\\@": "", "\\quad": " ", "\\qquad": " ", "\\enspace": " ",
    "\\thinspace": " ", "\\space": " ", "\\hfill": " ", "\\hfil": " ", "\\xspace": "",
    "\\nobreakspace": " ", "\\ignorespaces": "", "\\S": "§", "\\P": "¶", "\\dag": "†",
    "\\ddag": "‡", "\\copyright": "©", "\\pounds": "£", "\\ldots": "…", "\\dots": "…",
    "\\textellipsis": "…", "\\textendash": "–", "\\textemdash": "—", "\\textquoteleft": "‘",
    "\\textquoteright": "’", "\\textquotedblleft": "“", "\\textquotedblright": "”",
    "\\textquotesingle": "'", "\\textquotedbl": '"', "\\quotedblbase": "„", "\\glqq": "„",
    "\\grqq": "“", "\\guillemotleft": "«", "\\guillemotright": "»", "\\guilsinglleft": "‹",
    "\\guilsinglright": "›", "\\textbackslash": "\\", "\\textbar": "|", "\\textless": "<",
    "\\textgreater": ">", "\\textasciitilde": "~", "\\textasciicircum": "^",
    "\\textunderscore": "_",
    "\\textbraceleft": "{", "\\textbraceright": "}", "\\textdollar": "$", "\\textbullet": "•",
    "\\textperiodcentered": "·", "\\textdegree": "°", "\\degree": "°", "\\textmu": "µ",
    "\\texteuro": "€", "\\euro": "€", "\\textsterling": "£", "\\textyen": "¥",
    "\\textregistered": "®",
    "\\texttrademark": "™", "\\textcopyright": "©", "\\textexclamdown": "¡",
    "\\textquestiondown": "¿", "\\textonehalf": "½", "\\texttimes": "×", "\\textpm": "±",
    "\\textordfeminine": "ª", "\\textordmasculine": "º", "\\textsection": "§", "\\slash": "/",
    "\\TeX": "TeX", "\\LaTeX": "LaTeX", "\\LaTeXe": "LaTeX2ε", "\\BibTeX": "BibTeX",
    "\\XeTeX": "XeTeX", "\\CJKtilde": "", "\\newline": "\v", "\\linebreak": "\v", "\\\\": "\v",
    "\\cr": "\v", "\\tabularnewline": "\v",
}  # fmt: skip
"""``\\v`` (vertical tabulation) is a new line inside of a paragraph."""

PARAGRAPHS = commands(
    """par smallskip medskip bigskip newpage clearpage cleardoublepage pagebreak maketitle
    indent vfill appendix"""
)

HEADINGS = commands(
    """part chapter section subsection subsubsection paragraph subparagraph addchap addsec"""
)

CITATIONS = commands(
    """cite citep citet citealt citealp citeauthor citeyear citeyearpar citenum citen cites
    Cite Citet Citep Citeauthor parencite textcite autocite footcite supercite fullcite
    shortcite citeasnoun onlinecite nocite"""
)

REFERENCES = commands(
    """ref eqref autoref cref Cref pageref nameref vref Vref labelcref crefrange Crefrange
    subref figref tabref secref"""
)

STRUCTURE = commands(
    """begin end document enddocument item title abstract caption captionof footnote footnotetext
    input include subfile import subimport bibliography verb lstinline char symbol makeatletter
    makeatother left right [ ] ( ) endinput bye url path nolinkurl"""
)

KNOWN = frozenset(
    STRUCTURE
    | HEADINGS
    | CITATIONS
    | REFERENCES
    | {"\\label", "\\usepackage", "\\documentclass", "\\includegraphics", "\\author", "\\thanks"}
)
"""Commands that a paper's own definitions do not change: they say what a text is."""

DROPPED = {
    "label": "m", "vspace": "sm", "hspace": "sm", "vskip": "d", "hskip": "d", "kern": "d",
    "includegraphics": "soom", "epsfig": "m", "epsfbox": "om", "epsffile": "om", "psfig": "m",
    "usepackage": "omo", "RequirePackage": "omo", "documentclass": "omo", "documentstyle": "om",
    "bibliographystyle": "m", "pagestyle": "m", "thispagestyle": "m", "pagenumbering": "m",
    "setlength": "mm", "addtolength": "mm", "setcounter": "mm", "addtocounter": "mm",
    "stepcounter": "m", "refstepcounter": "m", "newcounter": "mo", "newlength": "m",
    "color": "om", "textcolor": "om", "definecolor": "mmm", "colorbox": "om", "fcolorbox": "omm",
    "href": "om", "hypersetup": "m", "hyphenation": "m", "index": "m", "glossary": "m",
    "author": "om", "address": "om", "affiliation": "om", "affil": "om", "institute": "m",
    "institution": "m", "email": "om", "ead": "om", "thanks": "m", "date": "m", "pacs": "m",
    "keywords": "m", "subjclass": "om", "authorrunning": "m", "titlerunning": "m", "orcid": "m",
    "correspondingauthor": "m", "altaffiliation": "om", "homepage": "om", "preprint": "m",
    "parbox": "ooom", "raisebox": "moo", "scalebox": "mo", "resizebox": "smm", "rotatebox": "om",
    "makebox": "oo", "framebox": "oo", "rule": "omm", "fontsize": "mm", "selectfont": "",
    "fontfamily": "m", "fontseries": "m", "fontshape": "m", "fontencoding": "m", "usefont": "mmmm",
    "multicolumn": "mm", "multirow": "omom", "cline": "m", "cmidrule": "om",
    "addcontentsline": "mmm",
    "markboth": "mm", "markright": "m", "graphicspath": "m", "geometry": "m", "newsavebox": "m",
    "input@path": "m", "theoremstyle": "m", "numberwithin": "omm", "captionsetup": "om",
    "tikzset": "m", "usetikzlibrary": "m", "pgfplotsset": "m", "lstset": "m", "sisetup": "m",
    "setlist": "om", "bibitem": "om", "bibinfo": "m", "bibfield": "m", "bibnamefont": "",
    "bibfnamefont": "", "newfont": "mm", "newblock": "", "phantom": "m", "hphantom": "m",
    "vphantom": "m", "includepdf": "om", "externaldocument": "om", "allowdisplaybreaks": "o",
    "setmainfont": "mo", "setCJKmainfont": "mo", "setsansfont": "mo", "setmonofont": "mo",
    "addbibresource": "om", "printbibliography": "o", "footnotemark": "o", "marginpar": "om",
    "todo": "om", "hyperlink": "m", "hypertarget": "m", "newcolumntype": "mom", "arraystretch": "",
    "renewcommandx": "moom", "ProvidesPackage": "mo", "NeedsTeXFormat": "mo", "begingroup": "",
    "CJKfamily": "m", "tableofcontents": "", "listoffigures": "", "listoftables": "", "vglue": "m",
    "AtBeginDocument": "m", "AtEndDocument": "m", "ensuremath": "", "acro": "m", "pdfinfo": "m",
    "special": "m", "typeout": "m", "write": "mm", "immediate": "", "hoffset": "e", "voffset": "e",
    "textwidth": "e", "textheight": "e", "oddsidemargin": "e", "evensidemargin": "e",
    "topmargin": "e",
    "parindent": "e", "parskip": "e", "baselineskip": "e", "headheight": "e", "headsep": "e",
    "hsize": "e", "vsize": "e", "columnsep": "e", "tabcolsep": "e", "baselinestretch": "e",
    "magnification": "e", "penalty": "e", "catcode": "e", "footskip": "e", "itemsep": "e",
    "parsep": "e", "topsep": "e", "pdfoutput": "e", "tolerance": "e", "hbadness": "e",
    "emergencystretch": "e",
    "newgeometry": "m", "pagecolor": "om", "enlargethispage": "sm", "linespread": "m",
    "setstretch": "m", "crefname": "mmm", "Crefname": "mmm", "titlespacing": "smmmm",
    "PassOptionsToPackage": "mm", "DeclareGraphicsExtensions": "m", "pdfbookmark": "omm",
    "texorpdfstring": "m", "looseness": "e", "widowpenalty": "e", "clubpenalty": "e",
    "IEEEauthorblockN": "m", "IEEEauthorblockA": "m", "includesvg": "om", 
    "PACS": "m", "runauthor": "m", "runtitle": "m",
}  # fmt: skip
"""Arguments that are no text: ``s`` a star, ``o`` optional, ``m`` mandatory, ``d`` a length, ``e``
a value behind ``=`` that is not always there. Arguments behind them are text."""

ENVIRONMENT_ARGUMENTS = {
    "minipage": "ooom", "multicols": "mo", "tabular": "om", "tabular*": "mom", "tabularx": "mom",
    "longtable": "om", "array": "om", "wrapfigure": "omom", "adjustbox": "m", "adjustwidth": "smm",
    "CJK": "omm", "CJK*": "omm", "list": "mm", "spacing": "m", "otherlanguage": "m",
    "otherlanguage*": "m", "thebibliography": "m", "enumerate": "o", "itemize": "o",
    "description": "o", "frame": "oo", "subequations": "", "tabu": "m", "supertabular": "m",
    "savenotes": "", "column": "m", "columns": "o", "block": "m", "scope": "o", "quote": "",
}  # fmt: skip

MATHS = _starred(
    """equation align gather multline eqnarray displaymath flalign alignat math dmath
    gathered aligned split subeqnarray IEEEeqnarray xalignat dgroup"""
)

FIGURES = _starred("""figure wrapfigure SCfigure sidewaysfigure floatingfigure subfigure""")

TABLES = _starred(
    """table tabular tabularx tabulary longtable sidewaystable deluxetable wraptable
    supertabular tabu longtabu tabbing tblr"""
)

DRAWINGS = _starred(
    """tikzpicture pspicture picture forest axis pgfpicture circuitikz xy diagram CD tikzcd"""
)

CODE = _starred("verbatim Verbatim lstlisting minted alltt BVerbatim")


def composed(base: str, mark: str) -> str:
    """Return text with a combining mark on its first character: ``("ı", "\\u0301")`` → ``í``."""
    base = {"ı": "i", "ȷ": "j"}.get(base[:1], base[:1]) + base[1:]
    if not base or base.isspace():
        return base
    end = 1
    while end < len(base) and unicodedata.combining(base[end]):
        end += 1
    return unicodedata.normalize("NFC", base[:end] + mark) + base[end:]
