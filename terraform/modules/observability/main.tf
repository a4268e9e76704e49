# How operators see it: metrics, alerts, a dashboard, and what is kept of the log.

terraform {
  required_providers {
    google = { source = "hashicorp/google" }
  }
}

resource "google_monitoring_dashboard" "this" {
  project = var.project_id
  dashboard_json = templatefile("${path.module}/dashboard.json.tftpl", {
    title    = var.prefix
    logged   = local.logged
    services = local.services
    pushed   = local.pushed
    budget   = var.daily_budget_usd
  })

  depends_on = [google_logging_metric.this]
}

# Who did what, and how it went, beyond the 30 days of Cloud Logging. No line holds a photo, a place or a name.
resource "google_storage_bucket" "archive" {
  count = var.log_archive_days > 0 ? 1 : 0

  project                     = var.project_id
  name                        = "${var.project_id}-logs"
  location                    = var.region
  storage_class               = "NEARLINE"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.delete_protection

  versioning {
    enabled = false
  }

  lifecycle_rule {
    action { type = "Delete" }
    condition { age = var.log_archive_days }
  }

  dynamic "encryption" {
    for_each = var.kms_key == null ? [] : [var.kms_key]
    content {
      default_kms_key_name = encryption.value
    }
  }
}

resource "google_logging_project_sink" "archive" {
  count = var.log_archive_days > 0 ? 1 : 0

  project                = var.project_id
  name                   = "${var.prefix}-archive"
  destination            = "storage.googleapis.com/${google_storage_bucket.archive[0].name}"
  filter                 = "logName:\"cloudaudit.googleapis.com\" OR jsonPayload.metric.name:*"
  unique_writer_identity = true
}

resource "google_storage_bucket_iam_member" "archive" {
  count = var.log_archive_days > 0 ? 1 : 0

  bucket = google_storage_bucket.archive[0].name
  role   = "roles/storage.objectCreator"
  member = google_logging_project_sink.archive[0].writer_identity
}
