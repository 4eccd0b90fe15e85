"""The decisions of Rejoint: replication, revisions, circles. Only stores and devices do I/O."""
