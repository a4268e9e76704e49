"""What is there when everything has come to rest: documents and objects, read by Google's clients."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tools.chaos_real.cloud import TIMEOUT, Cloud

BELOW: Final = ("images", "findings", "reports")  # the collections below jobs
OWN: Final = ("outbox", "cache", "requests", "deadLetters", "shadows", "shares")  # whose rows name their job in `jobId`
FLAT: Final = ("jobs", "ledger", *OWN)
Fields = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Documents by path, and the generation of each object by its name."""

    documents: Mapping[str, Fields]
    uploads: Mapping[str, int]
    derived: Mapping[str, int]

    def job(self, job_id: str) -> Fields | None:
        """A job's own document."""
        return self.documents.get(f"jobs/{job_id}")

    def below(self, path: str) -> dict[str, Fields]:
        """The documents below a document, by the rest of their path."""
        return self._below.get(path, {})

    def charges(self, job_id: str) -> list[Fields]:
        """The ledger's entries of a job."""
        return self._charges.get(job_id, [])

    def rows(self, collection: str, job_id: str) -> dict[str, Fields]:
        """The documents of a collection at the root that name a job, by id."""
        return self._rows.get((collection, job_id), {})

    def directly_in(self, collection: str) -> dict[str, Fields]:
        """The documents of a collection at the root, by id."""
        split = ((path.split("/"), fields) for path, fields in self.documents.items())
        return {parts[1]: fields for parts, fields in split if parts[0] == collection and len(parts) == 2}

    @functools.cached_property
    def _below(self) -> dict[str, dict[str, Fields]]:
        found: defaultdict[str, dict[str, Fields]] = defaultdict(dict)
        for path, fields in self.documents.items():
            first, second, *rest = path.split("/")
            if rest:
                found[f"{first}/{second}"]["/".join(rest)] = fields
        return found

    @functools.cached_property
    def _charges(self) -> dict[str, list[Fields]]:
        found: defaultdict[str, list[Fields]] = defaultdict(list)
        for path, fields in self.documents.items():
            if path.startswith("ledger/") and path.count("/") == 3:
                found[fields["jobId"]].append(fields)
        return found

    @functools.cached_property
    def _rows(self) -> dict[tuple[str, str], dict[str, Fields]]:
        found: defaultdict[tuple[str, str], dict[str, Fields]] = defaultdict(dict)
        for path, fields in self.documents.items():
            collection, name, *rest = path.split("/")
            if not rest and "jobId" in fields:
                found[collection, fields["jobId"]][name] = fields
        return found


def collect(cloud: Cloud) -> Evidence:
    """Everything that there is."""
    client = cloud.firestore
    queries = [client.collection(name) for name in FLAT]
    queries += [client.collection_group(name) for name in (*BELOW, "entries")]
    documents = {found.reference.path: found.to_dict() for query in queries for found in query.stream(timeout=TIMEOUT)}
    return Evidence(
        documents=documents,
        uploads=_objects(cloud, cloud.names.uploads_bucket),
        derived=_objects(cloud, cloud.names.derived_bucket),
    )


def _objects(cloud: Cloud, bucket: str) -> dict[str, int]:
    return {blob.name: int(blob.generation) for blob in cloud.objects.list_blobs(bucket, timeout=TIMEOUT)}
