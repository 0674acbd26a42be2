"""The command `trainer-bridge`. Torch is imported by the commands, not by their help."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from curator.errors import CuratorError, RecipeError
from trainer_bridge.config_file import load_config


class OneLineErrors(click.Group):
    """Ends on this library's own errors with their one line and a status that is not 0."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except CuratorError as error:
            click.echo(f"error: {error}", err=True)
            # A signal's status is the shell's for it, so a chain of commands stops.
            signal_number = getattr(error, "signal_number", None)
            status = 2 if isinstance(error, RecipeError) else 1
            ctx.exit(status if signal_number is None else 128 + signal_number)


def _let_waiting_threads_sleep() -> None:
    """Ask OpenMP, before torch loads it, to sleep and not to spin where threads wait.

    Spinning costs dearly on cores that others use too: the demo took 76 CPU seconds against 48 on
    two busy cores, and more wall time. Results are the same to the bit. A choice of the caller's
    stays.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@click.group(cls=OneLineErrors)
@click.version_option(package_name="curator")
def main() -> None:
    """Train a first language model on a run folder, measure it, export it."""


@main.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="A YAML file.")
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change one setting, such as model.optim.lr=0.002. May be repeated.",
)
@click.option(
    "--output", type=click.Path(path_type=Path), help="Training folder.  [default: RUN/training]"
)
def train(
    run: Path, config_file: Path | None, assignments: tuple[str, ...], output: Path | None
) -> None:
    """Train on the tokens of RUN; the same command again goes on where it stopped."""
    config = load_config(config_file, assignments)
    _let_waiting_threads_sleep()
    from trainer_bridge.train import train as start  # torch: seconds, and only here

    start(run, config, output, say=click.echo)


@main.command()
@click.argument("training", type=click.Path(path_type=Path))
@click.option("--samples", default=3, show_default=True, help="Texts the model writes.")
@click.option("--seed", default=0, show_default=True, help="Of the samples.")
def evaluate(training: Path, samples: int, seed: int) -> None:
    """Measure the newest model of TRAINING on the validation split; print JSON."""
    _let_waiting_threads_sleep()
    from trainer_bridge.evaluate import evaluate as measure

    click.echo(json.dumps(measure(training, samples, seed), ensure_ascii=False, indent=1))


@main.command()
@click.argument("training", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
def export(training: Path, out: Path) -> None:
    """Write the newest model of TRAINING as a Hugging Face folder OUT."""
    from trainer_bridge.export import export as write

    for name in write(training, out):
        click.echo(str(out / name))


@main.command()
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="A YAML file.")
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Change a setting.")
def config(config_file: Path | None, assignments: tuple[str, ...]) -> None:
    """Print the settings a training would use, as the YAML that `--config` reads."""
    from trainer_bridge.config_file import write_config

    click.echo(write_config(load_config(config_file, assignments)), nl=False)


if __name__ == "__main__":
    main()
