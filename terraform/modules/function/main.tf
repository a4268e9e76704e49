# One function of the second generation, and who may call it.

terraform {
  required_providers {
    google = { source = "hashicorp/google" }
  }
}

resource "google_cloudfunctions2_function" "this" {
  project      = var.project_id
  location     = var.region
  name         = var.name
  description  = var.description
  labels       = var.labels
  kms_key_name = var.kms_key

  build_config {
    runtime           = var.runtime
    entry_point       = var.entry_point
    service_account   = var.build.service_account
    docker_repository = var.build.repository

    source {
      storage_source {
        bucket = var.bundle.bucket
        object = var.bundle.object
      }
    }
  }

  service_config {
    service_account_email            = var.service_account
    available_cpu                    = tostring(var.cpu)
    available_memory                 = "${var.memory_mib}Mi"
    timeout_seconds                  = var.timeout_seconds
    min_instance_count               = var.instances.min
    max_instance_count               = var.instances.max
    max_instance_request_concurrency = var.concurrency
    ingress_settings                 = var.ingress
    all_traffic_on_latest_revision   = true
    # functions-framework serves with this many threads; without it four per CPU, however many requests are let in.
    environment_variables = merge({ THREADS = tostring(max(var.concurrency, 4)) }, var.environment)

    dynamic "secret_environment_variables" {
      for_each = var.secrets
      content {
        project_id = var.project_id
        key        = secret_environment_variables.key
        secret     = secret_environment_variables.value.secret
        version    = secret_environment_variables.value.version
      }
    }
  }
}

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = var.invokers

  project  = var.project_id
  location = var.region
  name     = google_cloudfunctions2_function.this.name
  role     = "roles/run.invoker"
  member   = each.value

  lifecycle {
    # A function that is replaced gets a new service, which nobody may call.
    replace_triggered_by = [google_cloudfunctions2_function.this.id]
  }
}
