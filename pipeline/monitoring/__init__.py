"""Later batches: how they are read, what the page and the pictures say of them, and what the watch writes."""
