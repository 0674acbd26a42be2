"""Buckets: a file system of fsspec stands in for S3, with the entity tags that S3 gives."""

from __future__ import annotations

import hashlib
import importlib
import io
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest

from curator.acquire.download import FetchOptions, Session, fetch
from tests.acquire.download_server import FastClock

DATA = bytes(range(256)) * 10_000


class Object(io.BytesIO):
    """An opened object, whose connection breaks at the places that are told."""

    def __init__(self, bucket: Bucket, data: bytes) -> None:
        super().__init__(data)
        self.bucket = bucket

    def seek(self, place: int, whence: int = 0) -> int:
        self.bucket.asked.append(place)
        return super().seek(place, whence)

    def read(self, number: int | None = -1) -> bytes:
        if self.bucket.breaks and self.tell() >= self.bucket.breaks[0]:
            self.bucket.breaks.pop(0)
            raise ConnectionResetError("reset by peer")
        return super().read(number)


class Bucket(fsspec.AbstractFileSystem):
    """Stands in for S3: objects with entity tags."""

    protocol = "s3"
    cachable = False
    objects: ClassVar[dict[str, tuple[bytes, str]]] = {}
    asked: ClassVar[list[int]] = []
    breaks: ClassVar[list[int]] = []

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        if path not in self.objects:
            raise FileNotFoundError(path)
        data, tag = self.objects[path]
        return {"name": path, "type": "file", "size": len(data), "ETag": tag}

    def open(self, path: str, mode: str = "rb", **_: Any) -> Object:
        assert mode == "rb"
        return Object(self, self.objects[path][0])


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> type[Bucket]:
    registry = importlib.import_module("fsspec.registry")
    monkeypatch.setitem(registry._registry, "s3", Bucket)
    for kept in (Bucket.objects, Bucket.asked, Bucket.breaks):
        kept.clear()
    return Bucket


def put(key: str, data: bytes, tag: str = '"x-2"') -> str:
    Bucket.objects[f"bucket/{key}"] = (data, tag)
    return f"s3://bucket/{key}"


def test_a_file_of_one_part_is_held_to_its_entity_tag(bucket: type[Bucket], tmp_path: Path) -> None:
    good = put("good", DATA, f'"{hashlib.md5(DATA).hexdigest()}"')
    wrong = put("wrong", DATA, f'"{"0" * 32}"')
    many = put("many", DATA, f'"{"0" * 32}-7"')
    with Session(FetchOptions(attempts=2), FastClock()) as session:
        fetched = fetch([good, wrong, many], tmp_path, session=session)
    assert [row.reason for row in fetched.rows] == [None, "wrong_checksum", None]
    assert fetched.rows[0].checksum == f"md5:{hashlib.md5(DATA).hexdigest()}"
    assert fetched.rows[2].checksum is None


def test_a_broken_read_continues_where_it_was(bucket: type[Bucket], tmp_path: Path) -> None:
    url = put("a", DATA)
    bucket.breaks.append(1 << 20)
    with Session(FetchOptions(), FastClock()) as session:
        assert fetch([url], tmp_path, session=session).count("ok") == 1
    assert (tmp_path / "a").read_bytes() == DATA
    assert bucket.asked == [0, (1 << 20) - 4096]


def test_a_changed_object_begins_anew(bucket: type[Bucket], tmp_path: Path) -> None:
    url = put("a", DATA)
    bucket.breaks.extend([1 << 20, 0, 0])
    with Session(FetchOptions(attempts=2), FastClock()) as session:
        assert fetch([url], tmp_path, session=session).reasons == {"broken_off": 1}
    put("a", DATA[::-1], '"y-2"')
    with Session(FetchOptions(), FastClock()) as session:
        fetch([url], tmp_path, session=session)
    assert (tmp_path / "a").read_bytes() == DATA[::-1]


def test_options_of_the_store_are_handed_on(bucket: type[Bucket], tmp_path: Path) -> None:
    put("a", DATA)
    with Session(FetchOptions(storage={"requester_pays": True}), FastClock()) as session:
        system, path = session.stores._system("s3://bucket/a")
    assert system.storage_options == {"requester_pays": True}
    assert path == "bucket/a"


def test_a_missing_object_is_a_row(bucket: type[Bucket], tmp_path: Path) -> None:
    with Session(FetchOptions(), FastClock()) as session:
        assert fetch(["s3://bucket/none"], tmp_path, session=session).reasons == {"not_found": 1}


def test_whatever_a_driver_raises_is_a_row(
    bucket: type[Bucket], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_credentials(*_: object) -> None:
        raise LookupError("no credentials")

    monkeypatch.setattr(bucket, "info", no_credentials)
    with Session(FetchOptions(), FastClock()) as session:
        fetched = fetch(["s3://bucket/a"], tmp_path, session=session)
    assert fetched.reasons == {"store_error": 1}
    assert "LookupError: no credentials" in str(fetched.rows[0].value)
