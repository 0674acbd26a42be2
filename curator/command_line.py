"""What all commands share: sizes, and errors that are one line."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, NoReturn

import click

from curator.errors import CuratorError
from curator.io.atomic import MENDS

SIZES = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}


class Size(click.ParamType):
    """Bytes, as a number with an optional K, M or G (times 1024)."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of bytes."""
        if isinstance(value, int):
            return value
        text = str(value).strip().lower().removesuffix("b").removesuffix("i")
        number, unit = (text[:-1], text[-1]) if text[-1:] in "kmg" and text else (text, "")
        if not number.isdecimal() or int(number) == 0:
            self.fail(f"{value!r} is not a size; write 64M, 1G or a number of bytes", param, ctx)
        return int(number) * SIZES[unit]


def one_line_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turn the library's errors into one line on standard error and exit code 1."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except CuratorError as error:
            stop(str(error))
        except BrokenPipeError:  # the reader of our output has seen enough; click ends quietly
            raise
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            mend = MENDS.get(error.errno or 0, "check the path, the disk and the permissions")
            stop(f"{where}{error.strerror or error}; {mend}")
        except MemoryError:
            stop("out of memory; take a smaller --block-size or fewer --n-workers")
        except KeyboardInterrupt:
            stop("stopped; the same command continues from here", 130)

    return wrapped


@contextlib.contextmanager
def notices_shown(quiet: bool) -> Iterator[None]:
    """Write what the library notes by the way to standard error, unless ``quiet``."""
    if quiet:
        yield
        return
    logger, handler = logging.getLogger("curator"), _Notices()
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


class _Notices(logging.Handler):
    """Writes each notice as one line to standard error, once, whoever else notes it as well."""

    def __init__(self) -> None:
        super().__init__()
        self.told: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Write one notice."""
        notice = record.getMessage()
        if notice not in self.told:
            self.told.add(notice)
            click.echo(f"curator: {notice}", err=True)


def stop(message: str, code: int = 1) -> NoReturn:
    """Print one line that cannot drive a terminal, whatever data it quotes, and exit."""
    from curator.report.visible import one_line

    click.echo(f"curator: {one_line(message)}", err=True)
    sys.exit(code)
