# What can be turned on, and what is wrong to say.

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
}

mock_provider "google-beta" {}

variables {
  project_id        = "my-project"
  page_token_secret = "0123456789012345678901234567890123456789"
  public_ingress    = true
  alert_emails      = ["oncall@example.com"]
  billing_account   = "012345-6789AB-CDEF01"
  scale             = { upload = { min = 1 } }
  bundles = {
    upload  = { file = "upload.zip", sha256 = "1111111111111111111111111111111111111111111111111111111111111111" }
    status  = { file = "status.zip", sha256 = "2222222222222222222222222222222222222222222222222222222222222222" }
    analyze = { file = "analyze.zip", sha256 = "3333333333333333333333333333333333333333333333333333333333333333" }
  }
}


run "closed_by_itself" {
  command = plan

  variables {
    public_ingress  = false
    alert_emails    = []
    billing_account = ""
    scale           = {}
  }

  expect_failures = [check.reachable, check.somebody_is_told, check.spending_is_bounded, check.fast]

  assert {
    condition     = local.ingress == "ALLOW_INTERNAL_AND_GCLB" && length(local.everybody) == 0
    error_message = "Nobody is let in who was not asked in."
  }
  assert {
    condition     = output.ci == null
    error_message = "There is no pipeline without a repository."
  }
}

run "open_where_asked" {
  command = plan

  variables {
    cors_origins = ["https://app.example.com", "http://localhost:5173"]
  }

  assert {
    condition     = local.everybody == { everybody = "allUsers" } && local.ingress == "ALLOW_ALL"
    error_message = "public_ingress lets phones in."
  }
  assert {
    condition     = contains(local.sign_in_domains, "app.example.com") && length(local.sign_in_domains) == length(distinct(local.sign_in_domains))
    error_message = "People sign in from the origins of the apps."
  }
  assert {
    condition     = local.environment.upload.CORS_ORIGINS == "https://app.example.com,http://localhost:5173"
    error_message = "Browsers may call from the origins that are named."
  }
}

run "a_careless_production" {
  command = plan

  variables {
    delete_protection   = false
    allow_sample_models = true
  }

  expect_failures = [check.recoverable, check.honest]
}

run "what_is_wrong_of_every_variable" {
  command = plan

  variables {
    alert_emails              = ["oncall"]
    analyze                   = { cpu = 0.5 }
    android_package_name      = "app"
    apple_bundle_id           = "app"
    backup_retention_days     = 365
    billing_account           = "mine"
    bundles                   = { upload = { file = "u.zip", sha256 = "1111111111111111111111111111111111111111111111111111111111111111" } }
    cors_origins              = ["*"]
    daily_budget_usd          = -1
    derived_days              = 0
    environment               = "live"
    firestore_location        = "EU"
    github                    = { owner = "you", owner_id = "you", repository = "loupe", state_bucket = "state" }
    labels                    = { Team = "Photos" }
    log_archive_days          = 7
    monthly_budget            = 0.5
    otlp_endpoint             = "collector"
    page_token_secret         = "short"
    page_token_secret_version = 0
    prefix                    = "our-company-production"
    project_id                = "demo-loupe"
    quota                     = { burst = 0 }
    region                    = "europe-west1-b"
    runbooks_url              = "https://example.com/"
    runtime                   = "python39"
    scale                     = { status = { min = 5, max = 2 } }
    uploads_days              = 0
  }

  expect_failures = [
    var.alert_emails,
    var.analyze,
    var.android_package_name,
    var.apple_bundle_id,
    var.backup_retention_days,
    var.billing_account,
    var.bundles,
    var.cors_origins,
    var.daily_budget_usd,
    var.derived_days,
    var.environment,
    var.firestore_location,
    var.github,
    var.labels,
    var.log_archive_days,
    var.monthly_budget,
    var.otlp_endpoint,
    var.page_token_secret,
    var.page_token_secret_version,
    var.prefix,
    var.project_id,
    var.quota,
    var.region,
    var.runbooks_url,
    var.runtime,
    var.scale,
    var.uploads_days,
  ]
}

run "what_else_is_wrong" {
  command = plan

  variables {
    analyze      = { memory_mib = 512 }
    cors_origins = []
    project_id   = "123456789012"
    region       = "EU"
    scale        = { upload = { max = 0 } }
  }

  expect_failures = [
    var.analyze,
    var.cors_origins,
    var.project_id,
    var.region,
    var.scale,
  ]
}

run "what_looks_nearly_right" {
  command = plan

  variables {
    cors_origins = ["https://app.example.com/"]
    bundles      = { upload = { file = "u.zip", sha256 = "abc" }, status = { file = "s.zip", sha256 = "1111111111111111111111111111111111111111111111111111111111111111" }, analyze = { file = "a.zip", sha256 = "1111111111111111111111111111111111111111111111111111111111111111" } }
    github       = { owner = "you/they", owner_id = "1", repository = "loupe", state_bucket = "state" }
  }

  expect_failures = [
    var.cors_origins,
    var.bundles,
    var.github,
  ]
}
