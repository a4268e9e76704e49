# A key of one's own for everything at rest. Firestore wants it where its data is, which may be a multi-region.

locals {
  # Cloud KMS calls Firestore's multi-regions by other names.
  key_locations = { nam5 = "us", nam7 = "us", eur3 = "europe" }
  firestore_key = lookup(local.key_locations, var.firestore_location, var.firestore_location)
  apart         = local.firestore_key != var.region

  key                = "projects/${var.project_id}/locations/${var.region}/keyRings/${var.prefix}/cryptoKeys/data"
  firestore_only_key = "projects/${var.project_id}/locations/${local.firestore_key}/keyRings/${var.prefix}-firestore/cryptoKeys/data"
}

resource "google_kms_key_ring" "this" {
  count = var.cmek ? 1 : 0

  project  = var.project_id
  location = var.region
  name     = var.prefix

  depends_on = [google_project_service.this]
}

resource "google_kms_crypto_key" "this" {
  count = var.cmek ? 1 : 0

  key_ring                   = google_kms_key_ring.this[0].id
  name                       = "data"
  rotation_period            = "7776000s" # 90 days
  destroy_scheduled_duration = "2592000s" # 30 days in which a mistake can be undone
}

resource "google_kms_crypto_key_iam_member" "this" {
  for_each = { for name, email in local.agents : name => email if var.cmek }

  crypto_key_id = google_kms_crypto_key.this[0].id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = "serviceAccount:${each.value}"

  depends_on = [google_project_service_identity.this]
}

resource "google_kms_key_ring" "firestore" {
  count = var.cmek && local.apart ? 1 : 0

  project  = var.project_id
  location = local.firestore_key
  name     = "${var.prefix}-firestore"

  depends_on = [google_project_service.this]
}

resource "google_kms_crypto_key" "firestore" {
  count = var.cmek && local.apart ? 1 : 0

  key_ring                   = google_kms_key_ring.firestore[0].id
  name                       = "data"
  rotation_period            = "7776000s"
  destroy_scheduled_duration = "2592000s"
}

resource "google_kms_crypto_key_iam_member" "firestore" {
  count = var.cmek && local.apart ? 1 : 0

  crypto_key_id = google_kms_crypto_key.firestore[0].id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = "serviceAccount:${local.agents.firestore}"

  depends_on = [google_project_service_identity.this]
}
