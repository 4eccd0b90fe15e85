"""The replication protocol on paper: what its requests ask for.

Requests come in as a query string and a parsed body and leave as frozen values. Nothing here reads,
writes, waits or draws a number, so every rule can be checked without a server. What the answers
look like is in `rejoint_sync.answers`.

    query      options of a query string, bodies
    changes    `_changes`
    bulk       `_revs_diff`, `_bulk_docs`, `_bulk_get`, `_purge`
    show       how a document is to be shown
    all_docs   `_all_docs` and its like

Source: Apache CouchDB 3.5 documentation, "API Reference" and "Replication Protocol".
"""
