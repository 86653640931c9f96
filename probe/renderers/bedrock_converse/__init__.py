"""AWS Bedrock's Converse API, which speaks to every maker's models in one form.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from __future__ import annotations

from probe.renderers.bedrock_converse.api import BedrockConverse

API = BedrockConverse()
