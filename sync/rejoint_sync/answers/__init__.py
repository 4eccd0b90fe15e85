"""The replication protocol on paper: what its answers look like.

Stored revisions come in and JSON text goes out, bodies pasted as they are stored.

    shown      one document, with what was asked for beside its body
    rows       rows of lists: `_revs_diff`, `_bulk_docs`, `_bulk_get`, `_all_docs`, `_changes`
    parts      documents and attachments in parts of a multipart answer

Source: Apache CouchDB 3.5 documentation, "API Reference" and "Replication Protocol".
"""
