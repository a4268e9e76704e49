variable "accounts" {
  description = "The accounts that functions run and are built as, which a deployer has to be allowed to use: name to id."
  type        = map(string)
}

variable "billing_account" {
  description = "The billing account of the budget; empty for none."
  type        = string
}

variable "github" {
  description = "The repository."
  type        = object({ owner = string, owner_id = string, repository = string, branch = string, state_bucket = string, state_prefix = string })
}

variable "prefix" {
  description = "What accounts and triggers are called by."
  type        = string
}

variable "project_id" {
  description = "The project."
  type        = string
}

variable "region" {
  description = "Where builds run."
  type        = string
}

variable "secrets" {
  description = "The secrets that builds read: their ids."
  type        = set(string)
}

variable "source_bucket" {
  description = "Where bundles, plans and releases lie."
  type        = string
}
