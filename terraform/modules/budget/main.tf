# The bill of the month. Notices are late by hours, so this is the backstop: the product's own ledger comes first.
# Nothing here turns billing off, which would take the database down with it.

terraform {
  required_providers {
    google = { source = "hashicorp/google" }
  }
}

resource "google_billing_budget" "month" {
  billing_account = var.billing_account
  display_name    = "${var.prefix}: the month"

  budget_filter {
    projects        = ["projects/${var.project_number}"]
    calendar_period = "MONTH"
  }

  amount {
    specified_amount {
      units = tostring(var.monthly_budget) # in the account's own currency
    }
  }

  dynamic "threshold_rules" {
    for_each = [0.5, 0.8, 0.9, 1.0]
    content {
      threshold_percent = threshold_rules.value
    }
  }

  all_updates_rule {
    pubsub_topic                     = var.topic
    schema_version                   = "1.0"
    monitoring_notification_channels = slice(var.notification_channels, 0, min(5, length(var.notification_channels)))
  }
}
