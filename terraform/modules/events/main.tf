# How the parts hear of each other: topics, who may publish, what is pushed where, and what comes by the clock.
# localcloud/topology.py lays the same locally, and tests compare the two.

terraform {
  required_providers {
    google = { source = "hashicorp/google" }
  }
}

locals {
  priorities = ["high", "normal", "batch"]
  # app 60 s < function 90 s < ack deadline 120 s = lease
  ack_deadline_seconds  = 120
  retry_seconds         = { low = 2, high = 20 }
  max_delivery_attempts = 20
  dead_lettered         = { for name, push in var.pushes : name => push if push.dead_letter != null }
}

resource "google_pubsub_topic" "this" {
  for_each = var.topics

  project      = var.project_id
  name         = each.value
  kms_key_name = var.kms_key

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }
}

resource "google_pubsub_topic_iam_member" "publisher" {
  for_each = var.publishers

  project = var.project_id
  topic   = google_pubsub_topic.this[each.value.topic].name
  role    = "roles/pubsub.publisher"
  member  = each.value.member
}

resource "google_pubsub_topic_iam_member" "storage" {
  project = var.project_id
  topic   = google_pubsub_topic.this["uploads"].name
  role    = "roles/pubsub.publisher"
  member  = "serviceAccount:${var.agents.storage}"
}

resource "google_storage_notification" "finalized" {
  for_each = toset(local.priorities)

  bucket             = var.notified
  topic              = "projects/${var.project_id}/topics/${google_pubsub_topic.this["uploads"].name}"
  payload_format     = "JSON_API_V1"
  event_types        = ["OBJECT_FINALIZE"]
  object_name_prefix = "${each.value}/"
  custom_attributes  = { priority = each.value }

  depends_on = [google_pubsub_topic_iam_member.storage] # Cloud Storage checks that it may publish
}

resource "google_pubsub_subscription" "push" {
  for_each = var.pushes

  project                    = var.project_id
  name                       = each.key
  topic                      = google_pubsub_topic.this[each.value.topic].name
  filter                     = each.value.filter
  ack_deadline_seconds       = local.ack_deadline_seconds
  message_retention_duration = "604800s" # seven days, as long as Cloud Storage keeps trying

  expiration_policy {
    ttl = "" # never: a quiet month must not remove it
  }

  push_config {
    push_endpoint = each.value.endpoint

    oidc_token {
      service_account_email = var.pusher
      audience              = each.value.audience
    }
  }

  retry_policy {
    minimum_backoff = "${local.retry_seconds.low}s"
    maximum_backoff = "${local.retry_seconds.high}s"
  }

  dynamic "dead_letter_policy" {
    for_each = each.value.dead_letter == null ? [] : [each.value.dead_letter]
    content {
      dead_letter_topic     = "projects/${var.project_id}/topics/${google_pubsub_topic.this[dead_letter_policy.value].name}"
      max_delivery_attempts = local.max_delivery_attempts
    }
  }
}

resource "google_pubsub_subscription" "pull" {
  for_each = var.pulls

  project                    = var.project_id
  name                       = each.key
  topic                      = google_pubsub_topic.this[each.value].name
  ack_deadline_seconds       = 60
  message_retention_duration = "604800s"

  expiration_policy {
    ttl = ""
  }
}

# Without these two Pub/Sub keeps delivering what it should put aside, and says so nowhere.
resource "google_pubsub_topic_iam_member" "dead_letter" {
  for_each = toset([for push in values(local.dead_lettered) : push.dead_letter])

  project = var.project_id
  topic   = google_pubsub_topic.this[each.value].name
  role    = "roles/pubsub.publisher"
  member  = "serviceAccount:${var.agents.pubsub}"
}

resource "google_pubsub_subscription_iam_member" "dead_letter" {
  for_each = local.dead_lettered

  project      = var.project_id
  subscription = google_pubsub_subscription.push[each.key].name
  role         = "roles/pubsub.subscriber"
  member       = "serviceAccount:${var.agents.pubsub}"
}

resource "google_cloud_scheduler_job" "task" {
  for_each = var.schedule

  project     = var.project_id
  region      = var.region
  name        = "task-${each.key}"
  description = "Publishes the task ${each.key}."
  schedule    = each.value
  time_zone   = "Etc/UTC"

  pubsub_target {
    topic_name = "projects/${var.project_id}/topics/${google_pubsub_topic.this["tasks"].name}"
    attributes = { task = each.key }
  }

  retry_config {
    retry_count = 3
  }
}
