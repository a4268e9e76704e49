"""Firestore on this machine: the gRPC service `google.firestore.v1.Firestore`, kept in one SQLite file.

names · fields · content · values     what a document is called, holds and how values compare
transforms · preconditions · writes   what a commit does to documents
scope · documents · history · disk    documents in memory, as they were, and on disk
store                                 the one place where state changes
filters · ordering · plan             a query, compiled
transactions · turns · reading        reading in and out of transactions
views · watchers · listen             results that stay up to date
service and *_calls                   the RPCs
"""
