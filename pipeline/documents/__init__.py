"""What each document says. Imports reporting."""
