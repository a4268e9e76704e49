# The buckets. Names are those of localcloud/topology.py; nothing in them is ever public.

terraform {
  required_providers {
    google = { source = "hashicorp/google" }
  }
}

locals {
  # What a browser has to send with an upload: all of it is signed.
  signed_headers = ["Content-Type", "x-goog-content-length-range", "x-goog-if-generation-match", "x-goog-meta-traceparent"]

  # Photos of people are gone when they are removed (no soft delete); models and sources can be brought back.
  buckets = {
    uploads = { days = var.uploads_days, soft_delete_seconds = 0, versioned = false, cors = ["PUT"] }
    derived = { days = var.derived_days, soft_delete_seconds = 0, versioned = false, cors = ["GET"] }
    models  = { days = null, soft_delete_seconds = 604800, versioned = true, cors = [] }
    source  = { days = null, soft_delete_seconds = 604800, versioned = true, cors = [] }
  }
}

resource "google_storage_bucket" "this" {
  for_each = local.buckets

  project                     = var.project_id
  name                        = "${var.project_id}-${each.key}"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.delete_protection

  soft_delete_policy {
    retention_duration_seconds = each.value.soft_delete_seconds
  }

  versioning {
    enabled = each.value.versioned
  }

  dynamic "encryption" {
    for_each = var.kms_key == null ? [] : [var.kms_key]
    content {
      default_kms_key_name = encryption.value
    }
  }

  dynamic "cors" {
    for_each = length(each.value.cors) > 0 ? [each.value.cors] : []
    content {
      origin          = var.cors_origins
      method          = cors.value
      response_header = local.signed_headers
      max_age_seconds = 3600
    }
  }

  dynamic "lifecycle_rule" {
    for_each = each.value.days == null ? [] : [each.value.days]
    content {
      action { type = "Delete" }
      condition { age = lifecycle_rule.value }
    }
  }

  dynamic "lifecycle_rule" {
    for_each = each.value.versioned ? [30] : []
    content {
      action { type = "Delete" }
      condition { days_since_noncurrent_time = lifecycle_rule.value }
    }
  }

  lifecycle_rule {
    action { type = "AbortIncompleteMultipartUpload" }
    condition { age = 1 }
  }
}

resource "google_storage_bucket_object" "bundle" {
  for_each = var.bundles

  bucket = google_storage_bucket.this["source"].name
  name   = "bundles/${each.key}-${substr(each.value.sha256, 0, 12)}.zip"
  source = each.value.file
}

resource "google_storage_bucket_iam_member" "this" {
  for_each = {
    # May create and not delete, so not overwrite either.
    uploads-create = { bucket = "uploads", role = "roles/storage.objectCreator", member = var.uploader }
    uploads-keep   = { bucket = "uploads", role = var.keeper_role, member = var.analyze }
    # A job that is to run once more needs its photos: status asks whether they are there, and 404 needs the list.
    uploads-look  = { bucket = "uploads", role = "roles/storage.objectViewer", member = var.reader }
    derived-read  = { bucket = "derived", role = "roles/storage.objectViewer", member = var.reader }
    derived-write = { bucket = "derived", role = "roles/storage.objectUser", member = var.analyze }
    models-read   = { bucket = "models", role = "roles/storage.objectViewer", member = var.analyze }
  }

  bucket = google_storage_bucket.this[each.value.bucket].name
  role   = each.value.role
  member = each.value.member
}
