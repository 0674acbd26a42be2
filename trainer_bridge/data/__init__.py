"""From a run folder's token files to batches."""
