output "web_config" {
  description = "What the web app's initializeApp takes. It names the project and protects nothing."
  value = {
    apiKey            = data.google_firebase_web_app_config.this.api_key
    appId             = google_firebase_web_app.this.app_id
    authDomain        = data.google_firebase_web_app_config.this.auth_domain
    messagingSenderId = data.google_firebase_web_app_config.this.messaging_sender_id
    projectId         = var.project_id
  }
}
