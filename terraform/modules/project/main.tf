# What a project has to have before anything else: APIs, identities, the accounts that functions run as.

terraform {
  required_providers {
    google      = { source = "hashicorp/google" }
    google-beta = { source = "hashicorp/google-beta" }
  }
}

locals {
  apis = toset([
    "artifactregistry.googleapis.com",
    "billingbudgets.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudfunctions.googleapis.com",
    "cloudkms.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "cloudscheduler.googleapis.com",
    "firebase.googleapis.com",
    "firebaseappcheck.googleapis.com",
    "firebaserules.googleapis.com",
    "firestore.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "identitytoolkit.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "pubsub.googleapis.com",
    "recaptchaenterprise.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "serviceusage.googleapis.com",
    "storage.googleapis.com",
    "sts.googleapis.com",
    "vision.googleapis.com",
  ])

  # Who runs, and as what it is known to people who read audit logs.
  accounts = {
    upload  = "Loupe upload: makes jobs and signs upload URLs"
    status  = "Loupe status: reads jobs for their owners"
    analyze = "Loupe analyze: reads photos, writes results"
    pusher  = "Loupe pusher: signs the pushes of Pub/Sub, and may call analyze"
    build   = "Loupe build: builds the containers of the functions"
  }

  # Written out, so that a plan shows who gets what before the accounts exist.
  identities = {
    for name in keys(local.accounts) : name => {
      email  = "${var.prefix}-${name}@${var.project_id}.iam.gserviceaccount.com"
      member = "serviceAccount:${var.prefix}-${name}@${var.project_id}.iam.gserviceaccount.com"
      id     = "projects/${var.project_id}/serviceAccounts/${var.prefix}-${name}@${var.project_id}.iam.gserviceaccount.com"
    }
  }

  agents = {
    artifactregistry = "service-${var.project_number}@gcp-sa-artifactregistry.iam.gserviceaccount.com"
    firestore        = "service-${var.project_number}@gcp-sa-firestore.iam.gserviceaccount.com"
    functions        = "service-${var.project_number}@gcf-admin-robot.iam.gserviceaccount.com"
    pubsub           = "service-${var.project_number}@gcp-sa-pubsub.iam.gserviceaccount.com"
    run              = "service-${var.project_number}@serverless-robot-prod.iam.gserviceaccount.com"
    secretmanager    = "service-${var.project_number}@gcp-sa-secretmanager.iam.gserviceaccount.com"
    storage          = "service-${var.project_number}@gs-project-accounts.iam.gserviceaccount.com"
  }
}

resource "google_project_service" "this" {
  for_each = local.apis

  project            = var.project_id
  service            = each.value
  disable_on_destroy = false # others may use them
}

# Agents come into being when they are first used; asked for, they are there before they are granted anything.
resource "google_project_service_identity" "this" {
  for_each = toset([
    "artifactregistry.googleapis.com", "firestore.googleapis.com", "pubsub.googleapis.com", "secretmanager.googleapis.com",
  ])
  provider = google-beta

  project = var.project_id
  service = google_project_service.this[each.value].service
}

resource "google_service_account" "this" {
  for_each = local.accounts

  project      = var.project_id
  account_id   = "${var.prefix}-${each.key}"
  display_name = each.value

  depends_on = [google_project_service.this]
}

# Firestore grants by project or by database; this is the one database.
resource "google_project_iam_member" "database" {
  for_each = toset(["upload", "status", "analyze"])

  project = var.project_id
  role    = "roles/datastore.user"
  member  = local.identities[each.value].member

  condition {
    title       = "the default database"
    description = "Nothing but the database that Loupe keeps its jobs in."
    expression  = "resource.name == \"projects/${var.project_id}/databases/(default)\" || resource.name.startsWith(\"projects/${var.project_id}/databases/(default)/\")"
  }

  depends_on = [google_service_account.this]
}

# Signs as itself, by IAM: there is no key that could be lost.
resource "google_service_account_iam_member" "signer" {
  for_each = toset(["upload", "status"])

  service_account_id = local.identities[each.value].id
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.identities[each.value].member

  depends_on = [google_service_account.this]
}

# Pub/Sub makes the tokens of its pushes as this account, and can do nothing else as it.
resource "google_service_account_iam_member" "push_tokens" {
  service_account_id = local.identities.pusher.id
  role               = "roles/iam.serviceAccountOpenIdTokenCreator"
  member             = "serviceAccount:${local.agents.pubsub}"

  depends_on = [google_service_account.this, google_project_service_identity.this]
}

# What analyze does with originals: read them, find them, remove them. It never writes one.
resource "google_project_iam_custom_role" "keeper" {
  project     = var.project_id
  role_id     = replace("${var.prefix}_photo_keeper", "-", "_")
  title       = "Loupe photo keeper"
  description = "Reads, lists and removes objects, and writes none."
  permissions = ["storage.objects.get", "storage.objects.list", "storage.objects.delete"]

  depends_on = [google_project_service.this]
}

resource "google_artifact_registry_repository" "functions" {
  project       = var.project_id
  location      = var.region
  repository_id = "${var.prefix}-functions"
  description   = "The containers of Loupe's functions."
  format        = "DOCKER"
  kms_key_name  = var.cmek ? local.key : null

  cleanup_policy_dry_run = false
  cleanup_policies {
    id     = "keep-the-last-ten"
    action = "KEEP"
    most_recent_versions {
      keep_count = 10
    }
  }
  cleanup_policies {
    id     = "remove-after-a-month"
    action = "DELETE"
    condition {
      older_than = "2592000s"
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.this]
}

resource "google_artifact_registry_repository_iam_member" "build" {
  project    = var.project_id
  location   = google_artifact_registry_repository.functions.location
  repository = google_artifact_registry_repository.functions.repository_id
  role       = "roles/artifactregistry.writer"
  member     = local.identities.build.member

  depends_on = [google_service_account.this]
}

resource "google_project_iam_member" "build_logs" {
  project = var.project_id
  role    = "roles/logging.logWriter"
  member  = local.identities.build.member

  depends_on = [google_service_account.this]
}

# Cloud Functions copies a source to a bucket of its own before it is built.
resource "google_project_iam_member" "build_source" {
  project = var.project_id
  role    = "roles/storage.objectViewer"
  member  = local.identities.build.member

  condition {
    title       = "the sources of functions"
    description = "Nothing but the bucket that Cloud Functions builds from."
    expression  = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-${var.project_number}-${var.region}\")"
  }

  depends_on = [google_service_account.this]
}

resource "google_project_iam_audit_config" "data" {
  for_each = toset(var.data_access_logs ? ["datastore.googleapis.com", "storage.googleapis.com"] : [])

  project = var.project_id
  service = each.value

  audit_log_config { log_type = "DATA_READ" }
  audit_log_config { log_type = "DATA_WRITE" }
}
