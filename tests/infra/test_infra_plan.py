"""The plan keeps every law, and is the cloud that the local one imitates."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import promql_parser
import pytest
from google.cloud.monitoring_dashboard_v1 import Dashboard
from google.protobuf.json_format import ParseDict

from localcloud import topology
from localcloud.ground import Ports
from loupe.app import loupe
from shared.metrics import METRICS
from tests.infra.laws import LAWS
from tests.infra.terraform import SECRET
from tests.running import ROOT

NAMES = topology.Names(project="my-project")


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_every_law_is_kept(plan, law):
    assert list(law(plan)) == []


def test_topics_are_those_of_the_local_cloud(plan):
    assert {each["name"] for each in plan.of("google_pubsub_topic")} == set(topology.TOPICS)


def test_subscriptions_are_those_of_the_local_cloud(plan):
    local = {each.name.rpartition("/")[2]: each for each in topology.subscriptions(NAMES, Ports())}
    planned = {each["name"]: each for each in plan.of("google_pubsub_subscription")}
    assert planned.keys() == local.keys()
    for name, each in planned.items():
        assert shape_planned(each) == shape_local(local[name]), name


def shape_local(subscription):
    dead = subscription.dead_letter_policy
    retry = subscription.retry_policy
    endpoint, audience = subscription.push_config.push_endpoint, subscription.push_config.oidc_token.audience
    return {
        "topic": subscription.topic.rpartition("/")[2],
        "filter": subscription.filter,
        "ack": subscription.ack_deadline_seconds,
        "path": endpoint.removeprefix(audience) if endpoint else None,
        "retry": (retry.minimum_backoff.seconds, retry.maximum_backoff.seconds) if endpoint else None,
        "dead": (dead.dead_letter_topic.rpartition("/")[2], dead.max_delivery_attempts) if endpoint else None,
    }


def shape_planned(subscription):
    push = subscription.block("push_config")
    retry = subscription.block("retry_policy")
    dead = subscription.block("dead_letter_policy")
    audience = push["oidc_token"][0]["audience"] if push else ""
    return {
        "topic": subscription["topic"],
        "filter": subscription["filter"] or "",
        "ack": subscription["ack_deadline_seconds"],
        "path": push["push_endpoint"].removeprefix(audience + "/") if push else None,
        "retry": tuple(int(retry[f"{side}_backoff"].rstrip("s")) for side in ("minimum", "maximum")) if push else None,
        "dead": (dead.get("dead_letter_topic", "").rpartition("/")[2], dead.get("max_delivery_attempts", 0))
        if push
        else None,
    }


def test_buckets_are_those_of_the_local_cloud_and_one_for_sources(plan):
    planned = {each["name"] for each in plan.of("google_storage_bucket")}
    assert {NAMES.uploads_bucket, NAMES.derived_bucket, NAMES.models_bucket, "my-project-source"} <= planned
    assert planned - {"my-project-logs"} == {
        f"my-project-{name}" for name in ("uploads", "derived", "models", "source")
    }


def test_uploads_are_announced_by_priority(plan):
    found = {
        (each["object_name_prefix"], each["custom_attributes"]["priority"], tuple(each["event_types"]))
        for each in plan.of("google_storage_notification")
    }
    assert found == {(f"{each}/", each, ("OBJECT_FINALIZE",)) for each in topology.PRIORITIES}


def between(schedule):
    """The time between two runs, of the forms of cron that are used here."""
    minute, hour, *days = schedule.split()
    assert days == ["*", "*", "*"], schedule
    if hour == "*":
        return timedelta(minutes=int(minute.removeprefix("*/"))) if minute.startswith("*/") else timedelta(hours=1)
    return timedelta(hours=int(hour.removeprefix("*/"))) if hour.startswith("*/") else timedelta(days=1)


def test_what_comes_by_the_clock_comes_as_often_as_locally(plan):
    jobs = {each.key: each for each in plan.of("google_cloud_scheduler_job")}
    assert jobs.keys() == topology.SCHEDULE.keys()
    for task, every in topology.SCHEDULE.items():
        assert between(jobs[task]["schedule"]) == every
        assert jobs[task].block("pubsub_target")["attributes"] == {"task": task}


def test_the_rules_are_those_that_were_tested(plan):
    ruleset = plan.of("google_firebaserules_ruleset")[0]
    assert ruleset["source"][0]["files"][0]["content"] == (ROOT / "firebase/firestore.rules").read_text()
    assert plan.of("google_firebaserules_release")[0]["name"] == "cloud.firestore"


def test_the_secret_is_nowhere_in_the_plan(plan):
    assert SECRET not in json.dumps(plan.shown)


def test_priorities_have_instances_of_their_own_from_one_bundle(plan):
    functions = [each for each in plan.of("google_cloudfunctions2_function") if "analyze" in each["name"]]
    assert {each["name"] for each in functions} == {f"loupe-analyze-{each}" for each in topology.PRIORITIES}
    audiences = {each.block("service_config")["environment_variables"]["PUSH_AUDIENCE"] for each in functions}
    assert len(audiences) == 3
    assert all("-analyze-" in audience for audience in audiences)


def test_metrics_are_those_that_the_functions_record(plan):
    planned = {
        each.key: (
            each.block("metric_descriptor")["unit"],
            {one["key"] for one in each.block("metric_descriptor")["labels"]},
        )
        for each in plan.of("google_logging_metric")
    }
    assert planned == {name: (metric.unit, set(metric.labels)) for name, metric in METRICS.items()}


def queries(plan):
    for policy in plan.of("google_monitoring_alert_policy"):
        yield policy["conditions"][0]["condition_prometheus_query_language"][0]["query"]
    dashboard = json.loads(plan.of("google_monitoring_dashboard")[0]["dashboard_json"])
    for tile in dashboard["mosaicLayout"]["tiles"]:
        for each in tile["widget"]["xyChart"]["dataSets"]:
            yield each["timeSeriesQuery"]["prometheusQuery"]


def test_the_dashboard_is_one_that_cloud_monitoring_takes(plan):
    written = json.loads(plan.of("google_monitoring_dashboard")[0]["dashboard_json"])
    dashboard = ParseDict(written, Dashboard.pb(Dashboard()))
    tiles = dashboard.mosaic_layout.tiles
    assert all(tile.x_pos + tile.width <= dashboard.mosaic_layout.columns for tile in tiles)
    assert len({(tile.x_pos, tile.y_pos) for tile in tiles}) == len(tiles)


def test_queries_ask_for_metrics_and_labels_that_exist(plan):
    for query in queries(plan):
        promql_parser.parse(query)
        for name, labels in re.findall(r"user_loupe_(\w+?)_(?:bucket|count|sum)\{([^}]*)\}", query):
            named = set(re.findall(r"(\w+)=", labels)) - {"monitored_resource"}
            assert named <= set(METRICS[name].labels), query
        assert "user_" not in query or "user_loupe_" in query


def test_every_alert_has_a_page_that_says_what_to_do(plan):
    pages = {path.stem for path in (ROOT / "docs/runbooks").glob("*.md")} - {"README"}
    named = set()
    for policy in plan.of("google_monitoring_alert_policy"):
        (page,) = re.findall(r"docs/runbooks/([a-z-]+)\.md", policy["documentation"][0]["content"])
        named.add(page)
    assert named <= pages
    assert named | {"unreachable"} == pages


@pytest.mark.parametrize("page", sorted((ROOT / "docs/runbooks").glob("*.md")), ids=lambda page: page.stem)
def test_every_runbook_says_what_it_means_what_to_look_at_and_what_to_do(page):
    if page.stem != "README":
        text = page.read_text()
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["What it means", "Look", "Do"]
        assert set(re.findall(r"`loupe ([a-z]+)", text)) <= set(loupe.commands)


def test_toggles_turn_things_on_and_are_off_by_themselves(small, full):
    optional = {
        "google_kms_crypto_key",
        "google_billing_budget",
        "google_logging_project_sink",
        "google_cloudbuild_trigger",
        "google_recaptcha_enterprise_key",
        "google_firebase_android_app",
        "google_firebase_apple_app",
        "google_monitoring_uptime_check_config",
        "google_project_iam_audit_config",
        "google_iam_workload_identity_pool",
    }
    assert {each.type for each in small.resources} & optional == set()
    assert optional <= {each.type for each in full.resources}


def test_everything_at_rest_has_the_key_where_one_is_wanted(full):
    assert all(each["encryption"] for each in full.of("google_storage_bucket"))
    assert all(each["cmek_config"] for each in full.of("google_firestore_database"))
    modules = full.shown["configuration"]["root_module"]["module_calls"]
    assert all(
        "kms_key" in modules[name]["expressions"] for name in ("storage", "events", "firestore", "upload", "analyze")
    )


def test_calls_reach_the_apps_functions_only_where_that_was_asked_for(small, full):
    def ingress(plan):
        return {
            each["name"]: each.block("service_config")["ingress_settings"]
            for each in plan.of("google_cloudfunctions2_function")
        }

    assert ingress(small)["loupe-upload"] == ingress(small)["loupe-status"] == "ALLOW_INTERNAL_AND_GCLB"
    assert ingress(full)["loupe-upload"] == ingress(full)["loupe-status"] == "ALLOW_ALL"


def test_waiting_requests_leave_threads_for_others(plan):
    status = plan.one("google_cloudfunctions2_function", "loupe-status").block("service_config")
    variables = status["environment_variables"]
    assert int(variables["THREADS"]) == status["max_instance_request_concurrency"]
    assert 0 < int(variables["MAX_WAITERS"]) < int(variables["THREADS"])
