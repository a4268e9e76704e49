# Loupe on Google Cloud. docs/guides/deploy.md leads through it.

module "project" {
  source = "./modules/project"

  project_id         = var.project_id
  project_number     = data.google_project.this.number
  region             = var.region
  prefix             = var.prefix
  cmek               = var.cmek
  firestore_location = local.firestore_location
  data_access_logs   = var.data_access_logs
}

module "storage" {
  source = "./modules/storage"

  project_id        = var.project_id
  region            = var.region
  kms_key           = module.project.kms_key
  cors_origins      = local.cors_origins
  delete_protection = var.delete_protection
  uploads_days      = var.uploads_days
  derived_days      = var.derived_days
  bundles           = var.bundles
  keeper_role       = module.project.keeper_role
  uploader          = module.project.accounts.upload.member
  reader            = module.project.accounts.status.member
  analyze           = module.project.accounts.analyze.member
}

module "events" {
  source = "./modules/events"

  project_id = var.project_id
  region     = var.region
  kms_key    = module.project.kms_key
  agents     = module.project.agents
  notified   = module.storage.buckets.uploads
  topics     = ["uploads", "uploads-dead", "events", "tasks", "tasks-dead", "budget"]
  pushes     = local.pushes
  pulls      = { events-kept = "events", tasks-dead-kept = "tasks-dead" }
  pusher     = module.project.accounts.pusher.email
  schedule   = local.schedule
  publishers = {
    billing-budget  = { topic = "budget", member = "serviceAccount:billing-budget-alert@system.gserviceaccount.com" }
    status-events   = { topic = "events", member = module.project.accounts.status.member }
    status-uploads  = { topic = "uploads", member = module.project.accounts.status.member } # jobs that run once more
    status-tasks    = { topic = "tasks", member = module.project.accounts.status.member }   # removals
    analyze-events  = { topic = "events", member = module.project.accounts.analyze.member }
    analyze-uploads = { topic = "uploads", member = module.project.accounts.analyze.member } # the sweep, for lost events
  }
}

module "firestore" {
  source = "./modules/firestore"

  project_id             = var.project_id
  location               = local.firestore_location
  kms_key                = module.project.firestore_kms_key
  delete_protection      = var.delete_protection
  point_in_time_recovery = var.point_in_time_recovery
  backup_retention_days  = var.backup_retention_days
  indexes                = jsondecode(file("${path.module}/../firebase/firestore.indexes.json"))
  rules                  = file("${path.module}/../firebase/firestore.rules")

  depends_on = [module.project]
}

module "firebase" {
  source = "./modules/firebase"

  project_id           = var.project_id
  prefix               = var.prefix
  app_check            = var.app_check
  android_package_name = var.android_package_name
  apple_bundle_id      = var.apple_bundle_id
  domains              = local.sign_in_domains

  depends_on = [module.project]
}

resource "google_secret_manager_secret" "page_token" {
  project   = var.project_id
  secret_id = "${var.prefix}-page-token-secret"

  replication {
    user_managed {
      replicas {
        location = var.region

        dynamic "customer_managed_encryption" {
          for_each = module.project.kms_key == null ? [] : [module.project.kms_key]
          content {
            kms_key_name = customer_managed_encryption.value
          }
        }
      }
    }
  }

  depends_on = [module.project]
}

resource "google_secret_manager_secret_version" "page_token" {
  secret                 = google_secret_manager_secret.page_token.id
  secret_data_wo         = var.page_token_secret
  secret_data_wo_version = var.page_token_secret_version
}

resource "google_secret_manager_secret_iam_member" "page_token" {
  project   = var.project_id
  secret_id = google_secret_manager_secret.page_token.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = module.project.accounts.status.member
}

# What the pipeline proves with that its photo comes from the app: docs/guides/deploy.md says how to fill it.
resource "google_secret_manager_secret" "debug_token" {
  count = var.app_check && var.github != null ? 1 : 0

  project   = var.project_id
  secret_id = "${var.prefix}-app-check-debug-token"

  replication {
    user_managed {
      replicas {
        location = var.region

        dynamic "customer_managed_encryption" {
          for_each = module.project.kms_key == null ? [] : [module.project.kms_key]
          content {
            kms_key_name = customer_managed_encryption.value
          }
        }
      }
    }
  }

  depends_on = [module.project]
}

module "upload" {
  source = "./modules/function"

  name            = "${var.prefix}-upload"
  description     = "Apps ask it for places to put their photos."
  entry_point     = "upload"
  project_id      = var.project_id
  region          = var.region
  runtime         = var.runtime
  labels          = local.labels
  kms_key         = module.project.kms_key
  build           = local.build
  bundle          = module.storage.bundles["upload"]
  service_account = module.project.accounts.upload.email
  environment     = local.environment.upload
  concurrency     = local.concurrency.upload
  instances       = var.scale.upload
  ingress         = local.ingress
  invokers        = local.everybody
}

module "status" {
  source = "./modules/function"

  name            = "${var.prefix}-status"
  description     = "Apps ask it how their jobs stand and what came of them."
  entry_point     = "status"
  project_id      = var.project_id
  region          = var.region
  runtime         = var.runtime
  labels          = local.labels
  kms_key         = module.project.kms_key
  build           = local.build
  bundle          = module.storage.bundles["status"]
  service_account = module.project.accounts.status.email
  environment     = local.environment.status
  secrets = {
    PAGE_TOKEN_SECRET = {
      secret  = google_secret_manager_secret.page_token.secret_id
      version = google_secret_manager_secret_version.page_token.version
    }
  }
  concurrency = local.concurrency.status
  instances   = var.scale.status
  ingress     = local.ingress
  invokers    = local.everybody

  depends_on = [google_secret_manager_secret_iam_member.page_token]
}

module "analyze" {
  source   = "./modules/function"
  for_each = toset(local.priorities)

  name            = "${var.prefix}-analyze-${each.value}"
  description     = "Pub/Sub pushes photos of priority ${each.value} to it."
  entry_point     = "analyze"
  project_id      = var.project_id
  region          = var.region
  runtime         = var.runtime
  labels          = local.labels
  kms_key         = module.project.kms_key
  build           = local.build
  bundle          = module.storage.bundles["analyze"]
  service_account = module.project.accounts.analyze.email
  environment = merge(local.environment.analyze, {
    PUSH_AUDIENCE      = local.urls["analyze-${each.value}"]
    PUSH_SUBSCRIPTIONS = "projects/${var.project_id}/subscriptions/analyze-${each.value}"
  })
  cpu             = var.analyze.cpu
  memory_mib      = var.analyze.memory_mib
  timeout_seconds = 90
  concurrency     = 1 # decoding is bound by memory and CPU
  instances       = var.scale["analyze_${each.value}"]
  invokers        = { pusher = module.project.accounts.pusher.member }
}

locals {
  build = {
    service_account = module.project.accounts.build.id
    repository      = module.project.repository
  }
}

module "observability" {
  source = "./modules/observability"

  project_id        = var.project_id
  region            = var.region
  prefix            = var.prefix
  kms_key           = module.project.kms_key
  delete_protection = var.delete_protection
  alert_emails      = var.alert_emails
  runbooks_url      = var.runbooks_url
  daily_budget_usd  = var.daily_budget_usd
  log_archive_days  = var.log_archive_days
  subscriptions     = keys(local.pushes)
  services          = { for key, url in local.urls : key => "${var.prefix}-${key}" }
  hosts             = { for key in ["upload", "status"] : key => trimprefix(local.urls[key], "https://") if var.public_ingress }

  depends_on = [module.project]
}

module "budget" {
  source = "./modules/budget"
  count  = var.billing_account == "" ? 0 : 1

  billing_account       = var.billing_account
  monthly_budget        = var.monthly_budget
  project_number        = data.google_project.this.number
  prefix                = var.prefix
  topic                 = module.events.topics.budget
  notification_channels = module.observability.notification_channels
}

module "ci" {
  source = "./modules/ci"
  count  = var.github == null ? 0 : 1

  project_id      = var.project_id
  region          = var.region
  prefix          = var.prefix
  github          = var.github
  billing_account = var.billing_account
  source_bucket   = module.storage.buckets.source
  secrets         = [for secret in concat([google_secret_manager_secret.page_token], google_secret_manager_secret.debug_token) : secret.secret_id]
  accounts        = { for name, account in module.project.accounts : name => account.id if name != "pusher" }
}
