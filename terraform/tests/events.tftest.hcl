# What is pushed where, for whom it is signed, and what happens to what cannot be delivered.

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


run "pushes" {
  command = plan

  variables {
    region = "europe-west1"
    agents = { pubsub = "pubsub@example.com", storage = "storage@example.com" }

    notified   = "my-project-uploads"
    topics     = ["uploads", "uploads-dead", "events", "tasks", "tasks-dead"]
    pusher     = "pusher@example.com"
    publishers = {}
    pulls      = { events-kept = "events" }
    schedule   = { sweep = "*/2 * * * *" }
    pushes = {
      analyze-high = {
        topic       = "uploads"
        endpoint    = "https://high.example.com/"
        audience    = "https://high.example.com"
        filter      = "attributes.priority = \"high\""
        dead_letter = "uploads-dead"
      }
    }
  }

  module {
    source = "./modules/events"
  }

  assert {
    condition     = google_pubsub_subscription.push["analyze-high"].push_config[0].oidc_token[0].audience == "https://high.example.com"
    error_message = "The audience of the token is the address of the service."
  }
  assert {
    condition     = google_pubsub_subscription.push["analyze-high"].dead_letter_policy[0].max_delivery_attempts == 20
    error_message = "Twenty tries: longer than a lease lasts."
  }
  assert {
    condition     = google_pubsub_subscription.push["analyze-high"].expiration_policy[0].ttl == "" && google_pubsub_subscription.pull["events-kept"].expiration_policy[0].ttl == ""
    error_message = "No subscription expires in a quiet month."
  }
  assert {
    condition     = google_pubsub_subscription_iam_member.dead_letter["analyze-high"].member == "serviceAccount:pubsub@example.com"
    error_message = "The agent of Pub/Sub has to acknowledge what it puts aside."
  }
  assert {
    condition     = google_pubsub_topic_iam_member.dead_letter["uploads-dead"].role == "roles/pubsub.publisher"
    error_message = "The agent of Pub/Sub has to publish dead letters."
  }
  assert {
    condition     = google_storage_notification.finalized["batch"].object_name_prefix == "batch/" && google_storage_notification.finalized["batch"].custom_attributes.priority == "batch"
    error_message = "Each priority is announced as such."
  }
}

run "audiences_are_addresses" {
  command = plan

  assert {
    condition     = output.urls["analyze-high"] == "https://loupe-analyze-high-123456789012.europe-west1.run.app"
    error_message = "The address of a service follows from its name, the project's number and the region."
  }
}
