"""The three synthetic sample tables. Imports validation only."""
