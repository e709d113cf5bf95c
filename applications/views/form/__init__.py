"""The application form: pages one types on, `files`, `check`; `form_page` is what all show."""
