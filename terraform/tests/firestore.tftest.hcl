# Firestore: expiry, indexes, protection.

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


run "database" {
  command = plan

  module {
    source = "./modules/firestore"
  }

  variables {
    location               = "eur3"
    delete_protection      = true
    point_in_time_recovery = true
    backup_retention_days  = 14
    rules                  = "rules_version = '2';"
    indexes = {
      indexes = [{
        collectionGroup = "jobs"
        queryScope      = "COLLECTION"
        fields          = [{ fieldPath = "uid", order = "ASCENDING" }, { fieldPath = "createTime", order = "DESCENDING" }]
      }]
      fieldOverrides = [
        { collectionGroup = "jobs", fieldPath = "expireTime", ttl = true, indexes = [] },
        { collectionGroup = "jobs", fieldPath = "summary", indexes = [] },
      ]
    }
  }

  assert {
    condition     = google_firestore_database.this.delete_protection_state == "DELETE_PROTECTION_ENABLED" && google_firestore_database.this.deletion_policy == "ABANDON"
    error_message = "A protected database is not destroyed."
  }
  assert {
    condition     = google_firestore_database.this.point_in_time_recovery_enablement == "POINT_IN_TIME_RECOVERY_ENABLED"
    error_message = "Seven days of history are kept."
  }
  assert {
    condition     = length(google_firestore_field.this["jobs.expireTime"].ttl_config) == 1 && length(google_firestore_field.this["jobs.summary"].ttl_config) == 0
    error_message = "What expires is removed by Firestore, and nothing else."
  }
  assert {
    condition     = google_firestore_index.this["jobs COLLECTION uid:ASCENDING createTime:DESCENDING"].fields[1].order == "DESCENDING"
    error_message = "Indexes are those of the file."
  }
  assert {
    condition     = google_firestore_backup_schedule.daily[0].retention == "1209600s"
    error_message = "Backups are kept for 14 days."
  }
}

run "without_backups" {
  command = plan

  module {
    source = "./modules/firestore"
  }

  variables {
    location               = "eur3"
    delete_protection      = false
    point_in_time_recovery = false
    backup_retention_days  = 0
    rules                  = "rules_version = '2';"
    indexes                = { indexes = [], fieldOverrides = [] }
  }

  assert {
    condition     = length(google_firestore_backup_schedule.daily) == 0 && google_firestore_database.this.deletion_policy == "DELETE"
    error_message = "What is not wanted is not there."
  }
}
