"""Files to rows and rows to files: readers, shards, atomic writes."""
