"""What every plan has to keep: each law yields what breaks it, in words."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator

import msgspec

from localcloud import topology
from tests.infra.planned import Plan, Resource
from tests.running import ROOT

POWERFUL = re.compile(r"roles/(owner|editor|viewer)|roles/.*[aA]dmin$")
BY_RESOURCE = re.compile(r"roles/(storage|pubsub|secretmanager|artifactregistry|run|iam\.serviceAccount)")
PHOTOS = ("uploads", "derived")

# Settings that only a local stack has (docs/settings.md), and variables that others than our code read.
LOCAL = {
    "upload": {"SIGNER_KEY_FILE", "ID_TOKEN_KEYS_URL", "APP_CHECK_KEYS_URL"},
    "status": {"SIGNER_KEY_FILE", "ID_TOKEN_KEYS_URL", "APP_CHECK_KEYS_URL"},
    "analyze": {"PUSH_KEYS_URL", "VISION_EMULATOR_HOST", "FAILPOINTS", "FAILPOINTS_STATE", "FAILPOINTS_SEED"},
}
SET_BY_CLOUD_RUN = {"K_SERVICE"}
READ_BY_OTHERS = {"THREADS": "functions-framework", "MALLOC_ARENA_MAX": "glibc", "MALLOC_TRIM_THRESHOLD_": "glibc"}


def nobody_is_powerful(plan: Plan) -> Iterator[str]:
    """No account gets a role that may do everything, or everything with one service."""
    for grant in plan.grants:
        if grant.type == "google_project_iam_member" and POWERFUL.fullmatch(str(grant["role"])):
            yield f"{grant.address} gives {grant['role']} on the whole project"


def grants_are_on_the_resource(plan: Plan) -> Iterator[str]:
    """Buckets, topics, secrets and accounts are granted one by one, never by the project."""
    for grant in plan.of("google_project_iam_member"):
        if BY_RESOURCE.match(str(grant["role"])) and not grant["condition"]:
            yield f"{grant.address} gives {grant['role']} on every resource of the project"


def nothing_is_public(plan: Plan) -> Iterator[str]:
    """Everybody may call upload and status, where that was asked for, and nothing else."""
    asked = plan.shown["variables"].get("public_ingress", {}).get("value", False)
    for grant in plan.grants:
        public = str(grant["member"]) in {"allUsers", "allAuthenticatedUsers"}
        if public and not (asked and re.search(r"module\.(upload|status)\.", grant.address)):
            yield f"{grant.address} is open to everybody"
    for bucket in plan.of("google_storage_bucket"):
        if bucket["public_access_prevention"] != "enforced" or not bucket["uniform_bucket_level_access"]:
            yield f"{bucket.address} could be made public"


def functions_run_as_themselves(plan: Plan) -> Iterator[str]:
    """Each kind of function has an account of its own, and says so."""
    for name in ("upload", "status", "analyze"):
        for function in _functions(plan, name):
            account = function.block("service_config")["service_account_email"]
            if account != f"loupe-{name}@my-project.iam.gserviceaccount.com":
                yield f"{function['name']} runs as {account}"
    for grant in plan.grants:
        may_act = grant["role"] in {"roles/iam.serviceAccountUser", "roles/iam.serviceAccountTokenCreator"}
        if may_act and grant.type != "google_service_account_iam_member":
            yield f"{grant.address} lets {grant['member']} act as anybody"
        if grant["role"] == "roles/iam.serviceAccountTokenCreator" and grant["member"] != _itself(grant):
            yield f"{grant.address} lets {grant['member']} sign as {grant['service_account_id']}"


def photos_are_gone_when_removed(plan: Plan) -> Iterator[str]:
    """Neither soft delete nor versions keep what was removed, and what nobody removes goes by age."""
    for name in PHOTOS:
        bucket = next(each for each in plan.of("google_storage_bucket") if each.key == name)
        if bucket.block("soft_delete_policy").get("retention_duration_seconds") != 0:
            yield f"{bucket.address} keeps removed objects (soft_delete_policy)"
        if bucket.block("versioning").get("enabled"):
            yield f"{bucket.address} keeps versions"
        rules = bucket["lifecycle_rule"] or []
        if not any(rule["action"][0]["type"] == "Delete" and rule["condition"][0]["age"] for rule in rules):
            yield f"{bucket.address} never removes anything by age"


def browsers_may_send_what_is_signed(plan: Plan) -> Iterator[str]:
    """CORS lists the signed headers, and origins by name."""
    bucket = next(each for each in plan.of("google_storage_bucket") if each.key == "uploads")
    cors = bucket.block("cors")
    missing = {"Content-Type", "x-goog-content-length-range", "x-goog-if-generation-match"} - set(
        cors.get("response_header") or ()
    )
    if missing or "*" in (cors.get("origin") or ["*"]) or cors.get("method") != ["PUT"]:
        yield f"{bucket.address} has CORS {cors}"


def pushes_are_signed_and_kept(plan: Plan) -> Iterator[str]:
    """A push subscription never expires, signs for whom it calls, and gives up after a while to a dead-letter topic."""
    for subscription in plan.of("google_pubsub_subscription"):
        name, push = subscription["name"], subscription.block("push_config")
        if subscription.block("expiration_policy").get("ttl") != "":
            yield f"{name} expires after 31 quiet days (expiration_policy)"
        if not push:
            continue
        audience = (push.get("oidc_token") or [{}])[0].get("audience") or ""
        if not audience or not re.fullmatch(re.escape(audience) + r"/[a-z-]*", push["push_endpoint"]):
            yield f"{name} pushes to {push['push_endpoint']} with the audience {audience or 'of nobody'}"
        dead = subscription.block("dead_letter_policy")
        if name != topology.PUSHED_DEAD and not 5 <= (dead.get("max_delivery_attempts") or 0) <= 100:
            yield f"{name} has no dead_letter_policy of 5 to 100 attempts"


def deadlines_are_a_chain(plan: Plan) -> Iterator[str]:
    """app 60 s < function 90 s < ack deadline = lease."""
    ack = {each["ack_deadline_seconds"] for each in plan.of("google_pubsub_subscription") if each["push_config"]}
    for function in _functions(plan, "analyze"):
        service = function.block("service_config")
        lease = int(service["environment_variables"]["LEASE_SECONDS"])
        if not 60 < service["timeout_seconds"] < min(ack) or ack != {lease}:
            yield f"{function['name']}: timeout {service['timeout_seconds']} s, ack deadline {ack}, lease {lease} s"


def dead_letters_can_be_written(plan: Plan) -> Iterator[str]:
    """The agent of Pub/Sub may publish to each dead-letter topic and acknowledge on each source."""
    agent = re.compile(r"serviceAccount:service-\d+@gcp-sa-pubsub\.iam\.gserviceaccount\.com")
    may_publish = {
        each["topic"]
        for each in plan.of("google_pubsub_topic_iam_member")
        if each["role"] == "roles/pubsub.publisher" and agent.fullmatch(str(each["member"]))
    }
    may_ack = {
        each["subscription"]
        for each in plan.of("google_pubsub_subscription_iam_member")
        if each["role"] == "roles/pubsub.subscriber" and agent.fullmatch(str(each["member"]))
    }
    sources = {each["name"] for each in plan.of("google_pubsub_subscription") if each["dead_letter_policy"]}
    dead = {topology.DEAD, topology.TASKS_DEAD}
    yield from (f"the agent of Pub/Sub may not publish to {topic}" for topic in sorted(dead - may_publish))
    yield from (f"the agent of Pub/Sub may not acknowledge on {name}" for name in sorted(sources - may_ack))


def storage_may_publish_before_it_notifies(plan: Plan) -> Iterator[str]:
    """A notification is made after the grant that it needs."""
    for address, each in plan.configured.items():
        granted = any("iam_member" in needed for needed in each.get("depends_on", ()))
        if each["type"] == "google_storage_notification" and not granted:
            yield f"{address} may be made before Cloud Storage may publish"


def analyze_is_called_by_pubsub_alone(plan: Plan) -> Iterator[str]:
    """No call of analyze comes from outside, and one account may invoke it."""
    for function in _functions(plan, "analyze"):
        ingress = function.block("service_config")["ingress_settings"]
        if ingress != "ALLOW_INTERNAL_ONLY":
            yield f"{function['name']} takes calls by {ingress}"
    invokers = [each for each in plan.of("google_cloud_run_v2_service_iam_member") if "analyze" in each.address]
    if {each.key for each in invokers} != {"pusher"} or {each["role"] for each in invokers} != {"roles/run.invoker"}:
        yield f"analyze is invoked by {[each.address for each in invokers]}"


def settings_are_those_that_the_code_reads(plan: Plan) -> Iterator[str]:
    """Every variable that a function reads is set, and every one that is set is read."""
    for name in ("upload", "status", "analyze"):
        settings = importlib.import_module(f"functions.{name}.settings").Settings
        read = {field.name.upper() for field in msgspec.structs.fields(settings)} - LOCAL[name] - SET_BY_CLOUD_RUN
        for function in _functions(plan, name):
            service = function.block("service_config")
            secret = {each["key"] for each in service["secret_environment_variables"] or ()}
            given = {*service["environment_variables"], *secret} - READ_BY_OTHERS.keys()
            yield from (f"{function['name']} is not told {variable}" for variable in sorted(read - given))
            yield from (f"{function['name']} does not read {variable}" for variable in sorted(given - read))


def what_expires_is_removed(plan: Plan) -> Iterator[str]:
    """Indexes, exemptions and expiry are those of firebase/firestore.indexes.json."""
    told = json.loads((ROOT / "firebase/firestore.indexes.json").read_text())
    wanted = {(each["collectionGroup"], each["fieldPath"], bool(each.get("ttl"))) for each in told["fieldOverrides"]}
    found = {
        (each["collection"], each["field"], bool(each["ttl_config"])) for each in plan.of("google_firestore_field")
    }
    yield from (f"Firestore's field {collection}.{field}: expiry {ttl}" for collection, field, ttl in wanted ^ found)
    indexes = {
        (each["collectionGroup"], each["queryScope"], tuple((one["fieldPath"], one["order"]) for one in each["fields"]))
        for each in told["indexes"]
    }
    planned = {
        (each["collection"], each["query_scope"], tuple((one["field_path"], one["order"]) for one in each["fields"]))
        for each in plan.of("google_firestore_index")
    }
    yield from (f"Firestore's index {index}" for index in indexes ^ planned)


def one_branch_of_one_repository_deploys(plan: Plan) -> Iterator[str]:
    """GitHub's tokens are taken of one branch of one repository of one owner, by the owner's number."""
    told = (plan.shown["variables"].get("github") or {}).get("value")
    for provider in plan.of("google_iam_workload_identity_pool_provider"):
        subject = f"repo:{told['owner']}/{told['repository']}:ref:refs/heads/{told.get('branch', 'main')}"
        wanted = f"assertion.sub == '{subject}' && assertion.repository_owner_id == '{told['owner_id']}'"
        if provider["attribute_condition"] != wanted:
            yield f"{provider.address} takes tokens where {provider['attribute_condition']}"


def secrets_are_not_written_down(plan: Plan) -> Iterator[str]:
    """Secrets reach functions by reference, and are given by write-only arguments."""
    for version in plan.of("google_secret_manager_secret_version"):
        if version["secret_data"]:
            yield f"{version.address} is in the state"
    for function in _functions(plan, ""):
        for variable in function.block("service_config")["environment_variables"]:
            if "SECRET" in variable or "API_KEY" in variable:
                yield f"{function['name']} has {variable} in plain text"


def _itself(grant: Resource) -> str:
    return f"serviceAccount:{str(grant['service_account_id']).rpartition('/')[2]}"


def _functions(plan: Plan, name: str) -> list[Resource]:
    return [each for each in plan.of("google_cloudfunctions2_function") if f"-{name}" in each["name"]]


LAWS = (
    nobody_is_powerful,
    grants_are_on_the_resource,
    nothing_is_public,
    functions_run_as_themselves,
    photos_are_gone_when_removed,
    browsers_may_send_what_is_signed,
    pushes_are_signed_and_kept,
    deadlines_are_a_chain,
    dead_letters_can_be_written,
    storage_may_publish_before_it_notifies,
    analyze_is_called_by_pubsub_alone,
    settings_are_those_that_the_code_reads,
    what_expires_is_removed,
    one_branch_of_one_repository_deploys,
    secrets_are_not_written_down,
)
