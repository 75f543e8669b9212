"""The library the stages compute with: arrays and frames in, frozen dataclasses out; no files, no printing."""
