variable "android_package_name" {
  description = "The package of the Android app; empty for none."
  type        = string
}

variable "app_check" {
  description = "Whether apps have to prove what they are."
  type        = bool
}

variable "apple_bundle_id" {
  description = "The bundle id of the iOS app; empty for none."
  type        = string
}

variable "domains" {
  description = "Domains that people may sign in from, and that the web app's App Check key is good for."
  type        = list(string)
}

variable "prefix" {
  description = "What the apps are called by."
  type        = string
}

variable "project_id" {
  description = "The project."
  type        = string
}
