"""The Markdown writer: a trace in, a report out that hostile text cannot break."""
