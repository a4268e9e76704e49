# The way from a push to production: GitHub without keys, a build that plans, and a build that waits for approval.
#
# The deployer may deploy and may look; it may not change who may do what. Those changes are for a person to apply.

terraform {
  required_providers {
    google = { source = "hashicorp/google" }
  }
}

locals {
  repository = "${var.github.owner}/${var.github.repository}"
  uri        = "https://github.com/${local.repository}"
  email      = "${var.prefix}-deployer@${var.project_id}.iam.gserviceaccount.com"
  deployer   = "serviceAccount:${local.email}"
  itself     = "projects/${var.project_id}/serviceAccounts/${local.email}"

  # What a plan has to look at. Nothing here reads a photo, a job or a secret.
  roles = toset([
    "roles/cloudfunctions.developer", # new revisions of functions, and none of their permissions
    "roles/cloudkms.viewer",
    "roles/cloudscheduler.viewer",
    "roles/firebaseappcheck.viewer",
    "roles/firebaserules.viewer",
    "roles/iam.roleViewer",
    "roles/iam.securityReviewer",
    "roles/iam.workloadIdentityPoolViewer",
    "roles/identityplatform.viewer",
    "roles/logging.logWriter",
    "roles/monitoring.viewer",
    "roles/recaptchaenterprise.viewer",
    "roles/serviceusage.serviceUsageConsumer",
  ])
  permissions = [
    "artifactregistry.repositories.get",
    "cloudbuild.builds.create",
    "cloudbuild.builds.get",
    "cloudbuild.builds.list",
    "datastore.backupSchedules.get",
    "datastore.backupSchedules.list",
    "datastore.databases.get",
    "datastore.databases.getMetadata",
    "datastore.indexes.get",
    "datastore.indexes.list",
    "firebase.clients.get",
    "firebase.clients.list",
    "firebase.projects.get",
    "iam.serviceAccounts.get",
    "logging.logMetrics.get",
    "logging.sinks.get",
    "pubsub.subscriptions.get",
    "pubsub.topics.get",
    "resourcemanager.projects.get",
    "secretmanager.secrets.get",
    "secretmanager.versions.get",
    "storage.buckets.get",
  ]
}

resource "google_service_account" "deployer" {
  project      = var.project_id
  account_id   = "${var.prefix}-deployer"
  display_name = "Loupe deployer: plans, and deploys what was approved"
}

resource "google_project_iam_custom_role" "planner" {
  project     = var.project_id
  role_id     = replace("${var.prefix}_planner", "-", "_")
  title       = "Loupe planner"
  description = "Looks at what Terraform manages, without its contents, and starts the build that deploys."
  permissions = local.permissions
}

resource "google_project_iam_member" "planner" {
  project = var.project_id
  role    = "projects/${var.project_id}/roles/${google_project_iam_custom_role.planner.role_id}"
  member  = local.deployer

  depends_on = [google_service_account.deployer]
}

resource "google_project_iam_member" "deployer" {
  for_each = local.roles

  project = var.project_id
  role    = each.value
  member  = local.deployer

  depends_on = [google_service_account.deployer]
}

# Bundles, plans and the releases that can be returned to.
resource "google_storage_bucket_iam_member" "deployer" {
  for_each = toset([var.source_bucket, var.github.state_bucket])

  bucket = each.value
  role   = "roles/storage.objectUser"
  member = local.deployer

  depends_on = [google_service_account.deployer]
}

# Functions run and are built as these; and the build that plans starts the one that deploys, as the same account.
resource "google_service_account_iam_member" "acts_as" {
  for_each = merge(var.accounts, { deployer = local.itself })

  service_account_id = each.value
  role               = "roles/iam.serviceAccountUser"
  member             = local.deployer

  depends_on = [google_service_account.deployer]
}

resource "google_secret_manager_secret_iam_member" "deployer" {
  for_each = var.secrets

  project   = var.project_id
  secret_id = each.value
  role      = "roles/secretmanager.secretAccessor"
  member    = local.deployer

  depends_on = [google_service_account.deployer]
}

# A plan looks at the budget, too, which is the billing account's.
resource "google_billing_account_iam_member" "deployer" {
  for_each = toset(var.billing_account == "" ? [] : [var.billing_account])

  billing_account_id = each.value
  role               = "roles/billing.viewer"
  member             = local.deployer

  depends_on = [google_service_account.deployer]
}

# GitHub's own tokens stand for the repository; no key of ours is stored there.
resource "google_iam_workload_identity_pool" "github" {
  project                   = var.project_id
  workload_identity_pool_id = "${var.prefix}-github"
  display_name              = "GitHub"
  description               = "Workflows of ${local.repository}."
}

resource "google_iam_workload_identity_pool_provider" "github" {
  project                            = var.project_id
  workload_identity_pool_id          = google_iam_workload_identity_pool.github.workload_identity_pool_id
  workload_identity_pool_provider_id = "github"
  display_name                       = "GitHub Actions"

  attribute_mapping = {
    "google.subject"             = "assertion.sub"
    "attribute.ref"              = "assertion.ref"
    "attribute.repository"       = "assertion.repository"
    "attribute.repository_owner" = "assertion.repository_owner_id"
  }
  # By number: a name that its owner gives up can be taken by anybody.
  attribute_condition = "assertion.sub == 'repo:${local.repository}:ref:refs/heads/${var.github.branch}' && assertion.repository_owner_id == '${var.github.owner_id}'"

  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

resource "google_service_account_iam_member" "github" {
  service_account_id = google_service_account.deployer.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.github.name}/attribute.repository/${local.repository}"
}

# Checks, bundles, plans; every push to the branch.
resource "google_cloudbuild_trigger" "plan" {
  project         = var.project_id
  location        = var.region
  name            = "${var.prefix}-plan"
  description     = "Checks, bundles and plans every push to ${var.github.branch}, then asks for approval."
  filename        = "cloudbuild.yaml"
  service_account = google_service_account.deployer.id

  github {
    owner = var.github.owner
    name  = var.github.repository
    push {
      branch = "^${replace(var.github.branch, "/[.+]/", "\\$0")}$"
    }
  }

  substitutions = {
    _PREFIX        = var.prefix
    _REGION        = var.region
    _SOURCE_BUCKET = var.source_bucket
    _STATE_BUCKET  = var.github.state_bucket
    _STATE_PREFIX  = var.github.state_prefix
    _DEPLOY        = google_cloudbuild_trigger.deploy.name
  }
}

# Applies what was planned, tries it with one photo, and goes back if that fails. Waits until somebody approves.
resource "google_cloudbuild_trigger" "deploy" {
  project         = var.project_id
  location        = var.region
  name            = "${var.prefix}-deploy"
  description     = "Applies a plan after approval, tries it with one photo, and rolls back where that fails."
  service_account = google_service_account.deployer.id

  source_to_build {
    uri       = local.uri
    ref       = "refs/heads/${var.github.branch}"
    repo_type = "GITHUB"
  }

  git_file_source {
    path      = "cloudbuild.deploy.yaml"
    uri       = local.uri
    revision  = "refs/heads/${var.github.branch}"
    repo_type = "GITHUB"
  }

  approval_config {
    approval_required = true
  }

  substitutions = {
    _PREFIX        = var.prefix
    _SOURCE_BUCKET = var.source_bucket
    _STATE_BUCKET  = var.github.state_bucket
    _STATE_PREFIX  = var.github.state_prefix
    _RELEASE       = "none" # the build that plans says which
  }
}
