variable "data_access_logs" {
  description = "Whether reads and writes of data are audited."
  type        = bool
}

variable "prefix" {
  description = "What account names begin with."
  type        = string
}

variable "project_id" {
  description = "The project."
  type        = string
}

variable "project_number" {
  description = "Its number."
  type        = string
}

variable "region" {
  description = "Where the containers of the functions are kept."
  type        = string
}

variable "cmek" {
  description = "Whether there is a key for data at rest."
  type        = bool
}


variable "firestore_location" {
  description = "Where the key for Firestore has to be."
  type        = string
}
