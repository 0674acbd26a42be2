"""What a run takes as samples, and what the report believes of it."""

from __future__ import annotations

from curator import output
from curator.report.samples import TAKEN_CHARACTERS
from curator.stages import modify


def test_the_report_knows_how_long_the_samples_of_a_run_are() -> None:
    kept, changed = output.SAMPLE_CHARACTERS, modify.SAMPLE_CHARACTERS
    assert {"kept": kept, "dropped": kept, "changed": changed} == TAKEN_CHARACTERS
