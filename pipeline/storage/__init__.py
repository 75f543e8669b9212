"""Parameters in; tables, documents and models in and out, whole or not at all. Imports validation."""
