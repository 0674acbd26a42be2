"""Common Crawl: whole snapshots by their lists, single pages by the columnar index."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curator.acquire.download import (
    Fetched,
    FetchOptions,
    IndexQuery,
    Session,
    fetch_pages,
    read_ledger,
)
from curator.acquire.download import records as record_files
from curator.acquire.download.columnar_index import RemoteFile
from curator.acquire.download.commoncrawl import (
    crawl_files,
    crawls_between,
    news_between,
)
from curator.acquire.download.pages import plan_pages
from curator.acquire.download.records import check_record
from curator.errors import DataError, RecipeError
from tests.acquire.download_server import FastClock, Site, serving

CRAWL = "CC-MAIN-2024-10"
INDEX = f"cc-index/table/cc-main/warc/crawl={CRAWL}/subset=warc/part-{{}}.c000.gz.parquet"
PAGES = [
    ("https://www.example.com.hk/食", "hk", "example.com.hk", "zho,eng", "咗喺啲"),
    ("https://blog.example.com.hk/", "hk", "example.com.hk", "eng", "hello"),
    ("https://koran.example.id/", "id", "example.id", "jav,ind", "sugeng enjing"),
    ("https://zh-yue.wikipedia.org/wiki/香港", "org", "wikipedia.org", "zho", "香港係一個"),
    ("https://jv.wikipedia.org/wiki/Jawa", "org", "wikipedia.org", "jav", "Jawa iku"),
    ("https://example.tw/", "tw", "example.tw", "zho", "標準中文"),
]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


def opened(site: Site, **options: Any) -> Session:
    given = {"attempts": 2, "read_seconds": 5.0, **options}
    return Session(FetchOptions(**given), FastClock(), base=site.url)


def member(kind: str, url: str, text: str) -> bytes:
    body = f"HTTP/1.1 200 OK\r\n\r\n<html>{text}</html>".encode()
    head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\n"
    head += f"Content-Length: {len(body)}\r\n\r\n"
    return gzip.compress(head.encode() + body + b"\r\n\r\n", mtime=0)


def archive(site: Site, gap: int = 0) -> tuple[dict[str, bytes], list[dict[str, Any]]]:
    """Serve two WARC files with a request record before every page; return pages and index."""
    files: dict[str, bytes] = {}
    records, rows = {}, []
    for number, (url, tld, domain, languages, text) in enumerate(PAGES):
        name = f"crawl-data/{CRAWL}/segments/1.2/warc/CC-MAIN-0000{number % 2}.warc.gz"
        before = files.get(name, b"") + member("request", url, "") + b"\0" * gap
        record = member("response", url, text)
        files[name] = before + record
        records[url] = record
        rows.append(
            {
                "url": url,
                "url_host_name": url.split("/")[2],
                "url_host_tld": tld,
                "url_host_registered_domain": domain,
                "fetch_status": 200,
                "content_mime_detected": "text/html",
                "content_languages": languages,
                "warc_filename": name,
                "warc_record_offset": len(before),
                "warc_record_length": len(record),
                "warc_segment": "1.2",
            }
        )
    for name, data in files.items():
        site.add(f"/{name}", data)
    return records, rows


def index(site: Site, rows: list[dict[str, Any]], parts: int = 2, rows_a_group: int = 2) -> None:
    """Serve an index of ``rows``, sorted by TLD as the real one nearly is, and its list."""
    rows = sorted(rows, key=lambda row: (row["url_host_tld"] or "", row["url_host_name"]))
    names = []
    for number in range(parts):
        own = rows[number * len(rows) // parts : (number + 1) * len(rows) // parts]
        out = io.BytesIO()
        table = pa.Table.from_pylist(own)
        for name in ("warc_record_offset", "warc_record_length"):
            at = table.schema.get_field_index(name)
            table = table.set_column(at, name, table[name].cast(pa.int32()))
        pq.write_table(table, out, row_group_size=rows_a_group, compression="gzip")
        names.append(INDEX.format(number))
        site.add("/" + names[-1], out.getvalue())
    other = INDEX.format(9).replace("subset=warc", "subset=robotstxt")
    listing(site, f"/crawl-data/{CRAWL}/cc-index-table.paths.gz", [*names, other])


def listing(site: Site, path: str, names: list[str]) -> None:
    site.add(path, gzip.compress("".join(f"{name}\n" for name in names).encode()))


def pages(site: Site, folder: Path, query: IndexQuery, **options: Any) -> Fetched:
    limit = options.pop("record_limit", None)
    with opened(site, **options) as session:
        return fetch_pages(session, folder, [CRAWL], query, record_limit=limit)


def urls_in(folder: Path) -> list[str]:
    """Return the page URLs in all small WARC files, in their order."""
    found = []
    for path in sorted(folder.rglob("*.warc.gz")):
        for line in gzip.decompress(path.read_bytes()).decode().splitlines():
            if line.startswith("WARC-Target-URI: "):
                found.append(line.removeprefix("WARC-Target-URI: "))
    return found


# whole snapshots


def test_the_files_of_a_snapshot_in_the_order_of_the_list(site: Site) -> None:
    names = [f"crawl-data/{CRAWL}/segments/1/warc/{n}.warc.gz" for n in ("b", "a")]
    listing(site, f"/crawl-data/{CRAWL}/warc.paths.gz", names)
    with opened(site) as session:
        wanted = crawl_files(session, [CRAWL])
    assert [one.url for one in wanted] == [f"{site.url}/{name}" for name in names]
    assert [one.file for one in wanted] == [f"{CRAWL}/b.warc.gz", f"{CRAWL}/a.warc.gz"]


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "http://evil/x", "a//b", "a/./b", "a?b", "a%2e%2e/b", "a\\b", "a\tb"],
)
def test_a_list_does_not_lead_elsewhere(site: Site, name: str) -> None:
    listing(site, f"/crawl-data/{CRAWL}/wet.paths.gz", [name])
    with opened(site) as session, pytest.raises(DataError, match="the list names"):
        crawl_files(session, [CRAWL], "wet")


def test_a_list_is_unpacked_within_bounds(site: Site) -> None:
    url = site.add("/list.gz", gzip.compress(b"") + gzip.compress(b"\0" * 100_000))
    with opened(site) as session:
        assert len(session.document(url, limit=100_000)) == 100_000
        with pytest.raises(DataError, match="when unpacked"):
            session.document(url, limit=99_999)
        with pytest.raises(DataError, match="too_long: more than 100 bytes"):
            session.document(url, limit=100)


@pytest.mark.parametrize("data", [b"no gzip", gzip.compress(b"a\n" * 99)[:-9], b"\x1f\x8b"])
def test_a_broken_list_is_an_error(site: Site, data: bytes) -> None:
    site.add(f"/crawl-data/{CRAWL}/warc.paths.gz", data)
    with opened(site) as session, pytest.raises(DataError, match="bad_gzip"):
        crawl_files(session, [CRAWL])


def test_an_unknown_snapshot_is_an_error_with_the_mend(site: Site) -> None:
    with opened(site) as session, pytest.raises(DataError, match=r"http_404.*check the name"):
        crawl_files(session, [CRAWL])


def test_a_list_is_asked_for_again_when_the_server_stumbles(site: Site) -> None:
    path = f"/crawl-data/{CRAWL}/warc.paths.gz"
    listing(site, path, ["a"])
    site.pages[path].answers = [(503, {})]
    with opened(site) as session:
        assert len(crawl_files(session, [CRAWL])) == 1


def test_a_range_of_snapshots_asks_which_there_are(site: Site) -> None:
    ids = ["CC-MAIN-2024-18", "CC-MAIN-2024-10", "CC-MAIN-2023-50", "CC-MAIN-2012", "other"]
    site.add("/collinfo.json", json.dumps([{"id": name} for name in ids]).encode())
    with opened(site) as session:
        assert crawls_between(session, "2024-01", "CC-MAIN-2024-52") == [
            "CC-MAIN-2024-10",
            "CC-MAIN-2024-18",
        ]
        assert crawls_between(session, "2023-50", "") == ["CC-MAIN-2023-50"]
        with pytest.raises(DataError, match="lists no crawl"):
            crawls_between(session, "2010-01", "2010-02")
        with pytest.raises(RecipeError, match="backwards"):
            crawls_between(session, "2024-18", "2024-10")
        with pytest.raises(RecipeError, match="no snapshot"):
            crawls_between(session, "last", "")


@pytest.mark.parametrize("data", [b"{}x", b"[1]", b'[{"name": 1}]', b"3"])
def test_a_broken_list_of_snapshots_is_an_error(site: Site, data: bytes) -> None:
    site.add("/collinfo.json", data)
    with opened(site) as session, pytest.raises(DataError, match="no list of crawls"):
        crawls_between(session, "2024-10", "2024-18")


def test_months_of_news(site: Site) -> None:
    assert news_between("2023-11", "2024-02") == [
        "CC-NEWS/2023/11",
        "CC-NEWS/2023/12",
        "CC-NEWS/2024/01",
        "CC-NEWS/2024/02",
    ]
    listing(site, "/crawl-data/CC-NEWS/2024/01/warc.paths.gz", ["crawl-data/CC-NEWS/n.warc.gz"])
    with opened(site) as session:
        assert crawl_files(session, ["CC-NEWS/2024/01"])[0].file == "CC-NEWS-2024-01/n.warc.gz"
    for wrong in ("2024-13", "2016-07", "2024"):
        with pytest.raises(RecipeError, match="no month with news"):
            news_between(wrong, "")


# single pages


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        (IndexQuery(top_level_domains=("hk",)), [0, 1]),
        (IndexQuery(top_level_domains=(".hk", "TW")), [0, 1, 5]),
        (IndexQuery(domains=("wikipedia.org",)), [3, 4]),
        (IndexQuery(hosts=("zh-yue.wikipedia.org",)), [3]),
        (IndexQuery(languages=("zho",)), [0, 3, 5]),
        (IndexQuery(languages=("jav", "eng")), [0, 1, 2, 4]),
        (IndexQuery(languages=("eng",), first_language_only=True), [1]),
        (IndexQuery(languages=("zho",), top_level_domains=("hk",)), [0]),
        (IndexQuery(top_level_domains=("de",)), []),
        (IndexQuery(top_level_domains=("hk",), mime_types=("application/pdf",)), []),
    ],
    ids=str,
)
def test_the_pages_of_a_question_become_a_warc_file(
    site: Site, tmp_path: Path, query: IndexQuery, numbers: list[int]
) -> None:
    records, rows = archive(site)
    index(site, rows)
    fetched = pages(site, tmp_path, query)
    wanted = [PAGES[number][0] for number in numbers]
    assert sorted(urls_in(tmp_path)) == sorted(wanted)
    whole = b"".join(path.read_bytes() for path in tmp_path.rglob("*.warc.gz"))
    assert len(whole) == sum(len(records[url]) for url in wanted)
    assert fetched.index_files == 2
    assert fetched.count("ok") == len(wanted) + 2
    for row in read_ledger(tmp_path).values():
        if row.start is not None:
            data = (tmp_path / str(row.file)).read_bytes()
            assert check_record(data[row.position :][: row.bytes]) is None


def test_an_index_without_languages_names_the_column(site: Site, tmp_path: Path) -> None:
    _, rows = archive(site)
    for row in rows:
        del row["content_languages"]
    index(site, rows, parts=1)
    fetched = pages(site, tmp_path, IndexQuery(languages=("zho",)))
    assert fetched.reasons == {"no_column": 1}
    assert fetched.rows[0].value == "the index has no content_languages"


def test_row_groups_that_cannot_hold_the_answer_are_not_fetched(site: Site) -> None:
    _, rows = archive(site)
    many = [
        {**rows[0], "url": hashlib.sha512(f"{tld}{n}".encode()).hexdigest(), "url_host_tld": tld}
        for tld in ("aa", "hk", "zz")
        for n in range(2000)
    ]
    index(site, many, parts=1, rows_a_group=500)
    path = "/" + INDEX.format(0)
    with opened(site) as session:
        records, failures = plan_pages(session, [CRAWL], IndexQuery(top_level_domains=("hk",)))
    assert len(records) == 1  # all rows name the same record
    assert failures == []
    fetched = sum(
        int(end) - int(start) + 1
        for request in site.asked(path)
        if request.range
        for start, end in [request.range.removeprefix("bytes=").split("-")]
    )
    assert fetched < len(site.pages[path].data) * 0.5


def test_neighbouring_records_come_with_one_request(site: Site, tmp_path: Path) -> None:
    _, rows = archive(site)
    index(site, rows)
    pages(site, tmp_path, IndexQuery(languages=("zho", "jav", "eng")))
    for number in range(2):
        assert (
            len(site.asked(f"/crawl-data/{CRAWL}/segments/1.2/warc/CC-MAIN-0000{number}.warc.gz"))
            == 1
        )


def test_distant_records_are_asked_for_one_by_one(site: Site, tmp_path: Path) -> None:
    _, rows = archive(site, gap=9000)
    index(site, rows)
    pages(site, tmp_path, IndexQuery(languages=("zho", "jav", "eng")))
    path = f"/crawl-data/{CRAWL}/segments/1.2/warc/CC-MAIN-00000.warc.gz"
    assert len(site.asked(path)) == 3


def test_record_limit_takes_the_first_of_the_index(site: Site, tmp_path: Path) -> None:
    _, rows = archive(site)
    index(site, rows, parts=3)
    fetched = pages(site, tmp_path, IndexQuery(languages=("zho", "jav", "eng")), record_limit=2)
    assert sorted(urls_in(tmp_path)) == sorted([PAGES[0][0], PAGES[1][0]])
    assert fetched.count("ok") == 2 + fetched.index_files
    assert fetched.index_files < 3


def test_what_is_there_is_neither_asked_for_nor_fetched_again(site: Site, tmp_path: Path) -> None:
    _, rows = archive(site)
    index(site, rows)
    query = IndexQuery(top_level_domains=("hk", "org"))
    pages(site, tmp_path, query)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    site.requests.clear()
    again = pages(site, tmp_path, query)
    assert again.present == 4
    assert [request.path for request in site.requests] == [
        f"/crawl-data/{CRAWL}/cc-index-table.paths.gz"
    ]
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_records_that_failed_are_added_by_the_next_run(site: Site, tmp_path: Path) -> None:
    _, rows = archive(site)
    index(site, rows)
    query = IndexQuery(languages=("zho", "jav", "eng"))
    pages(site, tmp_path / "unbroken", query)
    path = f"/crawl-data/{CRAWL}/segments/1.2/warc/CC-MAIN-00001.warc.gz"
    whole = site.pages.pop(path)
    fetched = pages(site, tmp_path / "broken", query)
    assert fetched.reasons == {"http_404": 3}
    assert len(urls_in(tmp_path / "broken")) == 3
    assert fetched.rows[-1].value is not None
    site.pages[path] = whole
    site.requests.clear()
    again = pages(site, tmp_path / "broken", query)
    assert again.count("failed") == 0
    assert again.present == 3
    assert len(site.asked(path)) == 1
    assert len(site.requests) == 2
    for name in ("downloads.jsonl", *(str(p.relative_to(tmp_path / "unbroken")) for p in
                                      (tmp_path / "unbroken").rglob("*.warc.gz"))):  # fmt: skip
        assert (tmp_path / "broken" / name).read_bytes() == (
            tmp_path / "unbroken" / name
        ).read_bytes()


def test_a_record_that_was_damaged_on_the_disk_is_fetched_again(site: Site, tmp_path: Path) -> None:
    _, rows = archive(site)
    index(site, rows)
    query = IndexQuery(languages=("zho", "jav", "eng"))
    pages(site, tmp_path, query)
    (path,) = tmp_path.rglob("*.warc.gz")
    whole = path.read_bytes()
    path.write_bytes(whole[:40] + b"damaged" + whole[47:])
    again = pages(site, tmp_path, query)
    assert again.present == len(PAGES) - 1
    assert path.read_bytes() == whole


def test_a_failing_index_file_is_a_row_and_the_rest_goes_on(site: Site, tmp_path: Path) -> None:
    _, rows = archive(site)
    index(site, rows)
    site.pages["/" + INDEX.format(0)].data = b"no parquet" * 999
    fetched = pages(site, tmp_path, IndexQuery(languages=("zho", "jav", "eng")))
    assert fetched.reasons == {"bad_index": 1}
    assert len(urls_in(tmp_path)) == 3
    index(site, rows)
    assert pages(site, tmp_path, IndexQuery(languages=("zho", "jav", "eng"))).count("failed") == 0
    assert len(urls_in(tmp_path)) == 6


def test_an_unreachable_index_file_is_a_row(site: Site, tmp_path: Path) -> None:
    _, rows = archive(site)
    index(site, rows)
    site.pages["/" + INDEX.format(1)].answers = [(503, {})] * 9
    fetched = pages(site, tmp_path, IndexQuery(languages=("zho", "jav", "eng")))
    assert fetched.reasons == {"http_503": 1}


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("warc_record_offset", -1, "bad_index"),
        ("warc_record_length", 0, "bad_index"),
        ("warc_record_length", 2**31 - 1, "bad_index"),
        ("warc_record_offset", 10, "bad_gzip"),
        ("warc_record_length", 20, "bad_gzip"),
        ("warc_record_offset", 2**31 - 1, "bad_range"),
        ("warc_filename", "../../etc/passwd", "bad_index"),
        ("warc_filename", "crawl-data/none.warc.gz", "http_404"),
    ],
)
def test_an_index_that_lies_about_a_record(
    site: Site, tmp_path: Path, column: str, value: Any, reason: str
) -> None:
    _, rows = archive(site)
    rows[0][column] = value
    index(site, rows)
    fetched = pages(site, tmp_path, IndexQuery(hosts=("www.example.com.hk",)))
    assert fetched.reasons == {reason: 1}
    assert list(tmp_path.rglob("*.warc.gz")) == []


def test_a_server_without_ranges_is_told_apart_from_one_without_the_file(
    site: Site, tmp_path: Path
) -> None:
    _, rows = archive(site)
    index(site, rows)
    for path, page in site.pages.items():
        page.ranges = not path.startswith(f"/crawl-data/{CRAWL}/segments")
    fetched = pages(site, tmp_path, IndexQuery(top_level_domains=("hk",)))
    assert fetched.reasons == {"no_parts": 2}


def test_records_are_held_to_be_whole_gzip_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_files, "UNPACKED_BYTES", 3 << 20)
    record = member("response", "http://a/", "咗")
    assert check_record(record) is None
    for wrong, reason in [
        (record[:-1], "bad_gzip"),
        (record + b"\0", "bad_gzip"),
        (record + record, "bad_gzip"),
        (record[:-8] + b"\0" * 8, "bad_gzip"),
        (b"WARC/1.0\r\n", "bad_gzip"),
        (b"", "bad_gzip"),
        (gzip.compress(b"<html>"), "no_record"),
        (gzip.compress(b""), "no_record"),
        (gzip.compress(b"WARC/" + b"\0" * (3 << 20)), "too_long"),
    ]:
        failure = check_record(wrong)
        assert failure is not None
        assert failure.reason == reason


def test_a_mirror_on_the_disk_serves_as_well(site: Site, tmp_path: Path) -> None:
    _, rows = archive(site)
    index(site, rows)
    mirror = tmp_path / "mirror"
    for path, page in site.pages.items():
        place = mirror / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(page.data)
    query = IndexQuery(languages=("zho",))
    pages(site, tmp_path / "web", query)
    with Session(FetchOptions(), FastClock(), base=str(mirror)) as session:
        fetch_pages(session, tmp_path / "disk", [CRAWL], query)
    web, disk = (sorted((tmp_path / name).rglob("*.warc.gz")) for name in ("web", "disk"))
    assert [path.read_bytes() for path in web] == [path.read_bytes() for path in disk]


def test_a_question_for_everything_is_refused() -> None:
    with pytest.raises(RecipeError, match="asked for everything"):
        IndexQuery()
    with pytest.raises(RecipeError, match="no ISO 639-3 code"):
        IndexQuery(languages=("yue|.*",))


def test_a_remote_file_reads_like_a_file(site: Site) -> None:
    data = bytes(range(256)) * 10
    with opened(site) as session, RemoteFile(session, site.add("/a", data)) as file:
        assert file.read(10) == data[:10]
        assert file.seek(-6, 2) == len(data) - 6
        assert file.read() == data[-6:]
        assert file.read(5) == b""
        file.seek(-3, 1)
        assert file.read(100) == data[-3:]


def test_a_server_without_head_tells_the_size_in_another_way(site: Site) -> None:
    url = site.add("/a", b"x" * 500, answers=[(405, {})])
    with opened(site) as session:
        assert session.size(url) == 500
