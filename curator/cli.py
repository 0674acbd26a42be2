"""The command `curator`: run a recipe, show its plan, look into a run, download."""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from curator.command_line import Size, notices_shown, one_line_errors
from curator.download_command import download


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="curator")
@click.pass_context
def main(context: click.Context) -> None:
    """Curate a corpus: every document is kept, or in the ledger with the reason."""
    context.with_resource(_cycles_sought_rarely())


@contextlib.contextmanager
def _cycles_sought_rarely() -> Iterator[None]:
    """Look for cycles of dead objects after 200,000 new ones, not 700, as long as a command runs.

    The objects that packages are made of are looked through again and again while they load: a
    tenth of the time it takes to start. Documents are in buffers, which are in no cycles. Nor are
    they sought once more when the process ends, which took it .15 s.
    """
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
    before = gc.get_threshold()
    gc.set_threshold(200_000, *before[1:])
    try:
        yield
    finally:
        if not gc.get_freeze_count():  # others may want theirs to stay frozen
            # Both make all objects old ones; else they are looked through now, which took 18 ms.
            gc.freeze()
            gc.unfreeze()
        gc.set_threshold(*before)


set_option = click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="KEY=VALUE",
    help="Replace a value of the recipe, e.g. --set input=my.jsonl; may be repeated.",
)


@main.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@set_option
@click.option("--scheduler", help="Address of a Dask scheduler, e.g. tcp://host:8786.")
@click.option(
    "--n-workers",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Worker processes on this machine.",
)
@click.option(
    "--block-size",
    type=Size(),
    default="32M",
    show_default=True,
    help="Input bytes a task holds; changes memory and speed, never the result.",
)
@click.option("--strict", is_flag=True, help="Stop at the first document that fails.")
@click.option("--quiet", is_flag=True, help="Print no progress and no table.")
@one_line_errors
def run(
    recipe: Path,
    assignments: tuple[str, ...],
    scheduler: str | None,
    n_workers: int,
    block_size: int,
    strict: bool,
    quiet: bool,
) -> None:
    """Run RECIPE into its output folder; a stopped run continues where it was."""
    if n_workers > 1 and scheduler is None:
        from curator.cluster import load_for_workers

        load_for_workers(["curator.recipe", "curator.run"])  # this process does so, too
    from curator.recipe import load_recipe
    from curator.report.table import closing_table
    from curator.run import RunOptions, run_recipe

    loaded = load_recipe(recipe, assignments)
    options = RunOptions(scheduler, n_workers, block_size, strict, None if quiet else sys.stderr)
    with notices_shown(quiet):
        result = run_recipe(loaded, options)
    if not quiet:
        click.echo(closing_table(result))
        click.echo(f"shards and manifest: {loaded.output}")
        click.echo(f"report: {Path(loaded.output) / 'report.html'}")


@main.command()
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@click.option(
    "--output",
    "-o",
    required=True,
    type=click.Path(path_type=Path),
    help="Run folder to write: shards, ledger and manifest.",
)
@click.option(
    "--aligned",
    type=click.FloatRange(0.5, 1),
    default=0.9,
    show_default=True,
    help="Drop a document when this share of it runs alongside a kept one.",
)
@click.option(
    "--jaccard",
    type=click.FloatRange(0.1, 1),
    help="Classical rule instead: share of shingles in common, e.g. 0.8.",
)
@click.option(
    "--against",
    metavar="INDEX",
    type=click.Path(path_type=Path),
    help="Index to compare with and to add these documents to; made where there is none.",
)
@click.option("--frozen", is_flag=True, help="With --against: leave the index as it is.")
@click.option("--text-field", default="text", show_default=True)
@click.option("--id-field", default="id", show_default=True, help="'' makes ids of file and line.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option(
    "--n-workers",
    type=click.IntRange(1),
    default=os.cpu_count() or 1,
    show_default="processors",
    help="Threads.",
)
@click.option("--block-size", type=Size(), default="16M", show_default=True)
@click.option("--quiet", is_flag=True, help="Print nothing.")
@one_line_errors
def dedup(
    inputs: tuple[str, ...],
    output: Path,
    aligned: float,
    jaccard: float | None,
    against: Path | None,
    frozen: bool,
    text_field: str,
    id_field: str,
    seed: int,
    n_workers: int,
    block_size: int,
    quiet: bool,
) -> None:
    """Deduplicate jsonl files: lines that stay are copied, the others are in the ledger."""
    # NumPy starts threads for matrices; there are none here, and waiting takes these .3 s of CPU.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from curator.dedup.fuzzy import FuzzyDuplicates
    from curator.deduplicate import DedupOptions, deduplicate
    from curator.io.jsonl import JsonlReader

    reader = JsonlReader(list(inputs), text_field=text_field, id_field=id_field or None)
    stage = FuzzyDuplicates(aligned=aligned, jaccard=jaccard, seed=seed)
    options = DedupOptions(n_workers, block_size, against=against, frozen=frozen)
    with notices_shown(quiet):
        counts = deduplicate(reader, output, stage, options)["counts"]
    if not quiet:
        click.echo(
            f"in {counts['documents_in']} = kept {counts['kept']} + dropped {counts['dropped']}"
        )
        for entry in counts["stages"]:
            for reason, number in entry["reasons"].items():
                click.echo(f"  {entry['name']}: {reason} {number}")
        click.echo(f"shards, ledger and manifest: {output}")


@main.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@set_option
@one_line_errors
def show(recipe: Path, assignments: tuple[str, ...]) -> None:
    """Show what RECIPE would do: stages, what is fused, what is global. Reads no data."""
    from curator.plan import plan_text
    from curator.recipe import load_recipe

    click.echo(plan_text(load_recipe(recipe, assignments)))


@main.command()
@click.argument("run_folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option(
    "--samples",
    type=click.IntRange(0),
    default=3,
    show_default=True,
    help="Documents, or cuts, shown for every stage and reason.",
)
@click.option("--stage", help="Only this stage.")
@one_line_errors
def ledger(run_folder: Path, samples: int, stage: str | None) -> None:
    """Show what RUN dropped and cut, by stage and reason, with samples."""
    from curator.report.table import ledger_summary

    click.echo(ledger_summary(run_folder, samples=samples, stage=stage))


@main.command()
@click.argument("run_folder", metavar="RUN", type=click.Path(path_type=Path))
@one_line_errors
def report(run_folder: Path) -> None:
    """Write RUN/report.html again, for instance after training."""
    from curator.report import write_report

    click.echo(f"report: {write_report(run_folder)}")


@main.command()
@click.argument("run_folder", metavar="RUN", type=click.Path(path_type=Path))
@one_line_errors
def verify(run_folder: Path) -> None:
    """Check that every file RUN's manifest records still has those bytes."""
    from curator.manifest import read_manifest, recorded_files, verify_file

    found = read_manifest(run_folder)
    files = recorded_files(found)
    for path, sha256 in files:
        verify_file(run_folder, path, sha256)
    counts = found["counts"]
    click.echo(
        f"{len(files)} files are intact; "
        f"in {counts['documents_in']} = kept {counts['kept']} + dropped {counts['dropped']}"
        + (f"; {counts['cuts']} cuts" if counts.get("cuts") else "")
    )


main.add_command(download)

if __name__ == "__main__":
    main()
