# What there is to say about a deployment, in alphabetical order. Defaults are those of a small production project.

variable "alert_emails" {
  description = "Who is told by e-mail when an alert fires. Empty: alerts are seen in the console only."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for email in var.alert_emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", email))])
    error_message = "Every entry of alert_emails must be an e-mail address, as in [\"oncall@example.com\"]."
  }
}

variable "allow_sample_models" {
  description = "Whether models trained on drawn pictures may be used. They show how things work, and know nothing."
  type        = bool
  default     = false
  nullable    = false
}

variable "analyze" {
  description = "One instance of analyze: whole CPUs and memory in MiB. Each photo is decoded in a child that may take 1 GiB."
  type = object({
    cpu        = optional(number, 2)
    memory_mib = optional(number, 4096)
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains([1, 2, 4, 8], var.analyze.cpu)
    error_message = "analyze.cpu must be 1, 2, 4 or 8: Cloud Run knows no other whole numbers of CPUs."
  }
  validation {
    condition     = var.analyze.memory_mib >= 2048 && var.analyze.memory_mib <= 32768
    error_message = "analyze.memory_mib must be 2048 to 32768: a photo may take 1 GiB to decode, beside the function itself."
  }
}

variable "android_package_name" {
  description = "The package of your Android app, as in com.example.app. Empty: no Android app is registered with Firebase."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^([a-zA-Z][a-zA-Z0-9_]*(\\.[a-zA-Z][a-zA-Z0-9_]*)+)?$", var.android_package_name))
    error_message = "android_package_name must be a package name with at least one dot, as in com.example.app."
  }
}

variable "app_check" {
  description = "Whether callers have to prove that they are your app: upload and status refuse calls without an App Check token."
  type        = bool
  default     = false
  nullable    = false
}

variable "apple_bundle_id" {
  description = "The bundle id of your iOS app, as in com.example.app. Empty: no iOS app is registered with Firebase."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^([a-zA-Z0-9-]+(\\.[a-zA-Z0-9-]+)+)?$", var.apple_bundle_id))
    error_message = "apple_bundle_id must be a bundle id with at least one dot, as in com.example.app."
  }
}

variable "backup_retention_days" {
  description = "How long Firestore's daily backups are kept. 0: there are none."
  type        = number
  default     = 14
  nullable    = false

  validation {
    condition     = var.backup_retention_days >= 0 && var.backup_retention_days <= 98 && floor(var.backup_retention_days) == var.backup_retention_days
    error_message = "backup_retention_days must be a whole number from 0 (no backups) to 98: Firestore keeps a backup 14 weeks at most."
  }
}

variable "billing_account" {
  description = "The billing account that the monthly budget is set on, as in 012345-6789AB-CDEF01. Empty: no budget."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^([0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6})?$", var.billing_account))
    error_message = "billing_account must look like 012345-6789AB-CDEF01; `gcloud billing accounts list` shows yours."
  }
}

variable "bundles" {
  description = "What is deployed: dist/bundles.tfvars.json, which `make bundle` writes, names a zip for each function."
  type        = map(object({ file = string, sha256 = string }))
  nullable    = false

  validation {
    condition     = toset(keys(var.bundles)) == toset(["upload", "status", "analyze"])
    error_message = "bundles must name exactly upload, status and analyze. Run `make bundle`, then add -var-file=../dist/bundles.tfvars.json."
  }
  validation {
    condition     = alltrue([for bundle in values(var.bundles) : can(regex("^[0-9a-f]{64}$", bundle.sha256))])
    error_message = "Every bundle needs its SHA-256 in 64 hexadecimal digits. Run `make bundle` and pass the file it writes."
  }
}

variable "cmek" {
  description = "Whether data at rest is encrypted with a key of yours in Cloud KMS, rotated every 90 days."
  type        = bool
  default     = false
  nullable    = false
}

variable "cors_origins" {
  description = "The web origins that browsers may call and upload from. Null: the project's own Firebase Hosting sites."
  type        = list(string)
  default     = null

  validation {
    condition     = alltrue([for origin in coalesce(var.cors_origins, []) : can(regex("^(https://[^/*\\s]+|http://localhost(:[0-9]+)?)$", origin))])
    error_message = "Every entry of cors_origins must be an origin without path or wildcard, as in https://app.example.com."
  }
  validation {
    condition     = var.cors_origins == null || length(coalesce(var.cors_origins, [])) > 0
    error_message = "cors_origins must not be empty: leave it out for the project's own sites, or name your origins."
  }
}

variable "daily_budget_usd" {
  description = "What paid calls may cost a day, by the product's own ledger. At 90 % batch work waits, at 100 % they are left out."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.daily_budget_usd >= 0 && var.daily_budget_usd <= 1000000
    error_message = "daily_budget_usd must be 0 (nothing is paid for) to 1000000."
  }
}

variable "data_access_logs" {
  description = "Whether every read and write of Firestore and Cloud Storage is audited. They are charged by volume."
  type        = bool
  default     = false
  nullable    = false
}

variable "delete_protection" {
  description = "Whether the database, the buckets and the functions' data refuse to be destroyed."
  type        = bool
  default     = true
  nullable    = false
}

variable "derived_days" {
  description = "After how many days derived pictures are removed; jobs expire after 30."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.derived_days >= 1 && var.derived_days <= 3650
    error_message = "derived_days must be 1 to 3650."
  }
}

variable "environment" {
  description = "Which of your environments this is: dev, staging or prod. A label on everything."
  type        = string
  default     = "prod"
  nullable    = false

  validation {
    condition     = contains(["dev", "staging", "prod"], var.environment)
    error_message = "environment must be dev, staging or prod."
  }
}

variable "firestore_location" {
  description = "Where Firestore keeps its data: nam5, eur3 or a region. It cannot be changed later. Empty: the region."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(nam5|nam7|eur3|[a-z]+-[a-z]+[0-9]{1,2})?$", var.firestore_location))
    error_message = "firestore_location must be nam5, nam7, eur3 or a region such as europe-west1."
  }
}

variable "github" {
  description = "The repository that deploys this project, with the numeric id of its owner, and where Terraform's state is. Null: no pipeline."
  type = object({
    owner        = string
    owner_id     = string
    repository   = string
    branch       = optional(string, "main")
    state_bucket = string
    state_prefix = optional(string, "loupe/prod")
  })
  default = null

  validation {
    condition     = var.github == null || can(regex("^[0-9]+$", var.github.owner_id))
    error_message = "github.owner_id must be the numeric id of the owner (names can be taken over): `gh api users/OWNER --jq .id` shows it."
  }
  validation {
    condition = var.github == null || alltrue([
      can(regex("^[A-Za-z0-9-]+$", var.github.owner)),
      can(regex("^[A-Za-z0-9._-]+$", var.github.repository)),
      can(regex("^[A-Za-z0-9._/-]+$", var.github.branch)),
    ])
    error_message = "github needs owner, repository and branch, each by itself and as GitHub writes it: owner = \"you\", repository = \"loupe\"."
  }
}

variable "labels" {
  description = "Labels for everything that takes labels, besides those that Loupe sets."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, value in var.labels : can(regex("^[a-z][a-z0-9_-]{0,62}$", key)) && can(regex("^[a-z0-9_-]{0,63}$", value))])
    error_message = "Keys and values of labels must be lower case letters, digits, - and _, at most 63, and keys begin with a letter."
  }
}

variable "log_archive_days" {
  description = "How long audit entries and metric events are kept in a bucket of their own. 0: Cloud Logging's 30 days are enough."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.log_archive_days == 0 || (var.log_archive_days >= 31 && var.log_archive_days <= 3650)
    error_message = "log_archive_days must be 0 (no archive) or 31 to 3650: Cloud Logging keeps 30 days anyway."
  }
}

variable "medical_intended_use_ack" {
  description = "Set to research-and-education-only, the operator answers for running the kind skin_lesion as nothing else, and no medical device. Empty: it is off."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = contains(["", "research-and-education-only"], var.medical_intended_use_ack)
    error_message = "Leave medical_intended_use_ack empty, or set it to research-and-education-only: see docs/guides/skin-lesion.md."
  }
}

variable "monthly_budget" {
  description = "The project's budget a month, in the billing account's currency. Notices go out at 50, 80, 90 and 100 %; it needs billing_account."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.monthly_budget >= 1 && floor(var.monthly_budget) == var.monthly_budget
    error_message = "monthly_budget must be a whole number of the billing account's currency, at least 1."
  }
}

variable "otlp_endpoint" {
  description = "Where a collector of OpenTelemetry spans listens, as in https://collector.example.com. Empty: no spans are made."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(https?://[^\\s]+)?$", var.otlp_endpoint))
    error_message = "otlp_endpoint must be an http or https address, as in https://collector.example.com, or empty."
  }
}

variable "page_token_secret" {
  description = "Signs page tokens of lists. Kept in Secret Manager, in no state and no plan: TF_VAR_page_token_secret=$(openssl rand -hex 32)."
  type        = string
  ephemeral   = true
  sensitive   = true
  nullable    = false

  validation {
    condition     = length(var.page_token_secret) >= 32
    error_message = "page_token_secret must have at least 32 characters: export TF_VAR_page_token_secret=$(openssl rand -hex 32)."
  }
}

variable "page_token_secret_version" {
  description = "Raise it to have page_token_secret written anew. Lists that are being paged through then begin again."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.page_token_secret_version >= 1 && floor(var.page_token_secret_version) == var.page_token_secret_version
    error_message = "page_token_secret_version must be a whole number from 1 on; it only ever grows."
  }
}

variable "point_in_time_recovery" {
  description = "Whether Firestore keeps seven days of history, to be read as of any minute. Deleted data stays in it that long."
  type        = bool
  default     = true
  nullable    = false
}

variable "prefix" {
  description = "What the names of functions, accounts and metrics begin with. Two deployments in one project need two."
  type        = string
  default     = "loupe"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,10}[a-z0-9]$", var.prefix))
    error_message = "prefix must be 3 to 12 lower case letters, digits and -, and begin with a letter: account names have 30 at most."
  }
}

variable "project_id" {
  description = "The Google Cloud project. It has to exist, with billing on."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id must be a project id (6 to 30 lower case letters, digits and -), not a name or a number."
  }
  validation {
    condition     = !startswith(var.project_id, "demo-")
    error_message = "project_id must not begin with demo-: to every Firebase tool that means that there is no cloud."
  }
}

variable "public_ingress" {
  description = "Whether phones reach upload and status from the internet without a load balancer of yours before them."
  type        = bool
  default     = false
  nullable    = false
}

variable "quota" {
  description = "How many photos one user may send at once (burst) and per hour in the long run."
  type = object({
    burst    = optional(number, 50)
    per_hour = optional(number, 500)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.quota.burst >= 1 && var.quota.per_hour >= 1
    error_message = "quota.burst and quota.per_hour must be at least 1."
  }
}

variable "region" {
  description = "Where the functions run and photos lie."
  type        = string
  default     = "europe-west1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]{1,2}$", var.region))
    error_message = "region must be a region such as europe-west1, not a zone (europe-west1-b) and not a multi-region (EU)."
  }
}

variable "runbooks_url" {
  description = "Where people read docs/runbooks, for the links in alerts, as in https://github.com/you/loupe/blob/main/docs/runbooks."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(https://[^\\s]+[^/\\s])?$", var.runbooks_url))
    error_message = "runbooks_url must be an https address without a slash at its end, or empty."
  }
}

variable "runtime" {
  description = "The Python that functions run on. Tests run on this one."
  type        = string
  default     = "python311"
  nullable    = false

  validation {
    condition     = contains(["python311", "python312", "python313"], var.runtime)
    error_message = "runtime must be python311, python312 or python313."
  }
}

variable "scale" {
  description = "How many instances each deployment keeps warm (min) and has at most (max). max of analyze times the price of a second is what a flood can cost."
  type = object({
    upload         = optional(object({ min = optional(number, 0), max = optional(number, 20) }), {})
    status         = optional(object({ min = optional(number, 0), max = optional(number, 20) }), {})
    analyze_high   = optional(object({ min = optional(number, 0), max = optional(number, 20) }), {})
    analyze_normal = optional(object({ min = optional(number, 0), max = optional(number, 40) }), {})
    analyze_batch  = optional(object({ min = optional(number, 0), max = optional(number, 10) }), {})
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for each in values(var.scale) : each.min >= 0 && each.max >= 1 && each.min <= each.max && each.max <= 1000])
    error_message = "In scale, min must be 0 or more, max 1 to 1000, and min not above max."
  }
}

variable "uploads_days" {
  description = "After how many days originals are removed, if nothing removed them before. A job can be analysed anew as long as they are there."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.uploads_days >= 1 && var.uploads_days <= 3650
    error_message = "uploads_days must be 1 to 3650."
  }
}
