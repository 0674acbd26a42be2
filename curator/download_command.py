"""The command `curator download`: dumps, archives, pages and lists of URLs into a folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curator.command_line import Size, one_line_errors, stop

if TYPE_CHECKING:
    from curator.acquire.download import Fetched, IndexQuery, Row, Session, Wanted

SHOWN = 10
"""Files that a dry run names."""

ASKED = 3
"""Files whose size a dry run asks for, where the source publishes none."""

SHARED = [
    click.option("--output", "-o", required=True, type=click.Path(path_type=Path),
                 help="Folder for the files and the ledger downloads.jsonl."),
    click.option("--contact", default="", envvar="CURATOR_CONTACT", show_envvar=True,
                 help="Your e-mail address or web page, sent to the servers."),
    click.option("--dry-run", is_flag=True, help="Show what would be fetched; write nothing."),
    click.option("--parallel", type=click.IntRange(1), default=4, show_default=True,
                 help="Transfers at a time."),
    click.option("--per-host", type=click.IntRange(1), default=2, show_default=True,
                 help="Transfers at a time from one host."),
    click.option("--delay", "delay_seconds", type=click.FloatRange(0), default=0.0,
                 metavar="SECONDS", help="Least time between two requests to one host."),
    click.option("--attempts", type=click.IntRange(1), default=5, show_default=True,
                 help="Attempts without progress before a file has failed."),
    click.option("--read-timeout", "read_seconds", type=click.FloatRange(1), default=60.0,
                 show_default=True, metavar="SECONDS", help="Longest wait for the next bytes."),
    click.option("--max-file-size", "max_file_bytes", type=Size(), help="Skip larger files."),
    click.option("--max-total-size", "max_total_bytes", type=Size(),
                 help="Skip what would make this run fetch more."),
    click.option("--url-limit", type=click.IntRange(0), help="Take only the first N files."),
    click.option("--force", is_flag=True, help="Fetch again what is there."),
    click.option("--recheck", is_flag=True,
                 help="Hash the files that are there; fetch again those that changed."),
    click.option("--s3", type=click.Choice(["signed", "anonymous", "requester-pays"]),
                 default="signed", show_default=True, help="How s3:// URLs are asked for."),
    click.option("--quiet", is_flag=True, help="Print the closing line and failures only."),
]  # fmt: skip
"""Options of every kind of download, in the order in which help shows them."""


def base_option(default: str) -> Callable[..., Any]:
    """Return the option that names a source's place, or a mirror of it."""
    return click.option(
        "--base-url", default=default, show_default=True,
        help="The source or a mirror of it: http(s)://, s3:// or a folder.",
    )  # fmt: skip


def shared_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of every download."""
    for option in reversed(SHARED):
        command = option(command)
    return command


@click.group()
def download() -> None:
    """Download raw data; stopped or killed, the same command continues.

    Every file is a line of downloads.jsonl in the output folder: ok with its SHA-256, failed or
    skipped with the reason. See docs/download.md.
    """


@download.command()
@click.argument("start")
@click.argument("end", required=False, default="")
@click.option(
    "--kind",
    type=click.Choice(["warc", "wet", "wat"]),
    default="warc",
    show_default=True,
    help="WARC: pages as they came, about 1 GB a file.",
)
@click.option("--news", is_flag=True, help="The news archive; START and END are months, 2024-03.")
@click.option(
    "--language",
    "languages",
    multiple=True,
    metavar="ISO639-3",
    help="Single pages: in this language, as CLD2 found it (zho, jav; not yue).",
)
@click.option(
    "--first-language-only",
    is_flag=True,
    help="With --language: only where it is a page's first language.",
)
@click.option("--tld", "top_level_domains", multiple=True, help="Single pages: under hk, say.")
@click.option("--domain", "domains", multiple=True, help="Single pages: of example.com.hk, say.")
@click.option("--host", "hosts", multiple=True, help="Single pages: of www.example.com.hk, say.")
@click.option("--record-limit", type=click.IntRange(1), help="Single pages: N of each snapshot.")
@click.option("--crawls-url", default="", help="List of crawls; default: Common Crawl's own.")
@base_option("https://data.commoncrawl.org")
@shared_options
@one_line_errors
def commoncrawl(
    start: str,
    end: str,
    kind: str,
    news: bool,
    languages: tuple[str, ...],
    first_language_only: bool,
    top_level_domains: tuple[str, ...],
    domains: tuple[str, ...],
    hosts: tuple[str, ...],
    record_limit: int | None,
    crawls_url: str,
    **shared: Any,
) -> None:
    """Common Crawl, from snapshot START to END (2024-10; END is START when left out).

    Whole WARC files, or, with --language, --tld, --domain or --host, only the pages that the
    index has for them: values of one option are alternatives, different options must all hold.
    """
    from curator.acquire.download import IndexQuery
    from curator.acquire.download import commoncrawl as source

    single = bool(languages or top_level_domains or domains or hosts)
    if news and single:
        raise click.UsageError("the news archive has no index; leave out --news or the filters")
    if not single and (record_limit or first_language_only):
        raise click.UsageError("--record-limit and --first-language-only go with single pages")
    with _session(shared) as session:
        if news:
            crawls = source.news_between(start, end)
        else:
            crawls = source.crawls_between(session, start, end, crawls_url)
        if single:
            query = IndexQuery(languages, first_language_only, top_level_domains, domains, hosts)
            _pages(session, shared, crawls, query, record_limit)
        else:
            _files(session, shared, source.crawl_files(session, crawls, kind))


@download.command()
@click.argument("languages", metavar="LANGUAGE...", nargs=-1, required=True)
@click.option(
    "--date",
    default="latest",
    show_default=True,
    help="YYYYMMDD, or latest: the newest dump that is finished.",
)
@click.option(
    "--project",
    default="wikipedia",
    show_default=True,
    help="wikipedia, wiktionary, wikisource, wikivoyage, …",
)
@click.option(
    "--multistream/--no-multistream",
    default=True,
    show_default=True,
    help="Many small bz2 streams in a file, which can be unpacked in parallel.",
)
@base_option("https://dumps.wikimedia.org")
@shared_options
@one_line_errors
def wikimedia(
    languages: tuple[str, ...], date: str, project: str, multistream: bool, **shared: Any
) -> None:
    """Article dumps of the wikis of LANGUAGE (yue, jv, zh_yuewiki), held to their sums."""
    from curator.acquire.download import wikimedia as source

    with _session(shared) as session:
        wanted = []
        for language in languages:
            wiki = source.database_name(language, project)
            wanted += source.dump_files(session, wiki, date, multistream)
        _files(session, shared, wanted)


@download.command()
@click.option("--start", default="", metavar="YYMM", help="First month, such as 2403.")
@click.option("--end", default="", metavar="YYMM", help="Last month.")
@base_option("s3://arxiv")
@shared_options
@one_line_errors
def arxiv(start: str, end: str, **shared: Any) -> None:
    """Source tars of ArXiv; its bucket bills you: --s3 requester-pays."""
    from curator.acquire.download import arxiv as source

    with _session(shared) as session:
        _files(session, shared, source.source_files(session, start, end))


@download.command()
@click.argument("urls", metavar="[URL]...", nargs=-1)
@click.option(
    "--from",
    "lists",
    multiple=True,
    type=click.Path(path_type=Path),
    help="File of URLs, one a line; behind it, after spaces, a sum: sha1:…; # comments.",
)
@shared_options
@one_line_errors
def urls(urls: tuple[str, ...], lists: tuple[Path, ...], **shared: Any) -> None:
    """Any files: http(s)://, s3:// and other fsspec URLs, paths."""
    from curator.acquire.download.url_list import read_url_list

    wanted = read_url_list(urls, lists)
    if not wanted:
        raise click.UsageError("name a URL, or a file of URLs with --from")
    with _session({**shared, "base_url": ""}) as session:
        _files(session, shared, wanted)


def _session(shared: dict[str, Any]) -> Session:
    from curator.acquire.download import FetchOptions, Session

    storage = {
        "signed": {}, "anonymous": {"anon": True}, "requester-pays": {"requester_pays": True},
    }[shared["s3"]]  # fmt: skip
    apart = ("output", "dry_run", "s3", "quiet", "base_url")
    options = {name: value for name, value in shared.items() if name not in apart}
    return Session(FetchOptions(storage=storage, **options), base=shared["base_url"])


def _files(session: Session, shared: dict[str, Any], wanted: Sequence[Wanted]) -> None:
    from curator.acquire.download import fetch

    if shared["dry_run"]:
        _show_files(session, shared["output"], wanted)
        return
    settled = _progress(shared["quiet"], len(wanted[: session.options.url_limit]))
    _close(fetch(wanted, shared["output"], session=session, settled=settled), shared["output"])


def _pages(
    session: Session,
    shared: dict[str, Any],
    crawls: Sequence[str],
    query: IndexQuery,
    record_limit: int | None,
) -> None:
    from curator.acquire.download import fetch_pages
    from curator.acquire.download.pages import plan_pages

    if session.options.url_limit is not None:
        raise click.UsageError("for single pages the limit is --record-limit")
    output = shared["output"]
    if shared["dry_run"]:
        records, failures = plan_pages(session, crawls, query, record_limit)
        size = sum(record.length for record in records)
        click.echo(f"{len(records)} pages of {', '.join(crawls)}, {_bytes(size)}")
        for record in records[:SHOWN]:
            _line(f"  {record.url}  {_bytes(record.length)}")
        _more(len(records))
        for url, failure in failures:
            _line(f"  cannot be read: {url}: {failure}")
        _space(output, size)
        return
    settled = _progress(shared["quiet"], None)
    _close(
        fetch_pages(session, output, crawls, query, record_limit=record_limit, settled=settled),
        output,
    )


def _show_files(session: Session, output: Path, wanted: Sequence[Wanted]) -> None:
    """Print what would be fetched, and how much room it takes as far as that can be known."""
    from curator.acquire.download.entries import Failure

    taken = wanted[: session.options.url_limit]
    sizes: list[int] = []
    estimated = False
    for number, one in enumerate(taken):
        size = one.bytes
        if size is None and number < ASKED:
            try:
                size = session.size(one.url)
            except Failure as failure:
                _line(f"  {one.url}: {failure}")
        estimated = estimated or size is None
        sizes += [] if size is None else [size]
    total = sum(sizes) * len(taken) // len(sizes) if sizes else 0
    about = "of unknown size" if not sizes else f"{'about ' if estimated else ''}{_bytes(total)}"
    click.echo(f"{len(taken)} of {len(wanted)} files that are listed, {about}")
    for one in taken[:SHOWN]:
        _line(f"  {one.url}" + ("" if one.bytes is None else f"  {_bytes(one.bytes)}"))
    _more(len(taken))
    _space(output, total)


def _more(number: int) -> None:
    if number > SHOWN:
        click.echo(f"  … and {number - SHOWN} more")


def _space(output: Path, needed: int) -> None:
    from curator.acquire.download.engine import free_space

    click.echo(f"free at {output}: {_bytes(free_space(output))}; needed: {_bytes(needed)}")


def _progress(quiet: bool, total: int | None) -> Callable[[Row, bool], None]:
    """Return what prints a line for every file; of records only those that failed."""
    done = 0

    def settled(row: Row, present: bool) -> None:
        nonlocal done
        done += 1
        of = f"{done}/{total} " if total is not None else ""
        if row.status != "ok":
            at = "" if row.start is None else f" at {row.start}"
            why = f"{row.reason}" + (f": {row.value}" if row.value else "")
            _line(f"{of}{row.status} {row.url}{at}: {why}", err=True)
        elif not quiet and row.start is None and row.file:
            what = "is here" if present else _bytes(row.bytes or 0)
            _line(f"{of}{row.file}: {what}", err=True)

    return settled


def _close(fetched: Fetched, output: Path) -> None:
    click.echo(fetched.line())
    for reason, number in sorted(fetched.reasons.items()):
        click.echo(f"  {reason} {number}")
    click.echo(f"{_bytes(fetched.bytes)} in {output}; ledger: {output / 'downloads.jsonl'}")
    if failed := fetched.count("failed"):
        stop(f"{failed} failed; the reasons are in the ledger; the same command tries them again")


def _line(text: str, err: bool = False) -> None:
    """Print a line that quotes what a server sent."""
    from curator.report.visible import one_line

    click.echo(one_line(text), err=err)


def _bytes(number: int) -> str:
    """Return a size for people: ``1.5 GB``."""
    size, units = float(number), ["bytes", "kB", "MB", "GB", "TB"]
    while size >= 1000 and len(units) > 1:
        size /= 1000
        units.pop(0)
    return f"{number} bytes" if units[0] == "bytes" else f"{size:.1f} {units[0]}"
