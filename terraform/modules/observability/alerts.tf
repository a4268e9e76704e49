# What somebody has to be told of, each with a page in docs/runbooks that says what to do.
# Queries are PromQL: one form for Google's metrics and for those of the log.

locals {
  # The names that Cloud Monitoring gives to log-based metrics and to this deployment's things in PromQL.
  logged   = "logging_googleapis_com:user_${replace(var.prefix, "-", "_")}"
  services = join("|", values(var.services))
  apps     = join("|", [for key, name in var.services : name if !startswith(key, "analyze")])
  pushed   = join("|", var.subscriptions)
  waited   = join("|", [for name in var.subscriptions : name if name != "analyze-batch"]) # batch may wait: that is what it is for
  age      = "pubsub_googleapis_com:subscription_oldest_unacked_message_age{monitored_resource=\"pubsub_subscription\",subscription_id=~\"${local.pushed}\"}"
  acked    = "increase(pubsub_googleapis_com:subscription_push_request_count{monitored_resource=\"pubsub_subscription\",response_class=\"ack\",subscription_id=~\"${local.pushed}\"}[10m])"
  done     = "increase(${local.logged}_tasks_done_count{monitored_resource=\"cloud_run_revision\",task=\"TASK\"}[WITHIN])"
  requests = "increase(run_googleapis_com:request_count{monitored_resource=\"cloud_run_revision\",service_name=~\"${local.apps}\"}[5m])"
  failed   = "increase(run_googleapis_com:request_count{monitored_resource=\"cloud_run_revision\",service_name=~\"${local.apps}\",response_code_class=\"5xx\"}[5m])"

  alerts = {
    dead-letters = {
      title    = "Deliveries were given up"
      severity = "CRITICAL"
      lasting  = "0s"
      query    = "sum by (subscription_id) (increase(pubsub_googleapis_com:subscription_dead_letter_message_count{monitored_resource=\"pubsub_subscription\",subscription_id=~\"${local.pushed}\"}[10m])) > 0"
    }
    stalled = {
      title    = "Photos wait and nothing is analysed"
      severity = "CRITICAL"
      lasting  = "300s"
      query    = "(max by (subscription_id) (${local.age}) > 300) unless on (subscription_id) (sum by (subscription_id) (${local.acked}) > 0)"
    }
    backlog = {
      title    = "Photos wait longer than ten minutes"
      severity = "WARNING"
      lasting  = "300s"
      query    = "max by (subscription_id) (${replace(local.age, local.pushed, local.waited)}) > 600"
    }
    errors = {
      title    = "More than 5 % of the apps' calls fail"
      severity = "CRITICAL"
      lasting  = "300s"
      query    = "sum by (service_name) (${local.failed}) / sum by (service_name) (${local.requests}) > 0.05"
    }
    slow = {
      title    = "Results take longer than 30 seconds for one user in twenty"
      severity = "WARNING"
      lasting  = "600s"
      query    = "histogram_quantile(0.95, sum by (le, kind) (increase(${local.logged}_job_seconds_bucket{monitored_resource=\"cloud_run_revision\"}[10m]))) > 30"
    }
    failing = {
      title    = "More than a fifth of the jobs fail"
      severity = "WARNING"
      lasting  = "600s"
      query    = "sum by (kind) (increase(${local.logged}_jobs_ended_count{monitored_resource=\"cloud_run_revision\",state=\"FAILED\"}[30m])) / sum by (kind) (increase(${local.logged}_jobs_ended_count{monitored_resource=\"cloud_run_revision\"}[30m])) > 0.2"
    }
    spending = {
      title    = "Four fifths of the day's budget for paid calls are spent"
      severity = "WARNING"
      lasting  = "0s"
      query    = "sum(increase(${local.logged}_cost_micro_usd_sum{monitored_resource=\"cloud_run_revision\"}[1d])) > ${max(1, var.daily_budget_usd * 800000)}"
    }
    sweep-silent = {
      title    = "The sweep has not run for ten minutes"
      severity = "CRITICAL"
      lasting  = "300s"
      query    = "absent(sum(${replace(replace(local.done, "TASK", "sweep"), "WITHIN", "10m")}) > 0)"
    }
    maintenance-silent = {
      title    = "Maintenance has not run for three hours"
      severity = "WARNING"
      lasting  = "5400s" # a new deployment has to come round first, which is within the hour
      query    = "absent(sum(${replace(replace(local.done, "TASK", "maintenance"), "WITHIN", "90m")}) > 0)"
    }
  }
  outside = {
    for key, host in var.hosts : "unreachable-${key}" => {
      page     = "unreachable"
      title    = "${key} does not answer from outside"
      severity = "CRITICAL"
      lasting  = "300s"
      query    = "avg(avg_over_time(monitoring_googleapis_com:uptime_check_check_passed{monitored_resource=\"uptime_url\",host=\"${host}\"}[5m])) < 0.5"
    }
  }
}

resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.alert_emails)

  project      = var.project_id
  display_name = each.value
  type         = "email"
  labels       = { email_address = each.value }
}

resource "google_monitoring_alert_policy" "this" {
  for_each = merge({ for key, alert in local.alerts : key => merge(alert, { page = key }) }, local.outside)

  project               = var.project_id
  display_name          = "${var.prefix}: ${each.value.title}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = [for channel in google_monitoring_notification_channel.email : channel.id]

  conditions {
    display_name = each.value.title
    condition_prometheus_query_language {
      query                     = each.value.query
      duration                  = each.value.lasting
      evaluation_interval       = "60s"
      disable_metric_validation = true # a metric of the log exists only after its first event
    }
  }

  documentation {
    subject   = "${var.prefix}: ${each.value.title}"
    mime_type = "text/markdown"
    content   = "What to do: docs/runbooks/${each.value.page}.md"

    dynamic "links" {
      for_each = var.runbooks_url == "" ? [] : [var.runbooks_url]
      content {
        display_name = "Runbook"
        url          = "${links.value}/${each.value.page}.md"
      }
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }

  depends_on = [google_logging_metric.this]
}

resource "google_monitoring_uptime_check_config" "this" {
  for_each = var.hosts

  project      = var.project_id
  display_name = "${var.prefix} ${each.key}"
  timeout      = "10s"
  period       = "300s"

  http_check {
    path         = "/healthz"
    port         = 443
    use_ssl      = true
    validate_ssl = true
  }

  monitored_resource {
    type   = "uptime_url"
    labels = { project_id = var.project_id, host = each.value }
  }
}
