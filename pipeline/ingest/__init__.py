"""People's rows: files, engines, bad rows. The only folder that imports an engine."""
