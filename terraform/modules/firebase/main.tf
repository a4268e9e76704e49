# What apps need of Firebase: sign-in, an app to be registered as, and App Check where it is on.

terraform {
  required_providers {
    google      = { source = "hashicorp/google" }
    google-beta = { source = "hashicorp/google-beta" }
  }
}

locals {
  android = toset(var.android_package_name == "" ? [] : ["app"])
  apple   = toset(var.apple_bundle_id == "" ? [] : ["app"])
  checked = toset(var.app_check ? ["on"] : [])
}

resource "google_firebase_project" "this" {
  provider = google-beta

  project = var.project_id
}

resource "google_identity_platform_config" "this" {
  project                    = var.project_id
  autodelete_anonymous_users = true # after 30 days
  authorized_domains         = var.domains

  sign_in {
    allow_duplicate_emails = false

    anonymous {
      enabled = true
    }
    email {
      enabled           = true
      password_required = true
    }
  }

  depends_on = [google_firebase_project.this]
}

resource "google_firebase_web_app" "this" {
  provider = google-beta

  project         = google_firebase_project.this.project
  display_name    = "${var.prefix} web"
  deletion_policy = "DELETE"
}

resource "google_firebase_android_app" "this" {
  for_each = local.android
  provider = google-beta

  project         = google_firebase_project.this.project
  display_name    = "${var.prefix} Android"
  package_name    = var.android_package_name
  deletion_policy = "DELETE"
}

resource "google_firebase_apple_app" "this" {
  for_each = local.apple
  provider = google-beta

  project         = google_firebase_project.this.project
  display_name    = "${var.prefix} iOS"
  bundle_id       = var.apple_bundle_id
  deletion_policy = "DELETE"
}

resource "google_recaptcha_enterprise_key" "web" {
  for_each = local.checked

  project      = var.project_id
  display_name = "${var.prefix} web"

  web_settings {
    integration_type  = "SCORE"
    allow_all_domains = false
    allowed_domains   = var.domains
  }

  depends_on = [google_firebase_project.this]
}

resource "google_firebase_app_check_recaptcha_enterprise_config" "web" {
  for_each = local.checked

  project   = var.project_id
  app_id    = google_firebase_web_app.this.app_id
  site_key  = google_recaptcha_enterprise_key.web[each.key].name
  token_ttl = "3600s"
}

resource "google_firebase_app_check_play_integrity_config" "android" {
  for_each = var.app_check ? local.android : toset([])

  project   = var.project_id
  app_id    = google_firebase_android_app.this[each.key].app_id
  token_ttl = "3600s"
}

resource "google_firebase_app_check_app_attest_config" "apple" {
  for_each = var.app_check ? local.apple : toset([])

  project   = var.project_id
  app_id    = google_firebase_apple_app.this[each.key].app_id
  token_ttl = "3600s"
}

# upload and status check tokens themselves; this is for what apps read from Firestore directly.
resource "google_firebase_app_check_service_config" "firestore" {
  for_each = local.checked

  project          = var.project_id
  service_id       = "firestore.googleapis.com"
  enforcement_mode = "ENFORCED"

  depends_on = [google_firebase_project.this]
}

data "google_firebase_web_app_config" "this" {
  provider = google-beta

  project    = var.project_id
  web_app_id = google_firebase_web_app.this.app_id
}
