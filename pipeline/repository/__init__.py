"""Git and DVC as subprocesses, ``dvc.lock`` and ``dvc.yaml``, digests. Imports nothing of responsible."""


class RepositoryError(ValueError):
    """A command of git or DVC failed, or a file of theirs cannot be read; the text names it and the remedy."""
