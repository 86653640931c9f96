"""Each renderer against the types of its API's official SDK."""
