"""Git and DVC as subprocesses, and dvc.lock. Imports nothing of responsible."""
