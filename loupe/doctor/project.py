"""A project on Google Cloud, held against what Terraform lays: APIs, wiring, grants, rules, indexes, secrets, versions.

It only reads. Each check stands alone: what Google does not let you see is a finding of its own, and the others go on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from google.protobuf import json_format
from msgspec.structs import replace

from localcloud.ground import Ports
from localcloud.topology import (
    DEAD,
    PRIORITIES,
    PUSHED,
    TASKS_DEAD,
    TOPICS,
    UPLOADS,
    Names,
    push_audience,
    subscriptions,
)
from loupe.client.cloud import Cloud, Refused
from loupe.doctor import wiring
from loupe.doctor.finding import Finding, Health, bad, good, warning
from shared.version import VERSION

APPLY: Final = "terraform apply (docs/guides/deploy.md)"
SEE: Final = (
    "Is the project right, and may you see it? roles/viewer, roles/iam.securityReviewer and "
    "roles/serviceusage.serviceUsageConsumer are enough"
)
PUBLISHER: Final = "roles/pubsub.publisher"
SUBSCRIBER: Final = "roles/pubsub.subscriber"
INVOKER: Final = "roles/run.invoker"
APART: Final = 30.0  # seconds that this clock may differ: pushes and signatures are bound to minutes


@dataclass(frozen=True, kw_only=True)
class Project:
    """A deployment as Terraform names it, and the repository that it is held against."""

    cloud: Cloud
    root: Path
    project: str
    region: str
    prefix: str
    number: str = ""

    @property
    def names(self) -> Names:
        """The full names of its parts."""
        return Names(project=self.project)

    @property
    def pusher(self) -> str:
        """The account that pushes are signed for."""
        return f"{self.prefix}-pusher@{self.project}.iam.gserviceaccount.com"


def look(place: Project) -> Iterator[Finding]:
    """Everything that can be seen of the project. Ends at once where it is not there."""
    try:
        found = place.cloud.get("cloudresourcemanager", f"/v3/projects/{place.project}")
    except Refused as refused:
        yield bad("Project", f"{place.project}: {refused}", SEE)
        return
    number = str(found["name"]).rpartition("/")[2]
    yield good("Project", f"{place.project}, number {number}")
    place = Project(**{**vars(place), "number": number})
    for name, check in CHECKS.items():
        try:
            yield from check(place)
        except Refused as refused:
            yield bad(name, str(refused), SEE)
        except (KeyError, IndexError, json_format.ParseError) as odd:
            yield bad(name, f"Google answers in a shape that is not known here: {odd!r}", "Look in the console.")
    yield clock(place)


def apis(place: Project) -> Iterator[Finding]:
    """Whether the interfaces are turned on that Terraform turns on."""
    text = (place.root / "terraform/modules/project/main.tf").read_text()
    wanted = set(re.findall(r'"([a-z]+\.googleapis\.com)"', text.split("apis = toset([")[1].split("])")[0]))
    path = f"/v1/projects/{place.project}/services"
    services = place.cloud.listed("serviceusage", path, "services", filter="state:ENABLED", pageSize=200)
    missing = sorted(wanted - {one["config"]["name"] for one in services})
    if missing:
        yield bad("APIs", f"off: {', '.join(missing)}", f"{APPLY}, or: gcloud services enable {' '.join(missing)}")
    else:
        yield good("APIs", f"{len(wanted)} are on")


def storage(place: Project) -> Iterator[Finding]:
    """The buckets, and what becomes of a new photo."""
    bucket = f"/storage/v1/b/{place.names.uploads_bucket}"
    there = place.cloud.get("storage", bucket)
    items = place.cloud.get("storage", f"{bucket}/notificationConfigs").get("items", ())
    told = [
        SimpleNamespace(
            blob_name_prefix=one.get("object_name_prefix"),
            custom_attributes=one.get("custom_attributes", {}),
            topic_name=str(one.get("topic")).rpartition("/")[2],
            event_types=one.get("event_types"),
        )
        for one in items
    ]
    yield _mended(wiring.notifications(place.names, told))
    yield _mended(wiring.cors(there.get("cors", ())))


def pubsub(place: Project) -> Iterator[Finding]:
    """The topics, and every subscription as it has to be."""
    from google.pubsub_v1 import types

    project = f"/v1/projects/{place.project}"
    topics = [one["name"] for one in place.cloud.listed("pubsub", f"{project}/topics", "topics")]
    yield _mended(wiring.topics([place.names.topic(name) for name in TOPICS], topics))
    found = {
        one["name"]: json_format.ParseDict(one, types.Subscription.pb()(), ignore_unknown_fields=True)
        for one in place.cloud.listed("pubsub", f"{project}/subscriptions", "subscriptions")
    }
    for wanted in _subscriptions(place):
        yield _mended(wiring.subscription(wanted, found.get(wanted.name)))


def grants(place: Project) -> Iterator[Finding]:
    """Whether Google's agents may publish, and pushes may call analyze."""
    agent = place.cloud.get("storage", f"/storage/v1/projects/{place.project}/serviceAccount")["email_address"]
    puts_aside = f"service-{place.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
    for topic, member, why in (
        (UPLOADS, agent, "no upload is told to anybody"),
        (DEAD, puts_aside, "deliveries are never given up"),
        (TASKS_DEAD, puts_aside, "tasks are never given up"),
    ):
        policy = place.cloud.get("pubsub", f"/v1/{place.names.topic(topic)}:getIamPolicy")
        yield _granted(f"Grant on {topic}", policy, PUBLISHER, member, why)
    for wanted in _subscriptions(place):
        if wanted.HasField("dead_letter_policy"):
            policy = place.cloud.get("pubsub", f"/v1/{wanted.name}:getIamPolicy")
            title = f"Grant on {wanted.name.rpartition('/')[2]}"
            yield _granted(title, policy, SUBSCRIBER, puts_aside, "what is given up stays")
    for priority in PRIORITIES:
        name = f"{place.prefix}-analyze-{priority}"
        path = f"/v2/projects/{place.project}/locations/{place.region}/services/{name}:getIamPolicy"
        policy = place.cloud.get("run", path)
        yield _granted(f"Grant on {name}", policy, INVOKER, place.pusher, "pushes are turned away")


def rules(place: Project) -> Iterator[Finding]:
    """Whether the rules in force are those of the repository."""
    release = place.cloud.get("firebaserules", f"/v1/projects/{place.project}/releases/cloud.firestore")
    files = place.cloud.get("firebaserules", f"/v1/{release['rulesetName']}")["source"]["files"]
    wanted = (place.root / "firebase/firestore.rules").read_text()
    if [file["content"].strip() for file in files] == [wanted.strip()]:
        yield good("Rules", "those of firebase/firestore.rules")
    else:
        yield bad("Rules", "those in force are not those of firebase/firestore.rules", APPLY)


def indexes(place: Project) -> Iterator[Finding]:
    """Whether every index is there and can be used, and what expires is removed."""
    wanted = json.loads((place.root / "firebase/firestore.indexes.json").read_text())
    groups = f"/v1/projects/{place.project}/databases/(default)/collectionGroups/-"
    found = {
        _key(one, _group(one)): one["state"] for one in place.cloud.listed("firestore", f"{groups}/indexes", "indexes")
    }
    states = {_key(one, one["collectionGroup"]): "" for one in wanted["indexes"]}
    states = {key: found.get(key, "MISSING") for key in states}
    wrong = [f"{key} is {state}" for key, state in states.items() if state not in ("READY", "CREATING")]
    building = [key for key, state in states.items() if state == "CREATING"]
    if wrong:
        yield bad("Indexes", "; ".join(wrong), APPLY)
    elif building:
        yield warning("Indexes", f"being built: {'; '.join(building)}", "Wait: lists that need them fail until then")
    else:
        yield good("Indexes", f"{len(states)} are ready")
    expiring = {each["collectionGroup"] for each in wanted["fieldOverrides"] if each.get("ttl")}
    fields = place.cloud.listed("firestore", f"{groups}/fields", "fields", filter="ttlConfig:*")
    missing = sorted(expiring - {_group(one) for one in fields if one["name"].endswith("/expireTime")})
    if missing:
        yield bad("Expiry", f"documents of {', '.join(missing)} are never removed", APPLY)
    else:
        yield good("Expiry", f"of {len(expiring)} collections")


def secrets(place: Project) -> Iterator[Finding]:
    """Whether status has the key that it signs page tokens with."""
    path = f"/v1/projects/{place.project}/secrets/{place.prefix}-page-token-secret/versions"
    if any(place.cloud.listed("secretmanager", path, "versions", filter="state:ENABLED")):
        yield good("Secret", "a version is enabled")
    else:
        yield bad(
            "Secret", "no version is enabled: status does not start", f"Raise page_token_secret_version, then {APPLY}"
        )


def versions(place: Project) -> Iterator[Finding]:
    """Whether the functions are there, and those that answer to everybody are of this version."""
    path = f"/v2/projects/{place.project}/locations/{place.region}/services"
    found = {str(one["name"]).rpartition("/")[2]: one for one in place.cloud.listed("run", path, "services")}
    for name in ("upload", "status", *(f"analyze-{priority}" for priority in PRIORITIES)):
        full = f"{place.prefix}-{name}"
        if full not in found:
            yield bad(full, f"there is no such service in {place.region}", f"Another --region or --prefix? Or {APPLY}")
        elif name in ("upload", "status"):
            yield _version(full, place.cloud, found[full]["uri"])


def clock(place: Project) -> Finding:
    """Whether this machine's clock is Google's."""
    if place.cloud.told_time is None:
        return warning("Clock", "Google has not told the time", "Let the system set its time (NTP).")
    theirs, ours = place.cloud.told_time
    apart = abs((ours - theirs).total_seconds())
    if apart > APART:
        return bad("Clock", f"{apart:.0f} s apart from Google's", "Let the system set its time (NTP).")
    return good("Clock", "as Google's")


CHECKS: Final[Mapping[str, Callable[[Project], Iterator[Finding]]]] = {
    "APIs": apis,
    "Storage": storage,
    "Pub/Sub": pubsub,
    "Grants": grants,
    "Rules": rules,
    "Indexes": indexes,
    "Secret": secrets,
    "Functions": versions,
}


def _subscriptions(place: Project) -> Iterator[Any]:
    """Those of the topology, with the addresses and the account that Terraform gives them."""
    ports = Ports()
    for wanted in subscriptions(place.names, ports):
        if wanted.push_config.push_endpoint:
            priority = PUSHED.get(wanted.name.rpartition("/")[2], "high")
            base = f"https://{place.prefix}-analyze-{priority}-{place.number}.{place.region}.run.app"
            path = wanted.push_config.push_endpoint.removeprefix(push_audience(ports))
            wanted.push_config.push_endpoint = f"{base}/{path}"
            wanted.push_config.oidc_token.audience = base
            wanted.push_config.oidc_token.service_account_email = place.pusher
        yield wanted


def _granted(name: str, policy: Mapping[str, Any], role: str, account: str, why: str) -> Finding:
    members = {member for one in policy.get("bindings", ()) if one["role"] == role for member in one["members"]}
    if f"serviceAccount:{account}" in members:
        return good(name, f"{account} has {role}")
    return bad(name, f"{account} has not {role}: {why}", APPLY)


def _mended(finding: Finding) -> Finding:
    return replace(finding, remedy=APPLY) if finding.health is Health.BAD else finding


def _group(resource: Mapping[str, Any]) -> str:
    return str(resource["name"]).split("/collectionGroups/")[1].split("/")[0]


def _key(index: Mapping[str, Any], group: str) -> str:
    fields = [one for one in index["fields"] if one["fieldPath"] != "__name__"]
    told = ", ".join(f"{one['fieldPath']} {one.get('order') or one.get('arrayConfig')}" for one in fields)
    return f"{group} ({told})"


def _version(name: str, cloud: Cloud, uri: str) -> Finding:
    try:
        found = str(cloud.healthy(uri).get("version"))
    except Refused as refused:
        return bad(name, str(refused), f"Read its log: gcloud run services logs read {name}")
    if found != VERSION:
        return warning(name, f"is version {found}, this is {VERSION}", f"make bundle, then {APPLY}")
    return good(name, f"version {found}")
