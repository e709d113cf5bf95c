"""How long personal data is kept, and how it goes: by rule, or when the person asks for it."""
