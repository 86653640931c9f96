"""The tasks as Invoke runs them: its collection, the installed command, completion in shells."""
