"""The decisions of Rejoint: replication, revisions, circles. No I/O outside stores/ and drive.py."""
