"""A project as Terraform lays it, in the words in which Google's REST interfaces are documented to answer."""

from __future__ import annotations

import json
import re

from shared.version import VERSION
from tests.running import ROOT

NUMBER = "123456789012"
P = "projects/my-project"
PUBSUB_AGENT = f"serviceAccount:service-{NUMBER}@gcp-sa-pubsub.iam.gserviceaccount.com"
STORAGE_AGENT = f"service-{NUMBER}@gs-project-accounts.iam.gserviceaccount.com"
PUSHER = "loupe-pusher@my-project.iam.gserviceaccount.com"
RUN = f"/run/v2/{P}/locations/europe-west1/services"
INDEXES = f"/firestore/v1/{P}/databases/(default)/collectionGroups/-/indexes"
FIELDS = f"/firestore/v1/{P}/databases/(default)/collectionGroups/-/fields"
SUBSCRIPTIONS = f"/pubsub/v1/{P}/subscriptions"
BUCKET = "/storage/storage/v1/b/my-project-uploads"


def push(name: str, topic: str, priority: str, path: str = "", dead: str = "", told: str = "") -> dict:
    base = f"https://loupe-analyze-{priority}-{NUMBER}.europe-west1.run.app"
    return {
        "name": f"{P}/subscriptions/{name}",
        "topic": f"{P}/topics/{topic}",
        "pushConfig": {
            "pushEndpoint": f"{base}/{path}",
            "oidcToken": {"serviceAccountEmail": PUSHER, "audience": base},
        },
        "ackDeadlineSeconds": 120,
        "messageRetentionDuration": "604800s",
        "expirationPolicy": {},
        "retryPolicy": {"minimumBackoff": "2s", "maximumBackoff": "20s"},
        "state": "ACTIVE",
        **({"filter": told} if told else {}),
        **({"deadLetterPolicy": {"deadLetterTopic": f"{P}/topics/{dead}", "maxDeliveryAttempts": 20}} if dead else {}),
    }


def pull(name: str, topic: str) -> dict:
    return {"name": f"{P}/subscriptions/{name}", "topic": f"{P}/topics/{topic}", "ackDeadlineSeconds": 60}


def policy(role: str, *members: str) -> dict:
    return {"version": 1, "etag": "BwX=", "bindings": [{"role": role, "members": list(members)}]}


def healthy(origin: str) -> dict[str, dict]:
    """Everything as Terraform lays it: the answer to each path."""
    held = json.loads((ROOT / "firebase/firestore.indexes.json").read_text())
    groups = f"{P}/databases/(default)/collectionGroups"
    apis = dict.fromkeys(
        re.findall(r'"([a-z]+\.googleapis\.com)"', (ROOT / "terraform/modules/project/main.tf").read_text())
    )
    priorities = ("high", "normal", "batch")
    topics = ("uploads", "uploads-dead", "events", "tasks", "tasks-dead", "budget")
    dead_lettered = [*(f"analyze-{priority}" for priority in priorities), "analyze-tasks", "analyze-budget"]
    publisher, subscriber = "roles/pubsub.publisher", "roles/pubsub.subscriber"
    return {
        f"/cloudresourcemanager/v3/{P}": {"name": f"projects/{NUMBER}", "projectId": "my-project", "state": "ACTIVE"},
        f"/serviceusage/v1/{P}/services": {
            "services": [
                {"name": f"projects/{NUMBER}/services/{api}", "config": {"name": api}, "state": "ENABLED"}
                for api in apis
            ]
        },
        BUCKET: {
            "kind": "storage#bucket",
            "name": "my-project-uploads",
            "cors": [
                {
                    "origin": ["https://my-project.web.app"],
                    "method": ["PUT", "OPTIONS"],
                    "responseHeader": ["*"],
                    "maxAgeSeconds": 3600,
                }
            ],
        },
        f"{BUCKET}/notificationConfigs": {
            "kind": "storage#notifications",
            "items": [
                {
                    "id": str(number),
                    "topic": f"//pubsub.googleapis.com/{P}/topics/uploads",
                    "event_types": ["OBJECT_FINALIZE"],
                    "custom_attributes": {"priority": priority},
                    "object_name_prefix": f"{priority}/",
                    "payload_format": "JSON_API_V1",
                }
                for number, priority in enumerate(priorities)
            ],
        },
        "/storage/storage/v1/projects/my-project/serviceAccount": {"email_address": STORAGE_AGENT},
        f"/pubsub/v1/{P}/topics": {"topics": [{"name": f"{P}/topics/{topic}"} for topic in topics]},
        SUBSCRIPTIONS: {
            "subscriptions": [
                *(
                    push(
                        f"analyze-{priority}",
                        "uploads",
                        priority,
                        dead="uploads-dead",
                        told=f'attributes.priority = "{priority}"',
                    )
                    for priority in priorities
                ),
                push("analyze-tasks", "tasks", "high", "tasks", "tasks-dead"),
                push("analyze-budget", "budget", "high", "budget", "tasks-dead"),
                push("analyze-dead-letters", "uploads-dead", "high", "dead-letters"),
                pull("events-kept", "events"),
                pull("tasks-dead-kept", "tasks-dead"),
            ]
        },
        f"/pubsub/v1/{P}/topics/uploads:getIamPolicy": policy(publisher, f"serviceAccount:{STORAGE_AGENT}"),
        f"/pubsub/v1/{P}/topics/uploads-dead:getIamPolicy": policy(publisher, PUBSUB_AGENT),
        f"/pubsub/v1/{P}/topics/tasks-dead:getIamPolicy": policy(publisher, PUBSUB_AGENT),
        **{f"{SUBSCRIPTIONS}/{name}:getIamPolicy": policy(subscriber, PUBSUB_AGENT) for name in dead_lettered},
        **{
            f"{RUN}/loupe-analyze-{priority}:getIamPolicy": policy("roles/run.invoker", f"serviceAccount:{PUSHER}")
            for priority in priorities
        },
        f"/firebaserules/v1/{P}/releases/cloud.firestore": {
            "name": f"{P}/releases/cloud.firestore",
            "rulesetName": f"{P}/rulesets/1",
        },
        f"/firebaserules/v1/{P}/rulesets/1": {
            "name": f"{P}/rulesets/1",
            "source": {
                "files": [{"name": "firestore.rules", "content": (ROOT / "firebase/firestore.rules").read_text()}]
            },
        },
        INDEXES: {
            "indexes": [
                {
                    "name": f"{groups}/{one['collectionGroup']}/indexes/{number}",
                    "queryScope": "COLLECTION",
                    "fields": [*one["fields"], {"fieldPath": "__name__", "order": "DESCENDING"}],
                    "state": "READY",
                }
                for number, one in enumerate(held["indexes"])
            ]
        },
        FIELDS: {
            "fields": [
                {
                    "name": f"{groups}/{one['collectionGroup']}/fields/expireTime",
                    "indexConfig": {},
                    "ttlConfig": {"state": "ACTIVE"},
                }
                for one in held["fieldOverrides"]
                if one.get("ttl")
            ]
        },
        f"/secretmanager/v1/{P}/secrets/loupe-page-token-secret/versions": {
            "versions": [{"name": f"projects/{NUMBER}/secrets/loupe-page-token-secret/versions/1", "state": "ENABLED"}],
            "totalSize": 1,
        },
        RUN: {
            "services": [
                {"name": f"{P}/locations/europe-west1/services/loupe-{name}", "uri": f"{origin}/{name}"}
                for name in ("upload", "status", *(f"analyze-{priority}" for priority in priorities))
            ]
        },
        "/upload/healthz": {"version": VERSION},
        "/status/healthz": {"version": VERSION},
    }
