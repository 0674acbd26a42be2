r"""LaTeX: the words of a paper, its own macros replaced, within limits."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curator.acquire.latex import LatexOptions, TexError, latex_text, stream

NONE = LatexOptions()


def text(source: str, **options: object) -> str:
    return latex_text(source, LatexOptions(**options)).text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r"\'e \'{e} \`a \^{\i} \"o na\"{\i}ve \~n \=a \.z", "é é à î ö naïve ñ ā ż"),
        (r"\c{c} \v{S} \u{g} \H{o} \k a \r{a} \d{u} \b{d}", "ç Š ğ ő ą å ụ ḏ"),
        (r"Vi\d{\^e}t H\^{o}m \'{\^a} \h{a} \uhorn", "Việt Hôm ấ ả ư"),
        (r"\ss{} \ae \OE \o{} \L\'od\'z \aa \i", "ß æŒø Łódź åı"),
        (r"\'{} x \'", "x"),
        ("``two'' `one' don't -- and --- pages 1--2", "“two” ‘one’ don’t – and — pages 1–2"),
        (r"?`Qu\'e? !`Ol\'e!", "¿Qué? ¡Olé!"),
        (r"100\% \& \$5 \#1 a\_b \{x\} \S 2 \copyright", "100% & $5 #1 a_b {x} §2 ©"),
        (r"a~b\ c\,d \LaTeX{} is \TeX.", "a b c d LaTeX is TeX."),
        ("食\n飯 aku\nmangan % comment\n  lan", "食飯 aku mangan lan"),
        ("one% \ntwo %\n\nthree", "onetwo\n\nthree"),
        (r"line\\[2pt]next \newline last", "line\nnext\nlast"),
        (r"\textbf{b \textit{i}} {\em e} \emph{f} \unknown{g}", "b i e f g"),
        (r"\verb|\a{b}%| and \verb*+ x+", r"\a{b}% and x"),
        (r"\char65 \char`\~ \char'101 \symbol{66} \char9999999", "A~ AB"),
        (r"\href{http://a.b}{words} \url{http://c.d} \textcolor[rgb]{1,0,0}{red}",
         "words http://c.d red"),
        (r"\vspace{1cm}a\hskip 10pt plus 1fil b\vskip-2.5mm c\parindent=0pt d\rule{1pt}{2pt}",
         "a b c d"),
        (r"\footnote{Below.}Above.", "Above.\n\nBelow."),
        (r"\begin{itemize}\item a \item[b)] c\end{itemize}", "- a\nb) c"),
        (r"\begin{enumerate}\item a \begin{enumerate}\item b\end{enumerate}\item c\end{enumerate}",
         "1. a\n1. b\n2. c"),
        (r"\section*{One}\label{s} text \subsection[short]{Two long} more",
         "One\n\ntext\n\nTwo long\n\nmore"),
        (r"see \cite[p.~3]{a,b}, Section~\ref{s}", "see […], Section […]"),
        (r"\begin{CJK}{UTF8}{bsmi}佢哋食飯\end{CJK}。", "佢哋食飯。"),
        (r"\begin{center}mid\end{center}\begin{minipage}[t]{3cm}mini\end{minipage}", "mid\n\nmini"),
        ("a$$b$", "a$"),
    ],
)  # fmt: skip
def test_words_of_tex(source: str, expected: str) -> None:
    if source == "a$$b$":
        with pytest.raises(TexError, match="a formula has no"):
            text(source)
    else:
        assert text(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r"\newcommand{\x}{one}\x{} \x two", "one onetwo"),
        (r"\newcommand\p[2][d]{(#1,#2)}\p{a} \p[b]{c} \p e", "(d,a) (b,c) (d,e)"),
        (r"\def\a#1#2{#2#1}\a xy \a{1}{2}", "yx 21"),
        (r"\def\a#1.#2;{<#1|#2>}\a left.right;!", "<left|right>!"),
        (r"\def\a(#1){[#1]}\a(in) out", "[in] out"),
        (r"\newcommand{\o}[1]{\newcommand{\i}[1]{##1-#1}\i{x}}\o{y}", "x-y"),
        (r"\let\old=\emph \old{e} \def\b{B}\let\c\b \def\b{D}\c\b", "e BD"),
        (r"\newif\ifdraft \ifdraft a\else b\fi \drafttrue \ifdraft c\else d\fi", "bc"),
        (r"\iffalse x \if y z \fi \else w\fi \iftrue t\else u\fi", "wt"),
        (r"\ifx\a\b yes\else no\fi \ifnum1>2 a\else b\fi", "nob"),
        (r"\newenvironment{q}[1]{<#1:}{>}\begin{q}{n}in\end{q}", "<n:in>"),
        (r"\newtheorem{thm}{Theorem}\begin{thm}[Main] So.\end{thm}", "Theorem (Main). So."),
        (r"\NewDocumentCommand{\z}{s O{o} m}{#1#2#3}\z{m} \z*[p]{q}", "om *pq"),
        (r"\DeclareMathOperator*{\argmax}{arg\,max}$\argmax x$", r"$\operatorname*{arg\,max}x$"),
        (r"\def\b{\@ifstar{s}{\@ifnextchar[{o}{n}}}\makeatletter", ""),
        (r"\makeatletter\def\b{\@ifstar{s}{\@ifnextchar[{o}{n}}}\b* \b[x] \b y", "s o[x] ny"),
        (r"\ifthenelse{\x}{a}{b}$\mathchoice{a}{b}{c}{d}$\csname x\endcsname", "b$b$"),
        (r"\edef\l{a}\edef\l{\l b}\edef\l{\l c}\l", "abc"),
        (r"\expandafter\def\csname my name\endcsname{ok}\csname my name\endcsname", "ok"),
        (r"\def\d{\mathrm{d}}$\d x$", r"$\mathrm{d}x$"),
        (r"\renewcommand{\section}[1]{gone}\section{Here}", "Here"),
        (r"\providecommand{\x}{a}\providecommand{\x}{b}\x", "a"),
    ],
)
def test_macros_are_replaced(source: str, expected: str) -> None:
    assert text(source) == expected


FLOATS = r"""Before.
\begin{figure*}[t]\includegraphics[width=3cm]{a_b.eps}\caption[s]{A caption.}\label{f}\end{figure*}
\begin{table}\begin{tabular}{l|r} a & b \\ \hline 食 & 飯 \end{tabular}\end{table}
\begin{verbatim}
x {  y
\end{verbatim}
\begin{tikzpicture}\draw (0,0) node {drawn};\end{tikzpicture}
\begin{thebibliography}{9}\bibitem[A]{a} Author, Title.\end{thebibliography}
After."""


def test_figures_tables_code_and_references_by_option() -> None:
    assert text(FLOATS) == "Before. After."
    whole = text(FLOATS, figures=True, tables=True, code=True, bibliography=True)
    for part in ("A caption.", "a | b\n食 | 飯", "x {  y", "Author, Title."):
        assert part in whole
    assert "drawn" not in whole


def test_formulas_by_option() -> None:
    source = (
        "Let $x \\in\n \\R$ be \\(y\\).\n\\begin{align*} a &= b \\label{e} \\end{align*} so \\[c\\]"
    )
    source = "\\newcommand{\\R}{\\mathbb{R}}" + source
    assert text(source) == ("Let $x \\in\\mathbb{R}$ be $y$.\n$$a &= b$$\nso\n$$c$$")
    assert text(source, math="[formula]") == (
        "Let [formula] be [formula].\n[formula]\nso\n[formula]"
    )
    assert text(source, math="") == "Let be.\nso"
    assert text(r"see \cite{a}.", references="") == "see."
    assert text("five $ and no more") == "five $ and no more"
    assert text(r"$\text{if $n$ is odd}$ x") == r"$\text{if $n$ is odd}$ x"


PAPER = r"""\documentclass{article}
\usepackage{a}\def\x{X}
\title{A \emph{Title}\thanks{Money}}\author{A. Author\\Some Place}\date{\today}
\abstract{Summary in the preamble.}
Words before the body.
\begin{document}
\maketitle
\input{parts/one}\include{two}\input three
\input{absent}
\end{document}
Words behind the body."""


def test_a_paper_of_several_files() -> None:
    files = {"parts/one": r"One \x.", "two": r"\section{Two} \input{parts/one}", "three": "Three."}
    asked: list[str] = []

    def find(name: str) -> tuple[str, str] | None:
        asked.append(name)
        return (name, files[name]) if name in files else None

    paper = latex_text(PAPER, NONE, find, "main.tex")
    assert paper.title == "A Title"
    assert paper.text == "A Title\n\nSummary in the preamble.\n\nOne X.\n\nTwo\n\nOne X.Three."
    assert paper.missing_inputs == 1
    assert asked == ["parts/one", "two", "parts/one", "three", "absent"]


def test_the_body_may_be_in_another_file() -> None:
    files = {"main": "Preamble. \\begin{document}Body.\\input{sub}\\end{document} behind"}
    files["sub"] = "\\documentclass{subfiles}\\begin{document} Part.\\end{document} behind"
    paper = latex_text("Options. \\input{main}", NONE, lambda name: (name, files[name]), "root")
    assert paper.text == "Body. Part."


def test_a_file_that_reads_itself_is_counted() -> None:
    paper = latex_text(r"a \input{me} b", NONE, lambda name: ("me", r"c \input{me} d"), "main")
    assert (paper.text, paper.missing_inputs) == ("a c d b", 1)


LETTERS = "abcdefghijklmnopqrstuvwxyz"
DOUBLING = "".join(rf"\def\{one}{{\{two}\{two}}}" for one, two in itertools.pairwise(LETTERS))
DOUBLING += r"\def\z{zzzzzzzz}\a"

BOMBS = [
    r"\def\a{\a}\a",
    r"\def\a{\a\a}\a",
    r"\def\a{x\a}\a",
    r"\def\a{\a x}\a",
    r"\def\a#1{\a{#1#1}}\a{xxxxxxxx}",
    DOUBLING,
    r"\newcommand{\a}[1]{\b{#1}\b{#1}}\newcommand{\b}[1]{\a{#1}\a{#1}}\a{x}",
    r"\newenvironment{e}{\begin{e}}{\end{e}}\begin{e}",
    r"\edef\x{\x\x}" + r"\edef\x{\x\x}" * 40 + "x",
    r"\def\x{xx}" + r"\edef\x{\x\x}" * 40 + r"\x",
    r"\let\a\b\let\b\a\a",
    "\\footnote{" * 5000 + "}" * 5000,
    "\\section{" * 5000 + "}" * 5000,
    r"\def\a{\csname a\endcsname}\a",
]  # fmt: skip


def ends(source: str) -> str:
    """The reason why a source is no text, or ""."""
    try:
        paper = latex_text(source, NONE)
    except TexError as error:
        return error.reason
    assert "\0" not in paper.text
    assert "\v" not in paper.text
    paper.text.encode()
    return ""


@pytest.mark.parametrize("source", BOMBS, ids=range(len(BOMBS)))
def test_bombs_end(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MAX_STEPS", 200_000)
    assert ends(source) in ("", "macro_blow_up", "unclosed_group")


@pytest.mark.parametrize(
    "source",
    [
        "\\emph{" * 20_000 + "x" + "}" * 20_000,
        "{" * 100_000 + "}" * 100_000,
        "$" * 50_001,
        "$x " * 20_000,
        "\\[" * 10_000,
        "\\item [" * 20_000,
        "\\\\[" * 20_000,
        "\\begin{verbatim}" * 20_000,
        "\\begin{figure}" * 20_000,
        "\\'" * 50_000,
        "\\'{" * 20_000,
        "%" * 100_000,
        "\n " * 100_000,
        "\\verb|" * 20_000,
        "\\begin{itemize}" * 20_000,
        "\\if" * 20_000,
        "\\def\\a#1{" * 20_000,
        "\\cite[" * 20_000,
        "#" * 100_000,
        "\\",
        "\0\\section{x}\0block",
    ],
    ids=range(21),
)
def test_hostile_sources_end(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MAX_STEPS", 1_000_000)
    ends(source)
    ends(source + "\n\nend")


PARTS = r"""
    \section { } $ $$ \[ \] \begin{itemize} \end{itemize} \item \def\a #1 \a \newcommand [ ] \' e 嘅
    % & ~ \\ \if \else \fi \verb | \begin{equation} \end{equation} \input \title \footnote \cite
    \char \begin{document} \end{document} ^ _ ' \csname \endcsname \let \begin{tabular}
"""
parts = st.sampled_from([*PARTS.split(), "\n", "\n\n", " "])


@settings(max_examples=250, deadline=None)
@given(source=st.lists(parts, max_size=30).map("".join))
def test_any_source_ends_with_text_or_a_reason(source: str) -> None:
    ends(source)


def test_limits_are_far_above_what_papers_need() -> None:
    body = "Words of a paper with $x_i$ and \\emph{some} macros \\x{a}.\n\n" * 2000
    paper = latex_text("\\newcommand{\\x}[1]{<#1>}" + body, NONE)
    assert paper.text.count("macros <a>.") == 2000
    assert len(body) * 20 < stream.MAX_STEPS
