# Said at every plan: nothing here stops it.

check "reachable" {
  assert {
    condition     = var.public_ingress
    error_message = "public_ingress is off: phones reach upload and status only through a load balancer of yours."
  }
}

check "somebody_is_told" {
  assert {
    condition     = length(var.alert_emails) > 0
    error_message = "alert_emails is empty: alerts are seen in the console only."
  }
}

check "spending_is_bounded" {
  assert {
    condition     = var.billing_account != ""
    error_message = "billing_account is empty: there is no budget for the bill of the month."
  }
}

check "recoverable" {
  assert {
    condition     = var.environment != "prod" || (var.delete_protection && var.point_in_time_recovery && var.backup_retention_days > 0)
    error_message = "A production environment without delete_protection, point_in_time_recovery and backups loses data at the first mistake."
  }
}

check "honest" {
  assert {
    condition     = !(var.environment == "prod" && var.allow_sample_models)
    error_message = "allow_sample_models is on in production: sample models are trained on drawn pictures and know nothing."
  }
}

check "fast" {
  assert {
    condition     = var.environment != "prod" || var.scale.upload.min > 0
    error_message = "scale.upload.min is 0: the first user after a quiet time waits for a cold start."
  }
}
