"""The audit trail. The only folder that imports MLflow."""
