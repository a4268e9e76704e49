# Partial on purpose: terraform init -backend-config=bucket=YOUR-STATE-BUCKET -backend-config=prefix=loupe/prod
terraform {
  backend "gcs" {}
}
