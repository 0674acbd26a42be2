"""The steps of ``FuzzyDuplicates``, from documents to the copies among them, in this order.

1. ``signing``: one pass over the texts leaves keys, bands and sketches.
2. ``candidates``: documents that share a bucket of some band are listed.
3. ``pair_ranges``, ``sketches``: such pairs are counted, and looked at through sketches.
4. ``standing``: which documents are better than which.
5. ``verified``, ``judging``: whether the lesser of a pair is a copy of the better. Their keys are
   laid alongside one another (``alongside``, ``gathered``), what differs is letters or words
   (``differences``), and what they share is rare or a commonplace (``rare_buckets``); by the
   classical rule they have so many shingles in common (``prepared``, ``in_common``).
6. ``settling``, ``connected``, ``clusters``: copies are united around the document that is kept.

Each is work for tasks, over pieces on disk.
"""
