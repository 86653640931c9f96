"""AWS Bedrock's InvokeModel: messages of Anthropic's API, whole or in binary frames; other models' bodies as they are.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html
"""

from __future__ import annotations

from probe.renderers.bedrock_invoke.api import BedrockInvoke

API = BedrockInvoke()
