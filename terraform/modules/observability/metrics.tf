# Log-based metrics of the events that shared/metrics.py writes. Every one is a distribution: its sum adds values up,
# its count counts events, its percentiles tell times.

locals {
  catalogue = jsondecode(file("${path.module}/metrics.json"))
  # 50 ms to 40 minutes for times; one to 10^11 for everything else.
  buckets = {
    s = { scale = 0.05, growth_factor = 1.4, num_finite_buckets = 32 }
    1 = { scale = 1, growth_factor = 2, num_finite_buckets = 37 }
  }
}

resource "google_logging_metric" "this" {
  for_each = local.catalogue

  project         = var.project_id
  name            = "${var.prefix}/${each.key}"
  description     = "Events ${each.key} of Loupe (shared/metrics.py)."
  filter          = "resource.type=\"cloud_run_revision\" AND jsonPayload.metric.name=\"${each.key}\""
  value_extractor = "EXTRACT(jsonPayload.metric.value)"
  label_extractors = {
    for label in each.value.labels : label => "EXTRACT(jsonPayload.metric.labels.${label})"
  }

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
    unit        = each.value.unit

    dynamic "labels" {
      for_each = each.value.labels
      content {
        key        = labels.value
        value_type = "STRING"
      }
    }
  }

  bucket_options {
    exponential_buckets {
      scale              = local.buckets[each.value.unit].scale
      growth_factor      = local.buckets[each.value.unit].growth_factor
      num_finite_buckets = local.buckets[each.value.unit].num_finite_buckets
    }
  }
}
