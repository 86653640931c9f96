"""Names that tell nothing about anybody, or that are words of every text: they are left as they are."""

from __future__ import annotations

_ACCOUNTS = """
admin administrator agent anonymous app apps bin build builder ci code coder codespace daemon default demo dev
developer devcontainer docker ec2-user example foo bar git github gitlab-runner guest host hostname jenkins
linuxbrew local localhost localdomain me mysql name node nobody null none ops owner postgres public python
redis root runner sample sandbox server service shared staff sudo support sys system test tester true ubuntu
undefined unknown user username users vagrant vscode wheel work worker www www-data you your-name yourname
youruser yourusername jdoe johndoe string text value false
"""
_WORDS = """
able account alert alpha amber angel april art august base bash basil beta bill bob bot box case chase claude
client codex command content copilot cursor data delta desktop dick drew earl error event file frank gemini
grace grant guy hash head home hope input item iris jack jay json june key lane laptop list mac main mark
mason master max may melody message mini model norm object open openai output page pat patch path peg penny
phoenix pi port price print process project prompt query ray read request response rich rob role rose ruby
sage sandy search session set shell skip station status step stream sue task ted term time token tony tool
trace turn type van version vi victor violet virtual vm wade web will win wolf woody word write zip anthropic
google vertex windows linux darwin macos unix opencode crush aider goose kimi qwen
"""
GENERIC = frozenset(_ACCOUNTS.split())
"""Accounts of images and examples: they are nobody's."""
ORDINARY = GENERIC | frozenset(_WORDS.split())
"""Besides them, names of people and machines that are words: replaced only where they can be nothing else."""
