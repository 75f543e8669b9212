"""The library the stages compute with: arrays and frames in, frozen dataclasses out; it opens no file and prints nothing."""
