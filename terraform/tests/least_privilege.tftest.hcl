# Who may do what, and nobody more.

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


run "accounts_are_apart" {
  command = plan

  assert {
    condition     = length(distinct([for name, account in module.project.accounts : account.email])) == 5
    error_message = "Every function, the pusher and the builder need accounts of their own."
  }
  assert {
    condition     = length(toset([for key, grant in module.project.database_grants : grant.role])) == 1
    error_message = "Functions have one role on the database."
  }
  assert {
    condition     = alltrue([for key, grant in module.project.database_grants : strcontains(grant.expression, "databases/(default)")])
    error_message = "The grant on Firestore is for the one database."
  }
}

run "uploads_are_written_once" {
  command = plan

  module {
    source = "./modules/storage"
  }

  variables {
    region            = "europe-west1"
    cors_origins      = ["https://app.example.com"]
    delete_protection = true
    uploads_days      = 30
    derived_days      = 30
    keeper_role       = "projects/my-project/roles/keeper"
    uploader          = "serviceAccount:upload@example.com"
    reader            = "serviceAccount:status@example.com"
    analyze           = "serviceAccount:analyze@example.com"
  }

  assert {
    condition     = google_storage_bucket_iam_member.this["uploads-create"].role == "roles/storage.objectCreator"
    error_message = "Whoever signs uploads may create objects and nothing else: so nobody overwrites a photo."
  }
  assert {
    condition     = length([for key, grant in google_storage_bucket_iam_member.this : key if grant.member == "serviceAccount:upload@example.com"]) == 1
    error_message = "upload has one grant on one bucket."
  }
  assert {
    condition     = toset([for key, grant in google_storage_bucket_iam_member.this : grant.role if grant.member == "serviceAccount:status@example.com"]) == toset(["roles/storage.objectViewer"])
    error_message = "status looks at photos and pictures, and changes none."
  }
  assert {
    condition     = alltrue([for key, bucket in google_storage_bucket.this : bucket.public_access_prevention == "enforced"])
    error_message = "No bucket can be made public."
  }
  assert {
    condition     = !google_storage_bucket.this["uploads"].force_destroy
    error_message = "A protected bucket is not destroyed with its photos."
  }
  assert {
    condition     = google_storage_bucket_object.bundle["upload"].name == "bundles/upload-111111111111.zip"
    error_message = "Bundles are named by their content."
  }
}
