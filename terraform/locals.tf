locals {
  labels = merge({ app = "loupe", environment = var.environment }, var.labels)

  region             = var.region
  firestore_location = coalesce(var.firestore_location, var.region)
  sites              = ["${var.project_id}.web.app", "${var.project_id}.firebaseapp.com"]
  cors_origins       = coalesce(var.cors_origins, [for site in local.sites : "https://${site}"])
  sign_in_domains    = distinct(concat(["localhost"], local.sites, [for origin in local.cors_origins : regex("^https?://([^:/]+)", origin)[0]]))
  ingress            = var.public_ingress ? "ALLOW_ALL" : "ALLOW_INTERNAL_AND_GCLB"
  everybody          = { for who in ["allUsers"] : "everybody" => who if var.public_ingress }
  priorities         = ["high", "normal", "batch"]

  # Every Cloud Run service has this address besides the one that is made up for it; being known beforehand, it can
  # stand in the function's own settings.
  urls = {
    for name in concat(["upload", "status"], [for priority in local.priorities : "analyze-${priority}"]) :
    name => "https://${var.prefix}-${name}-${data.google_project.this.number}.${var.region}.run.app"
  }

  # What is pushed where. Tasks and dead letters go to the instances of high priority, which are seldom all busy.
  pushes = merge(
    {
      for priority in local.priorities : "analyze-${priority}" => {
        topic       = "uploads"
        endpoint    = "${local.urls["analyze-${priority}"]}/"
        audience    = local.urls["analyze-${priority}"]
        filter      = "attributes.priority = \"${priority}\""
        dead_letter = "uploads-dead"
      }
    },
    {
      analyze-tasks = {
        topic       = "tasks"
        endpoint    = "${local.urls["analyze-high"]}/tasks"
        audience    = local.urls["analyze-high"]
        dead_letter = "tasks-dead"
      }
      analyze-budget = {
        topic       = "budget"
        endpoint    = "${local.urls["analyze-high"]}/budget"
        audience    = local.urls["analyze-high"]
        dead_letter = "tasks-dead"
      }
      analyze-dead-letters = {
        topic    = "uploads-dead"
        endpoint = "${local.urls["analyze-high"]}/dead-letters"
        audience = local.urls["analyze-high"]
      }
    },
  )

  # Settings of the functions, as docs/settings.md lists them.
  app_check_number = var.app_check ? tostring(data.google_project.this.number) : ""
  daily_budget     = tostring(var.daily_budget_usd * 1000000)
  front = {
    GOOGLE_CLOUD_PROJECT        = var.project_id
    APP_CHECK_PROJECT_NUMBER    = local.app_check_number
    CORS_ORIGINS                = join(",", local.cors_origins)
    OTEL_EXPORTER_OTLP_ENDPOINT = var.otlp_endpoint
  }
  environment = {
    upload = merge(local.front, {
      UPLOADS_BUCKET           = module.storage.buckets.uploads
      SIGNER_EMAIL             = module.project.accounts.upload.email
      QUOTA_BURST              = tostring(var.quota.burst)
      QUOTA_PER_HOUR           = tostring(var.quota.per_hour)
      DAILY_BUDGET_MICRO_USD   = local.daily_budget
      MEDICAL_INTENDED_USE_ACK = var.medical_intended_use_ack
    })
    status = merge(local.front, {
      UPLOADS_BUCKET = module.storage.buckets.uploads
      UPLOADS_TOPIC  = "projects/${var.project_id}/topics/uploads"
      EVENTS_TOPIC   = "projects/${var.project_id}/topics/events"
      TASKS_TOPIC    = "projects/${var.project_id}/topics/tasks"
      DERIVED_BUCKET = module.storage.buckets.derived
      SIGNER_EMAIL   = module.project.accounts.status.email
      PUBLIC_URL     = local.urls.status
      MAX_WAITERS    = tostring(local.concurrency.status - 8) # the others answer at once
    })
    analyze = {
      GOOGLE_CLOUD_PROJECT        = var.project_id
      UPLOADS_BUCKET              = module.storage.buckets.uploads
      DERIVED_BUCKET              = module.storage.buckets.derived
      MODELS_BUCKET               = module.storage.buckets.models
      ALLOW_SAMPLE_MODELS         = tostring(var.allow_sample_models)
      MODEL_THREADS               = "0" # as measured when the model was added
      MEDICAL_INTENDED_USE_ACK    = var.medical_intended_use_ack
      EVENTS_TOPIC                = "projects/${var.project_id}/topics/events"
      UPLOADS_TOPIC               = "projects/${var.project_id}/topics/uploads"
      PUSH_SERVICE_ACCOUNT        = module.project.accounts.pusher.email
      TASKS_SUBSCRIPTION          = "projects/${var.project_id}/subscriptions/analyze-tasks"
      BUDGET_SUBSCRIPTION         = "projects/${var.project_id}/subscriptions/analyze-budget"
      DEAD_LETTER_SUBSCRIPTION    = "projects/${var.project_id}/subscriptions/analyze-dead-letters"
      DAILY_BUDGET_MICRO_USD      = local.daily_budget
      VISION_TEXT_MICRO_USD       = "1500"
      VISION_PROPERTIES_MICRO_USD = "1500"
      LEASE_SECONDS               = "120"
      OTEL_EXPORTER_OTLP_ENDPOINT = var.otlp_endpoint
      SWEEP_RUN_SECONDS           = "45"
      SWEEP_SILENCE_SECONDS       = "120"
      SWEEP_UPLOADS_SECONDS       = "86400"
      SWEEP_STALLED_SECONDS       = "1800"
      SWEEP_SETTLE_SECONDS        = "3600"
      MAINTENANCE_RUN_SECONDS     = "45"
      MAINTENANCE_ORPHAN_SECONDS  = "86400"
      MAINTENANCE_EXPIRES         = "false" # Firestore's TTL policies do it
      # glibc gives memory back that a large photo needed.
      MALLOC_ARENA_MAX       = "2"
      MALLOC_TRIM_THRESHOLD_ = "131072"
    }
  }

  concurrency = { upload = 32, status = 32 }
  schedule = {
    sweep       = "*/2 * * * *"
    maintenance = "17 * * * *"
    analytics   = "37 * * * *"
  }
}
