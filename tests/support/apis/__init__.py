"""The APIs that the local provider speaks, one module each."""
