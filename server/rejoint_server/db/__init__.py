"""`/db`: CouchDB's replication protocol, route by route, and the port it asks who may do what."""
